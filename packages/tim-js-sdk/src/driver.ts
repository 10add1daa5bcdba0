/**
 * Drives the core: tells it what happened outside, then does all that follows from it.
 *
 * **Comes in:** calls of the face; what sockets, timers and the network do. **Goes out:** sockets opened, bytes sent, Promises
 * settled, events and log lines passed on. **Never here:** what any of it means; the core decides.
 */
import type { Core, Output } from "./core";
import type { Environment, Socket } from "./environment";
import { CODE, TimError, asTimError } from "./errors";
import { LEVEL } from "./log";

/** Who hears what the core has to say apart from answers. */
export interface Audience {
  event(name: string, data: unknown): void;
  log(level: number, text: string): void;
}

interface Waiting {
  resolve(data: unknown): void;
  reject(error: TimError): void;
}

/** A core may come later (mini-programs); what is asked until then waits in order. */
export type CoreStart = Core | Promise<Core>;

export class Driver {
  #core: Core | undefined;
  #failed: TimError | undefined;
  #ended = false;
  #isDraining = false;
  #lastCall = 0;
  #socket: Socket | undefined;
  #wakeAtMs: number | undefined;
  #cancelWake: (() => void) | undefined;
  #stopWatching: (() => void) | undefined;
  /** Asked before the core was there. Bounded by the calls of the app: there are no pushes yet. */
  #early: ((core: Core) => void)[] = [];
  readonly #waiting = new Map<number, Waiting>();

  readonly #environment: Environment;
  readonly #audience: Audience;
  readonly #address: () => string;

  constructor(start: CoreStart, environment: Environment, address: () => string, audience: Audience) {
    this.#environment = environment;
    this.#audience = audience;
    this.#address = address;
    // Not `instanceof`: pages put other Promises in the place of the native one.
    if (!("then" in start)) this.#begin(start);
    else start.then((core) => this.#begin(core), (thrown: unknown) => this.#fail(asTimError(thrown)));
  }

  /** For questions that the core answers at once; undefined while it starts and after the end. */
  get core(): Core | undefined {
    return this.#core;
  }

  call(method: string, args: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(this.#failed);
      if (this.#ended) return reject(new TimError(CODE.NOT_SIGNED_IN, "this instance was destroyed; TIM.create makes a new one"));
      const call = ++this.#lastCall;
      this.#waiting.set(call, { resolve, reject });
      this.#tell((core) => core.call(this.#environment.now(), call, method, args));
    });
  }

  setLogLevel(level: number): void {
    this.#tell((core) => core.setLogLevel(level));
  }

  setServer(url: string): void {
    this.#tell((core) => core.setServer(url));
  }

  /** Nothing is heard or done any more. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopWatching?.();
    this.#close(1000, "");
    this.#sleep();
    this.#early = [];
    this.#rejectAll(new TimError(CODE.NOT_SIGNED_IN, "the instance was destroyed"));
    const core = this.#core;
    this.#core = undefined;
    core?.free?.();
  }

  #begin(core: Core): void {
    if (this.#ended) return core.free?.();
    this.#core = core;
    const early = this.#early;
    this.#early = [];
    for (const input of early) this.#tell(input);
    this.#stopWatching = this.#environment.watch({
      network: (online) => this.#tell((it) => it.network(this.#environment.now(), online)),
      awake: () => {
        if (this.#wakeAtMs !== undefined && this.#wakeAtMs <= this.#environment.now()) this.#wake();
      },
    });
  }

  /** One input, and then everything that the core wants done, in its order. */
  #tell(input: (core: Core) => void): void {
    if (this.#ended || this.#failed) return;
    if (!this.#core) {
      this.#early.push(input);
      return;
    }
    try {
      input(this.#core);
      // A handler of the app may call us: then the loop that is under way goes on, so that order holds.
      if (this.#isDraining) return;
      this.#isDraining = true;
      for (let output = this.#core.nextOutput(); output; output = this.#core?.nextOutput()) this.#do(output);
    } catch (thrown) {
      this.#fail(asTimError(thrown));
    } finally {
      this.#isDraining = false;
    }
  }

  #do(output: Output): void {
    switch (output.kind) {
      case "open":
        this.#open();
        break;
      case "close":
        this.#close(output.code, output.reason);
        break;
      case "send":
        this.#socket?.send(output.bytes);
        break;
      case "wakeAt":
        this.#wakeAt(output.atMs);
        break;
      case "sleep":
        this.#sleep();
        break;
      case "answer":
        this.#take(output.call)?.resolve(output.data);
        break;
      case "failure":
        this.#take(output.call)?.reject(new TimError(output.code, output.message, output.data));
        break;
      case "event":
        this.#audience.event(output.name, output.data);
        break;
      case "log":
        this.#audience.log(output.level, output.text);
        break;
      default:
        output satisfies never;
    }
  }

  #open(): void {
    this.#close(1000, "");
    // Whatever an earlier socket has still to say is of no interest.
    let mine: Socket | undefined;
    let isDead = false;
    const isCurrent = () => !isDead && (mine === undefined || mine === this.#socket);
    const now = () => this.#environment.now();
    try {
      mine = this.#environment.open(this.#address(), {
        opened: () => isCurrent() && this.#tell((core) => core.socketOpened(now())),
        message: (bytes) => isCurrent() && this.#tell((core) => core.socketMessage(now(), bytes)),
        closed: (code, reason) => {
          if (!isCurrent()) return;
          isDead = true;
          if (this.#socket === mine) this.#socket = undefined;
          this.#tell((core) => core.socketClosed(now(), code, reason));
        },
      });
      this.#socket = mine;
    } catch (thrown) {
      isDead = true;
      const { message } = asTimError(thrown);
      this.#audience.log(LEVEL.ERROR, `the connection could not be opened: ${message}`);
      // Not from within: the core is just giving out its outputs.
      this.#environment.after(0, () => this.#tell((core) => core.socketClosed(now(), 1006, message)));
    }
  }

  #close(code: number, reason: string): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(code, reason);
  }

  #wakeAt(atMs: number): void {
    this.#sleep();
    this.#wakeAtMs = atMs;
    this.#cancelWake = this.#environment.after(atMs - this.#environment.now(), () => {
      // Timers may be early by a fraction, and long waits come in pieces.
      if (atMs > this.#environment.now()) this.#wakeAt(atMs);
      else this.#wake();
    });
  }

  #wake(): void {
    this.#sleep();
    this.#tell((core) => core.wake(this.#environment.now()));
  }

  #sleep(): void {
    this.#wakeAtMs = undefined;
    this.#cancelWake?.();
    this.#cancelWake = undefined;
  }

  #take(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    return waiting;
  }

  /** The core could not be started, or broke: that is said, and everything that waits learns of it. */
  #fail(error: TimError): void {
    if (this.#failed || this.#ended) return;
    this.#failed = error;
    this.#stopWatching?.();
    this.#close(1000, "");
    this.#sleep();
    this.#early = [];
    this.#audience.log(LEVEL.ERROR, error.message);
    this.#rejectAll(error);
    this.#audience.event("error", { code: error.code, message: error.message });
  }

  #rejectAll(error: TimError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(error);
  }
}
