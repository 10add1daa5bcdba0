/**
 * Where the server is.
 *
 * **Comes in:** what the app, the page or the environment says. **Goes out:** the address of its WebSocket, or an error that
 * says what to do. **Never here:** `URL`, which mini-programs lack.
 */
import { CODE, TimError } from "./errors";

/** Where an address may come from, asked in this order. */
export interface AddressSources {
  /** `TIM.create({ server })`. */
  option: unknown;
  /** `<meta name="hongyan-server" content="…">`. */
  meta?(): unknown;
  /** The global `HONGYAN_SERVER`. */
  global?(): unknown;
  /** The environment variable `HONGYAN_SERVER`. */
  variable?(): unknown;
  /** The page's own origin. */
  origin?(): unknown;
}

const PATH = "/v1/ws";

/** The WebSocket's address, or an error that names the ways to say it. */
export function serverAddress(sources: AddressSources): string {
  const origin = sources.origin?.();
  const asked = [sources.option, sources.meta?.(), sources.global?.(), sources.variable?.()];
  const found = asked.find((address) => typeof address === "string" && address.trim() !== "");
  if (found !== undefined) return socketAddress(found as string, /^https:/i.test(String(origin)));
  // Pages from files and from apps have an origin that is no server's.
  if (typeof origin === "string" && /^https?:\/\//i.test(origin)) return socketAddress(origin, false);
  throw new TimError(
    CODE.NETWORK,
    "no server address: give it as TIM.create({ SDKAppID, server: 'https://im.example.com' }), " +
      'as <meta name="hongyan-server" content="…"> in the page, or as HONGYAN_SERVER (a global, or in Node an environment variable)',
  );
}

/** Where the same server is reached over HTTP: `wss://host/prefix/v1/ws` → `https://host/prefix`. */
export function httpAddress(socket: string): string {
  return socket.replace(/^ws/, "http").slice(0, -PATH.length);
}

/** `https://host/prefix` → `wss://host/prefix/v1/ws`; a bare `host:port` is as safe as the page that it is used in. */
export function socketAddress(address: string, pageIsSafe: boolean): string {
  const parts = /^(?:(https?|wss?):\/\/)?(\[[0-9a-f:.]+\]|[^/?#\s:@[\]]+)(:\d{1,5})?(\/[^?#\s]*)?$/i.exec(address.trim());
  if (!parts) {
    throw new TimError(
      CODE.NETWORK,
      `"${address}" is no server address: it must look like https://im.example.com, wss://im.example.com or im.example.com:8080`,
    );
  }
  const [, scheme, host, port = "", path = ""] = parts;
  const isSafe = scheme === undefined ? pageIsSafe : /^(https|wss)$/i.test(scheme);
  const prefix = path.replace(/\/+$/, "");
  return `${isSafe ? "wss" : "ws"}://${host}${port}${prefix.endsWith(PATH) ? prefix : prefix + PATH}`;
}
