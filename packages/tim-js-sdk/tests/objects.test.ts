/** An app's objects stay the same ones and are brought up to date in place. */
import { describe, expect, test } from "vitest";
import { Objects } from "../src/objects";

const message = (more: object = {}) => ({ ID: "m1", type: "TIMTextElem", conversationID: "C2Cbob", payload: { text: "hi" }, ...more });

describe("objects", () => {
  test("a message stays the same object, in answers and in events", () => {
    const objects = new Objects();
    const { messageList } = objects.answer("getMessageList", { messageList: [message({ isRevoked: false })] }) as any;
    const [revoked] = objects.event("onMessageRevoked", [message({ isRevoked: true })]) as any;
    expect(revoked).toBe(messageList[0]);
    expect(messageList[0].isRevoked).toBe(true);
  });

  test("what is known of a deleted message is its ID, and only the one that the app has is marked", () => {
    const objects = new Objects();
    const held = objects.message(message({ isDeleted: false })) as any;
    objects.event("messageDeleted", [
      { ID: "m1", isDeleted: true },
      { ID: "m2", isDeleted: true },
    ]);
    expect(held).toMatchObject({ isDeleted: true, payload: { text: "hi" } });
    expect(objects.findMessage("m2")).toBeUndefined();
  });

  test("what did not change keeps its inner objects too", () => {
    const objects = new Objects();
    const first = objects.message(message()) as any;
    const { payload } = first;
    objects.message(message({ isPeerRead: true }));
    expect(first.payload).toBe(payload);
    objects.message(message({ payload: { text: "changed" } }));
    expect(first.payload).toEqual({ text: "changed" });
  });

  test("conversations show the same profile and group objects as everything else", () => {
    const objects = new Objects();
    const [c2c] = objects.event("onConversationListUpdated", [{ conversationID: "C2Cbob", userProfile: { userID: "bob", nick: "" } }]) as any;
    const profiles = objects.event("onProfileUpdated", [{ userID: "bob", nick: "Bob" }]) as any;
    expect(c2c.userProfile).toBe(profiles[0]);
    expect(c2c.userProfile.nick).toBe("Bob");
    const [group] = objects.event("onGroupListUpdated", [{ groupID: "g", name: "old" }]) as any;
    const answer = objects.answer("getConversationProfile", {
      conversation: { conversationID: "GROUPg", groupProfile: { groupID: "g", name: "new" } },
    }) as any;
    expect(answer.conversation.groupProfile).toBe(group);
    expect(group.name).toBe("new");
  });

  test("the message that the app hands in is the one that is updated", () => {
    const objects = new Objects();
    const made = objects.message(message({ status: "unSend" }));
    const proxy = new Proxy(made as any, {});
    objects.adopt(proxy);
    expect((objects.answer("sendMessage", { message: message({ status: "success" }) }) as any).message).toBe(proxy);
    expect((made as any).status).toBe("success");
  });

  test("after a sign-out nothing of before is touched", () => {
    const objects = new Objects();
    const old = objects.profile({ userID: "bob", nick: "Bob" }) as any;
    objects.clear();
    expect(objects.profile({ userID: "bob", nick: "Other" })).not.toBe(old);
    expect(old.nick).toBe("Bob");
  });
});
