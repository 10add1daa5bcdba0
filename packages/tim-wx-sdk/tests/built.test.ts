/** The built file, in a mini-program that has nothing but `wx`. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { startMiniProgram } from "./mini-program";

const isBuilt = existsSync(fileURLToPath(new URL("../dist/index.js", import.meta.url)));
const APP = 1400000001;

describe.skipIf(!isBuilt)("the mini-program build", () => {
  let server: WebSocketServer;
  let frames: { data: unknown; isBinary: boolean }[];
  let address: string;

  beforeEach(async () => {
    frames = [];
    server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    server.on("connection", (socket) => socket.on("message", (data, isBinary) => frames.push({ data, isBinary })));
    await new Promise((resolve) => server.on("listening", resolve));
    address = `ws://127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterEach(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });

  test("has the public API, and runs where none of a browser's globals are", () => {
    const { TIM, foreign } = startMiniProgram();
    expect([...foreign]).toEqual([]);
    expect(TIM.VERSION).toBe("2.27.6");
    expect(TIM.default).toBe(TIM);
    const tim = TIM.create({ SDKAppID: APP, server: address });
    // Those of the original, and `setConversationDraft`.
    expect(Object.keys(tim)).toHaveLength(115);
    expect(TIM.create({ SDKAppID: APP })).toBe(tim);
  });

  test("answers before the core has started, as before login", async () => {
    const { TIM } = startMiniProgram();
    const tim = TIM.create({ SDKAppID: APP, server: address });
    await expect(tim.getMyProfile()).rejects.toMatchObject({ code: 2024 });
    await expect(tim.quitGroup("g")).rejects.toMatchObject({ code: 2623 });
    await expect(tim.joinGroup({ groupID: "g" })).rejects.toMatchObject({ code: 2662 });
  });

  test.each([true, false])("login waits for the core and then speaks to the server in binary (wx.getRandomValues: %s)", async (hasRandomValues) => {
    const { TIM } = startMiniProgram({ hasRandomValues, globalData: { HONGYAN_SERVER: address } });
    const tim = TIM.create({ SDKAppID: APP });
    tim.login({ userID: "alice", userSig: "eJx-not-checked-here" }).catch(() => {});
    await expect.poll(() => frames.length).toBeGreaterThan(0);
    expect(frames[0]!.isBinary).toBe(true);
    expect(String(frames[0]!.data)).toContain("alice");
  });

  test("the wasm file may be elsewhere, and a missing one is said in words", async () => {
    const elsewhere = startMiniProgram({ wasmAt: "/static/hongyan.wasm" });
    const tim = elsewhere.TIM.create({ SDKAppID: APP, server: address, wasm: "/static/hongyan.wasm" });
    tim.login({ userID: "alice", userSig: "eJx-not-checked-here" }).catch(() => {});
    await expect.poll(() => frames.length).toBeGreaterThan(0);

    const lost = startMiniProgram({ wasmAt: "/static/hongyan.wasm" });
    const other = lost.TIM.create({ SDKAppID: APP, server: address });
    const error = await other.login({ userID: "alice", userSig: "x" }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 2903, message: expect.stringMatching(/hongyan\.wasm could not be loaded.*TIM\.create/) });
  });

  test("an old base library is told what it lacks", async () => {
    const { TIM } = startMiniProgram({ hasWebAssembly: false });
    const tim = TIM.create({ SDKAppID: APP, server: address });
    await expect(tim.login({ userID: "alice", userSig: "x" })).rejects.toMatchObject({ message: expect.stringContaining("2.13.0") });
  });
});
