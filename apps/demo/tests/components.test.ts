/** The components that people touch most, on a page in memory. */
import { flushPromises, mount, type VueWrapper } from "@vue/test-utils";
import { nextTick } from "vue";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import App from "../src/App.vue";
import { locale } from "../src/i18n";
import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { problemText, tipText } from "../src/i18n/describe";
import { ImStore } from "../src/im/store";
import { drafts } from "../src/ui/drafts";
import { linksOf } from "../src/ui/links";
import { toasts, showProblem } from "../src/ui/toasts";
import { FakeTim, fakeSdk } from "./fakeTim";

let tim: FakeTim;
let store: ImStore;
let app: VueWrapper;

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
  app?.unmount();
  vi.unstubAllGlobals();
});

/** What the server answers at its `/dev` endpoints; null is a server without `--dev`. */
function serve(answer: object | null): void {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(answer ?? {}), { status: answer === null ? 404 : 200 }));
}

async function open(): Promise<void> {
  app = mount(App, { props: { store }, attachTo: document.body });
  await flushPromises();
}

async function signedIn(): Promise<void> {
  await open();
  await by("login-user").setValue("alice");
  await app.find("form").trigger("submit");
  await flushPromises();
}

function by(id: string) {
  return app.find(`[data-testid="${id}"]`);
}

async function talking(): Promise<void> {
  tim.stored("bob", "C2Cbob", { text: "hi alice" });
  await signedIn();
  await by("conversation-item").trigger("click");
  await flushPromises();
}

it("signs in by a name where the server signs for anybody, and again after a reload", async () => {
  await signedIn();
  expect(by("my-profile").text()).toContain("alice");
  app.unmount();
  store = new ImStore(fakeSdk(tim), { isVisible: () => true, onTrouble: showProblem });
  await open();
  expect(by("my-profile").exists()).toBe(true);
});

it("asks for a UserSig where the server signs for nobody", async () => {
  serve(null);
  await open();
  expect(by("login-sig").exists()).toBe(true);
  expect(app.text()).toContain("console");
  await by("login-app").setValue("1400000001");
  await by("login-user").setValue("alice");
  await app.find("form").trigger("submit");
  expect(app.text()).toContain(en.login.needSig);
  await by("login-sig").setValue("eJw");
  await app.find("form").trigger("submit");
  await flushPromises();
  expect(by("my-profile").exists()).toBe(true);
});

it("explains a refused login by its code", async () => {
  tim.failures.set("login", { code: 70013, message: "" });
  await signedIn();
  expect(by("problem").attributes("data-code")).toBe("70013");
  expect(by("problem").text()).toContain(en.problem.codes.sigOther);
});

it("does not sign in again by itself after a kick, but offers to", async () => {
  await signedIn();
  tim.emit("KICKED_OUT", { type: "multipleAccount" });
  await flushPromises();
  expect(by("kicked-out").attributes("data-type")).toBe("multipleAccount");
  app.unmount();
  store = new ImStore(fakeSdk(tim), { isVisible: () => true, onTrouble: showProblem });
  await open();
  expect(by("login-user").exists()).toBe(true);
  expect((by("login-user").element as HTMLInputElement).value).toBe("alice");
});

it("sends on Enter, begins a line on Shift+Enter, and leaves a composing input method alone", async () => {
  await talking();
  const input = by("message-input");
  await input.setValue("nihao");
  await input.trigger("keydown", { key: "Enter", isComposing: true });
  await input.trigger("keydown", { key: "Enter", shiftKey: true });
  expect(tim.calls).not.toContain("sendMessage");
  await input.trigger("keydown", { key: "Enter" });
  await flushPromises();
  expect(tim.calls).toContain("sendMessage");
  expect((input.element as HTMLTextAreaElement).value).toBe("");
  const sent = app.findAll('[data-testid="message"]').at(-1)!;
  expect(sent.text()).toContain("nihao");
  expect(sent.attributes()).toMatchObject({ "data-flow": "out", "data-status": "success" });
});

it("sends nothing that is empty", async () => {
  await talking();
  await by("message-input").setValue("  \n ");
  await by("message-input").trigger("keydown", { key: "Enter" });
  expect(tim.calls).not.toContain("sendMessage");
});

it("keeps what was written when one looks at another conversation", async () => {
  tim.stored("carol", "C2Ccarol", { text: "hi" });
  await talking();
  const [first, second] = app.findAll('[data-testid="conversation-item"]');
  await first!.trigger("click");
  await flushPromises();
  await by("message-input").setValue("half a tho");
  await second!.trigger("click");
  await flushPromises();
  expect(app.text()).toContain(en.list.draft);
  await first!.trigger("click");
  await flushPromises();
  expect((by("message-input").element as HTMLTextAreaElement).value).toBe("half a tho");
});

it("recalls by the message's menu and says so in its place", async () => {
  await talking();
  await by("message-input").setValue("oops");
  await by("message-send").trigger("submit");
  await flushPromises();
  await app.findAll('[data-testid="message"] .bubble').at(-1)!.trigger("contextmenu");
  document.querySelector<HTMLElement>('[data-testid="message-revoke"]')!.click();
  await flushPromises();
  expect(app.find('[data-revoked="true"]').text()).toContain(en.message.youRecalled);
});

it("shows an error with its public code", async () => {
  await talking();
  tim.failures.set("sendMessage", { code: 20007, message: "" });
  await by("message-input").setValue("hello?");
  await by("message-input").trigger("keydown", { key: "Enter" });
  await flushPromises();
  expect(by("toast").attributes("data-code")).toBe("20007");
  expect(by("toast").text()).toContain("20007");
  expect(by("message-resend").exists()).toBe(true);
});

it("shows unread messages on the conversation and in the tab's title", async () => {
  await signedIn();
  tim.receive("bob", "C2Cbob", { text: "hi" });
  await nextTick();
  expect(by("unread-badge").text()).toBe("1");
  expect(document.title).toBe("(1) Hongyan");
  await by("conversation-item").trigger("click");
  await flushPromises();
  expect(by("unread-badge").exists()).toBe(false);
  expect(document.title).toBe("Hongyan");
});

it("lets an admin answer a request to join", async () => {
  tim.stored(
    "@TIM#SYSTEM",
    "@TIM#SYSTEM",
    { operationType: 1, operatorID: "bob", groupProfile: { groupID: "g", name: "Geese" }, handleMessage: "please" },
    { type: "TIMGroupSystemNoticeElem" },
  );
  await signedIn();
  await by("conversation-item").trigger("click");
  await flushPromises();
  expect(by("notice").text()).toContain("bob asks to join Geese");
  expect(by("message-input").exists()).toBe(false);
  await by("notice-approve").trigger("click");
  await flushPromises();
  expect(by("notice-answer").attributes("data-answer")).toBe("agreed");
});

it("says the state of the line", async () => {
  await signedIn();
  expect(by("net-state").attributes("data-state")).toBe("connected");
  tim.emit("NET_STATE_CHANGE", { state: "disconnected" });
  await nextTick();
  expect(by("net-state").attributes("data-state")).toBe("disconnected");
  expect(by("net-state").text()).toContain(en.net.disconnected);
});

it("speaks Chinese at a press", async () => {
  await open();
  await by("language-switch").trigger("click");
  expect(app.text()).toContain(zh.login.title);
  expect(document.documentElement.lang).toBe("zh-CN");
});

it("opens a new chat on Ctrl+K", async () => {
  await signedIn();
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "k", ctrlKey: true }));
  await nextTick();
  expect(document.querySelector('[data-testid="new-chat-user"]')).not.toBeNull();
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
