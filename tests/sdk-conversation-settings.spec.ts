/** What one sets for conversations, in two tabs of one person: at once, after a cut, and after the next login. */
import { expect, test } from "./support/sdk.ts";
import type { Tab } from "./support/tab.ts";

test.beforeEach(({ settings }) => settings({ webInstances: 2 }));

/** Proves `pinConversation`, `setMessageRemindType`, `markConversation`, `setConversationCustomData`, `CONVERSATION_LIST_UPDATED`. */
test("Contract C4. what is set in one tab is in the other one at once, and after it was away", async ({ login }) => {
  const [one, other, bob, carol] = [await login("alice"), await login("alice"), await login("bob"), await login("carol")];
  await bob.send("alice", "from bob");
  await carol.send("alice", "from carol");
  const list = async (tab = other) =>
    (await tab.call("getConversationList")).data.conversationList.map((it: any) => it.conversationID);
  await expect.poll(() => list()).toEqual(["C2Ccarol", "C2Cbob"]);
  expect(await one.call("pinConversation", { conversationID: "C2Cbob", isPinned: true })).toMatchObject({ code: 0 });
  await expect.poll(() => list()).toEqual(["C2Cbob", "C2Ccarol"]);
  const last = (await other.seen("onConversationListUpdated")).at(-1)!.data;
  expect(last.map((it: any) => [it.conversationID, it.isPinned])).toEqual([["C2Cbob", true], ["C2Ccarol", false]]);

  // The other tab is off line while the rest is set.
  await other.page.context().setOffline(true);
  await other.page.evaluate(() => window.dispatchEvent(new Event("offline")));
  await expect.poll(async () => (await other.seen("netStateChange")).at(-1)?.data.state).toBe("disconnected");
  const mark = { conversationIDList: ["C2Cbob"], markType: 2 ** 63, enableMark: true };
  expect((await one.call("markConversation", mark)).data.successConversationIDList).toEqual(["C2Cbob"]);
  const data = { conversationIDList: ["C2Cbob", "C2Ccarol"], customData: "数据" };
  expect((await one.call("setConversationCustomData", data)).code).toBe(0);
  const remind = { userIDList: ["carol"], messageRemindType: "AcceptNotNotify" };
  expect((await one.call("setMessageRemindType", remind)).data.successUserIDList).toEqual([{ userID: "carol" }]);
  await other.page.context().setOffline(false);
  await other.page.evaluate(() => window.dispatchEvent(new Event("online")));
  const expected = { isPinned: true, markList: [2 ** 63], customData: "数据", messageRemindType: "AcceptAndNotify" };
  await expect.poll(() => other.conversation("C2Cbob")).toMatchObject(expected);
  expect(await other.conversation("C2Ccarol")).toMatchObject({ messageRemindType: "AcceptNotNotify", unreadCount: 1 });
  expect((await other.call("getTotalUnreadMessageCount")).data).toBe(1);
  await other.call("logout");
  await other.login("alice");
  expect(await list()).toEqual(["C2Cbob", "C2Ccarol"]);
  expect(await other.conversation("C2Cbob")).toMatchObject(expected);
});

/**
 * Proves `createConversationGroup`, `getConversationGroupList`, `addConversationsToGroup`, `deleteConversationsFromGroup`,
 * `renameConversationGroup`, `deleteConversationGroup`, `CONVERSATION_GROUP_LIST_UPDATED`.
 */
test("TIM.EVENT.CONVERSATION_IN_GROUP_UPDATED and CONVERSATION_GROUP_LIST_UPDATED reach every tab", async ({ login }) => {
  const [one, other, bob] = [await login("alice"), await login("alice"), await login("bob")];
  await bob.call("createGroup", { type: "Public", name: "geese", groupID: "geese", memberList: [{ userID: "alice" }] });
  await bob.send("geese", "welcome", "GROUP");
  await bob.send("alice", "hello");
  await expect.poll(() => other.texts()).toEqual(["welcome", "hello"]);
  const filled = { conversationIDList: ["C2Cbob"], groupName: "work" };
  expect((await one.call("createConversationGroup", filled)).data.successConversationIDList).toEqual(["C2Cbob"]);
  for (const tab of [one, other]) {
    await expect.poll(async () => (await tab.seen("onConversationInGroupUpdated")).at(-1)?.data).toMatchObject({
      groupName: "work", conversationList: [{ conversationID: "C2Cbob", conversationGroupList: ["work"] }],
    });
    expect((await tab.seen("onConversationGroupListUpdated")).at(-1)!.data).toEqual(["work"]);
  }
  const filling = async (tab: Tab) => (await tab.seen("onConversationInGroupUpdated")).at(-1)!.data;
  const of = (groupName: string) => ({ conversationIDList: ["GROUPgeese"], groupName });
  expect((await other.call("addConversationsToGroup", of("work"))).data.successConversationIDList).toEqual(["GROUPgeese"]);
  await expect.poll(() => filling(one)).toMatchObject({
    groupName: "work", conversationList: [{ conversationID: "C2Cbob" }, { conversationID: "GROUPgeese" }],
  });
  const listed = await one.call("getConversationList", { groupName: "work" });
  expect(listed.data.conversationList).toEqual((await filling(one)).conversationList);
  expect(await one.call("deleteConversationsFromGroup", of("work"))).toMatchObject({ code: 0 });
  await expect.poll(() => filling(other)).toMatchObject({ groupName: "work", conversationList: [{ conversationID: "C2Cbob" }] });
  for (const method of ["addConversationsToGroup", "deleteConversationsFromGroup"]) {
    expect(await one.call(method, of("no such group")), method).toMatchObject({ code: 51009 });
  }
  await other.call("renameConversationGroup", { oldName: "work", newName: "job" });
  await expect.poll(async () => (await one.conversation("C2Cbob")).conversationGroupList).toEqual(["job"]);
  expect(await one.call("deleteConversationGroup", "work")).toMatchObject({ code: 51009 });
  await one.call("deleteConversationGroup", "job");
  await expect.poll(async () => (await other.call("getConversationGroupList")).data).toEqual([]);
  expect((await other.conversation("C2Cbob")).conversationGroupList).toEqual([]);
});

/** Proves `deleteConversation`, `setConversationDraft`. */
test("deleteConversation takes it out of every tab until something is said; a draft is its tab's own", async ({ login }) => {
  const [one, other, bob] = [await login("alice"), await login("alice"), await login("bob")];
  await bob.send("alice", "old");
  await expect.poll(() => other.texts()).toEqual(["old"]);
  await one.call("setConversationDraft", { conversationID: "C2Cbob", draftText: "dear bob" });
  expect((await one.conversation("C2Cbob")).draftText).toBe("dear bob");
  expect((await other.conversation("C2Cbob")).draftText).toBe("");
  expect(await one.call("deleteConversation", "C2Cbob")).toMatchObject({ code: 0, data: { conversationID: "C2Cbob" } });
  for (const tab of [one, other]) await expect.poll(() => tab.conversation("C2Cbob")).toBeUndefined();
  await bob.send("alice", "new");
  for (const tab of [one, other]) {
    await expect.poll(() => tab.conversation("C2Cbob")).toMatchObject({ unreadCount: 1, lastMessage: { messageForShow: "new" } });
    const { data } = await tab.call("getMessageList", { conversationID: "C2Cbob" });
    expect(data.messageList.map((it: any) => it.payload.text)).toEqual(["new"]);
  }
});
