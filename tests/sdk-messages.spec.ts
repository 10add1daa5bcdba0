/** Messages between two people: sending, receiving, revoking, reading, history. */
import { expect, test } from "./support/sdk.ts";

/** Proves `createCustomMessage`, `sendMessage`. */
test("TIM.EVENT.MESSAGE_RECEIVED brings text and custom messages with all their fields", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  const sent = await alice.send("bob", "你好 🪿");
  expect(sent).toMatchObject({ code: 0, status: "success", flow: "out", conversationID: "C2Cbob", isRevoked: false });
  await alice.page.evaluate(async () => {
    const { tim } = window as any;
    await tim.sendMessage(
      tim.createCustomMessage({
        to: "bob",
        conversationType: "C2C",
        payload: { data: '{"a":1}', description: "d", extension: "e" },
        cloudCustomData: "along",
      }),
    );
  });
  await expect.poll(async () => (await bob.received()).length).toBe(2);
  const [text, custom] = await bob.received();
  expect(text).toMatchObject({
    ID: sent.ID, type: "TIMTextElem", payload: { text: "你好 🪿" }, from: "alice", to: "bob", flow: "in",
    conversationID: "C2Calice", conversationType: "C2C", status: "success", time: sent.time,
  });
  expect(custom).toMatchObject({
    type: "TIMCustomElem",
    payload: { data: '{"a":1}', description: "d", extension: "e" },
    cloudCustomData: "along",
  });
});

test("who is away finds the messages in the conversation list and in the history", async ({ open, login }) => {
  const alice = await login("alice");
  const bob = await open();
  const sig = await bob.sign("bob");
  await bob.login("bob", sig);
  await bob.call("logout");
  for (const number of [1, 2, 3]) await alice.send("bob", `away ${number}`);
  await bob.login("bob", sig);
  const conversation = await bob.conversation("C2Calice");
  expect(conversation).toMatchObject({ unreadCount: 3, lastMessage: { messageForShow: "away 3" } });
  const list = await bob.call("getMessageList", { conversationID: "C2Calice" });
  expect(list.data.messageList.map((it: any) => it.payload.text)).toEqual(["away 1", "away 2", "away 3"]);
});

test("a receiver who does not exist gets 20003, a text above 12 KB 80002", async ({ login }) => {
  const alice = await login("alice");
  expect(await alice.send("nobody", "hello?")).toMatchObject({ code: 20003, status: "fail" });
  await login("bob");
  expect(await alice.send("bob", "x".repeat(12 * 1024 + 1))).toMatchObject({ code: 80002, status: "fail" });
});

/** Proves `revokeMessage`, `findMessage`. */
test("TIM.EVENT.MESSAGE_REVOKED: the objects that both apps hold change in place", async ({ login, settings }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  const sent = await alice.send("bob", "oops");
  await expect.poll(() => bob.texts()).toEqual(["oops"]);
  const held = (id: string) => bob.page.evaluate((id) => (window as any).tim.findMessage(id)?.isRevoked, id);
  expect(await held(sent.ID)).toBe(false);
  await alice.page.evaluate(() => (window as any).tim.revokeMessage((window as any).sent[0]));
  expect((await alice.sent())[0]).toMatchObject({ isRevoked: true });
  await expect.poll(async () => (await bob.seen("onMessageRevoked")).flatMap((it) => it.data)).toMatchObject([
    { ID: sent.ID, isRevoked: true },
  ]);
  expect(await held(sent.ID)).toBe(true);
  await expect.poll(async () => (await bob.conversation("C2Calice")).lastMessage.isRevoked).toBe(true);
  await settings({ revokeLimitS: 0 });
  await alice.send("bob", "too late");
  const late = await alice.page.evaluate(() =>
    (window as any).tim.revokeMessage((window as any).sent[1]).then(() => 0, (error: any) => error.code),
  );
  expect(late).toBe(20016);
});

/** Proves `setMessageRead`, `getTotalUnreadMessageCount`. */
test("TIM.EVENT.MESSAGE_READ_BY_PEER: the sender's messages become read", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  await alice.send("bob", "one");
  await alice.send("bob", "two");
  await expect.poll(async () => (await bob.conversation("C2Calice"))?.unreadCount).toBe(2);
  expect(await bob.call("setMessageRead", { conversationID: "C2Calice" })).toMatchObject({ code: 0 });
  await expect
    .poll(async () => (await alice.seen("onMessageReadByPeer")).flatMap((it) => it.data).map((it) => it.payload.text))
    .toEqual(["one", "two"]);
  expect((await alice.sent()).map((it) => it.isPeerRead)).toEqual([true, true]);
  expect(await bob.conversation("C2Calice")).toMatchObject({ unreadCount: 0 });
  expect(await bob.page.evaluate(() => (window as any).tim.getTotalUnreadMessageCount())).toBe(0);
});

/** Proves `getMessageList`, `createTextMessage`. */
test("getMessageList pages backwards through the history, 15 at a time", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  await alice.page.evaluate(async () => {
    const { tim } = window as any;
    for (let number = 1; number <= 40; number++) {
      await tim.sendMessage(
        tim.createTextMessage({ to: "bob", conversationType: "C2C", payload: { text: String(number) } }),
      );
    }
  });
  await bob.call("logout");
  await bob.login("bob");
  const pages: string[][] = [];
  let nextReqMessageID: string | undefined;
  let complete = false;
  while (!complete) {
    const { data } = await bob.call("getMessageList", { conversationID: "C2Calice", nextReqMessageID });
    pages.push(data.messageList.map((it: any) => it.payload.text));
    ({ nextReqMessageID, isCompleted: complete } = data);
  }
  expect(pages.map((it) => it.length)).toEqual([15, 15, 10]);
  expect([...pages].reverse().flat()).toEqual(Array.from({ length: 40 }, (_, index) => String(index + 1)));
});

test("all instances of an account see what one of them sends and reads", async ({ login, settings }) => {
  await settings({ webInstances: 2 });
  const [one, two, bob] = [await login("alice"), await login("alice"), await login("bob")];
  await one.send("bob", "from one");
  await expect.poll(() => two.received()).toMatchObject([
    { flow: "out", from: "alice", conversationID: "C2Cbob", payload: { text: "from one" } },
  ]);
  expect(await one.received()).toEqual([]);
  await bob.send("alice", "answer");
  for (const tab of [one, two]) {
    await expect.poll(async () => (await tab.conversation("C2Cbob")).unreadCount).toBe(1);
  }
  await two.call("setMessageRead", { conversationID: "C2Cbob" });
  await expect.poll(async () => (await one.conversation("C2Cbob")).unreadCount).toBe(0);
});
