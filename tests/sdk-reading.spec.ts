/** Who has read what, and reading history from any place, on the pages of two and three people. */
import { expect, test } from "./support/sdk.ts";
import { held, type Tab } from "./support/tab.ts";

const texts = (outcome: any): string[] => outcome.data.messageList.map((it: any) => it.payload.text);

async function receipts(tab: Tab): Promise<any[]> {
  return (await tab.seen("onMessageReadReceiptReceived")).flatMap((it) => it.data);
}

/** Proves `sendMessageReadReceipt`, `getMessageReadReceiptList`. */
test("TIM.EVENT.MESSAGE_READ_RECEIPT_RECEIVED: every tab of the sender learns that a message was read, once", async ({
  login, settings,
}) => {
  await settings({ webInstances: 2 });
  const [alice, tab, bob] = [await login("alice"), await login("alice"), await login("bob")];
  const wanting = { to: "bob", conversationType: "C2C", payload: { text: "read me" }, needReadReceipt: true };
  const { ID } = await alice.make("createTextMessage", wanting);
  const plain = await alice.send("bob", "as you like");
  await expect.poll(() => bob.texts()).toEqual(["read me", "as you like"]);
  expect(await bob.call("sendMessageReadReceipt", [held(plain.ID)])).toMatchObject({ code: 2114 });
  for (const time of [1, 2]) expect((await bob.call("sendMessageReadReceipt", [held(ID)])).code, `time ${time}`).toBe(0);
  for (const it of [alice, tab]) {
    await expect.poll(() => receipts(it)).toEqual([{ messageID: ID, userID: "bob", isPeerRead: true }]);
    expect((await it.held(ID)).readReceiptInfo).toMatchObject({ isPeerRead: true });
    const asked = await it.call("getMessageReadReceiptList", [held(ID)]);
    expect(asked.data.messageList).toMatchObject([{ ID, readReceiptInfo: { isPeerRead: true } }]);
    expect(await receipts(it)).toHaveLength(1);
  }
  expect(await bob.call("getMessageReadReceiptList", [held(ID)])).toMatchObject({ code: 10062 });
  // A receipt is no read mark.
  expect(await bob.conversation("C2Calice")).toMatchObject({ unreadCount: 2 });
});

/** Proves `getGroupMessageReadMemberList`, `MESSAGE_READ_RECEIPT_RECEIVED`. */
test("in a group the sender sees how many and who has read a message, and who has not", async ({ login, settings }) => {
  const [alice, bob, carol] = [await login("alice"), await login("bob"), await login("carol")];
  const members = [{ userID: "bob" }, { userID: "carol" }];
  await alice.call("createGroup", { type: "Public", name: "geese", groupID: "geese", memberList: members });
  const wanting = { to: "geese", conversationType: "GROUP", payload: { text: "read me" }, needReadReceipt: true };
  const { ID } = await alice.make("createTextMessage", wanting);
  for (const it of [bob, carol]) await expect.poll(() => it.texts()).toEqual(["read me"]);
  await bob.call("sendMessageReadReceipt", [held(ID)]);
  await expect.poll(() => receipts(alice)).toEqual([{ messageID: ID, groupID: "geese", readCount: 1, unreadCount: 1 }]);
  expect((await alice.held(ID)).readReceiptInfo).toEqual({ readCount: 1, unreadCount: 1 });
  const list = (tab: Tab, filter: number) =>
    tab.call("getGroupMessageReadMemberList", { message: held(ID), filter, cursor: "", count: 10 });
  expect((await list(alice, 0)).data).toMatchObject({ messageID: ID, readUserIDList: ["bob"], isCompleted: true });
  expect((await list(alice, 1)).data).toMatchObject({ unreadUserIDList: ["carol"] });
  expect(await list(carol, 0)).toMatchObject({ code: 10062 });
  await settings({ receiptGroups: ["Work"] });
  expect(await carol.call("sendMessageReadReceipt", [held(ID)])).toMatchObject({ code: 10007 });
});

/** Proves `setAllMessageRead`, `TOTAL_UNREAD_MESSAGE_COUNT_UPDATED`. Contract C5. */
test("setAllMessageRead reads a scope in every tab at once, and both people who wrote hear of it", async ({ login, settings }) => {
  await settings({ webInstances: 2 });
  const [alice, bob, tab] = [await login("alice"), await login("bob"), await login("bob")];
  await alice.call("createGroup", { type: "Public", name: "geese", groupID: "geese", memberList: [{ userID: "bob" }] });
  await alice.send("bob", "one");
  await alice.send("geese", "two", "GROUP");
  const totals = async (it: Tab) => (await it.seen("onTotalUnreadMessageCountUpdated")).map(({ data }) => data);
  for (const it of [bob, tab]) await expect.poll(() => totals(it)).toEqual([1, 2]);
  await bob.call("setAllMessageRead", { scope: "readAllGroupMessage" });
  for (const it of [bob, tab]) await expect.poll(() => totals(it)).toEqual([1, 2, 1]);
  expect(await alice.seen("onMessageReadByPeer")).toEqual([]);
  await bob.call("setAllMessageRead", { scope: "readAllMessage" });
  for (const it of [bob, tab]) await expect.poll(() => totals(it)).toEqual([1, 2, 1, 0]);
  await expect.poll(async () => (await alice.seen("onMessageReadByPeer")).flatMap((it) => it.data)).toMatchObject([
    { isPeerRead: true, payload: { text: "one" } },
  ]);
  expect(await bob.call("setAllMessageRead", { scope: "readAllTheRest" })).toMatchObject({ code: 2112 });
});

/** Proves `getMessageListHopping`. */
test("getMessageListHopping jumps into the middle and reads on both ways, without a hole and without what is not there", async ({
  login,
}) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  await alice.call("createGroup", { type: "Public", name: "geese", groupID: "geese", memberList: [{ userID: "bob" }] });
  const sent = [];
  for (let number = 1; number <= 40; number++) sent.push(await alice.send("geese", String(number), "GROUP"));
  await expect.poll(async () => (await bob.texts()).length).toBe(40);
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
  const hop = (place: object) => bob.call("getMessageListHopping", { conversationID: "GROUPgeese", ...place });
  const { sequence } = sent[19];
  const newer = await hop({ sequence, direction: 1 });
  expect(texts(newer)).toEqual(numbers(20, 34));
  expect(newer.data).toMatchObject({ isCompleted: false });
  const newest = await hop({ sequence: newer.data.nextMessageSeq, direction: 1 });
  expect(texts(newest)).toEqual(numbers(35, 40));
  expect(newest.data).toMatchObject({ isCompleted: true });
  expect(texts(await hop({ sequence, direction: 0 }))).toEqual(numbers(6, 20));
  // In a C2C a moment says where.
  const { time } = await alice.send("bob", "now");
  const from = (place: object) => bob.call("getMessageListHopping", { conversationID: "C2Calice", ...place });
  expect(texts(await from({ time, direction: 0 }))).toEqual(["now"]);
  expect((await from({ time: time - 60, direction: 0 })).data).toMatchObject({ messageList: [], isCompleted: true });
  expect(await bob.call("getMessageListHopping", { conversationID: "@TIM#SYSTEM" })).toMatchObject({ code: 2106 });
});
