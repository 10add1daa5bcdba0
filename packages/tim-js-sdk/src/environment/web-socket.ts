/**
 * The standard WebSocket, as browsers, Node ≥ 22 and the package `ws` have it, in the driver's words.
 *
 * **Never here:** where the class comes from.
 */
import type { Socket, SocketListener } from ".";

/** What all of them have in common. */
export interface WebSocketLike {
  binaryType: string;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  readonly readyState: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

const OPEN = 1;
const ABNORMAL = 1006;
const REASON_BYTES_MAX = 123;

export function openWebSocket(WebSocket: new (url: string) => WebSocketLike, url: string, listener: SocketListener): Socket {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => listener.opened();
  socket.onmessage = ({ data }: { data: unknown }) => {
    // The server sends no text; should it, the core could make nothing of it.
    if (data instanceof ArrayBuffer) listener.message(new Uint8Array(data));
  };
  socket.onclose = ({ code, reason }: { code?: number; reason?: string }) => listener.closed(code ?? ABNORMAL, reason ?? "");
  // Says nothing more than that a close follows; without a handler `ws` would throw.
  socket.onerror = () => {};
  return {
    send: (bytes) => {
      if (socket.readyState === OPEN) socket.send(bytes as Uint8Array<ArrayBuffer>);
    },
    close: (code, reason) => {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(isAllowed(code) ? code : 1000, reason.length <= REASON_BYTES_MAX / 4 ? reason : "");
    },
  };
}

/** Browsers refuse all other codes from a page. */
function isAllowed(code: number): boolean {
  return code === 1000 || (code >= 3000 && code <= 4999);
}
