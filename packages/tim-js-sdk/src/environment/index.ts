/**
 * What the driver needs of the world outside: sockets, time, chance, the network's state.
 *
 * **Goes out:** types; `browser`, `node` and `wx` beside this file are the three worlds. **Never here:** code.
 */
import type { Platform } from "../core";
import type { AddressSources } from "../server-address";

export interface Environment {
  readonly platform: Platform;
  /** Unix time in milliseconds. */
  now(): number;
  /** Opens a WebSocket. Calls the listener later, never from within. */
  open(url: string, listener: SocketListener): Socket;
  /** Returns a function that calls it off. */
  after(delayMs: number, then: () => void): () => void;
  /** Tells when the device goes on and off the network, and when it may have slept. Returns a function that ends it. */
  watch(watcher: Watcher): () => void;
  /** Where a page can show a file that it has, until it is uploaded; empty where there are no pages. */
  show(file: Blob): string;
  /** What `show` answered is not needed any more, or soon will not be. */
  hide(url: string): void;
  /** Where a server address may come from, apart from the option. */
  readonly addresses: Omit<AddressSources, "option">;
}

export interface Socket {
  send(bytes: Uint8Array): void;
  close(code: number, reason: string): void;
}

export interface SocketListener {
  opened(): void;
  message(bytes: Uint8Array): void;
  /** Comes once, whatever the reason, unless we closed it. */
  closed(code: number, reason: string): void;
}

export interface Watcher {
  network(online: boolean): void;
  /** Timers may be late: the page was hidden, the device asleep. */
  awake(): void;
}
