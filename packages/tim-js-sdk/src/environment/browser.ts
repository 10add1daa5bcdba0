/**
 * The world of a web page or worker.
 *
 * **Never here:** Node's modules; globals that a worker lacks without asking first.
 */
import type { Environment } from ".";
import { openWebSocket } from "./web-socket";

declare const HONGYAN_SERVER: unknown;

/** A picture that is being shown may be loading still. */
const HIDE_AFTER_MS = 60_000;

// setTimeout counts in 32 bits; a longer wait would end at once.
const DELAY_MS_MAX = 0x7fffffff;

export const browser: Environment = {
  platform: "web",
  now: () => Date.now(),
  open(url, listener) {
    if (typeof WebSocket === "undefined") throw new Error("there is no WebSocket here");
    return openWebSocket(WebSocket, url, listener);
  },
  after(delayMs, then) {
    const timer = setTimeout(then, Math.min(Math.max(delayMs, 0), DELAY_MS_MAX));
    return () => clearTimeout(timer);
  },
  watch(watcher) {
    if (typeof addEventListener === "undefined") return () => {};
    const online = () => watcher.network(true);
    const offline = () => watcher.network(false);
    const awake = () => {
      if (typeof document === "undefined" || document.visibilityState === "visible") watcher.awake();
    };
    const page = typeof document === "undefined" ? undefined : document;
    addEventListener("online", online);
    addEventListener("offline", offline);
    // A page that comes out of the back-forward cache has lost its socket without being told.
    addEventListener("pageshow", awake);
    page?.addEventListener("visibilitychange", awake);
    return () => {
      removeEventListener("online", online);
      removeEventListener("offline", offline);
      removeEventListener("pageshow", awake);
      page?.removeEventListener("visibilitychange", awake);
    };
  },
  show: (file) => (typeof document === "undefined" || !URL.createObjectURL ? "" : URL.createObjectURL(file)),
  hide(url) {
    if (url.startsWith("blob:")) setTimeout(() => URL.revokeObjectURL(url), HIDE_AFTER_MS);
  },
  addresses: {
    meta: () =>
      typeof document === "undefined"
        ? undefined
        : document.querySelector?.('meta[name="hongyan-server"]')?.getAttribute("content"),
    // By its bare name, so that a bundler's `define` reaches it too.
    global: () => (typeof HONGYAN_SERVER === "undefined" ? undefined : HONGYAN_SERVER),
    origin: () => (typeof location === "undefined" ? undefined : location.origin),
  },
};
