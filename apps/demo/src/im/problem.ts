/**
 * What went wrong, in one shape: the public code and the SDK's own words.
 *
 * **Comes in:** whatever was thrown. **Goes out:** a `Problem`; its words for people are in `i18n/`. **Never here:** the screen.
 */
export interface Problem {
  /** The public error code; 0 when whatever failed has none. */
  readonly code: number;
  /** The SDK's or server's words, in English, for what no dictionary explains. */
  readonly message: string;
}

/** Not a code of the public API: the demo's own server could not be asked. */
export const UNREACHABLE = -1;

export function problemOf(thrown: unknown): Problem {
  if (typeof thrown === "object" && thrown !== null) {
    const { code, message } = thrown as { code?: unknown; message?: unknown };
    return {
      code: typeof code === "number" ? code : 0,
      message: typeof message === "string" ? message : "",
    };
  }
  return { code: 0, message: String(thrown) };
}
