/** Reading, between real clients: marks of one and of all conversations, receipts, and reading history from any place. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Console, TIM, failure, isReady, world, type Client } from "./support";

describe.skipIf(!isReady)("reading", () => {
  const it = world();
  let owner: Console;
  let round = 0;
  /** New people for every test, so that none finds what another left. */
  let [a, b, c] = ["", "", ""];
  beforeAll(async () => {
    await it.begin();
    owner = await Console.signIn(it.server);
    await owner.settings({ webInstances: 3 });
  });
  beforeEach(() => {
    round += 1;
    [a, b, c] = [`alice-${round}`, `bob-${round}`, `carol-${round}`];
  });
  afterEach(() => it.stopClients());
  afterAll(() => it.end());

  const total = (client: Client, count: number) => expect.poll(() => client.tim.getTotalUnreadMessageCount()).toBe(count);

  async function group(of: Client, ...others: Client[]): Promise<string> {
    const { data } = await of.tim.createGroup({
      name: "team", type: TIM.TYPES.GRP_WORK, memberList: others.map(({ userID }) => ({ userID })),
    });
    const id = data.group.groupID;
    for (const other of others) {
      await other.event(TIM.EVENT.GROUP_LIST_UPDATED, (list) => list.some((it) => it.groupID === id));
    }
    return id;
  }

  /** Proves `setAllMessageRead`, `MESSAGE_READ_BY_PEER`, `TOTAL_UNREAD_MESSAGE_COUNT_UPDATED`. */
  test("Contract C5. setAllMessageRead reads a scope at once, on every instance, and peers hear MESSAGE_READ_BY_PEER", async () => {
    const [alice, bob, tab, carol] = (await it.ready(a, b, b, c)) as [Client, Client, Client, Client];
    const id = await group(alice, bob, carol);
    const message = await alice.say(b, "one");
    await carol.say(b, "two");
    await alice.say(id, "three", TIM.TYPES.CONV_GROUP);
    for (const one of [bob, tab]) await total(one, 3);

    await bob.tim.setAllMessageRead({ scope: TIM.TYPES.READ_ALL_GROUP_MSG });
    for (const one of [bob, tab]) await total(one, 2);
    await bob.tim.setAllMessageRead({ scope: TIM.TYPES.READ_ALL_C2C_MSG });
    for (const one of [bob, tab]) await total(one, 0);
    for (const one of [alice, carol]) await one.event(TIM.EVENT.MESSAGE_READ_BY_PEER);
    expect(message.isPeerRead).toBe(true);
    const heard = tab.seen(TIM.EVENT.TOTAL_UNREAD_MESSAGE_COUNT_UPDATED).map(({ data }) => data);
    expect(heard.slice(-2)).toEqual([2, 0]);
    expect(tab.seen(TIM.EVENT.CONVERSATION_LIST_UPDATED).at(-1)!.data.map((one: any) => one.unreadCount)).not.toContain(1);

    await alice.say(b, "four");
    await total(tab, 1);
    // Guides leave the options out.
    await (tab.tim.setAllMessageRead as () => Promise<unknown>)();
    for (const one of [bob, tab]) await total(one, 0);
    const scope = "readAllTheRest" as unknown as string;
    expect((await failure(bob.tim.setAllMessageRead({ scope } as never))).code).toBe(2112);
  });

  test("Contract C4. who was away finds all conversations read", async () => {
    const [alice, bob, tab] = (await it.ready(a, b, b)) as [Client, Client, Client];
    await alice.say(b, "one");
    await total(tab, 1);
    await tab.tim.logout();
    await bob.tim.setAllMessageRead({ scope: TIM.TYPES.READ_ALL_MSG });
    await tab.login();
    await total(tab, 0);
  });

  /** Proves `setMessageRead`. */
  test("setMessageRead of somebody whom one never talked with is refused with 2500", async () => {
    const [alice] = (await it.ready(a, b)) as [Client, Client];
    expect((await failure(alice.tim.setMessageRead({ conversationID: `C2C${b}` }))).code).toBe(2500);
  });
});
