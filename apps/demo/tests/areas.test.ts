/** The store's areas against an SDK in memory: what one sends, receipts, jumps, and how one keeps conversations. */
import { nextTick } from "vue";
import { beforeEach, describe, expect, it } from "vitest";
import type { Problem } from "../src/im/problem";
import { ImStore } from "../src/im/store";
import { partsOf } from "../src/ui/links";
import { FakeTim, fakeSdk } from "./fakeTim";

let tim: FakeTim;
let store: ImStore;
let visible: boolean;
let troubles: Problem[];

beforeEach(async () => {
  tim = new FakeTim();
  tim.userID = "alice";
  tim.profile("bob", "Bob");
  visible = true;
  troubles = [];
  store = new ImStore(fakeSdk(tim), { isVisible: () => visible, onTrouble: (problem) => troubles.push(problem) });
  for (let number = 1; number <= 50; number++) {
    Object.assign(tim.stored("bob", "C2Cbob", { text: `honk ${number}` }, { time: number }), { sequence: number });
  }
  await store.signIn({ sdkAppID: 1, userID: "alice", userSig: "s" });
  await settle();
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
  await nextTick();
}

const shown = () => store.messages.value.map(({ body }) => (body.kind === "text" ? body.text : body.kind));
const bob = () => store.conversations.value.find(({ id }) => id === "C2Cbob")!;

async function inGroup(): Promise<void> {
  tim.group("pond", "Pond", "Public");
  tim.memberIDs.set("pond", ["alice", "bob", "carol"]);
  tim.emit("GROUP_LIST_UPDATED", [...tim.groups.values()]);
  tim.stored("bob", "GROUPpond", { text: "hello" });
  tim.relist();
  await store.openConversation("GROUPpond");
  await settle();
}

describe("what one sends", () => {
  it("names whom it mentions, and quotes as other apps read it", async () => {
    await store.openConversation("C2Cbob");
    const message = store.messages.value.at(-1)!;
    store.outbox.text("so loud @Bob", { mentions: ["bob"], quote: { message, abstract: "honk 50" } });
    await settle();
    const sent = tim.histories.get("C2Cbob")!.at(-1)!;
    expect(sent.atUserList).toEqual(["bob"]);
    expect(JSON.parse(sent.cloudCustomData)).toMatchObject({
      messageReply: { messageID: message.id, messageAbstract: "honk 50", messageSender: "Bob", messageType: 1, messageSequence: 50, version: 1 },
    });
    expect(store.messages.value.at(-1)).toMatchObject({ quote: { messageID: message.id, sender: "Bob" }, mentions: ["bob"] });
  });

  it("keeps the words of a message whose change was refused", async () => {
    await store.openConversation("C2Cbob");
    store.outbox.text("helo");
    await settle();
    const { id } = store.messages.value.at(-1)!;
    tim.failures.set("modifyMessage", { code: 20026, message: "no such message" });
    await expect(store.edit(id, "hello")).rejects.toMatchObject({ code: 20026 });
    expect(shown().at(-1)).toBe("helo");
    await store.edit(id, "hello");
    expect(store.messages.value.at(-1)).toMatchObject({ body: { text: "hello" }, isModified: true });
  });

  it("takes deleted messages away, and unsent ones without asking", async () => {
    await store.openConversation("C2Cbob");
    tim.failures.set("sendMessage", { code: 20007, message: "blocked" });
    store.outbox.text("vain");
    await settle();
    const [deleted, unsent] = [store.messages.value.at(-2)!, store.messages.value.at(-1)!];
    await store.remove([deleted.id, unsent.id]);
    expect(shown()).not.toContain("honk 50");
    expect(shown()).not.toContain("vain");
    expect(tim.calls.filter((name) => name === "deleteMessage")).toHaveLength(1);
  });

  it("shows a file from here, and how far it is", async () => {
    let arrive = (): void => {};
    tim.slow = new Promise((resolve) => (arrive = resolve));
    await store.openConversation("C2Cbob");
    expect(store.outbox.file(new File(["x"], "pond.png", { type: "image/png" }), "image")).toBe(true);
    const { id } = store.messages.value.at(-1)!;
    expect(store.outbox.local.value.get(id)).toMatch(/^blob:/);
    expect(store.outbox.progress.value.has(id)).toBe(true);
    arrive();
    await settle();
    expect(store.outbox.progress.value.has(id)).toBe(false);
  });

  it("passes messages on one by one, or as one", async () => {
    await store.openConversation("C2Cbob");
    const messages = store.originals(new Set(store.messages.value.slice(-2).map(({ id }) => id)));
    store.outbox.forwardMerged(messages, bob(), { title: "Honks", abstractList: ["Bob: honk 49"], compatibleText: "honks" });
    await settle();
    const merged = store.messages.value.at(-1)!;
    expect(merged.body).toEqual({ kind: "merger", title: "Honks", lines: ["Bob: honk 49"] });
    expect(await store.openMerger(merged.id)).toMatchObject({ messageList: [{ from: "bob" }, { from: "bob" }] });
    store.outbox.forward(messages, bob());
    await settle();
    expect(shown().slice(-2)).toEqual(["honk 49", "honk 50"]);
  });
});

describe("receipts", () => {
  it("are asked for in groups, and given once for what a person sees", async () => {
    await inGroup();
    store.outbox.text("who is there?");
    await settle();
    expect(store.messages.value.at(-1)!.receipt).toEqual({ read: 0, unread: 0 });
    visible = false;
    const asked = Object.assign(tim.stored("bob", "GROUPpond", { text: "and you?" }), { needReadReceipt: true });
    tim.emit("MESSAGE_RECEIVED", [asked]);
    expect(tim.receipts).toEqual([]);
    visible = true;
    store.becameVisible();
    store.becameVisible();
    await settle();
    expect(tim.receipts).toEqual([asked.ID]);
  });
});

describe("jumps", () => {
  it("lead to a message that is not loaded, and back", async () => {
    await store.openConversation("C2Cbob");
    expect(shown()).not.toContain("honk 7");
    const { ID } = tim.histories.get("C2Cbob")![6]!;
    expect(await store.goTo({ messageID: ID, sequence: 7, timeMs: 7000 })).toBe(true);
    expect(store.isElsewhere.value).toBe(true);
    expect(store.focus.value?.id).toBe(ID);
    expect(shown()).toEqual(expect.arrayContaining(["honk 1", "honk 7", "honk 21"]));
    await store.loadNewer();
    expect(shown()).toContain("honk 35");
    store.comeBack();
    expect(shown().at(-1)).toBe("honk 50");
  });

  it("say so when the message is gone", async () => {
    await store.openConversation("C2Cbob");
    expect(await store.goTo({ messageID: "gone", sequence: 7, timeMs: 7000 })).toBe(false);
    expect(shown().at(-1)).toBe("honk 50");
  });

  it("lead to the first unread message, page by page", async () => {
    tim.conversation("C2Cbob").unreadCount = 40;
    tim.relist();
    await store.openConversation("C2Cbob");
    await settle();
    expect(store.unreadAbove.value).toBe(25);
    await store.goToFirstUnread();
    expect(store.messages.value.find(({ id }) => id === store.focus.value?.id)?.body).toEqual({ kind: "text", text: "honk 11" });
    expect(store.unreadAbove.value).toBe(0);
  });
});

describe("how one keeps conversations", () => {
  beforeEach(() => tim.relist());

  it("comes back with the list", async () => {
    await store.shelf.pin(bob());
    await store.shelf.mute(bob());
    await store.shelf.mark(bob(), "star", true);
    await store.shelf.createFolder("Geese", ["C2Cbob"]);
    await store.shelf.keepDraft(bob(), "dear Bob");
    expect(bob()).toMatchObject({ pinned: true, muted: true, starred: true, folders: ["Geese"], draft: "dear Bob" });
    expect(store.shelf.folders.value).toEqual(["Geese"]);
    await store.shelf.mute(bob());
    await store.shelf.putInFolder(bob(), "Geese", false);
    expect(bob()).toMatchObject({ muted: false, folders: [] });
  });

  it("keeps a draft that is too long on this device", async () => {
    await store.shelf.keepDraft(bob(), "x".repeat(300));
    expect(tim.calls).not.toContain("setConversationCustomData");
  });

  it("takes the mark and the hiding away when it is opened", async () => {
    await store.shelf.mark(bob(), "unread", true);
    await store.shelf.mark(bob(), "hide", true);
    expect(bob()).toMatchObject({ markedUnread: true, hidden: true });
    await store.openConversation("C2Cbob");
    await settle();
    expect(bob()).toMatchObject({ markedUnread: false, hidden: false });
  });

  it("empties what is shown when it was cleared elsewhere, and closes it when it was deleted", async () => {
    await store.openConversation("C2Cbob");
    await tim.clearHistoryMessage("C2Cbob");
    expect(shown()).toEqual([]);
    expect(store.openID.value).toBe("C2Cbob");
    await tim.deleteConversation("C2Cbob");
    expect(store.openID.value).toBeNull();
  });
});

describe("the parts of a text", () => {
  it("marks links, mentions and found words", () => {
    expect(partsOf("@bob see https://a.example/lake by the Lake", { mentions: true, words: "lake" })).toEqual([
      { text: "@bob", mention: true },
      { text: " see " },
      { text: "https://a.example/", href: "https://a.example/lake" },
      { text: "lake", href: "https://a.example/lake", found: true },
      { text: " by the " },
      { text: "Lake", found: true },
    ]);
    expect(partsOf("1 + 1 (or so)", { words: "(or" })).toEqual([{ text: "1 + 1 " }, { text: "(or", found: true }, { text: " so)" }]);
  });
});
