/** Groups, first layer: made, joined, talked in, left, between real clients. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TIM, failure, isReady, world, type Client } from "./support";

describe.skipIf(!isReady)("groups", () => {
  const it = world();
  beforeAll(() => it.begin());
  afterEach(() => it.stopClients());
  afterAll(() => it.end());

  const isTip = (type: number) => (messages: { type: string; payload: any }[]) =>
    messages.some((one) => one.type === TIM.TYPES.MSG_GRP_TIP && one.payload.operationType === type);

  /** Proves `createGroup`, `searchGroupByID`, `joinGroup`, `getGroupMemberList`, `getGroupList`, `quitGroup`, `dismissGroup`. */
  test("a public group: create, search, join, talk, quit, dismiss, with tips and notices", async () => {
    const [alice, bob] = (await it.ready("alice", "bob")) as [Client, Client];
    const { group } = (
      await alice.tim.createGroup({ name: "Geese", type: TIM.TYPES.GRP_PUBLIC, joinOption: TIM.TYPES.JOIN_OPTIONS_FREE_ACCESS })
    ).data;
    expect(group).toMatchObject({ name: "Geese", type: TIM.TYPES.GRP_PUBLIC, ownerID: "alice" });
    await alice.event(TIM.EVENT.GROUP_LIST_UPDATED, (list) => list.some((one) => one.groupID === group.groupID));
    expect((await bob.tim.searchGroupByID(group.groupID)).data.group.name).toBe("Geese");

    const joined = await bob.tim.joinGroup({ groupID: group.groupID });
    expect(joined.data.status).toBe(TIM.TYPES.JOIN_STATUS_SUCCESS);
    await bob.event(TIM.EVENT.GROUP_LIST_UPDATED, (list) => list.some((one) => one.groupID === group.groupID));
    await alice.event(TIM.EVENT.MESSAGE_RECEIVED, isTip(TIM.TYPES.GRP_TIP_MBR_JOIN));
    expect((await bob.tim.joinGroup({ groupID: group.groupID })).data.status).toBe(TIM.TYPES.JOIN_STATUS_ALREADY_IN_GROUP);

    const { memberList } = (await alice.tim.getGroupMemberList({ groupID: group.groupID })).data;
    expect(memberList.map((member) => [member.userID, member.role]).sort()).toEqual([
      ["alice", TIM.TYPES.GRP_MBR_ROLE_OWNER],
      ["bob", TIM.TYPES.GRP_MBR_ROLE_MEMBER],
    ]);

    await bob.say(group.groupID, "honk", TIM.TYPES.CONV_GROUP);
    const heard = await alice.hears("honk");
    expect(heard).toMatchObject({ conversationID: `GROUP${group.groupID}`, from: "bob", to: group.groupID, conversationType: TIM.TYPES.CONV_GROUP });
    const { conversation } = (await alice.tim.getConversationProfile(`GROUP${group.groupID}`)).data;
    expect(conversation.unreadCount).toBe(1);
    expect(conversation.groupProfile.name).toBe("Geese");

    await bob.tim.quitGroup(group.groupID);
    await alice.event(TIM.EVENT.MESSAGE_RECEIVED, isTip(TIM.TYPES.GRP_TIP_MBR_QUIT));
    expect((await bob.tim.getGroupList()).data.groupList).toEqual([]);
    expect((await failure(bob.tim.sendMessage(bob.text(group.groupID, "?", TIM.TYPES.CONV_GROUP)))).code).toBe(10007);
    expect((await failure(bob.tim.quitGroup(group.groupID))).code).toBe(2623);

    await bob.tim.joinGroup({ groupID: group.groupID });
    await alice.tim.dismissGroup(group.groupID);
    const notices = await bob.event(TIM.EVENT.MESSAGE_RECEIVED, (messages) =>
      messages.some((one) => one.type === TIM.TYPES.MSG_GRP_SYS_NOTICE && one.payload.operationType === 5),
    );
    expect(notices[0]!.conversationID).toBe(TIM.TYPES.CONV_SYSTEM);
    await bob.event(TIM.EVENT.GROUP_LIST_UPDATED, (list) => list.length === 0);
  });

  /** Proves `handleGroupApplication`, `joinGroup`. */
  test("a group that asks: the owner is noticed, agrees, and the applicant is in", async () => {
    const [carol, dave] = (await it.ready("carol", "dave")) as [Client, Client];
    const { group } = (
      await carol.tim.createGroup({ name: "Quiet", type: TIM.TYPES.GRP_PUBLIC, joinOption: TIM.TYPES.JOIN_OPTIONS_NEED_PERMISSION })
    ).data;
    const asked = await dave.tim.joinGroup({ groupID: group.groupID, applyMessage: "please" });
    expect(asked.data.status).toBe(TIM.TYPES.JOIN_STATUS_WAIT_APPROVAL);
    const notice = (list: any[], type: number) => list.find((one) => one.type === TIM.TYPES.MSG_GRP_SYS_NOTICE && one.payload.operationType === type);
    const request = notice(await carol.event(TIM.EVENT.MESSAGE_RECEIVED, (list) => notice(list, 1)), 1);
    expect(request.payload).toMatchObject({ operatorID: "dave" });
    await carol.tim.handleGroupApplication({ handleAction: "Agree", handleMessage: "welcome", message: request });
    await dave.event(TIM.EVENT.MESSAGE_RECEIVED, (list) => notice(list, 2));
    await dave.event(TIM.EVENT.GROUP_LIST_UPDATED, (list) => list.some((one) => one.groupID === group.groupID));
    expect((await failure(carol.tim.handleGroupApplication({ handleAction: "Agree", message: request }))).code).toBe(10024);
    await dave.say(group.groupID, "thank you", TIM.TYPES.CONV_GROUP);
    await carol.hears("thank you");
  });

  /** Proves `createGroup`. */
  test("a work group takes its members in at once and is joined by nobody else", async () => {
    const [erin, frank, grace] = (await it.ready("erin", "frank", "grace")) as [Client, Client, Client];
    const { group } = (await erin.tim.createGroup({ name: "Team", type: TIM.TYPES.GRP_WORK, memberList: [{ userID: "frank" }] })).data;
    await frank.event(TIM.EVENT.GROUP_LIST_UPDATED, (list) => list.some((one) => one.groupID === group.groupID));
    await erin.say(group.groupID, "to the team", TIM.TYPES.CONV_GROUP);
    await frank.hears("to the team");
    expect([2601, 10007]).toContain((await failure(grace.tim.joinGroup({ groupID: group.groupID }))).code);
    expect((await failure(grace.tim.quitGroup(group.groupID))).code).toBe(2623);
  });
});
