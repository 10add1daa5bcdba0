/** The store against an SDK in memory: events become state, what people do becomes calls. */
import { nextTick } from "vue";
import { beforeEach, describe, expect, it } from "vitest";
import type { Problem } from "../src/im/problem";
import { ImStore } from "../src/im/store";
import { FakeTim, fakeSdk } from "./fakeTim";

let tim: FakeTim;
let store: ImStore;
let visible: boolean;
let troubles: Problem[];

beforeEach(() => {
  tim = new FakeTim();
  tim.userID = "alice";
  tim.profile("bob", "Bob");
  visible = true;
  troubles = [];
  store = new ImStore(fakeSdk(tim), { isVisible: () => visible, onTrouble: (problem) => troubles.push(problem) });
});

async function signedIn(): Promise<void> {
  await store.signIn({ sdkAppID: 1, userID: "alice", userSig: "s" });
  await settle();
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  await nextTick();
}

describe("signing in and out", () => {
  it("is ready only with SDK_READY", async () => {
    const going = store.signIn({ sdkAppID: 1, userID: "alice", userSig: "s" });
    expect(store.phase.value.kind).toBe("signingIn");
    await going;
    await settle();
    expect(store.phase.value.kind).toBe("ready");
    expect(store.me.value.userID).toBe("alice");
  });

  it("says with its public code why a login failed", async () => {
    tim.failures.set("login", { code: 70001, message: "expired" });
    await expect(store.signIn({ sdkAppID: 1, userID: "alice", userSig: "s" })).rejects.toMatchObject({ code: 70001 });
    expect(store.phase.value.kind).toBe("signedOut");
  });

  it("forgets everything after a kick and says of which kind it was", async () => {
    tim.stored("bob", "C2Cbob", { text: "hi" });
    await signedIn();
    await store.openConversation("C2Cbob");
    tim.emit("SDK_NOT_READY");
    tim.emit("KICKED_OUT", { type: "multipleAccount" });
    expect(store.phase.value).toEqual({ kind: "kickedOut", userID: "alice", type: "multipleAccount" });
    expect(store.conversations.value).toEqual([]);
    expect(store.openID.value).toBeNull();
  });

  it("is signed out when the SDK lost its login for good, and says why", async () => {
    await signedIn();
    tim.emit("SDK_NOT_READY");
    tim.emit("ERROR", { code: 70009, message: "the UserSig is of another key" });
    expect(store.phase.value).toEqual({ kind: "signedOut" });
    expect(troubles).toMatchObject([{ code: 70009 }]);
  });

  it("listens once, however often one signs in", async () => {
    await signedIn();
    await store.signOut();
    await signedIn();
    await store.openConversation("C2Cbob");
    tim.receive("bob", "C2Cbob", { text: "hi" });
    await settle();
    expect(tim.calls.filter((call) => call === "setMessageRead")).toHaveLength(1);
  });

  it("signs out also when the network is gone", async () => {
    await signedIn();
    tim.failures.set("logout", { code: 2801, message: "timeout" });
    await store.signOut();
    expect(store.phase.value.kind).toBe("signedOut");
  });
});

describe("history", () => {
  it("pages backwards, oldest first, each message once", async () => {
    for (let index = 0; index < 40; index++) tim.stored("bob", "C2Cbob", { text: `${index}` }, { time: 1000 + index });
    await signedIn();
    await store.openConversation("C2Cbob");
    expect(store.messages.value).toHaveLength(15);
    await store.loadOlder();
    await store.loadOlder();
    await store.loadOlder();
    expect(store.historyComplete.value).toBe(true);
    expect(store.messages.value.map(({ body }) => (body.kind === "text" ? body.text : ""))).toEqual(
      Array.from({ length: 40 }, (_, index) => `${index}`),
    );
  });

  it("keeps an older page of the same second before what arrived since", async () => {
    for (let index = 0; index < 20; index++) tim.stored("bob", "C2Cbob", { text: `${index}` }, { time: 1000 });
    await signedIn();
    await store.openConversation("C2Cbob");
    await store.loadOlder();
    expect(store.messages.value.map(({ body }) => (body.kind === "text" ? body.text : ""))).toEqual(
      Array.from({ length: 20 }, (_, index) => `${index}`),
    );
  });

  it("marks where the unread messages begin", async () => {
    tim.stored("bob", "C2Cbob", { text: "old" }, { time: 1 });
    const first = tim.stored("bob", "C2Cbob", { text: "new 1" }, { time: 2 });
    tim.stored("bob", "C2Cbob", { text: "new 2" }, { time: 3 });
    tim.conversation("C2Cbob").unreadCount = 2;
    await signedIn();
    await store.openConversation("C2Cbob");
    expect(store.firstUnreadID.value).toBe(first.ID);
  });

  it("tells a failed page apart and lets one try again", async () => {
    tim.stored("bob", "C2Cbob", { text: "hi" });
    await signedIn();
    tim.failures.set("getMessageList", { code: 2801, message: "timeout" });
    await store.openConversation("C2Cbob");
    expect(store.history.value).toBe("failed");
    expect(troubles).toEqual([{ code: 2801, message: "timeout" }]);
    await store.loadOlder();
    expect(store.messages.value).toHaveLength(1);
  });
});

describe("sending", () => {
  it("shows a message at once, and what became of it", async () => {
    await signedIn();
    await store.openConversation("C2Cbob");
    let arrive = (): void => {};
    tim.slow = new Promise((resolve) => (arrive = resolve));
    store.outbox.text("hello");
    expect(store.messages.value.at(-1)).toMatchObject({ status: "unSend", flow: "out", body: { kind: "text", text: "hello" } });
    arrive();
    await settle();
    expect(store.messages.value.at(-1)).toMatchObject({ status: "success" });
  });

  it("keeps a failed message, with its code, and sends it again", async () => {
    await signedIn();
    await store.openConversation("C2Cbob");
    tim.failures.set("sendMessage", { code: 20007, message: "blacklisted" });
    store.outbox.text("hello");
    await settle();
    const failed = store.messages.value.at(-1)!;
    expect(failed.status).toBe("fail");
    expect(troubles).toEqual([{ code: 20007, message: "blacklisted" }]);
    store.resend(failed.id);
    expect(store.messages.value.at(-1)!.status).toBe("unSend");
    await settle();
    expect(store.messages.value.map(({ id, status }) => [id, status])).toEqual([[failed.id, "success"]]);
  });

  it("keeps what is on its way behind what arrives meanwhile", async () => {
    await signedIn();
    await store.openConversation("C2Cbob");
    tim.slow = new Promise(() => {});
    store.outbox.text("slow");
    tim.receive("bob", "C2Cbob", { text: "quick" });
    expect(store.messages.value.map(({ from }) => from)).toEqual(["bob", "alice"]);
  });

  it("sends files one after the other and what was written with them last, past one that fails", async () => {
    await signedIn();
    await store.openConversation("C2Cbob");
    let arrive = (): void => {};
    tim.slow = new Promise((resolve) => (arrive = resolve));
    for (const name of ["large.bin", "refused.bin", "small.bin"]) store.outbox.file(new File(["x"], name), "file");
    store.outbox.text("with them", { withFiles: true });
    store.outbox.text("by itself");
    const shown = () => store.messages.value.map(({ body, status }) => [body.kind === "file" ? body.name : Object(body).text, status]);
    await settle();
    // All are shown; only the first file and the other text have been given to the SDK.
    expect(shown().map(([what]) => what)).toEqual(["large.bin", "refused.bin", "small.bin", "with them", "by itself"]);
    expect(store.outbox.progress.value.size).toBe(3);
    expect(tim.calls.filter((name) => name === "sendMessage")).toHaveLength(2);
    tim.failures.set("sendMessage", { code: 60018, message: "used up" });
    arrive();
    await settle();
    expect(shown().filter(([, status]) => status === "fail").map(([what]) => what)).toEqual(["refused.bin"]);
    const stored = tim.histories.get("C2Cbob")!.map(({ payload }) => Object(payload).fileName ?? Object(payload).text);
    expect(stored.filter((what) => what !== "by itself")).toEqual(["large.bin", "small.bin", "with them"]);
    expect(troubles).toMatchObject([{ code: 60018 }]);
    expect(store.outbox.progress.value.size).toBe(0);
  });

  it("sends nothing in line after a sign-out, for whoever signs in next", async () => {
    await signedIn();
    await store.openConversation("C2Cbob");
    let arrive = (): void => {};
    tim.slow = new Promise((resolve) => (arrive = resolve));
    for (const name of ["one", "two"]) store.outbox.file(new File(["x"], name), "file");
    await settle();
    await store.signOut();
    await store.signIn({ sdkAppID: 1, userID: "carol", userSig: "s" });
    arrive();
    await settle();
    expect(tim.calls.filter((name) => name === "sendMessage")).toHaveLength(1);
    expect(troubles).toEqual([]);
  });

  it("writes cards as custom messages that other people's apps cannot break", async () => {
    await signedIn();
    await store.openConversation("C2Cbob");
    store.outbox.card({ businessID: "hongyan_rating", stars: 4, comment: "good" }, "★★★★");
    await settle();
    tim.receive("bob", "C2Cbob", { data: "not JSON", description: "a card", extension: "" }, { type: "TIMCustomElem" });
    tim.receive("bob", "C2Cbob", { data: '{"businessID":"hongyan_rating","stars":99}' }, { type: "TIMCustomElem" });
    tim.receive("bob", "C2Cbob", null, { type: "TIMCustomElem" });
    expect(store.messages.value.map(({ body }) => body)).toEqual([
      { kind: "rating", stars: 4, comment: "good" },
      { kind: "custom", text: "a card" },
      { kind: "rating", stars: 5, comment: "" },
      { kind: "custom", text: "" },
    ]);
  });
});

describe("after an interruption", () => {
  it("reads anew what is open, and keeps what is not sent yet", async () => {
    tim.stored("bob", "C2Cbob", { text: "before" }, { time: 1 });
    await signedIn();
    await store.openConversation("C2Cbob");
    tim.failures.set("sendMessage", { code: 2801, message: "timeout" });
    store.outbox.text("unsent");
    await settle();
    tim.stored("bob", "C2Cbob", { text: "missed" }, { time: 2 });
    tim.emit("SDK_RELOAD");
    await settle();
    expect(store.messages.value.map(({ body }) => (body.kind === "text" ? body.text : ""))).toEqual(["before", "missed", "unsent"]);
  });

  it("keeps what was written while the SDK makes no messages", async () => {
    await signedIn();
    await store.openConversation("C2Cbob");
    tim.createTextMessage = () => Promise.reject(Object.assign(new Error("not ready"), { code: 2024 })) as never;
    expect(store.outbox.text("hello")).toBe(false);
    await settle();
    expect(troubles).toEqual([{ code: 2024, message: "not ready" }]);
  });
});

describe("objects that the SDK changes in place", () => {
  it("draws a read mark when MESSAGE_READ_BY_PEER comes", async () => {
    const message = tim.stored("alice", "C2Cbob", { text: "hi" });
    await signedIn();
    await store.openConversation("C2Cbob");
    const before = store.messages.value[0]!;
    message.isPeerRead = true;
    tim.emit("MESSAGE_READ_BY_PEER", [message]);
    expect(before.isPeerRead).toBe(false);
    expect(store.messages.value[0]!.isPeerRead).toBe(true);
  });

  it("draws a recall by the other side, and leaves the rest as it was", async () => {
    const kept = tim.stored("bob", "C2Cbob", { text: "kept" });
    const message = tim.stored("bob", "C2Cbob", { text: "gone" });
    await signedIn();
    await store.openConversation("C2Cbob");
    const before = store.messages.value.find(({ id }) => id === kept.ID);
    message.isRevoked = true;
    tim.emit("MESSAGE_REVOKED", [message]);
    expect(store.messages.value.find(({ id }) => id === message.ID)!.isRevoked).toBe(true);
    expect(store.messages.value.find(({ id }) => id === kept.ID)).toBe(before);
  });

  it("remembers what one recalled, to write it anew", async () => {
    const message = tim.stored("alice", "C2Cbob", { text: "typo" });
    await signedIn();
    await store.openConversation("C2Cbob");
    await store.revoke(message.ID);
    expect(store.messages.value[0]!.isRevoked).toBe(true);
    expect(store.recalledText(message.ID)).toBe("typo");
  });
});

describe("reading", () => {
  it("reads what is open and seen", async () => {
    tim.stored("bob", "C2Cbob", { text: "hi" });
    tim.conversation("C2Cbob").unreadCount = 1;
    await signedIn();
    expect(store.totalUnread.value).toBe(1);
    await store.openConversation("C2Cbob");
    await settle();
    expect(store.conversations.value[0]!.unread).toBe(0);
    expect(store.totalUnread.value).toBe(0);
  });

  it("does not read in a hidden tab until it is seen", async () => {
    await signedIn();
    await store.openConversation("C2Cbob");
    visible = false;
    tim.receive("bob", "C2Cbob", { text: "hi" });
    await settle();
    expect(tim.calls).not.toContain("setMessageRead");
    expect(store.conversations.value[0]!.unread).toBe(1);
    visible = true;
    store.becameVisible();
    await settle();
    expect(store.conversations.value[0]!.unread).toBe(0);
  });

  it("does not read what is not open", async () => {
    await signedIn();
    tim.receive("bob", "C2Cbob", { text: "hi" });
    await settle();
    expect(tim.calls).not.toContain("setMessageRead");
  });

  it("does not ask for ever when reading fails", async () => {
    tim.stored("bob", "C2Cbob", { text: "hi" });
    tim.conversation("C2Cbob").unreadCount = 1;
    await signedIn();
    tim.failures.set("setMessageRead", { code: 2801, message: "timeout" });
    await store.openConversation("C2Cbob");
    await settle();
    expect(tim.calls.filter((call) => call === "setMessageRead")).toHaveLength(1);
  });
});

describe("groups, notices and people", () => {
  it("creates a group of the chosen kind with its members and opens it", async () => {
    await signedIn();
    await store.createGroup("Geese", "Meeting", null, ["bob"]);
    expect(store.open.value).toMatchObject({ kind: "group", name: "Geese" });
    expect(store.groups.value[0]).toMatchObject({ type: "ChatRoom", ownerID: "alice", memberCount: 2 });
  });

  it("tells joining from waiting for approval", async () => {
    await signedIn();
    expect(await store.joinGroup("ask", "please")).toBe("waiting");
    expect(store.openID.value).toBeNull();
    expect(await store.joinGroup("open", "")).toBe("joined");
    expect(store.openID.value).toBe("GROUPopen");
  });

  it("closes the chat of a group that one left", async () => {
    tim.group("g", "Geese", "Public");
    await signedIn();
    await store.openConversation("GROUPg");
    await store.quitGroup("g");
    expect(store.openID.value).toBeNull();
    expect(store.groups.value).toEqual([]);
  });

  it("shows requests to join, hides notices that only keep devices in step, and notes the answer", async () => {
    const notice = (operationType: number) => ({ operationType, operatorID: "bob", groupProfile: { groupID: "g", name: "Geese" }, handleMessage: "hi" });
    const type = "TIMGroupSystemNoticeElem";
    const request = tim.stored("@TIM#SYSTEM", "@TIM#SYSTEM", notice(1), { type });
    tim.stored("@TIM#SYSTEM", "@TIM#SYSTEM", notice(6), { type });
    await signedIn();
    await store.openConversation("@TIM#SYSTEM");
    expect(store.messages.value.map(({ body }) => body)).toEqual([
      { kind: "notice", operation: 1, operator: "bob", groupID: "g", groupName: "Geese", words: "hi" },
    ]);
    tim.failures.set("handleGroupApplication", { code: 10024, message: "handled" });
    await expect(store.answerApplication(request.ID, true)).rejects.toMatchObject({ code: 10024 });
    expect(store.answered.value.get(request.ID)).toBe("handled");
  });

  it("writes to nobody who does not exist", async () => {
    await signedIn();
    await expect(store.openPerson("nobody")).rejects.toMatchObject({ code: 40003 });
    expect(store.openID.value).toBeNull();
    await store.openPerson("bob");
    expect(store.open.value).toMatchObject({ id: "C2Cbob", name: "Bob" });
  });

  it("follows one's own profile and blacklist", async () => {
    await signedIn();
    await store.updateProfile({ nick: "Al", avatar: "", gender: "Gender_Type_Unknown", signature: "hello" });
    expect(store.me.value).toMatchObject({ nick: "Al", signature: "hello" });
    await store.block("bob");
    expect(store.blacklist.value.has("bob")).toBe(true);
    tim.emit("BLACKLIST_UPDATED", []);
    expect(store.blacklist.value.size).toBe(0);
  });

  it("shows somebody's new name in the list", async () => {
    tim.stored("bob", "C2Cbob", { text: "hi" });
    await signedIn();
    tim.emit("PROFILE_UPDATED", [{ ...tim.profile("bob"), nick: "Robert" }]);
    expect(store.conversations.value[0]!.name).toBe("Robert");
  });

  it("tells of errors that belong to no call, and of the line", async () => {
    await signedIn();
    tim.emit("ERROR", { code: 2800, message: "network" });
    tim.emit("NET_STATE_CHANGE", { state: "disconnected" });
    expect(troubles).toEqual([{ code: 2800, message: "network" }]);
    expect(store.netState.value).toBe("disconnected");
  });
});
