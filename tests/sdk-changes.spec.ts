/** What happens to a message after it was sent, on the pages of two people: it is modified, hidden, extended. */
import { expect, test } from "./support/sdk.ts";
import { held, type Tab } from "./support/tab.ts";

async function shown(tab: Tab, conversationID: string): Promise<string[]> {
  const { data } = await tab.call("getMessageList", { conversationID });
  return data.messageList.map((it: any) => it.payload.text);
}

/** Proves `modifyMessage`, `MESSAGE_MODIFIED`. */
test("TIM.EVENT.MESSAGE_MODIFIED: both apps' objects change in place, and the later of two gets 2480 and the latest", async ({
  open, login,
}) => {
  // Whatever the server tells Alice can be held up, so that she modifies what Bob has modified already.
  let release: (() => void) | undefined;
  let heldUp: Promise<void> | undefined;
  const alice = await open();
  await alice.page.routeWebSocket(/./, (page) => {
    const server = page.connectToServer();
    server.onMessage(async (message) => {
      await heldUp;
      page.send(message);
    });
  });
  await alice.page.reload();
  await alice.listen();
  await alice.login("alice");
  const bob = await login("bob");

  const { ID } = await alice.send("bob", "first");
  await expect.poll(() => bob.texts()).toEqual(["first"]);
  const second = { payload: { text: "second" }, cloudCustomData: "along" };
  expect((await bob.call("modifyMessage", held(ID, second))).data.message).toMatchObject({ ID, isModified: true, ...second });
  for (const tab of [alice, bob]) {
    await expect
      .poll(async () => (await tab.seen("onMessageModified")).map((it) => it.data))
      .toMatchObject([[{ ID, isModified: true, ...second }]]);
    expect(await tab.held(ID)).toMatchObject({ isModified: true, ...second });
  }

  heldUp = new Promise((resolve) => (release = resolve));
  expect((await bob.call("modifyMessage", held(ID, { payload: { text: "Bob's" } }))).code).toBe(0);
  const late = alice.call("modifyMessage", held(ID, { payload: { text: "Alice's" } }));
  await expect.poll(() => alice.held(ID)).toMatchObject({ payload: { text: "Alice's" } });
  release?.();
  expect(await late).toMatchObject({ code: 2480, data: { message: { ID, payload: { text: "Bob's" } } } });
  for (const tab of [alice, bob]) expect((await tab.held(ID)).payload.text).toBe("Bob's");
  expect(await bob.conversation("C2Calice")).toMatchObject({ lastMessage: { messageForShow: "Bob's" } });
});

/** Proves `deleteMessage`, `clearHistoryMessage`. Contract C5. */
test("what one deletes or clears is gone in every tab of one's own, and the other person keeps it", async ({ login, settings }) => {
  await settings({ webInstances: 2 });
  const [alice, bob, tab] = [await login("alice"), await login("bob"), await login("bob")];
  const sent = [];
  for (const text of ["one", "two", "three"]) sent.push(await alice.send("bob", text));
  for (const it of [bob, tab]) await expect.poll(() => it.texts()).toEqual(["one", "two", "three"]);
  const [, two, three] = sent;
  const deleted = await bob.call("deleteMessage", [held(two.ID), held(three.ID)]);
  expect(deleted.data.messageList).toMatchObject([{ ID: two.ID, isDeleted: true }, { ID: three.ID, isDeleted: true }]);
  for (const it of [bob, tab]) {
    await expect.poll(() => it.held(three.ID)).toMatchObject({ isDeleted: true });
    await expect.poll(() => it.conversation("C2Calice")).toMatchObject({ unreadCount: 1, lastMessage: { messageForShow: "one" } });
    expect(await shown(it, "C2Calice")).toEqual(["one"]);
  }
  expect(await bob.call("deleteMessage", [])).toMatchObject({ code: 2111 });

  expect(await bob.call("clearHistoryMessage", "C2Calice")).toMatchObject({ code: 0 });
  for (const it of [bob, tab]) {
    await expect.poll(() => it.conversation("C2Calice")).toMatchObject({ unreadCount: 0, lastMessage: { lastSequence: 0 } });
    expect(await shown(it, "C2Calice")).toEqual([]);
  }
  expect(await bob.call("clearHistoryMessage", "C2Cnobody")).toMatchObject({ code: 2500 });
  expect(await shown(alice, "C2Cbob")).toEqual(["one", "two", "three"]);
  expect(await alice.held(three.ID)).toMatchObject({ isDeleted: false });
});

/** Proves `setMessageExtensions`, `getMessageExtensions`, `deleteMessageExtensions`, `MESSAGE_EXTENSIONS_DELETED`. */
test("TIM.EVENT.MESSAGE_EXTENSIONS_UPDATED and MESSAGE_EXTENSIONS_DELETED: two people vote on one message", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  const poll = { to: "bob", conversationType: "C2C", payload: { text: "tea or coffee?" }, isSupportExtension: true };
  const { ID } = await alice.make("createTextMessage", poll);
  await expect.poll(() => bob.held(ID)).toMatchObject({ isSupportExtension: true });
  const tea = { key: "bob", value: "tea" };
  expect((await bob.call("setMessageExtensions", held(ID), [tea])).data.extensions).toEqual([{ code: 0, ...tea }]);
  await expect
    .poll(async () => (await alice.seen("onMessageExtensionsUpdated")).map((it) => it.data))
    .toEqual([{ messageID: ID, extensions: [tea] }]);
  const both = await alice.call("setMessageExtensions", held(ID), [{ key: "alice", value: "coffee" }]);
  expect(both.data.extensions).toMatchObject([{ code: 0, key: "alice" }]);
  await expect.poll(async () => (await bob.call("getMessageExtensions", held(ID))).data.extensions).toEqual([
    { key: "alice", value: "coffee" }, tea,
  ]);
  expect((await bob.call("deleteMessageExtensions", held(ID), ["bob"])).code).toBe(0);
  await expect
    .poll(async () => (await alice.seen("onMessageExtensionsDeleted")).map((it) => it.data))
    .toEqual([{ messageID: ID, keyList: ["bob"] }]);
  expect((await alice.call("getMessageExtensions", held(ID))).data.extensions).toEqual([{ key: "alice", value: "coffee" }]);
  const plain = await bob.send("alice", "no poll");
  expect(await bob.call("setMessageExtensions", held(plain.ID), [tea])).toMatchObject({ code: 23002 });
});
