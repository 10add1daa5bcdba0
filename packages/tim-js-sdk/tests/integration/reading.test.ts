/** Reading, between real clients: marks of one and of all conversations, receipts, and reading history from any place. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Message } from "../../index";
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

  describe("receipts", () => {
    const wanting = (from: Client, to: string, text: string, conversationType = TIM.TYPES.CONV_C2C as string) =>
      from.tim.createTextMessage({ to, conversationType, payload: { text }, needReadReceipt: true });

    /** Proves `sendMessageReadReceipt`, `getMessageReadReceiptList`, `MESSAGE_READ_RECEIPT_RECEIVED`. */
    test("in a C2C the sender's instances hear that the message was read, on the objects that they hold", async () => {
      const [alice, tab, bob] = (await it.ready(a, a, b)) as [Client, Client, Client];
      const message = wanting(alice, b, "read me");
      await alice.tim.sendMessage(message);
      const plain = await alice.say(b, "as you like");
      const mirrored = await tab.hears("read me");
      const heard = await bob.hears("read me");
      const other = await bob.hears("as you like");
      expect(message).toMatchObject({ needReadReceipt: true, readReceiptInfo: {} });
      expect(heard.needReadReceipt).toBe(true);
      await total(bob, 2);

      expect((await failure(bob.tim.sendMessageReadReceipt([other]))).code).toBe(2114);
      expect((await failure(alice.tim.sendMessageReadReceipt([message]))).code).toBe(2114);
      await bob.tim.sendMessageReadReceipt([heard, other]);
      for (const one of [alice, tab]) {
        const records = await one.event(TIM.EVENT.MESSAGE_READ_RECEIPT_RECEIVED);
        expect(records).toEqual([{ messageID: message.ID, userID: b, isPeerRead: true }]);
      }
      for (const one of [message, mirrored]) {
        expect(one.readReceiptInfo.isPeerRead).toBe(true);
        expect(one.readReceiptInfo.timestamp).toBeGreaterThan(1_600_000_000);
      }
      expect(message.isPeerRead).toBe(false);
      await total(bob, 2);

      const { data } = await tab.tim.getMessageReadReceiptList([mirrored]);
      expect(data.messageList[0]).toBe(mirrored);
      expect((await failure(alice.tim.getMessageReadReceiptList([plain]))).code).toBe(10062);
      await bob.tim.sendMessageReadReceipt([heard]);
      expect(alice.seen(TIM.EVENT.MESSAGE_READ_RECEIPT_RECEIVED).length).toBe(1);
    });

    /** Proves `getGroupMessageReadMemberList`, `getMessageReadReceiptList`, `sendMessageReadReceipt`. */
    test("in a group counts and lists say who has read a message and who has not", async () => {
      const [alice, bob, carol] = (await it.ready(a, b, c)) as [Client, Client, Client];
      const id = await group(alice, bob, carol);
      const message = wanting(alice, id, "read me", TIM.TYPES.CONV_GROUP);
      await alice.tim.sendMessage(message);
      await bob.tim.sendMessageReadReceipt([await bob.hears("read me")]);
      const [record] = await alice.event(TIM.EVENT.MESSAGE_READ_RECEIPT_RECEIVED);
      expect(record).toEqual({ messageID: message.ID, groupID: id, readCount: 1, unreadCount: 1 });
      expect(message.readReceiptInfo).toEqual({ readCount: 1, unreadCount: 1 });

      const members = async (filter: number, cursor = "") =>
        (await alice.tim.getGroupMessageReadMemberList({ message, filter, cursor, count: 1 })).data;
      expect(await members(0)).toEqual({
        messageID: message.ID, readUserIDList: [b], unreadUserIDList: [], cursor: "", isCompleted: true,
      });
      expect((await members(1)).unreadUserIDList).toEqual([c]);
      const heard = await carol.hears("read me");
      await carol.tim.sendMessageReadReceipt([heard]);
      await expect.poll(() => message.readReceiptInfo).toEqual({ readCount: 2, unreadCount: 0 });
      const first = await members(0);
      expect(first.isCompleted).toBe(false);
      const second = await members(0, first.cursor);
      expect(new Set([...first.readUserIDList!, ...second.readUserIDList!])).toEqual(new Set([b, c]));
      const foreign = carol.tim.getGroupMessageReadMemberList({ message: heard, filter: 0, cursor: "", count: 10 });
      expect((await failure(foreign)).code).toBe(10062);

      // Who comes later finds the counts with the history.
      const tab = it.client(a);
      await tab.login();
      const { messageList } = (await tab.tim.getMessageList({ conversationID: `GROUP${id}` })).data;
      expect(messageList.find(({ ID }) => ID === message.ID)!.readReceiptInfo).toEqual({ readCount: 2, unreadCount: 0 });
    });

    test("Contract C4. receipts that came while the sender was cut off are heard after it", async () => {
      const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
      const message = wanting(alice, b, "read me");
      await alice.tim.sendMessage(message);
      const heard = await bob.hears("read me");
      await it.server.restart();
      owner = await Console.signIn(it.server);
      await bob.tim.sendMessageReadReceipt([heard]);
      await alice.event(TIM.EVENT.MESSAGE_READ_RECEIPT_RECEIVED);
      expect(message.readReceiptInfo.isPeerRead).toBe(true);
    });

    test("groups that are too large or of another kind, and on-line-only messages, have no receipts: 10060, 10007, 10061", async () => {
      const [alice, bob, carol] = (await it.ready(a, b, c)) as [Client, Client, Client];
      const id = await group(alice, bob, carol);
      await alice.tim.sendMessage(wanting(alice, id, "read me", TIM.TYPES.CONV_GROUP));
      const heard = await bob.hears("read me");
      await owner.settings({ receiptMembersMax: 2 });
      expect((await failure(bob.tim.sendMessageReadReceipt([heard]))).code).toBe(10060);
      await owner.settings({ receiptMembersMax: 200, receiptGroups: ["Public"] });
      expect((await failure(bob.tim.sendMessageReadReceipt([heard]))).code).toBe(10007);
      await owner.settings({ receiptGroups: ["Work", "Public", "Meeting"] });
      await bob.tim.sendMessageReadReceipt([heard]);

      await alice.tim.sendMessage(wanting(alice, b, "now or never"), { onlineUserOnly: true });
      const passing = await bob.hears("now or never");
      expect((await failure(bob.tim.sendMessageReadReceipt([passing]))).code).toBe(10061);
      expect((await failure(bob.tim.sendMessageReadReceipt("all" as never))).code).toBe(2105);
      expect((await failure(bob.tim.sendMessageReadReceipt(Array(31).fill(heard)))).code).toBe(20001);
    });
  });

  describe("history", () => {
    const texts = (list: { payload: any }[]) => list.map(({ payload }) => payload.text);
    const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `m${from + index}`);

    /** Proves `getMessageListHopping`. */
    test("getMessageListHopping jumps to a sequence in a group and reads on both ways, without holes", async () => {
      const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
      const id = await group(alice, bob);
      const sent: Message[] = [];
      for (let index = 0; index < 50; index++) sent.push(await alice.say(id, `m${index}`, TIM.TYPES.CONV_GROUP));
      await bob.hears("m49");
      const conversationID = `GROUP${id}`;
      const from = sent[25]!.sequence!;
      const pages: string[][] = [];
      for (let sequence: number | undefined = from; sequence !== undefined; ) {
        const { data } = await bob.tim.getMessageListHopping({ conversationID, sequence, direction: 1 });
        expect(data.messageList.length).toBeLessThanOrEqual(15);
        pages.push(texts(data.messageList));
        expect(data.isCompleted).toBe(data.nextMessageSeq === undefined);
        sequence = data.nextMessageSeq;
      }
      expect(pages.flat()).toEqual(numbers(25, 49));
      const { data } = await bob.tim.getMessageListHopping({ conversationID, sequence: from, direction: 0 });
      expect(texts(data.messageList)).toEqual(numbers(11, 25));
      const older = (await bob.tim.getMessageListHopping({ conversationID, sequence: data.nextMessageSeq! })).data;
      expect(texts(older.messageList).slice(-11)).toEqual(numbers(0, 10));
      expect(older.isCompleted).toBe(true);
      const few = await bob.tim.getMessageListHopping({ conversationID, sequence: from, direction: 1, count: 3 } as never);
      expect(texts(few.data.messageList)).toEqual(numbers(25, 27));
    });

    /** Proves `getMessageListHopping`. */
    test("in a C2C it jumps to a time, and goes on exactly though many messages share a second", async () => {
      const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
      await Promise.all(numbers(0, 49).map((text) => alice.say(b, text)));
      const last = await bob.hears("m49");
      const conversationID = `C2C${a}`;
      for (const direction of [0, 1]) {
        let all: string[] = [];
        let time: number | undefined = direction === 0 ? last.time : last.time - 60;
        for (let pages = 0; time !== undefined && pages < 10; pages++) {
          const { data }: any = await bob.tim.getMessageListHopping({ conversationID, time, direction });
          expect(data.messageList.length).toBeLessThanOrEqual(15);
          all = direction === 0 ? [...texts(data.messageList), ...all] : [...all, ...texts(data.messageList)];
          time = data.nextMessageTime;
        }
        expect(all).toEqual(numbers(0, 49));
      }
      const { data } = await bob.tim.getMessageListHopping({ conversationID, time: last.time - 60, direction: 0 });
      expect(data).toMatchObject({ messageList: [], isCompleted: true });
      const system = bob.tim.getMessageListHopping({ conversationID: TIM.TYPES.CONV_SYSTEM });
      expect((await failure(system)).code).toBe(2106);
    });

    /** Proves `getMessageList`. */
    test("getMessageList reads the notices, an unknown conversation is empty, and what cannot be read says why", async () => {
      const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
      const id = await group(alice, bob);
      const notices = await bob.tim.getMessageList({ conversationID: TIM.TYPES.CONV_SYSTEM });
      expect(notices.data.messageList[0]!.type).toBe(TIM.TYPES.MSG_GRP_SYS_NOTICE);
      const empty = await bob.tim.getMessageList({ conversationID: `C2C${c}` });
      expect(empty.data).toMatchObject({ messageList: [], isCompleted: true });
      expect((await failure(bob.tim.getMessageList({ conversationID: "nobody" }))).code).toBe(2503);
      await bob.tim.quitGroup(id);
      expect((await failure(bob.tim.getMessageList({ conversationID: `GROUP${id}` }))).code).toBe(10007);
    });
  });
});
