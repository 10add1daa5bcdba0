/** Logging in and out against a real server. */
import TLSSigAPIv2 from "tls-sig-api-v2";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { APP, Console, TIM, failure, isReady, sign, world } from "./support";

describe.skipIf(!isReady)("login", () => {
  const it = world();
  let secretKey: string;
  beforeAll(async () => {
    await it.begin();
    const owner = await Console.signIn(it.server);
    ({ secretKey } = await owner.ask("POST", `apps/${APP}/rotate-key`, {}));
  });
  afterEach(() => it.stopClients());
  afterAll(() => it.end());

  const ticket = (userID: string, expireS = 3600, { app = APP, key = secretKey } = {}) =>
    new TLSSigAPIv2.Api(app, key).genSig(userID, expireS);

  /** What something would have been an hour ago. */
  function longAgo<T>(make: () => T): T {
    vi.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ["Date"] });
    try {
      return make();
    } finally {
      vi.useRealTimers();
    }
  }

  /** Proves `login`, `getMyProfile`. */
  test("a real UserSig logs in, makes the account, and SDK_READY follows", async () => {
    const alice = it.client("alice");
    const ready = alice.event(TIM.EVENT.SDK_READY);
    const answer = await alice.tim.login({ userID: "alice", userSig: await sign(it.server, "alice") });
    expect(answer.code).toBe(0);
    expect(answer.data.repeatLogin).not.toBe(true);
    await ready;
    expect((await alice.tim.getMyProfile()).data.userID).toBe("alice");
  });

  test("tickets of the npm package tls-sig-api-v2 are accepted, also with a userbuf", async () => {
    const alice = it.client("alice");
    await alice.login(ticket("alice"));
    const bob = it.client("bob");
    const withBuffer = new TLSSigAPIv2.Api(APP, secretKey).genPrivateMapKey("bob", 3600, 10000, 255);
    await bob.login(withBuffer);
  });

  test("a second login on the same instance says so", async () => {
    const [alice] = await it.ready("alice");
    const { data } = await alice!.tim.login({ userID: "alice", userSig: await sign(it.server, "alice") });
    expect(data.repeatLogin).toBe(true);
    expect(data.errorInfo).toBeTypeOf("string");
  });

  /** Contract C7. */
  test("Contract C7. wrong, expired, foreign-user and foreign-app signatures get their public codes", async () => {
    const cases: [string, number][] = [
      ["", 70002],
      ["not-a-ticket", 70003],
      [ticket("alice").slice(0, 40), 70003],
      [ticket("bob"), 70013],
      [ticket("alice", 3600, { app: APP + 1 }), 70014],
      [ticket("alice", 3600, { key: "0".repeat(64) }), 70009],
      [longAgo(() => ticket("alice", 60)), 70001],
    ];
    for (const [userSig, code] of cases) {
      const alice = it.client("alice");
      const error = await failure(alice.tim.login({ userID: "alice", userSig }));
      expect(error.code, `${code}: ${error.message}`).toBe(code);
      expect(alice.seen(TIM.EVENT.SDK_READY)).toEqual([]);
      await alice.stop();
    }
  });

  test("an unknown app is refused", async () => {
    const stranger = it.client("alice", 1400999999);
    const error = await failure(stranger.tim.login({ userID: "alice", userSig: ticket("alice", 3600, { app: 1400999999 }) }));
    expect(error.code).toBe(70020);
  });

  /** Proves `SDK_READY`. */
  test("gated calls work from SDK_READY on, not before", async () => {
    const alice = it.client("alice");
    const login = alice.tim.login({ userID: "alice", userSig: await sign(it.server, "alice") });
    expect((await failure(alice.tim.getMyProfile())).code).toBe(3000);
    await login;
    await alice.event(TIM.EVENT.SDK_READY);
    await alice.tim.getMyProfile();
  });

  /** Proves `logout`, `SDK_NOT_READY`. */
  test("logout: SDK_NOT_READY, nothing works any more, and logging in again does", async () => {
    const [alice] = await it.ready("alice");
    expect(await alice!.tim.logout()).toEqual({ code: 0, data: {} });
    await alice!.event(TIM.EVENT.SDK_NOT_READY);
    expect((await failure(alice!.tim.getConversationList())).code).toBe(3005);
    expect((await failure(alice!.tim.logout())).code).toBe(2024);
    await alice!.login();
    await alice!.tim.getConversationList();
  });

  /** Proves `destroy`, `SDK_DESTROY`. */
  test("destroy: SDK_NOT_READY, SDK_DESTROY, and create gives a new instance", async () => {
    const [alice] = await it.ready("alice");
    await alice!.tim.destroy();
    expect(alice!.seen(TIM.EVENT.SDK_NOT_READY)).toHaveLength(1);
    expect(alice!.seen(TIM.EVENT.SDK_DESTROY)).toHaveLength(1);
    const next = alice!.TIM.create({ SDKAppID: APP, server: it.server.url });
    expect(next).not.toBe(alice!.tim);
    await next.login({ userID: "alice", userSig: await sign(it.server, "alice") });
    await next.destroy();
  });

  test("nobody there: login is refused with a network error in reasonable time", async () => {
    const lost = it.client("alice");
    const elsewhere = lost.TIM.create({ SDKAppID: 7, server: "127.0.0.1:9" });
    elsewhere.setLogLevel(4);
    const error = await failure(elsewhere.login({ userID: "alice", userSig: "eJx" }));
    expect([2800, 2801, 2805]).toContain(error.code);
    await elsewhere.destroy();
  });

  test("ERROR tells of a handler that threw", async () => {
    const alice = it.client("alice");
    alice.tim.on(TIM.EVENT.SDK_READY, () => {
      throw new Error("a bug of the app");
    });
    await alice.login();
    const { code, message } = await alice.event(TIM.EVENT.ERROR);
    expect(code).toBe(2109);
    expect(message).toContain("a bug of the app");
  });
});
