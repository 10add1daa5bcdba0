/** One-to-one messages between real clients: sent, received, read, revoked, paged through; and conversations with them. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Console, TIM, failure, isReady, world, type Client } from "./support";

describe.skipIf(!isReady)("messages", () => {
  const it = world();
  let owner: Console;
  let round = 0;
  /** New people for every test, so that none finds what another left. */
  let [a, b] = ["", ""];
  beforeAll(async () => {
    await it.begin();
    owner = await Console.signIn(it.server);
  });
  beforeEach(() => {
    round += 1;
    [a, b] = [`alice-${round}`, `bob-${round}`];
  });
  afterEach(() => it.stopClients());
  afterAll(() => it.end());

  const conversation = async (client: Client, conversationID: string) =>
    (await client.tim.getConversationProfile(conversationID)).data.conversation;

  /** Proves `sendMessage`, `findMessage`, `MESSAGE_RECEIVED`. */
  test("a text message arrives by MESSAGE_RECEIVED, at the other side only, with everything in it", async () => {
    const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
    const message = alice.text(b, "你好 👋");
    expect(message).toMatchObject({ status: "unSend", flow: "out", from: a, to: b, conversationID: `C2C${b}`, isRevoked: false });
    const { ID } = message;
    const { data } = await alice.tim.sendMessage(message);
    expect(data.message).toBe(message);
    expect(message).toMatchObject({ ID, status: "success" });
    expect(message.time).toBeGreaterThan(1_600_000_000);

    const heard = await bob.hears("你好 👋");
    expect(heard).toMatchObject({ ID, flow: "in", from: a, to: b, conversationID: `C2C${a}`, conversationType: TIM.TYPES.CONV_C2C, type: TIM.TYPES.MSG_TEXT, status: "success", time: message.time });
    expect(bob.tim.findMessage(ID)).toBe(heard);
    expect(alice.received()).toEqual([]);
  });

  /** Proves `createCustomMessage`, `createFaceMessage`, `createLocationMessage`. */
  test("custom, face and location messages keep their payloads, and cloudCustomData comes along", async () => {
    const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
    const to = { to: b, conversationType: TIM.TYPES.CONV_C2C };
    const made = [
      alice.tim.createCustomMessage({ ...to, payload: { data: "d", description: "e", extension: '{"x":1}' }, cloudCustomData: "cloud" }),
      alice.tim.createFaceMessage({ ...to, payload: { index: 3, data: "smile" } }),
      alice.tim.createLocationMessage({ ...to, payload: { description: "here", latitude: 39.9, longitude: 116.4 } }),
    ];
    for (const message of made) await alice.tim.sendMessage(message);
    await expect.poll(() => bob.received().length).toBe(3);
    expect(bob.received().map(({ type, payload }) => ({ type, payload }))).toEqual(made.map(({ type, payload }) => ({ type, payload })));
    expect(bob.received()[0]!.cloudCustomData).toBe("cloud");
  });

  test("Contract C3. many messages come in the order in which they were sent, each once", async () => {
    const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
    const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);
    await Promise.all(texts.map((text) => alice.say(b, text)));
    await expect.poll(() => bob.received().length).toBe(texts.length);
    expect(bob.received().map(({ payload }) => payload.text)).toEqual(texts);
  });

  /** Proves `getConversationList`. */
  test("who was offline finds conversations, unread counts and messages after login", async () => {
    const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
    await alice.say(b, "heard at once");
    await bob.hears("heard at once");
    await bob.tim.setMessageRead({ conversationID: `C2C${a}` });
    await bob.tim.logout();
    for (const text of ["four", "five", "six"]) await alice.say(b, text);
    await bob.login();
    const { conversationList } = (await bob.tim.getConversationList()).data;
    const mine = conversationList.find((one) => one.conversationID === `C2C${a}`)!;
    expect(mine.lastMessage).toMatchObject({ messageForShow: "six", fromAccount: a, type: TIM.TYPES.MSG_TEXT });
    expect(mine.unreadCount).toBe(3);
    expect(bob.tim.getTotalUnreadMessageCount()).toBe(3);
    const { messageList, isCompleted } = (await bob.tim.getMessageList({ conversationID: `C2C${a}` })).data;
    expect(messageList.map(({ payload }) => payload.text)).toEqual(["heard at once", "four", "five", "six"]);
    expect(isCompleted).toBe(true);
  });

  /** Proves `getMessageList`. */
  test("getMessageList pages backwards through history, 15 at a time", async () => {
    const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
    for (let index = 0; index < 35; index++) await alice.say(b, `m${index}`);
    await bob.hears("m34");
    const pages: string[][] = [];
    let nextReqMessageID: string | undefined;
    for (let done = false; !done; ) {
      const { data } = await bob.tim.getMessageList({ conversationID: `C2C${a}`, ...(nextReqMessageID && { nextReqMessageID }) });
      pages.unshift(data.messageList.map(({ payload }) => payload.text));
      ({ nextReqMessageID, isCompleted: done } = data);
    }
    expect(pages.map((page) => page.length)).toEqual([5, 15, 15]);
    expect(pages.flat()).toEqual(Array.from({ length: 35 }, (_, index) => `m${index}`));
  });

  /** Proves `setMessageRead`, `MESSAGE_READ_BY_PEER`. */
  test("setMessageRead clears the count and the sender hears MESSAGE_READ_BY_PEER on its own object", async () => {
    const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
    const message = await alice.say(b, "read me");
    await bob.hears("read me");
    await bob.event(TIM.EVENT.CONVERSATION_LIST_UPDATED, (list) => list.some((one) => one.conversationID === `C2C${a}` && one.unreadCount === 1));
    const held = await conversation(bob, `C2C${a}`);
    await bob.tim.setMessageRead({ conversationID: `C2C${a}` });
    expect(held.unreadCount).toBe(0);
    expect(bob.tim.getTotalUnreadMessageCount()).toBe(0);
    const read = await alice.event(TIM.EVENT.MESSAGE_READ_BY_PEER);
    expect(read[0]).toBe(message);
    expect(message.isPeerRead).toBe(true);
    await expect.poll(async () => (await conversation(alice, `C2C${b}`)).lastMessage.isPeerRead).toBe(true);
  });

  /** Proves `getTotalUnreadMessageCount`, `TOTAL_UNREAD_MESSAGE_COUNT_UPDATED`. */
  test("Contract C5. the counts of all conversations are the ones that a recount gives, and the total is announced", async () => {
    const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
    const [carol] = (await it.ready(`carol-${round}`)) as [Client];
    await Promise.all([alice.say(carol.userID, "1"), bob.say(carol.userID, "2"), alice.say(carol.userID, "3")]);
    expect(await carol.event(TIM.EVENT.TOTAL_UNREAD_MESSAGE_COUNT_UPDATED, (count) => count === 3)).toBe(3);
    await carol.tim.setMessageRead({ conversationID: `C2C${a}` });
    expect(carol.tim.getTotalUnreadMessageCount()).toBe(1);
  });

  /** Proves `revokeMessage`, `MESSAGE_REVOKED`. */
  test("revokeMessage: both sides see isRevoked on the object they have, the other by MESSAGE_REVOKED", async () => {
    const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
    const message = await alice.say(b, "a slip");
    const heard = await bob.hears("a slip");
    await alice.tim.revokeMessage(message);
    expect(message.isRevoked).toBe(true);
    const [revoked] = await bob.event(TIM.EVENT.MESSAGE_REVOKED);
    expect(revoked).toBe(heard);
    expect(heard.isRevoked).toBe(true);
    await expect.poll(async () => (await conversation(bob, `C2C${a}`)).lastMessage.isRevoked).toBe(true);
  });

  test("after the app's limit a message cannot be revoked any more", async () => {
    await owner.settings({ revokeLimitS: 1 });
    const [alice] = (await it.ready(a, b)) as [Client, Client];
    const message = await alice.say(b, "too late");
    await new Promise((resolve) => setTimeout(resolve, 2200));
    expect((await failure(alice.tim.revokeMessage(message))).code).toBe(20016);
    expect(message.isRevoked).toBe(false);
    await owner.settings({ revokeLimitS: 120 });
  });

  test("a message over 12 KB fails with its public code, its status says so, and a small one goes", async () => {
    const [alice] = (await it.ready(a, b)) as [Client, Client];
    const message = alice.text(b, "x".repeat(13_000));
    const error = await failure(alice.tim.sendMessage(message));
    expect(error.code).toBe(80002);
    expect(error.data.message).toBe(message);
    expect(message.status).toBe("fail");
    await alice.say(b, "small");
  });

  /** Proves `resendMessage`. */
  test("a failed message can be sent again", async () => {
    const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
    await bob.tim.addToBlacklist({ userIDList: [a] });
    const message = alice.text(b, "again");
    expect((await failure(alice.tim.sendMessage(message))).code).toBe(20007);
    expect(message.status).toBe("fail");
    await bob.tim.removeFromBlacklist({ userIDList: [a] });
    const { data } = await alice.tim.resendMessage(message);
    expect(data.message).toBe(message);
    expect(message.status).toBe("success");
    await bob.hears("again");
  });

  test("CONVERSATION_LIST_UPDATED brings the whole list, newest first, with the same objects each time", async () => {
    const [alice, bob] = (await it.ready(a, b)) as [Client, Client];
    await alice.say(b, "first");
    const [list] = [await bob.event(TIM.EVENT.CONVERSATION_LIST_UPDATED, (all) => all.some((one) => one.conversationID === `C2C${a}`))];
    const [carol] = (await it.ready(`carol-${round}`)) as [Client];
    await carol.say(b, "second");
    const next = await bob.event(TIM.EVENT.CONVERSATION_LIST_UPDATED, (all) => all[0]?.conversationID === `C2C${carol.userID}`);
    expect(next.find((one) => one.conversationID === `C2C${a}`)).toBe(list.find((one) => one.conversationID === `C2C${a}`));
    expect(next[0]!.userProfile.userID).toBe(carol.userID);
  });
});
