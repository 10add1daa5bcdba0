/** The functions of an instance: all there, refused before login as the public facts say, and after it. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeTim } from "../src/tim";
import { FakeCore, FakeWorld } from "./fake-core";
// @ts-expect-error the generator is plain JavaScript
import { BUILT as DECLARED_AS_BUILT } from "../scripts/generate.mjs";

type Fact = { name: string; async: boolean; beforeLogin?: string };
const spec = JSON.parse(readFileSync(new URL("../../../spec/methods.json", import.meta.url), "utf8"));
const declared: Fact[] = spec.methods;
const all: Fact[] = [...spec.methods, ...spec.undeclaredRuntimeMethods];

/** What the declarations call built, and what never says 3122 although it is not. */
const BUILT = new Set<string>([...DECLARED_AS_BUILT, "callExperimentalAPI"]);

function setUp() {
  const world = new FakeWorld();
  const cores: FakeCore[] = [];
  const TIM = makeTim({
    environment: world.environment,
    startCore: () => {
      cores.push(new FakeCore());
      return cores.at(-1)!;
    },
  });
  const tim = TIM.create({ SDKAppID: 1400000001, server: "localhost" }) as any;
  return { TIM, tim, core: cores[0]!, cores, world };
}

function signedIn() {
  const it = setUp();
  it.core.stateName = "ready";
  return it;
}

beforeEach(() => {
  for (const method of ["log", "info", "warn", "error"] as const) vi.spyOn(console, method).mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

describe("an instance", () => {
  test("has no prototype and all functions as its own", () => {
    const { tim } = setUp();
    expect(Object.getPrototypeOf(tim)).toBeNull();
    const original = all.filter((fact) => fact.beforeLogin !== "no such function").map((fact) => fact.name);
    // Functions of later versions beside those of the original.
    const expected = [...original, "setConversationDraft"];
    expect(Object.keys(tim).sort()).toEqual(expected.sort());
    expect(original).toHaveLength(114);
    for (const name of expected) expect(tim[name], name).toBeTypeOf("function");
  });
});

describe("before login", () => {
  const needed: Record<string, unknown[]> = { quitGroup: ["group"], joinGroup: [{ groupID: "group" }] };
  const cases = all.map((fact) => [fact.name, fact.beforeLogin ?? (fact.name === "once" ? "works" : "rejects 2024")] as const);

  test.each(cases)("%s: %s", async (name, what) => {
    const { tim } = setUp();
    const call = () => tim[name](...(needed[name] ?? []));
    switch (what) {
      case "works":
        return; // Has tests of its own.
      case "no such function":
        return expect(tim[name]).toBeUndefined();
      case "resolves memberCount 0":
        return expect(await call()).toEqual({ code: 0, data: { memberCount: 0 } });
      case "not rejected (visitor path)":
        // There are no AVChatRooms yet that a visitor could enter; for all other groups this is the public code.
        return expect(call()).rejects.toMatchObject({ code: 2662 });
      default: {
        const code = Number(/^rejects (\d+)$/.exec(what)![1]);
        const error = await call().then(() => undefined, (thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(Error);
        expect(Object.keys(error)).toEqual(expect.arrayContaining(["code", "message", "data"]));
        expect(error).toMatchObject({ code, data: {}, name: "Error" });
      }
    }
  });

  test("the table knows each of the 111 declared functions", () => {
    expect(declared).toHaveLength(111);
  });

  test("wrong argument types throw at once and without a code", () => {
    const { tim } = setUp();
    const calls = [
      () => tim.login(),
      () => tim.login({ userID: "alice" }),
      () => tim.login({ userID: 5, userSig: "x" }),
      () => tim.on(5, () => {}),
      () => tim.on("a"),
      () => tim.off("a"),
      () => tim.quitGroup(),
      () => tim.registerPlugin(),
    ];
    for (const call of calls) {
      const error = (() => {
        try {
          call();
        } catch (thrown) {
          return thrown;
        }
      })();
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toHaveProperty("code");
    }
  });

  test("on, off, once, registerPlugin and setLogLevel return undefined", () => {
    const { tim } = setUp();
    const handler = () => {};
    expect(tim.on("a", handler)).toBeUndefined();
    expect(tim.once("a", handler)).toBeUndefined();
    expect(tim.off("a", handler)).toBeUndefined();
    expect(tim.registerPlugin({ some: {} })).toBeUndefined();
    expect(tim.setLogLevel(4)).toBeUndefined();
  });

  test("login without any server address rejects in words", async () => {
    const { TIM, core } = setUp();
    const lost = TIM.create({ SDKAppID: 7 }) as any;
    await expect(lost.login({ userID: "a", userSig: "s" })).rejects.toMatchObject({ code: 2800, message: /no server address/ });
    expect(core.told).toEqual([]);
  });
});

describe("while the core starts", () => {
  test("login waits for it, everything else is answered as before login", async () => {
    const [core, world] = [new FakeCore(), new FakeWorld()];
    core.onCall = (call) => core.say({ kind: "answer", call, data: {} });
    const TIM = makeTim({ environment: world.environment, startCore: () => Promise.resolve(core) });
    const tim = TIM.create({ SDKAppID: 1, server: "localhost" }) as any;
    const login = tim.login({ userID: "alice", userSig: "ticket" });
    await expect(tim.getMyProfile()).rejects.toMatchObject({ code: 2024 });
    expect(await login).toEqual({ code: 0, data: {} });
    expect(core.told.filter(([what]) => what === "call")).toEqual([["call", 1, "login", { userID: "alice", userSig: "ticket" }]]);
  });
});

describe("after login", () => {
  test.each(all.map((fact) => fact.name).filter((name) => !BUILT.has(name)))("%s, not built yet, is refused honestly or works", async (name) => {
    const { tim } = signedIn();
    if (["login", "on", "off", "once", "registerPlugin", "setLogLevel", "downloadMergeMessage"].includes(name)) return;
    await expect(tim[name]({})).rejects.toMatchObject({ code: 3122 });
  });

  test.each([...BUILT].filter((name) => !/^(on|off|once|callExperimentalAPI)$|^create\w+Message$/.test(name)))("%s, declared as built, is not refused as missing", async (name) => {
    const { tim, core } = signedIn();
    core.onCall = (call) => core.say({ kind: "answer", call, data: {} });
    const why = await Promise.resolve()
      .then(() => tim[name]({ userID: "alice", userSig: "sig" }))
      .then(() => undefined, (error: { code?: number }) => error.code);
    expect(why).not.toBe(3122);
  });

  test("create…Message returns a Message, findMessage the same one or null, the unread total a number", () => {
    const { tim } = signedIn();
    const message = tim.createTextMessage({ to: "bob", conversationType: "C2C", payload: { text: "hi" } });
    expect(message).toMatchObject({ ID: "m-1", type: "TIMTextElem", status: "unSend", payload: { text: "hi" } });
    expect(tim.findMessage(message.ID)).toBe(message);
    expect(tim.findMessage("nobody's")).toBeNull();
    expect(tim.getTotalUnreadMessageCount()).toBe(7);
  });

  test("the object that was made is the one that is answered, with the new status", async () => {
    const { tim, core } = signedIn();
    core.onCall = (call, _method, { message }) =>
      core.say({ kind: "answer", call, data: { message: { ...message, status: "success", time: 99, sequence: 3 } } });
    const message = tim.createTextMessage({ to: "bob", conversationType: "C2C", payload: { text: "hi" } });
    const { data } = await tim.sendMessage(message);
    expect(data.message).toBe(message);
    expect(message).toMatchObject({ status: "success", time: 99, sequence: 3 });
  });

  test("a message that could not be sent has failed, and is in the error", async () => {
    const { tim, core } = signedIn();
    core.onCall = (call) => core.say({ kind: "failure", call, code: 20007, message: "you are on the peer's blacklist" });
    const message = tim.createTextMessage({ to: "bob", conversationType: "C2C", payload: { text: "hi" } });
    const error = await tim.sendMessage(message).catch((thrown: unknown) => thrown);
    expect(error.code).toBe(20007);
    expect(error.data.message).toBe(message);
    expect(message.status).toBe("fail");
  });

  test("what is called right after sendMessage does not overtake it", () => {
    const { tim, core } = signedIn();
    const message = tim.createTextMessage({ to: "bob", conversationType: "C2C", payload: { text: "hi" } });
    void tim.sendMessage(message).catch(() => {});
    void tim.logout().catch(() => {});
    expect(core.told.map(([, , method]) => method)).toEqual(["sendMessage", "logout"]);
  });

  test("what is no message is refused with 2105, missing options with 3153", async () => {
    const { tim } = signedIn();
    for (const wrong of [undefined, {}, "text"]) await expect(tim.sendMessage(wrong)).rejects.toMatchObject({ code: 2105 });
    await expect(tim.revokeMessage({})).rejects.toMatchObject({ code: 2105 });
    await expect(tim.getMessageList()).rejects.toMatchObject({ code: 3153 });
    await expect(tim.createTextMessage()).rejects.toMatchObject({ code: 3153 });
  });

  test("messages with files need the upload plugin of this SDK", async () => {
    const { tim } = signedIn();
    for (const method of ["createImageMessage", "createAudioMessage", "createVideoMessage", "createFileMessage"]) {
      const message = tim[method]({ to: "bob", conversationType: "C2C", payload: { file: {} } });
      await expect(message).rejects.toMatchObject({ code: 2040 });
      await expect(tim.sendMessage(message)).rejects.toMatchObject({ code: 2040 });
    }
    tim.registerPlugin({ "tim-upload-plugin": class {} });
    await expect(tim.createImageMessage({})).rejects.toMatchObject({ code: 2040 });
  });

  test("a handler that throws is reported by ERROR with 2109, also one of ERROR itself, without end", () => {
    const { TIM, tim, core } = signedIn();
    const errors: unknown[] = [];
    tim.on(TIM.EVENT.SDK_READY, () => {
      throw new Error("oops");
    });
    tim.on(TIM.EVENT.ERROR, () => {
      throw new Error("again");
    });
    tim.on(TIM.EVENT.ERROR, (event: { data: unknown }) => errors.push(event.data));
    core.say({ kind: "event", name: "sdkStateReady" });
    tim.setLogLevel(4);
    expect(errors).toEqual([{ code: 2109, message: expect.stringContaining("oops") }]);
  });

  test("no UserSig is ever logged, at any level", async () => {
    const { tim, core } = setUp();
    const userSig = "eJwtzLEKwjAUBdB-ticket";
    core.onCall = (call) => {
      core.say({ kind: "log", level: 1, text: `core says ${userSig}` });
      core.say({ kind: "failure", call, code: 70003, message: `bad ticket ${userSig}` });
    };
    for (const level of [0, 1, 2, 3, 4]) {
      tim.setLogLevel(level);
      await tim.login({ userID: "alice", userSig }).catch(() => {});
    }
    const written = (["log", "info", "warn", "error"] as const).flatMap((method) => vi.mocked(console[method]).mock.calls.flat());
    expect(written.length).toBeGreaterThan(0);
    expect(written.join()).not.toContain(userSig);
  });
});

describe("TIM.create", () => {
  test("gives one instance per SDKAppID, also when it comes as text", () => {
    const { TIM, tim } = setUp();
    expect(TIM.create({ SDKAppID: 1400000001 })).toBe(tim);
    expect(TIM.create({ SDKAppID: "1400000001" })).toBe(tim);
    expect(TIM.create({ SDKAppID: 1400000002 })).not.toBe(tim);
  });

  test.each([undefined, null, 0, -1, 1.5, NaN, "", "abc", "12x", {}, 2 ** 32])("gives null for the SDKAppID %s and says why", (SDKAppID) => {
    const { TIM } = setUp();
    expect(TIM.create({ SDKAppID })).toBeNull();
    expect(console.error).toHaveBeenCalledWith(expect.stringMatching(/SDKAppID must be/));
  });

  test("throws without an argument", () => {
    const { TIM } = setUp();
    expect(() => (TIM.create as unknown as () => void)()).toThrow(/SDKAppID/);
  });

  test("makes a new instance after destroy, and the old one hears nothing more", async () => {
    const { TIM, tim, core, cores } = signedIn();
    const handler = vi.fn();
    tim.on(TIM.EVENT.SDK_READY, handler);
    core.onCall = (call) => core.say({ kind: "answer", call, data: {} });
    expect(await tim.destroy()).toEqual({ code: 0, data: {} });
    expect(core.freed).toBe(true);
    const next = TIM.create({ SDKAppID: 1400000001 });
    expect(next).not.toBe(tim);
    expect(cores).toHaveLength(2);
    await expect(tim.getMyProfile()).rejects.toMatchObject({ code: 2024 });
    expect(handler).not.toHaveBeenCalled();
  });

  test("does not destroy an instance whose destroy is refused", async () => {
    const { TIM, tim } = setUp();
    await expect(tim.destroy()).rejects.toMatchObject({ code: 2024 });
    expect(TIM.create({ SDKAppID: 1400000001 })).toBe(tim);
  });
});
