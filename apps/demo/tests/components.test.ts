/** The components that people touch most, on a page in memory. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { locale } from "../src/i18n";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { problemText, tipText } from "../src/i18n/describe";
import { ImStore } from "../src/im/store";
import { drafts } from "../src/ui/drafts";
import { linksOf } from "../src/ui/links";
import { toasts, showProblem } from "../src/ui/toasts";
import { FakeTim, fakeSdk } from "./fakeTim";
import { Page, settled } from "./page";

let tim: FakeTim;
let store: ImStore;
let page: Page;

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
  drafts.clear();
  locale.value = "en";
  toasts.value = [];
  tim = new FakeTim();
  tim.userID = "alice";
  tim.profile("bob", "Bob");
  store = new ImStore(fakeSdk(tim), { isVisible: () => true, onTrouble: showProblem });
  serve({ sdkAppID: 1400000001, userSig: "s" });
});

afterEach(() => {
  page?.close();
  vi.unstubAllGlobals();
});

/** What the server answers at its `/dev` endpoints; null is a server without `--dev`. */
function serve(answer: object | null): void {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(answer ?? {}), { status: answer === null ? 404 : 200 }));
}

async function open(): Promise<void> {
  page = await Page.open(store);
}

/** A reload: what is in memory is gone, what the tab's storage keeps is not. */
async function reload(): Promise<void> {
  page.close();
  store = new ImStore(fakeSdk(tim), { isVisible: () => true, onTrouble: showProblem });
  await open();
}

async function signedIn(): Promise<void> {
  await open();
  await page.fill("login-user", "alice");
  await page.submit("login-user");
}

async function talking(): Promise<void> {
  tim.stored("bob", "C2Cbob", { text: "hi alice" });
  await signedIn();
  await page.click("conversation-item");
}

it("signs in by a name where the server signs for anybody, and again after a reload", async () => {
  await signedIn();
  expect(page.find("my-profile").textContent).toContain("alice");
  await reload();
  expect(page.has("my-profile")).toBe(true);
});

it("asks for a UserSig where the server signs for nobody", async () => {
  serve(null);
  await open();
  expect(page.text).toContain("console");
  await page.fill("login-app", "1400000001");
  await page.fill("login-user", "alice");
  await page.submit("login-user");
  expect(page.text).toContain(en.login.needSig);
  await page.fill("login-sig", "eJw");
  await page.submit("login-user");
  expect(page.has("my-profile")).toBe(true);
});

it("explains a refused login by its code", async () => {
  tim.failures.set("login", { code: 70013, message: "" });
  await signedIn();
  expect(page.find("problem").dataset["code"]).toBe("70013");
  expect(page.find("problem").textContent).toContain(en.problem.codes.sigOther);
});

it("does not sign in again by itself after a kick, but offers to", async () => {
  await signedIn();
  tim.emit("KICKED_OUT", { type: "multipleAccount" });
  await settled();
  expect(page.find("kicked-out").dataset["type"]).toBe("multipleAccount");
  await reload();
  expect(page.value("login-user")).toBe("alice");
});

it("signs in again at a press after a kick", async () => {
  await signedIn();
  tim.emit("KICKED_OUT", { type: "multipleAccount" });
  await settled();
  await page.click("login-again");
  expect(page.has("my-profile")).toBe(true);
});

it("sends on Enter, begins a line on Shift+Enter, and leaves a composing input method alone", async () => {
  await talking();
  await page.fill("message-input", "nihao");
  await page.press(page.find("message-input"), "Enter", { isComposing: true });
  await page.press(page.find("message-input"), "Enter", { shiftKey: true });
  expect(tim.calls).not.toContain("sendMessage");
  await page.press(page.find("message-input"), "Enter");
  expect(tim.calls).toContain("sendMessage");
  expect(page.value("message-input")).toBe("");
  const sent = page.all("message").at(-1)!;
  expect(sent.textContent).toContain("nihao");
  expect(sent.dataset).toMatchObject({ flow: "out", status: "success" });
});

it("sends nothing that is empty", async () => {
  await talking();
  await page.fill("message-input", "  \n ");
  await page.press(page.find("message-input"), "Enter");
  expect(tim.calls).not.toContain("sendMessage");
});

it("keeps what was written when one looks at another conversation", async () => {
  tim.stored("carol", "C2Ccarol", { text: "hi" });
  await talking();
  await page.click("conversation-item", 0);
  await page.fill("message-input", "half a tho");
  await page.click("conversation-item", 1);
  expect(page.text).toContain(en.list.draft);
  await page.click("conversation-item", 0);
  expect(page.value("message-input")).toBe("half a tho");
});

it("recalls by the message's menu and says so in its place", async () => {
  await talking();
  await page.fill("message-input", "oops");
  await page.submit("message-send");
  await page.click("message-actions", 1);
  await page.click("message-revoke");
  const recalled = page.all("message").at(-1)!;
  expect(recalled.dataset["revoked"]).toBe("true");
  expect(recalled.textContent).toContain(en.message.youRecalled);
});

it("shows an error with its public code", async () => {
  await talking();
  tim.failures.set("sendMessage", { code: 20007, message: "" });
  await page.fill("message-input", "hello?");
  await page.press(page.find("message-input"), "Enter");
  expect(page.find("toast").dataset["code"]).toBe("20007");
  expect(page.find("toast").textContent).toContain("20007");
  expect(page.has("message-resend")).toBe(true);
});

it("shows unread messages on the conversation and in the tab's title", async () => {
  await signedIn();
  tim.receive("bob", "C2Cbob", { text: "hi" });
  await settled();
  expect(page.find("unread-badge").textContent).toBe("1");
  expect(document.title).toBe("(1) Hongyan");
  await page.click("conversation-item");
  expect(page.has("unread-badge")).toBe(false);
  expect(document.title).toBe("Hongyan");
});

it("lets an admin answer a request to join", async () => {
  tim.stored(
    "@TIM#SYSTEM",
    "@TIM#SYSTEM",
    { operationType: 1, operatorID: "bob", groupProfile: { groupID: "g", name: "Geese" }, handleMessage: "please" },
    { type: "TIMGroupSystemNoticeElem" },
  );
  tim.relist();
  await signedIn();
  await page.click("conversation-item");
  expect(page.find("notice").textContent).toContain("bob asks to join Geese");
  expect(page.has("message-input")).toBe(false);
  await page.click("notice-approve");
  expect(page.find("notice-answer").dataset["answer"]).toBe("agreed");
});

it("does not list notices while there are none to read", async () => {
  await signedIn();
  tim.emit("CONVERSATION_LIST_UPDATED", [{ conversationID: "@TIM#SYSTEM", type: "@TIM#SYSTEM", unreadCount: 0 }]);
  await settled();
  expect(page.has("conversation-item")).toBe(false);
  expect(page.text).toContain(en.list.empty);
});

it("says the state of the line", async () => {
  await signedIn();
  expect(page.find("net-state").dataset["state"]).toBe("connected");
  tim.emit("NET_STATE_CHANGE", { state: "disconnected" });
  await settled();
  expect(page.find("net-state").dataset["state"]).toBe("disconnected");
  expect(page.find("net-state").textContent).toContain(en.net.disconnected);
});

it("speaks Chinese at a press", async () => {
  await open();
  await page.click("language-switch");
  expect(page.text).toContain(zh.login.title);
  expect(document.documentElement.lang).toBe("zh-CN");
});

it("opens a new chat on Ctrl+K, and says in the dialog when there is nobody of the name", async () => {
  await signedIn();
  await page.press(document, "k", { ctrlKey: true });
  await page.fill("new-chat-user", "nobody");
  await page.submit("new-chat-user");
  expect(page.find("problem").dataset["code"]).toBe("40003");
  await page.fill("new-chat-user", "bob");
  await page.submit("new-chat-user");
  expect(page.has("new-chat-user")).toBe(false);
  expect(page.find("chat").dataset["id"]).toBe("C2Cbob");
});

it("closes the conversation on Esc", async () => {
  await talking();
  await page.press(page.find("message-input"), "Escape");
  expect(page.has("chat")).toBe(false);
});

it("makes links of web addresses alone", () => {
  expect(linksOf("see https://example.org:8080/a?b=c. ok")).toEqual([
    { text: "see " },
    { text: "https://example.org:8080/a?b=c", href: "https://example.org:8080/a?b=c" },
    { text: ". ok" },
  ]);
  expect(linksOf("javascript:alert(1)")).toEqual([{ text: "javascript:alert(1)" }]);
  expect(linksOf("看https://example.org/雁\u3002")).toEqual([
    { text: "看" },
    { text: "https://example.org/雁", href: "https://example.org/雁" },
    { text: "\u3002" },
  ]);
});

it("words tips and problems in both languages", () => {
  const tip = { kind: "tip", operation: 1, operator: "bob", names: ["carol", "dave"], joinType: 2 } as const;
  expect(tipText(en, tip)).toBe("bob brought in carol, dave");
  expect(tipText(zh, tip)).toBe("bob 邀请 carol、dave 加入了群聊");
  expect(problemText(en, { code: 123456, message: "as the server says" })).toBe("as the server says");
  expect(problemText(zh, { code: 10010, message: "" })).toBe(zh.problem.codes.noGroup);
});
