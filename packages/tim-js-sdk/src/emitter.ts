/**
 * Who listens to which event.
 *
 * **Comes in:** handlers, and events as they happen. **Goes out:** calls of the handlers, in the order in which they were
 * added. A handler that throws is reported and disturbs no other. **Never here:** where events come from.
 */
import { needHandler, needString, type Handler } from "./arguments";

interface Listener {
  readonly handler: Handler;
  readonly context: unknown;
  readonly once: boolean;
  gone: boolean;
}

export class Emitter {
  readonly #listeners = new Map<string, Listener[]>();
  readonly #threw: (event: string, thrown: unknown) => void;

  /** `threw` hears of handlers that throw. */
  constructor(threw: (event: string, thrown: unknown) => void) {
    this.#threw = threw;
  }

  on(event: unknown, handler: unknown, context?: unknown): void {
    this.#add("on", event, handler, context, false);
  }

  once(event: unknown, handler: unknown, context?: unknown): void {
    this.#add("once", event, handler, context, true);
  }

  /** Without a context, the handler goes whatever context it was added with. */
  off(event: unknown, handler: unknown, context?: unknown, onlyOnce?: unknown): void {
    const name = needString("off", "eventName", event);
    const gone = needHandler("off", handler);
    const kept = (this.#listeners.get(name) ?? []).filter((listener) => {
      const isMeant =
        listener.handler === gone &&
        (context === undefined || listener.context === context) &&
        (onlyOnce !== true || listener.once);
      // Also when the event is on its way right now: after `off`, the handler is not called any more.
      listener.gone ||= isMeant;
      return !isMeant;
    });
    if (kept.length > 0) this.#listeners.set(name, kept);
    else this.#listeners.delete(name);
  }

  emit(name: string, data: unknown): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      if (listener.gone) continue;
      if (listener.once) this.#drop(name, listener);
      try {
        listener.handler.call(listener.context, { name, data });
      } catch (thrown) {
        this.#threw(name, thrown);
      }
    }
  }

  clear(): void {
    for (const listener of [...this.#listeners.values()].flat()) listener.gone = true;
    this.#listeners.clear();
  }

  #add(method: string, event: unknown, handler: unknown, context: unknown, once: boolean): void {
    const name = needString(method, "eventName", event);
    const listener = { handler: needHandler(method, handler), context, once, gone: false };
    const listeners = this.#listeners.get(name);
    if (listeners) listeners.push(listener);
    else this.#listeners.set(name, [listener]);
  }

  #drop(name: string, listener: Listener): void {
    listener.gone = true;
    const kept = (this.#listeners.get(name) ?? []).filter((other) => other !== listener);
    if (kept.length > 0) this.#listeners.set(name, kept);
    else this.#listeners.delete(name);
  }
}
