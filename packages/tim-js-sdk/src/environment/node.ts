/**
 * The world of Node: its own WebSocket from version 22 on, before that the one of the package `ws`.
 *
 * Under a test runner that plays a browser (jsdom, happy-dom) the page's parts are there too, and are used.
 */
import type { Environment, Socket } from ".";
import { browser } from "./browser";
import { openWebSocket, type WebSocketLike } from "./web-socket";

export const node: Environment = {
  ...browser,
  open(url, listener) {
    if (typeof WebSocket !== "undefined") return browser.open(url, listener);
    let socket: Socket | undefined;
    let closed = false;
    import("ws")
      .then(({ WebSocket }) => {
        if (!closed) socket = openWebSocket(WebSocket as unknown as new (url: string) => WebSocketLike, url, listener);
      })
      .catch((error: unknown) => {
        const missing = "this Node has no WebSocket: install the package ws, or use Node 22 or newer";
        if (!closed) listener.closed(1006, `${missing} (${String(error)})`);
      });
    return {
      send: (bytes) => socket?.send(bytes),
      close(code, reason) {
        closed = true;
        socket?.close(code, reason);
      },
    };
  },
  addresses: { ...browser.addresses, variable: () => process.env["HONGYAN_SERVER"] },
};
