/** The driver does what the core says, in its order, and tells it what happens outside. */
import { describe, expect, test } from "vitest";
import { Driver } from "../src/driver";
import { FakeCore, FakeWorld } from "./fake-core";

function setUp() {
  const [core, world] = [new FakeCore(), new FakeWorld()];
  const heard: unknown[] = [];
  const driver = new Driver(core, world.environment, () => "ws://server/v1/ws", {
    event: (name, data) => void heard.push([name, data]),
    log: (level, text) => void heard.push([level, text]),
  });
  /** Lets the core say something, as if the network had given it the reason. */
  const say = (...outputs: Parameters<FakeCore["say"]>) => {
    core.say(...outputs);
    world.watcher?.network(true);
  };
  return { core, world, driver, heard, say };
}

describe("driver", () => {
  test("a socket is opened, used and closed as the core says", () => {
    const { core, world, say } = setUp();
    say({ kind: "open" });
    const [socket] = world.sockets;
    expect(socket!.url).toBe("ws://server/v1/ws");
    socket!.listener.opened();
    core.say({ kind: "send", bytes: Uint8Array.of(1, 2) });
    socket!.listener.message(Uint8Array.of(9));
    expect(socket!.sent).toEqual([[1, 2]]);
    say({ kind: "close", code: 4000, reason: "bye" });
    expect(socket!.closed).toEqual([4000, "bye"]);
    const told = core.told.length;
    socket!.listener.closed(1006, "late");
    expect(core.told).toHaveLength(told);
  });

  test("what an old socket still says is not heard", () => {
    const { core, world, say } = setUp();
    say({ kind: "open" });
    say({ kind: "open" });
    const [old, fresh] = world.sockets;
    expect(old!.closed).toBeDefined();
    old!.listener.message(Uint8Array.of(1));
    old!.listener.closed(1006, "");
    expect(core.told.filter(([kind]) => kind !== "network")).toEqual([]);
    fresh!.listener.message(Uint8Array.of(2));
    expect(core.told.at(-1)).toEqual(["socketMessage", [2]]);
  });

  test("a socket that cannot be opened at all is one that closed", () => {
    const { core, world, say } = setUp();
    world.refuseSockets = true;
    say({ kind: "open" });
    expect(core.told.at(-1)).not.toContain("socketClosed");
    world.pass(0);
    expect(core.told.at(-1)).toEqual(["socketClosed", 1006, "sockets are forbidden here"]);
  });

  test("a later wakeAt replaces the earlier one, sleep forgets it", () => {
    const { core, world, say } = setUp();
    const wakes = () => core.told.filter(([kind]) => kind === "wake").length;
    say({ kind: "wakeAt", atMs: world.nowMs + 10 }, { kind: "wakeAt", atMs: world.nowMs + 100 });
    world.pass(50);
    expect(wakes()).toBe(0);
    world.pass(50);
    expect(wakes()).toBe(1);
    say({ kind: "wakeAt", atMs: world.nowMs + 10 }, { kind: "sleep" });
    world.pass(50);
    expect(wakes()).toBe(1);
  });

  test("a timer that was late because the page slept is made up for when it wakes", () => {
    const { core, world, say } = setUp();
    say({ kind: "wakeAt", atMs: world.nowMs + 1000 });
    world.nowMs += 5000;
    world.watcher!.awake();
    expect(core.told.at(-1)).toEqual(["wake", world.nowMs]);
  });

  test("answers and failures settle their own call", async () => {
    const { core, driver } = setUp();
    core.onCall = (call, method) =>
      core.say(
        method === "a"
          ? { kind: "answer", call, data: { x: 1 } }
          : { kind: "failure", call, code: 10007, message: "not allowed", data: { y: 2 } },
      );
    await expect(driver.call("a", {})).resolves.toEqual({ x: 1 });
    const error = await driver.call("b", {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect({ ...(error as object) }).toMatchObject({ code: 10007, message: "not allowed", data: { y: 2 } });
  });

  test("calls from within a handler are taken in order, after what is on its way", () => {
    const [core, world] = [new FakeCore(), new FakeWorld()];
    const order: string[] = [];
    const driver: Driver = new Driver(core, world.environment, () => "", {
      event(name) {
        order.push(name);
        if (name === "one") void driver.call("inner", {});
      },
      log() {},
    });
    core.onCall = () => core.say({ kind: "event", name: "three" });
    core.say({ kind: "event", name: "one" }, { kind: "event", name: "two" });
    driver.setLogLevel(1);
    expect(order).toEqual(["one", "two", "three"]);
  });

  test("calls wait in order for a core that starts later", async () => {
    const [core, world] = [new FakeCore(), new FakeWorld()];
    core.onCall = (call, method) => core.say({ kind: "answer", call, data: method });
    const driver = new Driver(Promise.resolve(core), world.environment, () => "", { event() {}, log() {} });
    expect(driver.core).toBeUndefined();
    const calls = [driver.call("a", {}), driver.call("b", {})];
    expect(await Promise.all(calls)).toEqual(["a", "b"]);
    expect(core.told.map(([, , method]) => method)).toEqual(["a", "b"]);
  });

  test("a core that cannot be started fails what waits, and says so by ERROR", async () => {
    const world = new FakeWorld();
    const events: unknown[] = [];
    const start = Promise.reject({ code: 2903, message: "no wasm here" });
    const driver = new Driver(start, world.environment, () => "", { event: (...event) => void events.push(event), log() {} });
    await expect(driver.call("login", {})).rejects.toMatchObject({ code: 2903, message: "no wasm here" });
    expect(events).toEqual([["error", { code: 2903, message: "no wasm here" }]]);
    await expect(driver.call("login", {})).rejects.toMatchObject({ code: 2903 });
  });

  test("after the end nothing is done any more, and the memory is given back", async () => {
    const { core, world, driver, say } = setUp();
    say({ kind: "open" }, { kind: "wakeAt", atMs: world.nowMs + 10 });
    const waiting = driver.call("a", {});
    driver.end();
    await expect(waiting).rejects.toMatchObject({ code: 2024 });
    expect(world.sockets[0]!.closed).toEqual([1000, ""]);
    expect(world.timers.size).toBe(0);
    expect(world.watcher).toBeUndefined();
    expect(core.freed).toBe(true);
  });
});
