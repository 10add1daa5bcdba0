/** The conversation list, profiles and the blacklist, as two people see them. */
import { firstPassword } from "./support/owner.ts";
import { expect, test } from "./support/sdk.ts";

/** Proves `getConversationProfile`. */
test("TIM.EVENT.CONVERSATION_LIST_UPDATED brings the whole list, newest first, with unread counts", async ({ login }) => {
  const [alice, bob, carol] = [await login("alice"), await login("bob"), await login("carol")];
  await alice.send("bob", "from alice");
  await carol.send("bob", "from carol");
  await expect
    .poll(async () => (await bob.seen("onConversationListUpdated")).at(-1)?.data.map((it: any) => it.conversationID))
    .toEqual(["C2Ccarol", "C2Calice"]);
  await alice.send("bob", "again");
  await expect
    .poll(async () =>
      (await bob.seen("onConversationListUpdated")).at(-1)?.data.map((it: any) => [it.conversationID, it.unreadCount]),
    )
    .toEqual([["C2Calice", 2], ["C2Ccarol", 1]]);
  expect((await bob.seen("onTotalUnreadMessageCountUpdated")).at(-1)?.data).toBe(3);
  const { data } = await bob.call("getConversationProfile", "C2Calice");
  expect(data.conversation).toMatchObject({
    type: "C2C", userProfile: { userID: "alice" },
    lastMessage: { messageForShow: "again", fromAccount: "alice", type: "TIMTextElem" },
  });
});

/** Proves `updateMyProfile`, `getUserProfile`. */
test("TIM.EVENT.PROFILE_UPDATED reaches own instances and those one talks with", async ({ login, settings }) => {
  await settings({ webInstances: 2 });
  const [one, two, bob, carol] = [
    await login("alice"), await login("alice"), await login("bob"), await login("carol"),
  ];
  await one.send("bob", "hello");
  await expect.poll(() => bob.texts()).toEqual(["hello"]);
  const { data } = await one.call("updateMyProfile", { nick: "爱丽丝", gender: "Gender_Type_Female" });
  expect(data).toMatchObject({ userID: "alice", nick: "爱丽丝", gender: "Gender_Type_Female" });
  for (const tab of [one, two, bob]) {
    await expect
      .poll(async () => (await tab.seen("onProfileUpdated")).flatMap((it) => it.data))
      .toMatchObject([{ userID: "alice", nick: "爱丽丝" }]);
  }
  expect(await bob.conversation("C2Calice")).toMatchObject({ userProfile: { nick: "爱丽丝" } });
  expect((await carol.call("getUserProfile", { userIDList: ["alice", "nobody"] })).data).toMatchObject([
    { userID: "alice", nick: "爱丽丝" },
  ]);
  expect(await carol.seen("onProfileUpdated")).toEqual([]);
  expect(await one.call("updateMyProfile", { nick: "x".repeat(501) })).toMatchObject({ code: 40601 });
});

/** Proves `getBlacklist`, `addToBlacklist`, `removeFromBlacklist`. */
test("TIM.EVENT.BLACKLIST_UPDATED; a blocked sender is refused with 20007, or pretended to", async ({
  login, settings,
}) => {
  await settings({ webInstances: 2 });
  const [alice, other, bob] = [await login("alice"), await login("alice"), await login("bob")];
  expect(await alice.call("addToBlacklist", { userIDList: ["bob"] })).toMatchObject({ code: 0, data: ["bob"] });
  for (const tab of [alice, other]) {
    await expect.poll(async () => (await tab.seen("blacklistUpdated")).at(-1)?.data).toEqual(["bob"]);
    expect((await tab.call("getBlacklist")).data).toEqual(["bob"]);
  }
  expect(await bob.send("alice", "let me in")).toMatchObject({ code: 20007, status: "fail" });
  await settings({ blockedSender: "pretend" });
  expect(await bob.send("alice", "let me in, please")).toMatchObject({ code: 0, status: "success" });
  expect(await alice.send("bob", "you I can write to")).toMatchObject({ code: 0 });
  await expect.poll(() => bob.texts()).toEqual(["you I can write to"]);
  expect(await alice.texts()).toEqual([]);
  expect(await alice.call("addToBlacklist", { userIDList: ["alice"] })).toMatchObject({ code: 2742 });
  await alice.call("removeFromBlacklist", { userIDList: ["bob"] });
  await expect.poll(async () => (await other.seen("blacklistUpdated")).at(-1)?.data).toEqual([]);
  expect(await bob.send("alice", "thank you")).toMatchObject({ code: 0 });
  await expect.poll(() => alice.texts()).toEqual(["thank you"]);
});

test("an app's settings, accounts and all messages survive a restart", async ({ login, settings, server, admin }) => {
  await settings({ webInstances: 3, revokeLimitS: 60 });
  const [alice, bob] = [await login("alice"), await login("bob")];
  await alice.send("bob", "kept");
  await server.restart();
  await bob.call("logout");
  await bob.login("bob");
  const list = await bob.call("getMessageList", { conversationID: "C2Calice" });
  expect(list.data.messageList.map((it: any) => it.payload.text)).toEqual(["kept"]);
  await admin.post("/console/api/login", { data: { password: firstPassword(server) } });
  const { apps } = (await (await admin.get("/console/api/apps")).json()) as { apps: any[] };
  expect(apps[0]).toMatchObject({ accounts: 2, settings: { webInstances: 3, revokeLimitS: 60 } });
});
