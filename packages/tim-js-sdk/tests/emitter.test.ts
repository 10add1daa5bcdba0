/** Handlers come and go, and disturb no other. */
import { describe, expect, test, vi } from "vitest";
import { Emitter } from "../src/emitter";

const emitter = () => {
  const threw = vi.fn();
  return { emitter: new Emitter(threw), threw };
};

describe("emitter", () => {
  test("a handler gets name and data, and the context as its this", () => {
    const { emitter: it } = emitter();
    const context = { seen: undefined as unknown };
    it.on("a", function (this: typeof context, event: unknown) {
      this.seen = event;
    }, context);
    it.emit("a", 1);
    expect(context.seen).toEqual({ name: "a", data: 1 });
  });

  test("off takes away the same function, with the context only when one is given", () => {
    const { emitter: it } = emitter();
    const handler = vi.fn();
    const [one, two] = [{}, {}];
    it.on("a", handler, one);
    it.on("a", handler, two);
    it.off("a", handler, one);
    it.emit("a", undefined);
    expect(handler).toHaveBeenCalledTimes(1);
    it.off("a", handler);
    it.emit("a", undefined);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  test("once is called once, and off takes it away before", () => {
    const { emitter: it } = emitter();
    const [first, second] = [vi.fn(), vi.fn()];
    it.once("a", first);
    it.once("a", second);
    it.off("a", second);
    it.emit("a", 1);
    it.emit("a", 2);
    expect(first.mock.calls).toEqual([[{ name: "a", data: 1 }]]);
    expect(second).not.toHaveBeenCalled();
  });

  test("a handler that throws disturbs no other and is reported", () => {
    const { emitter: it, threw } = emitter();
    const after = vi.fn();
    const oops = new Error("oops");
    it.on("a", () => {
      throw oops;
    });
    it.on("a", after);
    it.emit("a", 1);
    expect(after).toHaveBeenCalledTimes(1);
    expect(threw).toHaveBeenCalledWith("a", oops);
  });

  test("a handler that is taken off while the event is on its way is not called", () => {
    const { emitter: it } = emitter();
    const later = vi.fn();
    it.on("a", () => it.off("a", later));
    it.on("a", later);
    it.emit("a", 1);
    expect(later).not.toHaveBeenCalled();
  });

  test("wrong arguments throw at once", () => {
    const { emitter: it } = emitter();
    const wrong = it as { on(...args: unknown[]): void; off(...args: unknown[]): void; once(...args: unknown[]): void };
    for (const method of ["on", "off", "once"] as const) {
      expect(() => wrong[method](undefined, () => {})).toThrow(/eventName must be a string/);
      expect(() => wrong[method]("a", "no function")).toThrow(/handler must be a function/);
    }
  });
});
