/** How many instances an account may have, and what becomes of the others. */
import TLSSigAPIv2 from "tls-sig-api-v2";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { APP, Console, TIM, failure, isReady, phoneTim, world } from "./support";

describe.skipIf(!isReady)("instances", () => {
  const it = world();
  let owner: Console;
  beforeAll(async () => {
    await it.begin();
    owner = await Console.signIn(it.server);
  });
  afterEach(async () => {
    await it.stopClients();
    await owner.settings({ webInstances: 1, platformPolicy: "multi" });
  });
  afterAll(() => it.end());

  test("Contract C6. by default the second tab's login kicks the first with KICKED_OUT_MULT_ACCOUNT", async () => {
    const [first] = await it.ready("alice");
    const [second] = await it.ready("alice");
    expect(await first!.event(TIM.EVENT.KICKED_OUT)).toEqual({ type: TIM.TYPES.KICKED_OUT_MULT_ACCOUNT });
    expect(first!.seen(TIM.EVENT.SDK_NOT_READY)).toHaveLength(1);
    expect((await failure(first!.tim.getConversationList())).code).toBe(3003);
    await second!.tim.getConversationList();
  });

  test("Contract C6. set to 2, the third login kicks the oldest only, which then neither sends, receives nor comes back", async () => {
    await owner.settings({ webInstances: 2 });
    const [first, bob] = await it.ready("alice", "bob");
    const [second] = await it.ready("alice");
    expect(first!.seen(TIM.EVENT.KICKED_OUT)).toEqual([]);
    const [third] = await it.ready("alice");
    expect(await first!.event(TIM.EVENT.KICKED_OUT)).toEqual({ type: TIM.TYPES.KICKED_OUT_MULT_ACCOUNT });

    const kickedAt = first!.events.length;
    await bob!.say("alice", "who hears this?");
    await Promise.all([second!.hears("who hears this?"), third!.hears("who hears this?")]);
    // Longer than the first attempts to reconnect would take.
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(first!.events.slice(kickedAt)).toEqual([]);
    expect((await failure(first!.tim.getMyProfile())).code).toBe(3003);
    expect([...second!.seen(TIM.EVENT.KICKED_OUT), ...third!.seen(TIM.EVENT.KICKED_OUT)]).toEqual([]);
  });

  test("what one instance sends, the account's other instance gets too, and its logout disturbs nobody", async () => {
    await owner.settings({ webInstances: 2 });
    const [first, bob] = await it.ready("alice", "bob");
    const [second] = await it.ready("alice");
    await first!.say("bob", "from the first");
    await Promise.all([second!.hears("from the first"), bob!.hears("from the first")]);
    expect(first!.received()).toEqual([]);
    await first!.tim.logout();
    await second!.say("bob", "still here");
    await bob!.hears("still here");
    expect(second!.seen(TIM.EVENT.SDK_NOT_READY)).toEqual([]);
  });

  test("Contract C6. under a policy for one kind of device, a phone's login kicks the tab with KICKED_OUT_MULT_DEVICE", async () => {
    await owner.settings({ platformPolicy: "single" });
    const [tab] = await it.ready("frank");
    const phone = it.client("frank", APP, await phoneTim());
    await phone.login();
    expect(await tab!.event(TIM.EVENT.KICKED_OUT)).toEqual({ type: TIM.TYPES.KICKED_OUT_MULT_DEVICE });
    expect((await failure(tab!.tim.getMyProfile())).code).toBe(3002);
    await phone.tim.getMyProfile();
  });

  test("a kicked instance may log in again", async () => {
    const [first] = await it.ready("alice");
    const [second] = await it.ready("alice");
    await first!.event(TIM.EVENT.KICKED_OUT);
    await first!.login();
    expect(await second!.event(TIM.EVENT.KICKED_OUT)).toEqual({ type: TIM.TYPES.KICKED_OUT_MULT_ACCOUNT });
  });

  test("Contract C7. a session whose UserSig runs out is kicked with KICKED_OUT_USERSIG_EXPIRED", async () => {
    const { secretKey } = await owner.ask("POST", `apps/${APP}/rotate-key`, {});
    const alice = it.client("alice");
    await alice.login(new TLSSigAPIv2.Api(APP, secretKey).genSig("alice", 2));
    expect(await alice.event(TIM.EVENT.KICKED_OUT)).toEqual({ type: TIM.TYPES.KICKED_OUT_USERSIG_EXPIRED });
    expect((await failure(alice.tim.getMyProfile())).code).toBe(3004);
  });
});
