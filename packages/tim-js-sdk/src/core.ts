/**
 * The client core as this package sees it: what may be asked of it, and what it answers.
 *
 * **Comes in:** nothing. **Goes out:** types. The class behind them is Rust (`crates/sdk-wasm`). **Never here:** code.
 */

/** Inputs take note of what happened and call nobody; what follows from them waits in `nextOutput`. */
export interface Core {
  call(nowMs: number, call: number, method: string, args: object): void;
  /** Where the server is reached over HTTP; links to files begin there. */
  setServer(url: string): void;
  socketOpened(nowMs: number): void;
  socketClosed(nowMs: number, code: number, reason: string): void;
  socketMessage(nowMs: number, bytes: Uint8Array): void;
  /** The time that `wakeAt` asked for has come. */
  wake(nowMs: number): void;
  /** A hint of the environment: it says that it is online, or offline. */
  network(nowMs: number, online: boolean): void;
  setLogLevel(level: number): void;
  nextOutput(): Output | undefined;

  /** Why a call of this function would be refused now; undefined when it would not. */
  refusal(method: string): { code: number; message: string } | undefined;
  state(): string;
  userID(): string;
  totalUnreadCount(): number;
  findMessage(id: string): object | undefined;
  /** A plain Message, status "unSend"; throws `{ code, message }` on bad options. */
  createMessage(nowMs: number, type: string, options: object): object;
  /** Gives the memory back. */
  free?(): void;
}

export type Output =
  | { kind: "open" }
  | { kind: "close"; code: number; reason: string }
  | { kind: "send"; bytes: Uint8Array }
  | { kind: "wakeAt"; atMs: number }
  | { kind: "sleep" }
  | { kind: "answer"; call: number; data: unknown }
  | { kind: "failure"; call: number; code: number; message: string; data?: object }
  | { kind: "event"; name: string; data?: unknown }
  | { kind: "log"; level: number; text: string };

export type Platform = "web" | "mini-program";

export type CoreConstructor = new (sdkAppID: number, platform: string, sdkVersion: string, seed: Uint8Array) => Core;

/** The glue that wasm-bindgen makes. */
export interface Glue {
  Core: CoreConstructor;
  __wbg_set_wasm(exports: unknown): void;
}
