/** Groups: making, joining, talking, leaving; tips for members and notices for those concerned. */
import { expect, test } from "./support/sdk.ts";
import type { Tab } from "./support/tab.ts";

async function tips(tab: Tab): Promise<any[]> {
  return (await tab.received()).filter((it) => it.type === "TIMGroupTipElem").map((it) => it.payload);
}

async function notices(tab: Tab): Promise<any[]> {
  return (await tab.received()).filter((it) => it.type === "TIMGroupSystemNoticeElem").map((it) => it.payload);
}

/** Proves `createGroup`, `joinGroup`, `quitGroup`, `getGroupMemberList`. */
test("TIM.EVENT.GROUP_LIST_UPDATED at creating, joining and quitting; tips in between", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  const made = await alice.call("createGroup", { type: "ChatRoom", name: "geese", groupID: "geese" });
  expect(made.data.group).toMatchObject({ groupID: "geese", name: "geese", type: "ChatRoom", ownerID: "alice" });
  await expect
    .poll(async () => (await alice.seen("onGroupListUpdated")).at(-1)?.data)
    .toMatchObject([{ groupID: "geese" }]);
  const joined = await bob.call("joinGroup", { groupID: "geese" });
  expect(joined.data).toMatchObject({ status: "JoinedSuccess", group: { groupID: "geese" } });
  await expect
    .poll(async () => (await bob.seen("onGroupListUpdated")).at(-1)?.data)
    .toMatchObject([{ groupID: "geese", memberCount: 2 }]);
  expect(await bob.call("joinGroup", { groupID: "geese" })).toMatchObject({ data: { status: "AlreadyInGroup" } });
  await alice.send("geese", "welcome", "GROUP");
  await expect.poll(() => bob.texts()).toEqual(["welcome"]);
  expect((await bob.received()).at(-1)).toMatchObject({ conversationID: "GROUPgeese", from: "alice", to: "geese" });
  expect((await bob.call("getGroupMemberList", { groupID: "geese" })).data.memberList).toMatchObject([
    { userID: "alice", role: "Owner" }, { userID: "bob", role: "Member" },
  ]);
  expect(await alice.call("quitGroup", "geese")).toMatchObject({ code: 10009 });
  expect(await bob.call("quitGroup", "geese")).toMatchObject({ code: 0, data: { groupID: "geese" } });
  await expect.poll(async () => (await bob.seen("onGroupListUpdated")).at(-1)?.data).toEqual([]);
  await alice.send("geese", "gone?", "GROUP");
  expect(await bob.send("geese", "still here?", "GROUP")).toMatchObject({ status: "fail" });
  expect(await bob.texts()).toEqual(["welcome"]);
});

/** Proves `handleGroupApplication`, `getGroupList`. */
test("join and quit tips reach the members of a Public group, join requests its owner", async ({ login }) => {
  const [alice, bob, carol] = [await login("alice"), await login("bob"), await login("carol")];
  await alice.call("createGroup", { type: "Public", name: "pond", groupID: "pond" });
  const asked = await bob.call("joinGroup", { groupID: "pond", applyMessage: "honk" });
  expect(asked.data).toMatchObject({ status: "WaitAdminApproval" });
  await expect.poll(() => notices(alice)).toMatchObject([
    { operationType: 6 }, { operationType: 1, operatorID: "bob", handleMessage: "honk", groupProfile: { groupID: "pond" } },
  ]);
  expect((await alice.seen("receiveGroupSystemNotice")).at(-1)?.data).toMatchObject({ type: 1 });
  const handled = await alice.page.evaluate(async () => {
    const { tim } = window as any;
    const list = await tim.getMessageList({ conversationID: "@TIM#SYSTEM" });
    const message = list.data.messageList.find((it: any) => it.payload.operationType === 1);
    const answer = await tim.handleGroupApplication({ handleAction: "Agree", handleMessage: "come in", message });
    const again = await tim
      .handleGroupApplication({ handleAction: "Agree", handleMessage: "", message })
      .catch((error: any) => error.code);
    return { group: answer.data.group.groupID, again };
  });
  expect(handled).toEqual({ group: "pond", again: 10024 });
  await expect.poll(() => notices(bob)).toMatchObject([{ operationType: 2, groupProfile: { groupID: "pond" } }]);
  await expect.poll(() => tips(alice)).toMatchObject([{ operationType: 1, userIDList: ["bob"] }]);
  expect((await bob.call("getGroupList")).data.groupList).toMatchObject([{ groupID: "pond", memberCount: 2 }]);
  await bob.call("quitGroup", "pond");
  await expect.poll(() => tips(alice)).toMatchObject([{ operationType: 1 }, { operationType: 2, userIDList: ["bob"] }]);
  await carol.call("joinGroup", { groupID: "pond" });
  await alice.page.evaluate(async () => {
    const { tim } = window as any;
    const list = await tim.getMessageList({ conversationID: "@TIM#SYSTEM" });
    const message = list.data.messageList.filter((it: any) => it.payload.operationType === 1).at(-1);
    await tim.handleGroupApplication({ handleAction: "Reject", handleMessage: "full", message });
  });
  await expect.poll(() => notices(carol)).toMatchObject([{ operationType: 3 }]);
});

/** Proves `dismissGroup`, `searchGroupByID`. */
test("a dissolved group tells its members, and takes no more messages", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  await alice.call("createGroup", { type: "ChatRoom", name: "ice", groupID: "ice", memberList: [{ userID: "bob" }] });
  await expect.poll(async () => (await notices(bob)).map((it) => it.operationType)).toEqual([7]);
  expect(await bob.call("dismissGroup", "ice")).not.toMatchObject({ code: 0 });
  expect(await alice.call("dismissGroup", "ice")).toMatchObject({ code: 0, data: { groupID: "ice" } });
  await expect.poll(async () => (await notices(bob)).map((it) => it.operationType)).toEqual([7, 5]);
  await expect.poll(async () => (await bob.seen("onGroupListUpdated")).at(-1)?.data).toEqual([]);
  expect(await bob.send("ice", "anybody?", "GROUP")).toMatchObject({ status: "fail" });
  expect(await alice.call("searchGroupByID", "ice")).not.toMatchObject({ code: 0 });
});

test("`getGroupProfile` shows members and outsiders what the group is, and 10010 when there is none", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  await alice.call("createGroup", { type: "Public", name: "湖", groupID: "lake", introduction: "by the lake" });
  const { data } = await alice.call("getGroupProfile", { groupID: "lake" });
  expect(data.group).toMatchObject({
    groupID: "lake", name: "湖", type: "Public", introduction: "by the lake", ownerID: "alice", memberCount: 1,
    selfInfo: { role: "Owner" },
  });
  expect((await bob.call("getGroupProfile", { groupID: "lake" })).data?.group).toMatchObject({ groupID: "lake", name: "湖" });
  expect(await bob.call("getGroupProfile", { groupID: "sea" })).toMatchObject({ code: 10010 });
});
