/** What a client does when the server goes away and comes back. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TIM, isReady, world, type Client } from "./support";

describe.skipIf(!isReady)("network", () => {
  const it = world();
  beforeAll(() => it.begin());
  afterEach(() => it.stopClients());
  afterAll(() => it.end());

  const states = (client: Client) => client.seen(TIM.EVENT.NET_STATE_CHANGE).map((event) => event.data.state);

  test("NET_STATE_CHANGE says connected after login", async () => {
    const [alice] = (await it.ready("alice")) as [Client];
    expect(states(alice).at(-1)).toBe(TIM.TYPES.NET_STATE_CONNECTED);
    expect(states(alice)).not.toContain(TIM.TYPES.NET_STATE_DISCONNECTED);
  });

  test("Contracts C2 and C4. after a restart clients come back by themselves; nothing is lost and nothing comes twice", { timeout: 60_000 }, async () => {
    const [alice, bob] = (await it.ready("alice", "bob")) as [Client, Client];
    await alice.say("bob", "before");
    await bob.hears("before");
    const before = alice.events.length;
    await it.server.kill();
    await alice.event(TIM.EVENT.NET_STATE_CHANGE, ({ state }) => state !== TIM.TYPES.NET_STATE_CONNECTED, before);
    // Sent into the void; it goes as soon as there is a way.
    const during = alice.say("bob", "during");
    await it.server.restart();
    await alice.event(
      TIM.EVENT.NET_STATE_CHANGE,
      ({ state }) => state === TIM.TYPES.NET_STATE_CONNECTED,
      before,
    );
    await during;
    await bob.hears("during");
    await alice.say("bob", "after");
    await bob.hears("after");
    expect(bob.received().map(({ payload }) => payload.text)).toEqual(["before", "during", "after"]);
    expect([...alice.seen(TIM.EVENT.KICKED_OUT), ...bob.seen(TIM.EVENT.KICKED_OUT)]).toEqual([]);
    const { messageList } = (await bob.tim.getMessageList({ conversationID: "C2Calice" })).data;
    expect(messageList.map(({ payload }) => payload.text)).toEqual(["before", "during", "after"]);
    expect(bob.tim.getTotalUnreadMessageCount()).toBe(3);
  });

  test("a server that stays away is NET_STATE_DISCONNECTED", { timeout: 60_000 }, async () => {
    const [alice] = (await it.ready("alice")) as [Client];
    const before = alice.events.length;
    await it.server.stop();
    await expect
      .poll(() => states(alice).includes(TIM.TYPES.NET_STATE_DISCONNECTED), { timeout: 40_000 })
      .toBe(true);
    await it.server.restart();
    await expect.poll(() => states(alice).at(-1), { timeout: 40_000 }).toBe(TIM.TYPES.NET_STATE_CONNECTED);
    void before;
    await alice.tim.getConversationList();
  });
});
