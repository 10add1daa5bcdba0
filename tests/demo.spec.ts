/** The demo chat as people use it: two or three of them, each in a browser profile of their own. */
import type { Chat } from "./support/chat.ts";
import { expect, SDK_APP_ID, test } from "./support/demo.ts";

test("two people write to each other: a badge counts, the title too, and what was seen is marked as read", async ({
  person,
}) => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  await alice.talkTo("bob");
  await expect(alice.page.getByTestId("message-input")).toBeFocused();
  await alice.write("hello bob");
  await alice.write("are you there?");
  await expect(alice.message("are you there?")).toHaveAttribute("data-status", "success");
  await expect(alice.message("are you there?")).toHaveAttribute("data-read", "false");

  await expect(bob.badge("C2Calice")).toHaveText("2");
  await expect(bob.page).toHaveTitle("(2) Hongyan");
  await expect(bob.item("C2Calice").getByTestId("conversation-preview")).toHaveText("are you there?");
  await bob.choose("C2Calice");
  await expect(bob.messages()).toHaveCount(2);
  await expect(bob.messages().first()).toHaveAttribute("data-flow", "in");
  await expect(bob.badge("C2Calice")).toHaveCount(0);
  await expect(bob.page).toHaveTitle("Hongyan");

  await expect(alice.message("hello bob")).toHaveAttribute("data-read", "true");
  await expect(alice.message("are you there?")).toHaveAttribute("data-read", "true");
  await bob.write("yes 🪿");
  await expect(alice.message("yes 🪿")).toHaveAttribute("data-flow", "in");
  // Alice looks at it: nothing is counted, and Bob learns that it was read.
  await expect(alice.page).toHaveTitle("Hongyan");
  await expect(bob.message("yes 🪿")).toHaveAttribute("data-read", "true");
});

test("who was never here cannot be written to, and the dialog says why", async ({ person }) => {
  const alice = await person("alice");
  await alice.page.getByTestId("new-chat").click();
  await alice.page.getByTestId("new-chat-user").fill("nobody");
  await alice.page.getByTestId("new-chat-open").click();
  await expect(alice.page.getByTestId("problem")).toContainText("There is nobody of this name");
});

test("a recalled message is gone for both, and can be written anew", async ({ person, settings }) => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  await alice.talkTo("bob");
  await alice.write("oops");
  await bob.choose("C2Calice");
  await expect(bob.message("oops")).toBeVisible();
  await alice.act("oops", "message-revoke");
  await expect(alice.messages()).toContainText("You recalled a message");
  await expect(bob.messages()).toContainText("alice recalled a message");
  await expect(bob.item("C2Calice")).toContainText("alice recalled a message");
  await alice.page.getByRole("button", { name: "Edit again" }).click();
  await expect(alice.page.getByTestId("message-input")).toHaveValue("oops");

  await settings({ revokeLimitS: 0 });
  await alice.write("for ever");
  await alice.act("for ever", "message-revoke");
  await expect(alice.page.getByTestId("toast")).toContainText("too late to recall");
  await expect(alice.message("for ever")).toHaveAttribute("data-status", "success");
});

test("older messages come as one scrolls up, back to the beginning", async ({ login, person }) => {
  const bob = await person("bob");
  const alice = await login("alice");
  await alice.page.evaluate(async () => {
    const { tim } = window as any;
    for (let number = 1; number <= 60; number++) {
      const payload = { text: `goose ${number}` };
      await tim.sendMessage(tim.createTextMessage({ to: "bob", conversationType: "C2C", payload }));
    }
  });
  await expect(bob.badge("C2Calice")).toHaveText("60");
  await bob.choose("C2Calice");
  await expect(bob.message("goose 60")).toBeVisible();
  expect(await bob.messages().count()).toBeLessThan(60);
  const list = bob.page.getByTestId("message-list");
  await list.hover();
  await expect
    .poll(async () => {
      await bob.page.mouse.wheel(0, -2000);
      return bob.messages().count();
    })
    .toBe(60);
  await expect(bob.page.getByTestId("history-complete")).toBeAttached();
  const texts = await bob.messages().locator(".text").allTextContents();
  expect(texts).toEqual(Array.from({ length: 60 }, (_, index) => `goose ${index + 1}`));
  await bob.page.getByTestId("jump-newest").click();
  await expect(bob.message("goose 60")).toBeInViewport();
});

test("a group: made, joined with approval, talked in, left, and each tells the others", async ({ person }) => {
  const [alice, bob, carol] = [await person("alice"), await person("bob"), await person("carol")];
  const groupID = await makeGroup(alice, "Pond", "bob");
  await expect(bob.item(`GROUP${groupID}`)).toContainText("Pond");

  await carol.page.getByTestId("join-group").click();
  await carol.page.getByTestId("join-group-id").fill(groupID);
  await carol.page.getByTestId("join-group-find").click();
  await expect(carol.page.getByTestId("join-group-found")).toContainText("Pond");
  await carol.page.getByTestId("join-group-words").fill("honk");
  await carol.page.getByTestId("join-group-submit").click();
  await expect(carol.page.getByTestId("toast")).toContainText("Asked to join");

  await alice.choose("@TIM#SYSTEM");
  const asked = alice.page.locator('[data-testid="notice"][data-operation="1"]');
  await expect(asked).toContainText("carol asks to join Pond");
  await expect(asked).toContainText("honk");
  await asked.getByTestId("notice-approve").click();
  await expect(asked.getByTestId("notice-answer")).toHaveAttribute("data-answer", "agreed");

  await expect(carol.item("@TIM#SYSTEM")).toContainText("Your request to join Pond was accepted");
  await carol.choose(`GROUP${groupID}`);
  await carol.write("hello pond");
  await alice.choose(`GROUP${groupID}`);
  await expect(alice.page.getByTestId("tip").filter({ hasText: "carol joined" })).toBeVisible();
  await expect(alice.message("hello pond")).toContainText("carol");
  await expect(bob.badge(`GROUP${groupID}`)).toHaveText("1");

  await carol.page.getByTestId("chat-info").click();
  await expect(carol.page.getByTestId("group-member")).toHaveCount(3);
  await carol.page.getByTestId("group-quit").click();
  await carol.page.getByTestId("group-leave-sure").click();
  await expect(carol.item(`GROUP${groupID}`)).toHaveCount(0);
  await expect(alice.page.getByTestId("tip").filter({ hasText: "carol left" })).toBeVisible();
  await expect(alice.page.getByTestId("chat-title")).toContainText("2 members");
});

test("a dismissed group says so to its members", async ({ person }) => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  const groupID = await makeGroup(alice, "Ice", "bob");
  await bob.choose(`GROUP${groupID}`);
  await alice.page.getByTestId("chat-info").click();
  await alice.page.getByTestId("group-dismiss").click();
  await alice.page.getByTestId("group-leave-sure").click();
  await expect(bob.item("@TIM#SYSTEM")).toContainText("Ice was dismissed");
  await expect(bob.page.getByTestId("message-input")).toHaveCount(0);
});

test("a new nickname is seen by the other at once", async ({ person }) => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  await alice.talkTo("bob");
  await alice.write("it is me");
  await bob.choose("C2Calice");
  await alice.page.getByTestId("my-profile").click();
  await alice.page.getByTestId("profile-nick").fill("Alice the Goose");
  await alice.page.getByTestId("profile-signature").fill("flying south");
  await alice.page.getByTestId("profile-save").click();
  await expect(alice.page.getByTestId("my-profile")).toContainText("Alice the Goose");
  await expect(bob.page.getByTestId("chat-title")).toContainText("Alice the Goose");
  await expect(bob.item("C2Calice")).toContainText("Alice the Goose");
  await bob.page.getByTestId("chat-info").click();
  await expect(bob.page.getByTestId("person")).toContainText("flying south");
});

test("blocked people are refused, and heard again once unblocked", async ({ person }) => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  await alice.talkTo("bob");
  await alice.write("one");
  await bob.choose("C2Calice");
  await bob.page.getByTestId("chat-info").click();
  await bob.page.getByTestId("person-block").click();
  await expect(bob.page.getByTestId("unblock")).toBeVisible();
  await expect(bob.page.getByTestId("message-input")).toHaveCount(0);

  await alice.write("two");
  await expect(alice.message("two")).toHaveAttribute("data-status", "fail");
  await expect(alice.page.getByTestId("toast")).toHaveAttribute("data-code", "20007");

  await bob.page.getByTestId("unblock").click();
  await expect(bob.page.getByTestId("message-input")).toBeVisible();
  await alice.message("two").getByTestId("message-resend").click();
  await expect(alice.message("two")).toHaveAttribute("data-status", "success");
  await expect(bob.message("two")).toBeVisible();
  await expect(bob.messages()).toHaveCount(2);
});

test("a banner says that the line is down, and all goes on by itself once the server is back", async ({
  person, server,
}) => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  await alice.talkTo("bob");
  await alice.write("before");
  await bob.choose("C2Calice");
  const banner = alice.page.getByTestId("net-state");
  await server.kill();
  await expect(banner).not.toHaveAttribute("data-state", "connected");
  await expect(banner).toContainText(/Connecting…|No connection/);
  await alice.write("meanwhile");
  await expect(alice.message("meanwhile")).toHaveAttribute("data-status", "unSend");
  await server.restart();
  await expect(banner).toHaveAttribute("data-state", "connected", { timeout: 30_000 });
  await expect(alice.message("meanwhile")).toHaveAttribute("data-status", "success");
  await expect(bob.message("meanwhile")).toBeVisible({ timeout: 30_000 });
  await expect(bob.messages()).toHaveCount(2);
});

test("who has no right to come back after a cut is asked to sign in, and told why", async ({ person, admin, server }) => {
  const alice = await person("alice");
  const rotated = await admin.post(`/console/api/apps/${SDK_APP_ID}/rotate-key`, { data: {} });
  expect(rotated.ok()).toBe(true);
  await server.restart();
  await expect(alice.page.getByTestId("toast")).toHaveAttribute("data-code", "70009", { timeout: 30_000 });
  await alice.signIn("alice");
});

test("Contract C6. A kicked page says why, stays out over a reload, and signs in again when asked", async ({
  person,
}) => {
  const first = await person("alice");
  const second = await person("alice");
  const kicked = first.page.getByTestId("kicked-out");
  await expect(kicked).toHaveAttribute("data-type", "multipleAccount");
  await expect(kicked).toContainText("You were signed out");
  await expect(kicked).toContainText("alice signed in on another page");
  await first.page.getByTestId("login-again").click();
  await first.isIn();
  await expect(second.page.getByTestId("kicked-out")).toBeVisible();

  await second.page.reload();
  await expect(second.page.getByTestId("login-user")).toHaveValue("alice");
  await expect(first.page.getByTestId("net-state")).toHaveAttribute("data-state", "connected");
});

test("a reload keeps one signed in; signing out does not", async ({ person }) => {
  const [alice] = [await person("alice"), await person("bob")];
  await alice.talkTo("bob");
  await alice.write("kept");
  await expect(alice.message("kept")).toHaveAttribute("data-status", "success");
  await alice.page.reload();
  await alice.isIn();
  await alice.choose("C2Cbob");
  await expect(alice.message("kept")).toBeVisible();
  await alice.page.getByTestId("logout").click();
  await alice.page.reload();
  await expect(alice.page.getByTestId("login-user")).toHaveValue("alice");
});

test("the language is the browser's until one switches, and the choice is kept", async ({ visit }) => {
  const here = await visit();
  await expect(here.page.getByTestId("login-submit")).toHaveText("Sign in");
  await here.page.getByTestId("language-switch").click();
  await expect(here.page.getByTestId("login-submit")).toHaveText("登录");
  await expect(here.page.locator("html")).toHaveAttribute("lang", "zh-CN");
  await here.page.reload();
  await here.signIn("alice");
  await expect(here.page.getByText("还没有会话")).toBeVisible();
  const there = await visit({ locale: "zh-CN" });
  await expect(there.page.getByTestId("login-submit")).toHaveText("登录");
  await expect(there.page).toHaveTitle("鸿雁");
});

test("the theme is the system's until one switches, and the choice is kept", async ({ visit }) => {
  const dark = await visit({ colorScheme: "dark" });
  const html = dark.page.locator("html");
  await expect(html).toHaveAttribute("data-theme", "dark");
  const background = () => dark.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await background();
  await dark.page.getByTestId("theme-switch").click();
  await expect(html).toHaveAttribute("data-theme", "light");
  expect(await background()).not.toBe(before);
  await dark.page.reload();
  await expect(html).toHaveAttribute("data-theme", "light");
});

test("on a phone: the list, then the chat, and back by the button or the browser", async ({ person }) => {
  await person("bob");
  const alice = await person("alice", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await alice.talkTo("bob");
  await expect(alice.page.getByTestId("my-profile")).toBeHidden();
  await alice.page.getByTestId("message-input").fill("from my phone, with a word as long as " + "o".repeat(80));
  await alice.page.getByTestId("message-send").tap();
  await expect(alice.messages()).toHaveAttribute("data-status", "success");
  await fits(alice);
  await alice.page.getByTestId("chat-info").tap();
  await expect(alice.page.getByTestId("person")).toBeVisible();
  await fits(alice);
  await alice.page.getByTestId("panel-close").tap();
  await alice.page.getByTestId("chat-back").tap();
  await expect(alice.item("C2Cbob")).toBeVisible();
  await expect(alice.page.getByTestId("chat")).toHaveCount(0);
  await fits(alice);
  await alice.item("C2Cbob").tap();
  await alice.isOpen("C2Cbob");
  await alice.page.goBack();
  await expect(alice.page.getByTestId("chat")).toHaveCount(0);
  await alice.isIn();
});

test("on a phone, a finger that rests on a message brings its menu", async ({ person }) => {
  await person("bob");
  const alice = await person("alice", { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await alice.talkTo("bob");
  await alice.write("hold me");
  await expect(alice.message("hold me")).toHaveAttribute("data-status", "success");
  const box = await alice.message("hold me").locator(".bubble").boundingBox();
  if (box === null) throw new Error("the message is not on the screen");
  const touchPoints = [{ x: box.x + box.width / 2, y: box.y + box.height / 2 }];
  const fingers = await alice.page.context().newCDPSession(alice.page);
  await fingers.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints });
  await expect(alice.page.getByTestId("message-revoke")).toBeVisible();
  await fingers.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await alice.page.getByTestId("message-revoke").tap();
  await expect(alice.messages()).toContainText("You recalled a message");
});

test("markup in names and messages is text, and only web addresses become links", async ({ person }) => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  const nick = `<img src=x onerror="window.hacked=1">`;
  await alice.page.getByTestId("my-profile").click();
  await alice.page.getByTestId("profile-nick").fill(nick);
  await alice.page.getByTestId("profile-avatar").fill("javascript:window.hacked=1");
  await alice.page.getByTestId("profile-save").click();
  await expect(alice.page.getByRole("alert")).toContainText("begins with https://");
  await alice.page.getByTestId("profile-avatar").fill("");
  await alice.page.getByTestId("profile-save").click();
  const groupID = await makeGroup(alice, `<b onclick="hacked=1">bold</b>`, "bob");
  const text = `<script>window.hacked=1</script> javascript:window.hacked=1 &amp; https://example.com/?a=<b>`;
  await alice.write(text);
  await bob.choose(`GROUP${groupID}`);
  await expect(bob.message(text)).toContainText(nick);
  await expect(bob.page.getByTestId("chat-title")).toContainText(`<b onclick="hacked=1">bold</b>`);
  await expect(bob.message(text).locator("script, img, b")).toHaveCount(0);
  for (const link of await bob.message(text).locator("a").all()) {
    expect(await link.getAttribute("href")).toMatch(/^https:\/\/example\.com\//);
    expect(await link.getAttribute("rel")).toContain("noopener");
  }
  expect(await bob.page.evaluate(() => "hacked" in window)).toBe(false);
});

test.describe("a server that signs for nobody", () => {
  test.use({ serverOptions: { dev: false } });

  test("asks for SDKAppID, userID and UserSig, and says what is wrong with a ticket", async ({ visit, consoleSign }) => {
    const alice = await visit();
    await alice.signInWith(SDK_APP_ID, "alice", "not a ticket");
    await expect(alice.page.getByTestId("problem")).toHaveAttribute("data-code", "70003");
    await alice.signInWith(SDK_APP_ID, "alice", await consoleSign("bob", 600));
    await expect(alice.page.getByTestId("problem")).toHaveAttribute("data-code", "70013");
    await alice.signInWith(SDK_APP_ID, "alice", await consoleSign("alice", 600));
    await alice.isIn();
    await alice.page.reload();
    await alice.isIn();
    expect((await alice.page.request.get("/dev/info")).status()).toBe(404);
    expect((await alice.page.request.post("/dev/usersig", { data: { userID: "bob" } })).status()).toBe(404);
  });
});

async function makeGroup(owner: Chat, name: string, members: string): Promise<string> {
  await owner.page.getByTestId("new-group").click();
  await owner.page.getByTestId("group-name").fill(name);
  await owner.page.getByTestId("group-members").fill(members);
  await owner.page.getByTestId("group-create").click();
  const chat = owner.page.getByTestId("chat");
  await expect(owner.page.getByRole("dialog")).toHaveCount(0);
  await expect(chat).toHaveAttribute("data-id", /^GROUP/);
  return ((await chat.getAttribute("data-id")) ?? "").replace(/^GROUP/, "");
}

/** Nothing is wider than the screen. */
async function fits(chat: Chat): Promise<void> {
  const { wide, screen } = await chat.page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    screen: innerWidth,
  }));
  expect(wide).toBeLessThanOrEqual(screen);
}
