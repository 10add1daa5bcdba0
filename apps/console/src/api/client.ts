/**
 * The one place that knows HTTP: every call of the console API as a typed function.
 *
 * **Comes in:** facts. **Goes out:** the server's answer, or an `ApiError`. **Never here:** pages, texts, state;
 * whether somebody is signed in is the server's cookie, and `onSignedOut` tells when it stopped counting.
 */
import { ApiError, errorFromAnswer } from "./error";
import type {
  AccountPage,
  App,
  AppChange,
  AppCreated,
  Overview,
  SecretKey,
  Session,
  SignedUser,
  Translate,
} from "./types";

export interface AccountQuery {
  /** Part of a userID or nick; empty lists everybody. */
  query: string;
  /** The `next` of the page before; empty for the first. */
  after: string;
  limit: number;
}

export interface ApiClient {
  session(): Promise<Session>;
  login(password: string): Promise<void>;
  logout(): Promise<void>;
  changePassword(current: string, next: string): Promise<void>;
  overview(): Promise<Overview>;
  listApps(): Promise<App[]>;
  createApp(name: string): Promise<AppCreated>;
  changeApp(sdkAppID: number, change: AppChange): Promise<App>;
  rotateKey(sdkAppID: number): Promise<SecretKey>;
  translate(sdkAppID: number): Promise<Translate>;
  /** Without a key, the one that is kept stays. */
  changeTranslate(sdkAppID: number, change: { url: string; key?: string }): Promise<Translate>;
  listAccounts(sdkAppID: number, query: AccountQuery): Promise<AccountPage>;
  signUser(sdkAppID: number, userID: string, expireS: number): Promise<SignedUser>;
  /** Signs all instances of the account out and tells how many there were. */
  kick(sdkAppID: number, userID: string): Promise<number>;
}

/** The part of `fetch` that is used, so that a test can stand in for it. */
export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

export interface Outside {
  fetch: Fetch;
  /** A call was refused because nobody is signed in any more. */
  onSignedOut(): void;
}

export function createApiClient(outside: Outside): ApiClient {
  const call = <T>(method: string, path: string, body?: object) => send<T>(outside, method, path, body);
  const app = (sdkAppID: number) => `/apps/${sdkAppID}`;
  return {
    session: () => call("GET", "/session"),
    login: async (password) => void (await call("POST", "/login", { password })),
    logout: async () => void (await call("POST", "/logout", {})),
    changePassword: async (current, next) =>
      void (await call("POST", "/password", { current, new: next })),
    overview: () => call("GET", "/overview"),
    listApps: async () => (await call<{ apps: App[] }>("GET", "/apps")).apps,
    createApp: (name) => call("POST", "/apps", { name }),
    changeApp: async (sdkAppID, change) =>
      (await call<{ app: App }>("PATCH", app(sdkAppID), change)).app,
    rotateKey: (sdkAppID) => call("POST", `${app(sdkAppID)}/rotate-key`, {}),
    translate: (sdkAppID) => call("GET", `${app(sdkAppID)}/translate`),
    changeTranslate: (sdkAppID, change) => call("PUT", `${app(sdkAppID)}/translate`, change),
    listAccounts: (sdkAppID, { query, after, limit }) =>
      call("GET", `${app(sdkAppID)}/accounts?${new URLSearchParams({ query, after, limit: `${limit}` })}`),
    signUser: (sdkAppID, userID, expireS) =>
      call("POST", `${app(sdkAppID)}/usersig`, { userID, expireS }),
    kick: async (sdkAppID, userID) =>
      (await call<{ kicked: number }>("POST", `${app(sdkAppID)}/kick`, { userID })).kicked,
  };
}

const base = "/console/api";
/** Nothing that the console asks takes long; a longer silence means that nobody will answer. */
const answerWithinMs = 15_000;

async function send<T>(outside: Outside, method: string, path: string, body?: object): Promise<T> {
  let response: Response;
  try {
    response = await outside.fetch(base + path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(answerWithinMs),
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch (caught) {
    throw new ApiError("unreachable", caught instanceof Error ? caught.message : "", 0);
  }
  const answer = await readJson(response);
  if (!response.ok) {
    const error = errorFromAnswer(response.status, answer);
    if (error.kind === "not-signed-in") outside.onSignedOut();
    throw error;
  }
  if (typeof answer !== "object" || answer === null) {
    throw new ApiError("unexpected", "the answer is not JSON", response.status);
  }
  // The server is ours and its tests hold the same contract, so its answers are trusted to have their shape.
  return answer as T;
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
