/**
 * The world of a WeChat mini-program: the object `wx`, timers, and nothing of a browser.
 *
 * **Comes in:** what `wx` reports. **Goes out:** the same in the driver's words. **Never here:** DOM, `WebSocket`,
 * `TextDecoder`, `crypto`, `performance`, `URL`: a mini-program has none of them.
 */
import type { Environment, SocketListener } from ".";

/** The part of `wx` that the SDK uses. What a base library of 2.13 may lack is optional. */
export interface Wx {
  connectSocket(options: { url: string; fail?: (result: { errMsg?: string }) => void }): SocketTask;
  getNetworkType?(options: { success: (result: { networkType: string }) => void }): void;
  onNetworkStatusChange?(handler: (result: { isConnected: boolean }) => void): void;
  offNetworkStatusChange?(handler: (result: { isConnected: boolean }) => void): void;
  onAppShow?(handler: () => void): void;
  offAppShow?(handler: () => void): void;
  getRandomValues?(options: {
    length: number;
    success: (result: { randomValues: ArrayBuffer }) => void;
    fail?: (result: { errMsg?: string }) => void;
  }): void;
}

export interface SocketTask {
  onOpen(handler: () => void): void;
  onMessage(handler: (result: { data: ArrayBuffer | string }) => void): void;
  onClose(handler: (result: { code?: number; reason?: string }) => void): void;
  onError(handler: (result: { errMsg?: string }) => void): void;
  send(options: { data: ArrayBuffer }): void;
  close(options: { code: number; reason: string }): void;
}

declare const wx: Wx;
declare const HONGYAN_SERVER: unknown;
declare const getApp: undefined | ((options: { allowDefault: boolean }) => { globalData?: Record<string, unknown> } | undefined);

const ABNORMAL = 1006;

export const miniProgram: Environment = {
  platform: "mini-program",
  now: () => Date.now(),
  open(url, listener) {
    const once = closedOnce(listener);
    const task = wx.connectSocket({ url, fail: ({ errMsg }) => once.closed(ABNORMAL, explained(errMsg)) });
    task.onOpen(() => once.opened());
    task.onMessage(({ data }) => {
      if (typeof data !== "string") once.message(new Uint8Array(data));
    });
    task.onClose(({ code, reason }) => once.closed(code ?? ABNORMAL, reason ?? ""));
    // A close need not follow.
    task.onError(({ errMsg }) => once.closed(ABNORMAL, explained(errMsg)));
    return {
      // A view may be a window onto the core's memory; what is sent must be just these bytes.
      send: (bytes) => task.send({ data: bytes.slice().buffer }),
      close(code, reason) {
        once.end();
        task.close({ code, reason });
      },
    };
  },
  after(delayMs, then) {
    const timer = setTimeout(then, Math.min(Math.max(delayMs, 0), 0x7fffffff));
    return () => clearTimeout(timer);
  },
  watch(watcher) {
    const changed = ({ isConnected }: { isConnected: boolean }) => watcher.network(isConnected);
    // In the background, WeChat stops timers and closes sockets.
    const shown = () => watcher.awake();
    wx.onNetworkStatusChange?.(changed);
    wx.onAppShow?.(shown);
    wx.getNetworkType?.({
      success: ({ networkType }) => {
        if (networkType === "none") watcher.network(false);
      },
    });
    return () => {
      wx.offNetworkStatusChange?.(changed);
      wx.offAppShow?.(shown);
    };
  },
  show: () => "",
  hide: () => {},
  addresses: {
    global: () => (typeof HONGYAN_SERVER === "undefined" ? appWide("HONGYAN_SERVER") : HONGYAN_SERVER),
  },
};

/** A setting of the whole mini-program: `App({ globalData: { HONGYAN_SERVER: "https://…" } })`. */
export function appWide(name: string): unknown {
  return typeof getApp === "function" ? getApp({ allowDefault: true })?.globalData?.[name] : undefined;
}

/**
 * Random bytes: `wx.getRandomValues` (base library 2.15) where it is there.
 *
 * Else `Math.random`, mixed with the time. The bytes tell instances and messages apart and spread retries; no secret
 * depends on them.
 */
export function randomBytes(length: number): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const weak = () => {
      const now = Date.now();
      resolve(Uint8Array.from({ length }, (_, index) => Math.floor(Math.random() * 256) ^ ((now / 2 ** (index % 40)) & 255)));
    };
    if (!wx.getRandomValues) weak();
    else wx.getRandomValues({ length, success: ({ randomValues }) => resolve(new Uint8Array(randomValues)), fail: weak });
  });
}

function closedOnce(listener: SocketListener): SocketListener & { end(): void } {
  let open = true;
  return {
    opened: () => open && listener.opened(),
    message: (bytes) => open && listener.message(bytes),
    closed(code, reason) {
      if (!open) return;
      open = false;
      listener.closed(code, reason);
    },
    end() {
      open = false;
    },
  };
}

function explained(errMsg = ""): string {
  // The commonest reason by far, and WeChat's own words do not lead there.
  return /domain|url not in/i.test(errMsg)
    ? `${errMsg} (add the server's domain to the socket domains of the mini-program's console)`
    : errMsg;
}
