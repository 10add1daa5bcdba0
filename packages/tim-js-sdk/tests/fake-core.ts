/**
 * A core whose every word is written by the test.
 *
 * **Comes in:** what the test lets it say. **Goes out:** a Core that notes what it is told, and an environment to go with it.
 */
import type { Core, Output } from "../src/core";
import type { Environment, SocketListener, Watcher } from "../src/environment";

export class FakeCore implements Core {
  readonly outputs: Output[] = [];
  readonly told: unknown[][] = [];
  readonly messages = new Map<string, object>();
  stateName = "loggedOut";
  freed = false;
  /** What follows from a call, when the test wants it to follow at once. */
  onCall: ((call: number, method: string, args: any) => void) | undefined;
  #messages = 0;

  say(...outputs: Output[]): void {
    this.outputs.push(...outputs);
  }

  call(_nowMs: number, call: number, method: string, args: object): void {
    this.told.push(["call", call, method, args]);
    this.onCall?.(call, method, args);
  }
  setServer(url: string): void {
    this.told.push(["setServer", url]);
  }
  socketOpened(): void {
    this.told.push(["socketOpened"]);
  }
  socketClosed(_nowMs: number, code: number, reason: string): void {
    this.told.push(["socketClosed", code, reason]);
  }
  socketMessage(_nowMs: number, bytes: Uint8Array): void {
    this.told.push(["socketMessage", [...bytes]]);
  }
  wake(nowMs: number): void {
    this.told.push(["wake", nowMs]);
  }
  network(_nowMs: number, online: boolean): void {
    this.told.push(["network", online]);
  }
  setLogLevel(level: number): void {
    this.told.push(["setLogLevel", level]);
  }
  nextOutput(): Output | undefined {
    return this.outputs.shift();
  }
  refusal(method: string): { code: number; message: string } | undefined {
    if (method === "login" || this.stateName !== "loggedOut") return undefined;
    return { code: 2024, message: "not signed in" };
  }
  state(): string {
    return this.stateName;
  }
  userID(): string {
    return this.stateName === "loggedOut" ? "" : "alice";
  }
  totalUnreadCount(): number {
    return 7;
  }
  findMessage(id: string): object | undefined {
    return this.messages.get(id);
  }
  createMessage(nowMs: number, type: string, options: any): object {
    if (typeof options.to !== "string") throw { code: 2801, message: "to is missing" };
    const conversationID = `${options.conversationType}${options.to}`;
    return {
      ID: `m-${++this.#messages}`,
      type,
      conversationID,
      conversationType: options.conversationType,
      payload: options.payload,
      status: "unSend",
      time: nowMs / 1000,
      isRevoked: false,
      isPeerRead: false,
    };
  }
  free(): void {
    this.freed = true;
  }
}

/** A world whose clock, sockets and network the test moves. */
export class FakeWorld {
  nowMs = 1_000_000;
  readonly sockets: { url: string; listener: SocketListener; sent: number[][]; closed: [number, string] | undefined }[] = [];
  readonly timers = new Map<object, { atMs: number; then: () => void }>();
  watcher: Watcher | undefined;
  refuseSockets = false;

  readonly environment: Environment = {
    platform: "web",
    now: () => this.nowMs,
    open: (url, listener) => {
      if (this.refuseSockets) throw new Error("sockets are forbidden here");
      const socket = { url, listener, sent: [] as number[][], closed: undefined as [number, string] | undefined };
      this.sockets.push(socket);
      return {
        send: (bytes) => void socket.sent.push([...bytes]),
        close: (code, reason) => void (socket.closed = [code, reason]),
      };
    },
    after: (delayMs, then) => {
      const timer = {};
      this.timers.set(timer, { atMs: this.nowMs + delayMs, then });
      return () => void this.timers.delete(timer);
    },
    watch: (watcher) => {
      this.watcher = watcher;
      return () => void (this.watcher = undefined);
    },
    show: () => "blob:shown",
    hide: () => {},
    addresses: {},
  };

  pass(ms: number): void {
    this.nowMs += ms;
    for (const [timer, { atMs, then }] of [...this.timers]) {
      if (atMs <= this.nowMs && this.timers.delete(timer)) then();
    }
  }
}
