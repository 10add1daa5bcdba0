/** Messages that are changed, hidden, singled out and passed on, between real clients. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Console, TIM, failure, isReady, world, type Client } from "./support";

describe.skipIf(!isReady)("changes of messages", () => {
  const it = world();
  let round = 0;
  let [a, b, c] = ["", "", ""];
  beforeAll(async () => {
    await it.begin();
    const owner = await Console.signIn(it.server);
    await owner.settings({ webInstances: 3 });
  });
  beforeEach(() => {
    round += 1;
    [a, b, c] = [`alice-${round}`, `bob-${round}`, `carol-${round}`];
  });
  afterEach(() => it.stopClients());
  afterAll(() => it.end());

  const ready = (...names: string[]) => it.ready(...names) as Promise<[Client, Client, Client, Client]>;
  const { CONV_C2C: C2C, CONV_GROUP: GROUP } = TIM?.TYPES ?? ({} as typeof TIM.TYPES);

  async function conversation(client: Client, id: string): Promise<any> {
    const { data } = await client.tim.getConversationList();
    return data.conversationList.find((one: any) => one.conversationID === id);
  }

  async function texts(client: Client, conversationID: string): Promise<string[]> {
    const { data } = await client.tim.getMessageList({ conversationID });
    return data.messageList.map((message: any) => message.payload.text);
  }

  async function group(of: Client, ...others: Client[]): Promise<string> {
    const { data } = await of.tim.createGroup({
      name: "team", type: TIM.TYPES.GRP_WORK, memberList: others.map(({ userID }) => ({ userID })),
    });
    const id = data.group.groupID;
    for (const other of others) {
      await other.event(TIM.EVENT.GROUP_LIST_UPDATED, (list) => list.some((one) => one.groupID === id));
    }
    return id;
  }

  /** Proves `modifyMessage` and `MESSAGE_MODIFIED`. */
  test("modifyMessage: all instances hear MESSAGE_MODIFIED, objects change in place, and the later of two gets 2480", async () => {
    const [alice, bob, tab] = await ready(a, b, b);
    const sent = await alice.say(b, "first");
    const [atBob, atTab] = [await bob.hears("first"), await tab.hears("first")];
    atBob.payload.text = "second";
    atBob.cloudCustomData = "along";
    const { data } = await bob.tim.modifyMessage(atBob);
    expect(data.message).toBe(atBob);
    for (const [client, held] of [[alice, sent], [bob, atBob], [tab, atTab]] as const) {
      const heard = await client.event(TIM.EVENT.MESSAGE_MODIFIED);
      expect(heard).toEqual([held]);
      expect(held).toMatchObject({ isModified: true, payload: { text: "second" }, cloudCustomData: "along" });
    }
    // Two at once: both know the second form.
    sent.payload.text = "alice's";
    atTab.payload.text = "bob's";
    const both = await Promise.allSettled([alice.tim.modifyMessage(sent), tab.tim.modifyMessage(atTab)]);
    const lost = both.find((one) => one.status === "rejected") as PromiseRejectedResult;
    expect(both.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(lost.reason.code).toBe(2480);
    const won = both[0].status === "fulfilled" ? "alice's" : "bob's";
    expect(lost.reason.data.message.payload.text).toBe(won);
    for (const held of [sent, atBob, atTab]) await expect.poll(() => held.payload.text).toBe(won);
    expect(await texts(await ready(b).then(([late]) => late), `C2C${a}`)).toEqual([won]);
    expect((await conversation(bob, `C2C${a}`)).lastMessage.messageForShow).toBe(won);
    expect((await failure(bob.tim.modifyMessage({} as never))).code).toBe(2105);
  });

  /** Proves `deleteMessage`. */
  test("Contract C5. deleteMessage: isDeleted in place on all instances, the peer keeps it, counts and last message follow", async () => {
    const [alice, bob, tab] = await ready(a, b, b);
    for (const text of ["one", "two", "three"]) await alice.say(b, text);
    const [held, other] = [await bob.hears("three"), await tab.hears("three")];
    const { data } = await bob.tim.deleteMessage([held]);
    expect(data.messageList).toEqual([held]);
    expect(held.isDeleted).toBe(true);
    await expect.poll(() => other.isDeleted).toBe(true);
    for (const client of [bob, tab]) {
      const shown = async () => {
        const { unreadCount, lastMessage } = await conversation(client, `C2C${a}`);
        return [unreadCount, lastMessage.messageForShow];
      };
      await expect.poll(shown).toEqual([2, "two"]);
      expect(await texts(client, `C2C${a}`)).toEqual(["one", "two"]);
    }
    expect(await texts(alice, `C2C${b}`)).toEqual(["one", "two", "three"]);
    expect((await failure(bob.tim.deleteMessage([]))).code).toBe(2111);
    const system = { ...held, conversationID: "@TIM#SYSTEM" };
    expect((await failure(bob.tim.deleteMessage([system]))).code).toBe(2116);
  });

  /** Proves `clearHistoryMessage`. */
  test("Contract C5. clearHistoryMessage: empty on all instances, also for who was away, and the conversation stays", async () => {
    const [alice, bob, tab] = await ready(a, b, b);
    for (const text of ["one", "two"]) await alice.say(b, text);
    await tab.hears("two");
    await bob.tim.clearHistoryMessage(`C2C${a}`);
    await alice.tim.logout();
    for (const client of [bob, tab]) {
      await expect.poll(async () => (await conversation(client, `C2C${a}`)).unreadCount).toBe(0);
      expect((await conversation(client, `C2C${a}`)).lastMessage.lastSequence).toBe(0);
      expect(await texts(client, `C2C${a}`)).toEqual([]);
    }
    await alice.login();
    expect(await texts(alice, `C2C${b}`)).toEqual(["one", "two"]);
    await alice.say(b, "three");
    await tab.hears("three");
    expect(await texts(tab, `C2C${a}`)).toEqual(["three"]);
  });

  /** Proves `setMessageExtensions`, `getMessageExtensions`, `deleteMessageExtensions`, `MESSAGE_EXTENSIONS_UPDATED`, `MESSAGE_EXTENSIONS_DELETED`. */
  test("setMessageExtensions, getMessageExtensions, deleteMessageExtensions: members hear, a conflict is 23001", async () => {
    const [alice, bob, tab] = await ready(a, b, b);
    const id = await group(alice, bob, tab);
    const message = alice.tim.createTextMessage({
      to: id, conversationType: GROUP, payload: { text: "vote" }, isSupportExtension: true,
    });
    await alice.tim.sendMessage(message);
    expect(message.isSupportExtension).toBe(true);
    const [atBob, atTab] = [await bob.hears("vote"), await tab.hears("vote")];
    const set = await bob.tim.setMessageExtensions(atBob, [{ key: "x", value: "1" }]);
    expect(set.data.extensions).toEqual([{ code: 0, key: "x", value: "1" }]);
    for (const client of [alice, bob, tab]) {
      expect(await client.event(TIM.EVENT.MESSAGE_EXTENSIONS_UPDATED)).toEqual({
        messageID: message.ID, extensions: [{ key: "x", value: "1" }],
      });
    }
    const [late] = await ready(a);
    const conflict = await late.tim.setMessageExtensions(message, [{ key: "x", value: "2" }, { key: "y", value: "3" }]);
    expect(conflict.data.extensions).toEqual([{ code: 23001, key: "x", value: "1" }, { code: 0, key: "y", value: "3" }]);
    expect((await tab.tim.getMessageExtensions(atTab)).data.extensions).toEqual([{ key: "x", value: "1" }, { key: "y", value: "3" }]);
    expect((await tab.tim.getMessageExtensions(atTab, ["y"])).data.extensions).toEqual([{ key: "y", value: "3" }]);
    await tab.tim.deleteMessageExtensions(atTab, ["x"]);
    expect(await alice.event(TIM.EVENT.MESSAGE_EXTENSIONS_DELETED)).toEqual({ messageID: message.ID, keyList: ["x"] });
    await alice.tim.deleteMessageExtensions(message);
    expect((await bob.tim.getMessageExtensions(atBob)).data.extensions).toEqual([]);
    const plain = await alice.say(id, "plain", GROUP);
    expect((await failure(alice.tim.setMessageExtensions(plain, [{ key: "x", value: "1" }]))).code).toBe(23002);
  });

  /** Proves `createTextAtMessage`. */
  test("createTextAtMessage: groupAtInfoList tells who is mentioned until it is read; 10053 for more than 30", async () => {
    const [alice, bob, carol] = await ready(a, b, c);
    const id = await group(alice, bob, carol);
    const at = (text: string, atUserList: string[]) =>
      alice.tim.createTextAtMessage({ to: id, conversationType: GROUP, payload: { text, atUserList } });
    const one = at("@bob", [b]);
    expect(one).toMatchObject({ type: TIM.TYPES.MSG_TEXT, payload: { text: "@bob" }, atUserList: [b] });
    await alice.tim.sendMessage(one);
    await alice.tim.sendMessage(at("@all", [TIM.TYPES.MSG_AT_ALL]));
    await alice.tim.sendMessage(at("@both", [b, TIM.TYPES.MSG_AT_ALL]));
    expect((await bob.hears("@bob")).atUserList).toEqual([b]);
    for (const client of [bob, carol]) await client.hears("@both");
    const shown = async (client: Client) =>
      (await conversation(client, `GROUP${id}`)).groupAtInfoList.map((info: any) => {
        expect(info.groupID).toBe(id);
        return [info.messageSequence - one.sequence!, ...info.atTypeArray];
      });
    const { CONV_AT_ME: ME, CONV_AT_ALL: ALL, CONV_AT_ALL_AT_ME: BOTH } = TIM.TYPES;
    expect(await shown(bob)).toEqual([[0, ME], [1, ALL], [2, BOTH]]);
    expect(await shown(carol)).toEqual([[1, ALL], [2, ALL]]);
    await alice.say(b, "@bob");
    await bob.event(TIM.EVENT.MESSAGE_RECEIVED, (list) => list.some((one) => one.conversationType === C2C));
    const mentioning = async () =>
      (await bob.tim.getConversationList({ hasGroupAtInfo: true })).data.conversationList.map((one) => one.conversationID);
    expect(await mentioning()).toEqual([`GROUP${id}`]);
    await bob.tim.setMessageRead({ conversationID: `GROUP${id}` });
    expect(await shown(bob)).toEqual([]);
    expect(await mentioning()).toEqual([]);
    // Who passes a mention on mentions nobody himself.
    const passedOn = alice.tim.createForwardMessage({ to: id, conversationType: GROUP, payload: one });
    expect(passedOn).toMatchObject({ type: TIM.TYPES.MSG_TEXT, payload: { text: "@bob" }, atUserList: [] });
    await alice.tim.sendMessage(passedOn);
    await expect.poll(async () => (await conversation(bob, `GROUP${id}`)).unreadCount).toBe(1);
    expect(await shown(bob)).toEqual([]);
    const many = Array.from({ length: 31 }, (_, number) => `u${number}`);
    expect((await failure(at("@many", many) as never)).code).toBe(10053);
    const alone = alice.tim.createTextAtMessage({ to: b, conversationType: C2C, payload: { text: "@", atUserList: [b] } });
    expect((await failure(alone as never)).code).toBe(2106);
  });

  test("receiverList: a targeted message is seen by its receivers and its sender alone", async () => {
    const [alice, bob, carol] = await ready(a, b, c);
    const id = await group(alice, bob, carol);
    const secret = alice.tim.createTextMessage({
      to: id, conversationType: GROUP, payload: { text: "for bob" }, receiverList: [b],
    });
    await alice.tim.sendMessage(secret);
    await alice.say(id, "for all", GROUP);
    expect((await bob.hears("for bob")).receiverList).toEqual([b]);
    await bob.hears("for all");
    await carol.hears("for all");
    const last = async (client: Client) => (await texts(client, `GROUP${id}`)).filter(Boolean);
    expect(await last(bob)).toEqual(["for bob", "for all"]);
    expect(await last(carol)).toEqual(["for all"]);
    expect(carol.received().map(({ payload }) => payload.text)).not.toContain("for bob");
    // Nobody counts it.
    for (const client of [bob, carol]) expect((await conversation(client, `GROUP${id}`)).unreadCount).toBe(1);
  });

  /** Proves `createMergerMessage` and `downloadMergerMessage`. */
  test("createMergerMessage: small ones are inside, large ones are loaded by downloadMergerMessage, mergers nest", async () => {
    const [alice, bob, carol] = await ready(a, b, c);
    const messageList = [];
    for (let number = 0; number < 8; number++) messageList.push(await alice.say(b, `${number} ${"x".repeat(8000)}`));
    const merge = (list: any[], to: string, by = alice) =>
      by.tim.createMergerMessage({
        to, conversationType: C2C,
        payload: { messageList: list, title: "title", abstractList: ["a: 1", "b: 2"], compatibleText: "old" },
      });
    const small = merge(messageList.slice(0, 1), c);
    await alice.tim.sendMessage(small);
    const is = (type: string) => (list: any[]) => list.some((message) => message.type === type);
    const [inside] = await carol.event(TIM.EVENT.MESSAGE_RECEIVED, is(TIM.TYPES.MSG_MERGER));
    expect(inside).toMatchObject({
      type: TIM.TYPES.MSG_MERGER,
      payload: {
        downloadKey: "", title: "title", abstractList: ["a: 1", "b: 2"], compatibleText: "old", layersOverLimit: false,
        messageList: [{
          ID: messageList[0]!.ID, from: a, time: messageList[0]!.time, nick: "", avatar: "", cloudCustomData: "",
          messageBody: [{ type: TIM.TYPES.MSG_TEXT, payload: messageList[0]!.payload }],
        }],
      },
    });
    const from = carol.events.length;
    const large = merge(messageList, c);
    expect((await alice.tim.sendMessage(large)).data.message.payload.messageList).toHaveLength(8);
    const [apart] = await carol.event(TIM.EVENT.MESSAGE_RECEIVED, is(TIM.TYPES.MSG_MERGER), from);
    expect(apart!.payload.messageList).toEqual([]);
    expect(apart!.payload.downloadKey).not.toBe("");
    const { data: loaded } = (await carol.tim.downloadMergerMessage(apart!)) as any;
    expect(loaded).toBe(apart);
    expect(loaded.payload.messageList.map((one: any) => one.messageBody[0].payload.text)).toEqual(messageList.map((one) => one.payload.text));
    // Inside of another one, and passed on.
    await carol.tim.sendMessage(merge([inside], b, carol));
    const [nested] = await bob.event(TIM.EVENT.MESSAGE_RECEIVED, is(TIM.TYPES.MSG_MERGER));
    expect(nested!.payload.messageList[0].messageBody[0].payload.messageList[0].ID).toBe(messageList[0]!.ID);
    expect((await failure(carol.tim.downloadMergerMessage(messageList[0]! as never))).code).toBe(2450);
  });

  /** Proves `createForwardMessage`. */
  test("createForwardMessage copies what may be passed on; tips are refused with 2453, unsent ones too", async () => {
    const [alice, bob, carol] = await ready(a, b, c);
    const custom = alice.tim.createCustomMessage({
      to: b, conversationType: C2C, payload: { data: "d", description: "e", extension: "f" },
    });
    const forward = (message: any) => bob.tim.createForwardMessage({ to: c, conversationType: C2C, payload: message });
    await alice.tim.sendMessage(custom);
    const [atBob] = await bob.event(TIM.EVENT.MESSAGE_RECEIVED);
    const copy = forward(atBob);
    expect(copy.ID).not.toBe(custom.ID);
    await bob.tim.sendMessage(copy);
    const [atCarol] = await carol.event(TIM.EVENT.MESSAGE_RECEIVED);
    expect(atCarol).toMatchObject({ type: TIM.TYPES.MSG_CUSTOM, from: b, payload: custom.payload });
    const id = await group(alice, bob);
    await alice.say(id, "hi", GROUP);
    const { data } = await bob.tim.getMessageList({ conversationID: `GROUP${id}` });
    const tip = data.messageList.find((one: any) => one.type === TIM.TYPES.MSG_GRP_TIP);
    if (tip) expect((await failure(forward(tip) as never)).code).toBe(2453);
    const notices = bob.received().filter((one) => one.type === TIM.TYPES.MSG_GRP_SYS_NOTICE);
    expect((await failure(forward(notices[0]) as never)).code).toBe(2453);
    expect((await failure(forward(bob.text(c, "unsent")) as never)).code).toBe(2100);
  });

  test("sendMessage options: what is only for who is there now, does not count, or is not shown as the last", async () => {
    const [alice, bob] = await ready(a, b);
    const send = (text: string, options?: object) => alice.tim.sendMessage(alice.text(b, text), options);
    await send("one");
    await send("two", { messageControlInfo: { excludedFromUnreadCount: true, excludedFromLastMessage: true } });
    await send("three", { onlineUserOnly: true, messageControlInfo: { excludedFromUnreadCount: true } });
    await send("four", { offlinePushInfo: { title: "t", disablePush: true }, messageControlInfo: {} });
    await bob.hears("three");
    await bob.hears("four");
    expect(await conversation(bob, `C2C${a}`)).toMatchObject({ unreadCount: 2, lastMessage: { messageForShow: "four" } });
    expect(await texts(bob, `C2C${a}`)).toEqual(["one", "two", "four"]);
  });
});
