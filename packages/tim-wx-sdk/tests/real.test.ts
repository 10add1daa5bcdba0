/** The built file against a real server, next to web clients. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { APP, isReady, sign, world } from "../../tim-js-sdk/tests/integration/support";
import { startMiniProgram, type MiniProgram } from "./mini-program";

const WAIT = { timeout: 10_000 };

describe.skipIf(!isReady)("a mini-program and a real server", () => {
  const it = world();
  let running: { tim: any }[] = [];
  beforeAll(() => it.begin());
  afterEach(async () => {
    await Promise.all(running.map(({ tim }) => tim.destroy().catch(() => {})));
    running = [];
    await it.stopClients();
  });
  afterAll(() => it.end());

  async function start(userID: string): Promise<MiniProgram & { tim: any; events: { name: string; data: any }[] }> {
    const program = startMiniProgram({ globalData: { HONGYAN_SERVER: it.server.url } });
    const tim = program.TIM.create({ SDKAppID: APP });
    tim.setLogLevel(4);
    const events: { name: string; data: any }[] = [];
    for (const name of Object.values(program.TIM.EVENT)) tim.on(name, (event: { name: string; data: any }) => events.push(event));
    await tim.login({ userID, userSig: await sign(it.server, userID) });
    await expect.poll(() => events.map((event) => event.name), WAIT).toContain("sdkStateReady");
    const started = { ...program, tim, events };
    running.push(started);
    return started;
  }

  test("logs in, sends and receives, in Chinese too", async () => {
    const alice = await start("alice");
    const bob = it.client("bob");
    await bob.login();
    const message = alice.tim.createTextMessage({ to: "bob", conversationType: "C2C", payload: { text: "鸿雁 🪿" } });
    await alice.tim.sendMessage(message);
    expect(message.status).toBe("success");
    await bob.hears("鸿雁 🪿");
    await bob.say("alice", "回信");
    await expect.poll(() => alice.events.find((event) => event.name === "onMessageReceived")?.data[0].payload.text, WAIT).toBe("回信");
    expect((await alice.tim.getConversationList()).data.conversationList).toHaveLength(1);
  });

  test("comes back by itself when its socket was cut, and gets what it missed", async () => {
    const carol = await start("carol");
    const dave = it.client("dave");
    await dave.login();
    carol.setNetwork(false);
    carol.sockets.at(-1)!.terminate();
    await dave.say("carol", "while you were away");
    carol.setNetwork(true);
    carol.show();
    await expect.poll(() => carol.events.find((event) => event.name === "onMessageReceived")?.data[0].payload.text, WAIT).toBe("while you were away");
    expect(carol.sockets.length).toBeGreaterThan(1);
  });

  test("Contract C6. a mini-program counts as a web instance: its login kicks the tab, with KICKED_OUT_MULT_ACCOUNT", async () => {
    const web = it.client("erin");
    await web.login();
    const phone = await start("erin");
    expect(await web.event(web.TIM.EVENT.KICKED_OUT)).toEqual({ type: web.TIM.TYPES.KICKED_OUT_MULT_ACCOUNT });
    await phone.tim.getMyProfile();
    await web.login();
    await expect.poll(() => phone.events.find((event) => event.name === "kickedOut")?.data, WAIT).toEqual({ type: "multipleAccount" });
  });
});
