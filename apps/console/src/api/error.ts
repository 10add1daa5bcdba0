/**
 * What can go wrong between the console and its server, as one closed list.
 *
 * **Comes in:** an HTTP status and a body, or a failed fetch. **Goes out:** an `ApiError` whose `kind` a caller can
 * switch on. **Never here:** texts for people; `i18n/` has one for each kind.
 */

/** The codes that the server names, and two that only this side can know. */
export const apiErrorKinds = [
  "not-signed-in",
  "wrong-password",
  "cross-site",
  "not-found",
  "conflict",
  "invalid",
  "too-many-attempts",
  /** No answer at all: the server is down, or the network is. */
  "unreachable",
  /** An answer that the contract does not know, such as a proxy's error page. */
  "unexpected",
] as const;
export type ApiErrorKind = (typeof apiErrorKinds)[number];

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly kind: ApiErrorKind,
    /** The server's own words, in English; empty when it said nothing useful. */
    readonly detail: string,
    /** 0 when there was no answer. */
    readonly status: number,
  ) {
    super(detail === "" ? kind : `${kind}: ${detail}`);
  }
}

/** Reads an answer that is not 2xx. */
export function errorFromAnswer(status: number, body: unknown): ApiError {
  const code = textMember(body, "code");
  const detail = textMember(body, "message");
  const named = apiErrorKinds.find((kind) => kind === code);
  return new ApiError(named ?? kindOfStatus(status), detail, status);
}

/** Whatever a `catch` caught, as an `ApiError`. */
export function asApiError(caught: unknown): ApiError {
  return caught instanceof ApiError ? caught : new ApiError("unexpected", String(caught), 0);
}

/** A proxy in between may answer without our body; the status still tells the most likely reason. */
function kindOfStatus(status: number): ApiErrorKind {
  switch (status) {
    case 401:
      return "not-signed-in";
    case 404:
      return "not-found";
    case 409:
      return "conflict";
    case 422:
      return "invalid";
    case 429:
      return "too-many-attempts";
    case 502:
    case 503:
    case 504:
      return "unreachable";
    default:
      return "unexpected";
  }
}

function textMember(body: unknown, name: string): string {
  if (typeof body !== "object" || body === null) return "";
  const value: unknown = Reflect.get(body, name);
  return typeof value === "string" ? value : "";
}
