/**
 * Who this tab signs in as, and where its UserSig comes from.
 *
 * A server in `--dev` mode signs for anybody, so that a name is enough; any other server answers 404, and the person brings a UserSig.
 * **Comes in:** the server's `/dev` endpoints, this tab's session storage. **Goes out:** what `login` needs. **Never here:** the SDK.
 */
import { UNREACHABLE, type Problem } from "./problem";

export interface Credentials {
  sdkAppID: number;
  userID: string;
  userSig: string;
}

export type Signer =
  | { readonly kind: "dev"; readonly sdkAppID: number }
  /** The server signs for nobody. */
  | { readonly kind: "none" };

/** Session storage, so that every tab is somebody of its own and stays so over a reload. */
const KEY = "hongyan.demo.account";

export async function findSigner(fetcher: typeof fetch = fetch): Promise<Signer> {
  const response = await ask(fetcher, "/dev/info");
  if (response.status === 404) return { kind: "none" };
  const { sdkAppID } = (await read(response)) as { sdkAppID?: unknown };
  return typeof sdkAppID === "number" ? { kind: "dev", sdkAppID } : { kind: "none" };
}

export async function signFor(userID: string, fetcher: typeof fetch = fetch): Promise<Credentials> {
  const response = await ask(fetcher, "/dev/usersig", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ userID }),
  });
  const { sdkAppID, userSig } = (await read(response)) as { sdkAppID: number; userSig: string };
  return { sdkAppID, userID, userSig };
}

export interface Remembered {
  userID: string;
  /** Whether a reload signs in again by itself; not after a sign-out or a kick. */
  again: boolean;
  /** Kept only where the server signs for nobody. */
  sdkAppID?: number;
  userSig?: string;
}

export function remember(account: Remembered): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(account));
  } catch {
    // Storage may be switched off; then a reload asks for the name again.
  }
}

export function recall(): Remembered | null {
  try {
    const account = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Partial<Remembered> | null;
    return typeof account?.userID === "string" ? { ...account, userID: account.userID, again: account.again === true } : null;
  } catch {
    return null;
  }
}

async function ask(fetcher: typeof fetch, path: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetcher(path, init);
  } catch {
    throw { code: UNREACHABLE, message: "the server does not answer" } satisfies Problem;
  }
}

async function read(response: Response): Promise<unknown> {
  // A static file server may answer any path with a page instead of JSON: then nobody signs here.
  const body: unknown = await response.json().catch(() => ({}));
  if (!response.ok) {
    const { code, message } = body as { code?: unknown; message?: unknown };
    throw {
      code: typeof code === "number" ? code : UNREACHABLE,
      message: typeof message === "string" ? message : `HTTP ${response.status}`,
    } satisfies Problem;
  }
  return body;
}
