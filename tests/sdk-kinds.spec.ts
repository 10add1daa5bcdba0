/** The kinds of messages that carry more than a text, from one person's page to another's; files are in sdk-files.spec.ts. */
import { expect, test } from "./support/sdk.ts";
import { held, type Tab } from "./support/tab.ts";

async function received(tab: Tab, ID: string): Promise<any> {
  await expect.poll(() => tab.held(ID)).not.toBeNull();
  return tab.held(ID);
}

/** Proves `createFaceMessage`, `createLocationMessage`, `createForwardMessage`. */
test("faces and places come as they were, also to a third person by createForwardMessage; notices are not passed on: 2453", async ({
  login,
}) => {
  const [alice, bob, carol] = [await login("alice"), await login("bob"), await login("carol")];
  const made = [
    ["createFaceMessage", "TIMFaceElem", { index: 3, data: "goose" }],
    ["createLocationMessage", "TIMLocationElem", { description: "西湖", longitude: 120.15, latitude: 30.25 }],
  ] as const;
  for (const [method, type, payload] of made) {
    const sent = await alice.make(method, { to: "bob", conversationType: "C2C", payload });
    const atBob = await received(bob, sent.ID);
    expect(atBob).toMatchObject({ type, payload, from: "alice" });
    const passed = await bob.make("createForwardMessage", { to: "carol", conversationType: "C2C", payload: held(sent.ID) });
    expect(passed.ID).not.toBe(sent.ID);
    expect(await received(carol, passed.ID)).toMatchObject({ type, payload, from: "bob" });
  }
  await alice.call("createGroup", { type: "ChatRoom", name: "geese", groupID: "geese" });
  const notice = async () => (await alice.received()).find((it) => it.type === "TIMGroupSystemNoticeElem");
  await expect.poll(notice).toBeDefined();
  const forward = { to: "bob", conversationType: "C2C", payload: held((await notice()).ID) };
  expect(await alice.make("createForwardMessage", forward)).toMatchObject({ code: 2453 });
});

/** Proves `createTextAtMessage`, `getConversationList`. */
test("who is mentioned sees it in the list until it is read; who passes the text on mentions nobody", async ({ login }) => {
  const [alice, bob, carol] = [await login("alice"), await login("bob"), await login("carol")];
  const members = [{ userID: "bob" }, { userID: "carol" }];
  await alice.call("createGroup", { type: "Public", name: "geese", groupID: "geese", memberList: members });
  const at = (text: string, atUserList: string[]) =>
    alice.make("createTextAtMessage", { to: "geese", conversationType: "GROUP", payload: { text, atUserList } });
  const { ID, sequence } = await at("@bob", ["bob"]);
  await at("@all", ["__kImSDK_MesssageAtALL__"]);
  await alice.send("bob", "@bob");
  expect(await received(bob, ID)).toMatchObject({ type: "TIMTextElem", atUserList: ["bob"] });
  const infos = async (tab: Tab) => (await tab.conversation("GROUPgeese"))?.groupAtInfoList;
  const [me, all] = [
    { groupID: "geese", messageSequence: sequence, atTypeArray: [1] },
    { groupID: "geese", messageSequence: sequence + 1, atTypeArray: [2] },
  ];
  await expect.poll(() => infos(bob)).toEqual([me, all]);
  await expect.poll(() => infos(carol)).toEqual([all]);
  await expect.poll(() => bob.texts()).toEqual(["@bob", "@all", "@bob"]);
  const mentioning = async () =>
    (await bob.call("getConversationList", { hasGroupAtInfo: true })).data.conversationList.map((it: any) => it.conversationID);
  expect(await mentioning()).toEqual(["GROUPgeese"]);
  await bob.call("setMessageRead", { conversationID: "GROUPgeese" });
  expect(await mentioning()).toEqual([]);
  const passedOn = await carol.make("createForwardMessage", { to: "geese", conversationType: "GROUP", payload: held(ID) });
  expect(await received(bob, passedOn.ID)).toMatchObject({ type: "TIMTextElem", payload: { text: "@bob" }, atUserList: [] });
  expect(await mentioning()).toEqual([]);
  expect(await at("@many", Array.from({ length: 31 }, (_, number) => `u${number}`))).toMatchObject({ code: 10053 });
});

/** Proves `createMergerMessage`, `downloadMergerMessage`. */
test("a merger of several messages is read by somebody who was not there, a large one after downloadMergerMessage", async ({
  login,
}) => {
  const [alice, bob, carol] = [await login("alice"), await login("bob"), await login("carol")];
  const short = [await alice.send("bob", "how are you?"), await alice.send("bob", "well?")];
  const long = [];
  for (const number of [1, 2]) long.push(await alice.send("bob", `${number} ${"x".repeat(8000)}`));
  for (const it of [...short, ...long]) await received(bob, it.ID);
  const merge = (messages: any[]) =>
    bob.make("createMergerMessage", {
      to: "carol", conversationType: "C2C",
      payload: {
        messageList: messages.map((it) => held(it.ID)), title: "Alice and Bob", abstractList: ["alice: how are you?"],
        compatibleText: "a chat",
      },
    });
  const small = await merge(short);
  expect(await received(carol, small.ID)).toMatchObject({
    type: "TIMRelayElem",
    payload: {
      title: "Alice and Bob", abstractList: ["alice: how are you?"], compatibleText: "a chat", downloadKey: "",
      messageList: short.map((it) => ({ ID: it.ID, from: "alice", messageBody: [{ type: "TIMTextElem", payload: it.payload }] })),
    },
  });
  const large = await merge(long);
  expect(await received(carol, large.ID)).toMatchObject({ payload: { messageList: [] } });
  expect((await carol.call("downloadMergerMessage", held(large.ID))).code).toBe(0);
  // In the object that the app holds.
  const loaded = (await carol.held(large.ID)).payload.messageList;
  expect(loaded.map((it: any) => it.messageBody[0].payload.text)).toEqual(long.map((it) => it.payload.text));
  expect(await bob.call("downloadMergerMessage", held(short[0].ID))).toMatchObject({ code: 2450 });
});

/** Proves `sendMessage`. */
test("what is only for who is there now, for some members, or not to be counted, reaches two people accordingly", async ({ login }) => {
  const [alice, bob, carol] = [await login("alice"), await login("bob"), await login("carol")];
  const members = [{ userID: "bob" }, { userID: "carol" }];
  await alice.call("createGroup", { type: "Public", name: "geese", groupID: "geese", memberList: members });
  const say = (text: string, options: object = {}, sendOptions?: object) =>
    alice.make("createTextMessage", { to: "geese", conversationType: "GROUP", payload: { text }, ...options }, sendOptions);
  await say("for all");
  await say("for bob", { receiverList: ["bob"] });
  await say("quietly", {}, { messageControlInfo: { excludedFromUnreadCount: true, excludedFromLastMessage: true } });
  // It has no place among the others, and does not wait for those that are on their way.
  await expect.poll(() => bob.texts()).toEqual(["for all", "for bob", "quietly"]);
  await expect.poll(() => carol.texts()).toEqual(["for all", "quietly"]);
  await say("now or never", {}, { onlineUserOnly: true });
  await expect.poll(() => bob.texts()).toEqual(["for all", "for bob", "quietly", "now or never"]);
  await expect.poll(() => carol.texts()).toEqual(["for all", "quietly", "now or never"]);
  expect(await bob.conversation("GROUPgeese")).toMatchObject({ unreadCount: 1, lastMessage: { messageForShow: "for bob" } });
  expect(await carol.conversation("GROUPgeese")).toMatchObject({ unreadCount: 1, lastMessage: { messageForShow: "for all" } });
  await bob.call("logout");
  await bob.login("bob");
  const { data } = await bob.call("getMessageList", { conversationID: "GROUPgeese" });
  const texts = data.messageList.filter((it: any) => it.type === "TIMTextElem").map((it: any) => it.payload.text);
  expect(texts).toEqual(["for all", "for bob", "quietly"]);
  const many = Array.from({ length: 51 }, (_, number) => `u${number}`);
  expect(await say("for many", { receiverList: many })).toMatchObject({ code: 10004, status: "fail" });
});
