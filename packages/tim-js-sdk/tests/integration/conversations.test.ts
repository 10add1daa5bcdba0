/** What one sets for conversations, between real clients: pins, remind types, marks, data, groups; and deleting them. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Console, TIM, failure, isReady, world, type Client } from "./support";

describe.skipIf(!isReady)("conversations", () => {
  const it = world();
  let round = 0;
  /** New people for every test, so that none finds what another left. */
  let [a, b, c] = ["", "", ""];
  beforeAll(async () => {
    await it.begin();
    await (await Console.signIn(it.server)).settings({ webInstances: 3 });
  });
  beforeEach(() => {
    round += 1;
    [a, b, c] = [`alice-${round}`, `bob-${round}`, `carol-${round}`];
  });
  afterEach(() => it.stopClients());
  afterAll(() => it.end());

  const list = async (client: Client, wanted?: object) => (await client.tim.getConversationList(wanted as never)).data.conversationList;
  const ids = async (client: Client, wanted?: object) => (await list(client, wanted)).map((one) => one.conversationID);
  const one = async (client: Client, id: string) => (await list(client)).find((one) => one.conversationID === id)!;

  /** Alice, twice, with a message from Bob and a newer one from Carol. */
  async function people(): Promise<[Client, Client, Client, Client]> {
    const [alice, tab, bob, carol] = (await it.ready(a, a, b, c)) as [Client, Client, Client, Client];
    await bob.say(a, "from bob");
    await carol.say(a, "from carol");
    for (const client of [alice, tab]) await expect.poll(() => ids(client)).toEqual([`C2C${c}`, `C2C${b}`]);
    return [alice, tab, bob, carol];
  }

  /** Proves `pinConversation`, `getConversationList`, `CONVERSATION_LIST_UPDATED`. */
  test("pinConversation: before all others, on every instance and after the next login", async () => {
    const [alice, tab, , carol] = await people();
    const from = tab.events.length;
    expect(await alice.tim.pinConversation({ conversationID: `C2C${b}`, isPinned: true })).toEqual({ code: 0, data: { conversationID: `C2C${b}` } });
    const told = await tab.event(TIM.EVENT.CONVERSATION_LIST_UPDATED, (all) => all[0]!.isPinned, from);
    expect(told.map((it) => it.conversationID)).toEqual([`C2C${b}`, `C2C${c}`]);
    await carol.say(a, "newer");
    await tab.hears("newer");
    expect(await ids(tab)).toEqual([`C2C${b}`, `C2C${c}`]);
    await tab.tim.logout();
    await tab.login();
    expect(await ids(tab)).toEqual([`C2C${b}`, `C2C${c}`]);
    expect((await tab.tim.getConversationList()).data.isSyncCompleted).toBe(true);
    await tab.tim.pinConversation({ conversationID: `C2C${b}`, isPinned: false });
    await expect.poll(() => ids(alice)).toEqual([`C2C${c}`, `C2C${b}`]);
    expect((await failure(alice.tim.pinConversation({ conversationID: "C2Cnobody", isPinned: true }))).code).toBe(2501);
    expect((await failure(alice.tim.pinConversation({ conversationID: "nonsense", isPinned: true }))).code).toBe(2503);
    expect((await failure(alice.tim.pinConversation({ conversationID: TIM.TYPES.CONV_SYSTEM, isPinned: true }))).code).toBe(2106);
  });

  /** Proves `pinConversation`. */
  test("the 51st pinned conversation is refused with 51012", async () => {
    const [alice] = (await it.ready(a)) as [Client];
    const others = Array.from({ length: 51 }, (_, number) => `peer-${round}-${number}`);
    for (const other of others) {
      const client = it.client(other);
      await client.login();
      await alice.say(other, "hello");
      await client.stop();
    }
    for (const other of others.slice(0, 50)) await alice.tim.pinConversation({ conversationID: `C2C${other}`, isPinned: true });
    const refused = await failure(alice.tim.pinConversation({ conversationID: `C2C${others[50]}`, isPinned: true }));
    expect(refused.code).toBe(51012);
  }, 60_000);

  /** Proves `setMessageRemindType`, `getTotalUnreadMessageCount`, `TOTAL_UNREAD_MESSAGE_COUNT_UPDATED`. */
  test("Contract C5. setMessageRemindType: the total leaves muted conversations out, and discarded messages are not told", async () => {
    const [alice, tab, bob, carol] = await people();
    const { MSG_REMIND_ACPT_AND_NOTE: NOTE, MSG_REMIND_ACPT_NOT_NOTE: MUTE, MSG_REMIND_DISCARD: DISCARD } = TIM.TYPES;
    expect(alice.tim.getTotalUnreadMessageCount()).toBe(2);
    const { data } = await alice.tim.setMessageRemindType({ userIDList: [b, "nobody"], messageRemindType: MUTE });
    expect(data.successUserIDList).toEqual([{ userID: b }]);
    expect(data.failureUserIDList).toMatchObject([{ userID: "nobody", code: 2501 }]);
    for (const client of [alice, tab]) {
      await expect.poll(() => client.tim.getTotalUnreadMessageCount()).toBe(1);
      expect(client.seen(TIM.EVENT.TOTAL_UNREAD_MESSAGE_COUNT_UPDATED).map(({ data }) => data)).toEqual([1, 2, 1]);
      expect(await one(client, `C2C${b}`)).toMatchObject({ messageRemindType: MUTE, unreadCount: 1 });
    }
    await bob.say(a, "muted");
    await tab.hears("muted");
    expect(tab.tim.getTotalUnreadMessageCount()).toBe(1);

    await tab.tim.setMessageRemindType({ userIDList: [c], messageRemindType: DISCARD });
    await expect.poll(() => alice.tim.getTotalUnreadMessageCount()).toBe(0);
    await carol.say(a, "discarded");
    await bob.say(a, "after it");
    for (const client of [alice, tab]) {
      await client.hears("after it");
      expect(client.received().map((it) => it.payload.text)).not.toContain("discarded");
      expect(await one(client, `C2C${c}`)).toMatchObject({ messageRemindType: DISCARD, unreadCount: 0 });
    }
    const history = await alice.tim.getMessageList({ conversationID: `C2C${c}` });
    expect(history.data.messageList.map((it) => it.payload.text)).toEqual(["from carol", "discarded"]);
    await alice.tim.setMessageRemindType({ userIDList: [b, c], messageRemindType: NOTE });
    await expect.poll(() => tab.tim.getTotalUnreadMessageCount()).toBe(5);

    const { group } = (await bob.tim.createGroup({ name: "team", type: TIM.TYPES.GRP_WORK, memberList: [{ userID: a }] })).data;
    await alice.event(TIM.EVENT.GROUP_LIST_UPDATED, (all) => all.some((it) => it.groupID === group.groupID));
    const set = await alice.tim.setMessageRemindType({ groupID: group.groupID, messageRemindType: MUTE });
    expect(set.data).toMatchObject({ group: { groupID: group.groupID, selfInfo: { messageRemindType: MUTE } } });
    await bob.say(group.groupID, "to the team", TIM.TYPES.CONV_GROUP);
    await tab.hears("to the team");
    expect(tab.tim.getTotalUnreadMessageCount()).toBe(5);
    const many = Array.from({ length: 31 }, (_, number) => `u${number}`);
    expect((await failure(alice.tim.setMessageRemindType({ userIDList: many, messageRemindType: MUTE }))).code).toBe(50002);
    expect((await failure(carol.tim.setMessageRemindType({ groupID: group.groupID, messageRemindType: MUTE }))).code).toBe(51007);
    const nonsense = { userIDList: [b], messageRemindType: "Sometimes" };
    expect((await failure(alice.tim.setMessageRemindType(nonsense))).code).toBe(50002);
  });

  /** Proves `setMessageRemindType`. */
  test("a Meeting group is muted by default", async () => {
    const [alice, , bob] = await people();
    const { group } = (await bob.tim.createGroup({ name: "hall", type: TIM.TYPES.GRP_MEETING })).data;
    await alice.tim.joinGroup({ groupID: group.groupID });
    await bob.say(group.groupID, "welcome", TIM.TYPES.CONV_GROUP);
    await alice.hears("welcome");
    const conversationID = `GROUP${group.groupID}`;
    expect(await one(alice, conversationID)).toMatchObject({ messageRemindType: TIM.TYPES.MSG_REMIND_ACPT_NOT_NOTE });
    await alice.tim.setMessageRemindType({ groupID: group.groupID, messageRemindType: TIM.TYPES.MSG_REMIND_ACPT_AND_NOTE });
    expect(await one(alice, conversationID)).toMatchObject({ messageRemindType: TIM.TYPES.MSG_REMIND_ACPT_AND_NOTE });
  });

  /** Proves `markConversation`, `getConversationList`. */
  test("markConversation: the four marks and the free ones, on every instance; failures one by one", async () => {
    const [alice, tab] = await people();
    const { CONV_MARK_TYPE_STAR: STAR, CONV_MARK_TYPE_HIDE: HIDE } = TIM.TYPES;
    const both = [`C2C${b}`, `C2C${c}`];
    const set = (conversationIDList: string[], markType: number, enableMark = true) =>
      alice.tim.markConversation({ conversationIDList, markType, enableMark });
    const { data } = await set([...both, "C2Cnobody"], STAR);
    expect(data.successConversationIDList).toEqual(both);
    expect(data.failureConversationIDList).toMatchObject([{ conversationID: "C2Cnobody", code: 2501 }]);
    for (const mark of [HIDE, 2 ** 32, 2 ** 63]) await set(both.slice(0, 1), mark);
    await set(both.slice(1), STAR, false);
    await expect.poll(async () => (await one(tab, both[1]!)).markList).toEqual([]);
    expect((await one(tab, both[0]!)).markList).toEqual([STAR, HIDE, 2 ** 32, 2 ** 63]);
    expect(await ids(tab, { markType: 2 ** 63 })).toEqual(both.slice(0, 1));
    expect(await ids(tab, { markType: 0 })).toEqual(both.slice(1));
    for (const wrong of [0, 3, 16, 2 ** 31, 2 ** 64, 1.5, -1]) expect((await failure(set(both, wrong))).code).toBe(50002);
    expect((await failure(set([], STAR))).code).toBe(51006);
    expect((await failure(set(Array(101).fill(both[0]), STAR))).code).toBe(51006);
    await tab.tim.logout();
    await tab.login();
    expect((await one(tab, both[0]!)).markList).toHaveLength(4);
  });

  /** Proves `setConversationCustomData`. */
  test("setConversationCustomData: 256 bytes, on every instance; an empty text takes it away", async () => {
    const [alice, tab] = await people();
    const set = (customData: string) => alice.tim.setConversationCustomData({ conversationIDList: [`C2C${b}`], customData });
    const longest = "数".repeat(85) + "x";
    expect((await set(longest)).data).toEqual({ successConversationIDList: [`C2C${b}`], failureConversationIDList: [] });
    await expect.poll(async () => (await one(tab, `C2C${b}`)).customData).toBe(longest);
    expect((await failure(set(`${longest}x`))).code).toBe(50002);
    await set("");
    await expect.poll(async () => (await one(tab, `C2C${b}`)).customData).toBe("");
  });

  /**
   * Proves `createConversationGroup`, `getConversationGroupList`, `addConversationsToGroup`, `deleteConversationsFromGroup`,
   * `renameConversationGroup`, `deleteConversationGroup`, `CONVERSATION_GROUP_LIST_UPDATED`, `CONVERSATION_IN_GROUP_UPDATED`.
   */
  test("conversation groups: made, filled, emptied, renamed and removed, on every instance", async () => {
    const [alice, tab] = await people();
    const groups = async (client: Client) => (await client.tim.getConversationGroupList()).data;
    const made = await alice.tim.createConversationGroup({ conversationIDList: [`C2C${b}`, "C2Cnobody"], groupName: "work" });
    expect(made.data.successConversationIDList).toEqual([`C2C${b}`]);
    expect(made.data.failureConversationIDList).toMatchObject([{ conversationID: "C2Cnobody", code: 2501 }]);
    expect(await tab.event(TIM.EVENT.CONVERSATION_GROUP_LIST_UPDATED)).toEqual(["work"]);
    expect(await groups(tab)).toEqual(["work"]);
    expect((await one(tab, `C2C${b}`)).conversationGroupList).toEqual(["work"]);

    await tab.tim.addConversationsToGroup({ conversationIDList: [`C2C${c}`], groupName: "work" });
    const filled = await alice.event(TIM.EVENT.CONVERSATION_IN_GROUP_UPDATED, (data) => data.conversationList.length === 2);
    expect(filled.groupName).toBe("work");
    expect(filled.conversationList[0]).toBe(await one(alice, `C2C${c}`));
    expect(await ids(alice, { groupName: "work" })).toEqual([`C2C${c}`, `C2C${b}`]);
    await alice.tim.deleteConversationsFromGroup({ conversationIDList: [`C2C${b}`], groupName: "work" });
    await expect.poll(() => ids(tab, { groupName: "work" })).toEqual([`C2C${c}`]);
    expect(await ids(alice, { groupName: "" })).toEqual([`C2C${b}`]);

    await alice.tim.renameConversationGroup({ oldName: "work", newName: "工作" });
    await tab.event(TIM.EVENT.CONVERSATION_GROUP_LIST_UPDATED, (names) => names[0] === "工作");
    expect((await one(tab, `C2C${c}`)).conversationGroupList).toEqual(["工作"]);
    await tab.tim.logout();
    await tab.login();
    expect((await one(tab, `C2C${c}`)).conversationGroupList).toEqual(["工作"]);
    expect(await groups(tab)).toEqual(["工作"]);

    const missing = { conversationIDList: [`C2C${b}`], groupName: "work" };
    for (const call of [
      alice.tim.addConversationsToGroup(missing),
      alice.tim.deleteConversationsFromGroup(missing),
      alice.tim.deleteConversationGroup("work"),
      alice.tim.renameConversationGroup({ oldName: "work", newName: "x" }),
    ]) expect((await failure(call)).code).toBe(51009);
    const create = (groupName: string) => alice.tim.createConversationGroup({ conversationIDList: [], groupName });
    expect((await failure(create("x".repeat(33)))).code).toBe(51011);
    expect((await failure(create(""))).code).toBe(50002);
    for (let number = 1; number < 20; number++) await create(`group ${number}`);
    expect((await failure(create("one more"))).code).toBe(51010);
    await alice.tim.deleteConversationGroup("工作");
    await expect.poll(async () => (await groups(tab)).length).toBe(19);
    expect((await one(tab, `C2C${c}`)).conversationGroupList).toEqual([]);
  });

  /** Proves `deleteConversation`. */
  test("deleteConversation: gone on every instance until something is said, with its history or without", async () => {
    const [alice, tab, bob, carol] = await people();
    await alice.tim.pinConversation({ conversationID: `C2C${b}`, isPinned: true });
    expect((await alice.tim.deleteConversation(`C2C${b}`)).data).toEqual({ conversationID: `C2C${b}` });
    const kept = { conversationIDList: [`C2C${c}`, "C2Cnobody"], clearHistoryMessage: false };
    expect((await alice.tim.deleteConversation(kept)).data).toEqual({ conversationIDList: [`C2C${c}`] });
    for (const client of [alice, tab]) {
      await expect.poll(() => ids(client)).toEqual([]);
      expect(client.tim.getTotalUnreadMessageCount()).toBe(0);
    }
    await tab.tim.logout();
    await tab.login();
    expect(await ids(tab)).toEqual([]);
    await bob.say(a, "again, bob");
    await carol.say(a, "again, carol");
    for (const client of [alice, tab]) {
      await client.hears("again, carol");
      await expect.poll(() => ids(client)).toEqual([`C2C${c}`, `C2C${b}`]);
      expect(await one(client, `C2C${b}`)).toMatchObject({ isPinned: false, unreadCount: 1 });
      expect(client.tim.getTotalUnreadMessageCount()).toBe(2);
      const texts = async (id: string) =>
        (await client.tim.getMessageList({ conversationID: id })).data.messageList.map((it) => it.payload.text);
      expect(await texts(`C2C${b}`)).toEqual(["again, bob"]);
      expect(await texts(`C2C${c}`)).toEqual(["from carol", "again, carol"]);
    }
    const others = await bob.tim.getMessageList({ conversationID: `C2C${a}` });
    expect(others.data.messageList).toHaveLength(2);
    expect((await failure(alice.tim.deleteConversation("C2Cnobody"))).code).toBe(2501);
    const many = { conversationIDList: Array(101).fill(`C2C${b}`) };
    expect((await failure(alice.tim.deleteConversation(many))).code).toBe(51006);
  });

  /** Proves `getConversationList`, `getConversationProfile`, `deleteConversation`. */
  test("getConversationList: all, those named, those that a filter lets through; a dissolved group can be deleted", async () => {
    const [alice, , bob] = await people();
    const { group } = (await bob.tim.createGroup({ name: "team", type: TIM.TYPES.GRP_PUBLIC, memberList: [{ userID: a }] })).data;
    const id = `GROUP${group.groupID}`;
    await bob.say(group.groupID, "to all", TIM.TYPES.CONV_GROUP);
    await alice.hears("to all");
    expect(await ids(alice, { type: TIM.TYPES.CONV_GROUP })).toEqual([id]);
    expect(await ids(alice, [`C2C${b}`, id])).toEqual([`C2C${b}`, id]);
    await alice.tim.setMessageRead({ conversationID: id });
    expect(await ids(alice, { hasUnreadCount: true })).toEqual([`C2C${c}`, `C2C${b}`]);
    const { conversation } = (await alice.tim.getConversationProfile(id)).data;
    expect(conversation).toBe(await one(alice, id));
    expect(conversation).toMatchObject({ isPinned: false, markList: [], customData: "", conversationGroupList: [], draftText: "" });
    await bob.tim.dismissGroup(group.groupID);
    await alice.event(TIM.EVENT.GROUP_LIST_UPDATED, (all) => all.length === 0);
    expect(await ids(alice)).toContain(id);
    await alice.tim.deleteConversation(id);
    expect(await ids(alice)).not.toContain(id);
  });

  /** Proves `setConversationDraft`. */
  test("setConversationDraft: shown in this instance alone", async () => {
    const [alice, tab] = await people();
    const set = (conversationID: string, draftText: string) => alice.tim.setConversationDraft({ conversationID, draftText });
    await set(`C2C${b}`, "dear bob,");
    expect(await one(alice, `C2C${b}`)).toMatchObject({ draftText: "dear bob," });
    expect(await one(tab, `C2C${b}`)).toMatchObject({ draftText: "" });
    await alice.event(TIM.EVENT.CONVERSATION_LIST_UPDATED, (all) => all.some((it) => it.draftText === "dear bob,"));
    await set(`C2C${b}`, "");
    expect(await one(alice, `C2C${b}`)).toMatchObject({ draftText: "" });
    expect((await failure(set("C2Cnobody", "x"))).code).toBe(2500);
  });
});
