/** Profiles and blacklists between real clients. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TIM, failure, isReady, world, type Client } from "./support";

describe.skipIf(!isReady)("people", () => {
  const it = world();
  beforeAll(() => it.begin());
  afterEach(() => it.stopClients());
  afterAll(() => it.end());

  /** Proves `getMyProfile`, `getUserProfile`, `updateMyProfile`, `getConversationProfile`. */
  test("PROFILE_UPDATED tells who has a conversation, and the profile in it is the same object", async () => {
    const [alice, bob] = (await it.ready("alice", "bob")) as [Client, Client];
    await alice.say("bob", "hello");
    await bob.hears("hello");
    const { conversation } = (await bob.tim.getConversationProfile("C2Calice")).data;
    const { data: mine } = await alice.tim.updateMyProfile({ nick: "Alice 爱丽丝", selfSignature: "hi", gender: TIM.TYPES.GENDER_FEMALE });
    expect(mine).toMatchObject({ userID: "alice", nick: "Alice 爱丽丝", gender: TIM.TYPES.GENDER_FEMALE });
    expect((await alice.tim.getMyProfile()).data).toBe(mine);

    const [changed] = await bob.event(TIM.EVENT.PROFILE_UPDATED, (profiles) => profiles.some((one) => one.nick === "Alice 爱丽丝"));
    expect(conversation.userProfile).toBe(changed);
    await alice.event(TIM.EVENT.PROFILE_UPDATED, (profiles) => profiles[0]?.userID === "alice");
    const { data: asked } = await bob.tim.getUserProfile({ userIDList: ["alice"] });
    expect(asked[0]).toBe(changed);
    const message = await alice.say("bob", "with my name");
    void message;
    expect((await bob.hears("with my name")).nick).toBe("Alice 爱丽丝");
  });

  /** Proves `getBlacklist`, `addToBlacklist`, `removeFromBlacklist`. */
  test("BLACKLIST_UPDATED brings the whole list, and a blocked sender is refused with 20007", async () => {
    const [carol, dave] = (await it.ready("carol", "dave")) as [Client, Client];
    expect((await carol.tim.addToBlacklist({ userIDList: ["dave"] })).data).toEqual(["dave"]);
    expect(await carol.event(TIM.EVENT.BLACKLIST_UPDATED)).toEqual(["dave"]);
    expect((await failure(dave.tim.sendMessage(dave.text("carol", "let me in")))).code).toBe(20007);
    expect((await carol.tim.getBlacklist()).data).toEqual(["dave"]);
    await carol.tim.removeFromBlacklist({ userIDList: ["dave"] });
    expect(await carol.event(TIM.EVENT.BLACKLIST_UPDATED, (list) => list.length === 0)).toEqual([]);
    await dave.say("carol", "thanks");
    await carol.hears("thanks");
    expect((await failure(carol.tim.addToBlacklist({ userIDList: ["carol"] }))).code).toBe(2742);
  });
});
