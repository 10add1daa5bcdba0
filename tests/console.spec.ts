/** The console as a server's owner uses it, and what it does to people at the demo chat. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { BrowserContextOptions } from "@playwright/test";

import { Console } from "./support/console.ts";
import { expect, SDK_APP_ID, test as base } from "./support/demo.ts";
import { firstPassword } from "./support/owner.ts";

interface Fixtures {
  /** Opens the console, not signed in. */
  look: (options?: BrowserContextOptions) => Promise<Console>;
  /** Opens the console and signs in. */
  owner: (options?: BrowserContextOptions) => Promise<Console>;
}

const test = base.extend<Fixtures>({
  look: async ({ browser, server }, use) => {
    const consoles: Console[] = [];
    await use(async (options) => {
      const console = await Console.open(browser, server.url, { locale: "en", ...options });
      consoles.push(console);
      return console;
    });
    await Promise.all(consoles.map((console) => console.close()));
  },
  owner: async ({ look, server }, use) => {
    await use(async (options) => {
      const console = await look(options);
      await console.signIn(firstPassword(server));
      return console;
    });
  },
});

test("a wrong password is refused in words, the right one lets in, and too many tries have to wait", async ({
  look, server,
}) => {
  const console = await look();
  await console.tryPassword("not the password");
  await expect(console.page.getByRole("alert")).toContainText("That password is not right");
  await console.signIn(firstPassword(server));
  await console.page.reload();
  await expect(console.page.getByRole("heading", { name: "Overview" })).toBeVisible();

  const guesser = await look();
  await expect
    .poll(async () => {
      await guesser.tryPassword("a guess");
      await expect(guesser.page.locator("form button[type=submit]")).toBeEnabled();
      return guesser.page.getByRole("alert").textContent();
    })
    .toContain("Too many attempts");
  await guesser.tryPassword(firstPassword(server));
  await expect(guesser.page.getByRole("alert")).toContainText("Wait a minute");
});

test("the overview counts who is there and what was said", async ({ owner, person }) => {
  const [alice] = [await person("alice"), await person("bob")];
  await alice.talkTo("bob");
  await alice.write("counted");
  await expect(alice.message("counted")).toHaveAttribute("data-status", "success");
  const console = await owner();
  await expect(console.page.getByText("Development mode")).toBeVisible();
  await expect(console.tile("Connections")).toContainText("2 signed in");
  await expect(console.tile("Accounts online").locator(".value")).toHaveText("2");
  await expect(console.tile("Messages per second")).toContainText("1 in all");
  await expect(console.tile("Apps").locator(".value")).toHaveText("1");
  await alice.page.getByTestId("logout").click();
  await expect(console.tile("Accounts online").locator(".value")).toHaveText("1");
  await expect(console.tile("Accounts online")).toContainText("of 2");
});

test("a new app: its key is shown once, and signs for it", async ({ owner, open, server }) => {
  const console = await owner();
  await console.goTo("apps");
  await console.button("New app").click();
  await console.button("Create app").click();
  await expect(console.page.getByRole("alert")).toContainText("Give the app a name");
  await console.page.getByLabel("Name").fill("Second app");
  await console.button("Create app").click();
  const made = console.dialog("Your app is ready");
  const key = (await made.locator("[data-secret-key]").textContent()) ?? "";
  const id = Number(await made.locator("code").first().textContent());
  expect(key.length).toBeGreaterThanOrEqual(32);
  await made.getByRole("button", { name: "Close" }).click();
  await expect(made.getByRole("alert")).toContainText("You have not copied the key");
  await console.button("I have stored it").click();
  await expect(made).toHaveCount(0);
  await console.page.getByRole("link", { name: "Second app" }).click();
  for (const tab of ["settings", "accounts", "signer", "key"] as const) {
    await console.goToApp(id, tab);
    await expect(console.page.getByRole("heading", { name: "Second app" })).toBeVisible();
    expect(await console.page.content()).not.toContain(key);
  }

  const { stdout } = await promisify(execFile)(server.program, ["usersig", "--sdkappid", `${id}`, "--user", "alice"], {
    env: { ...process.env, HONGYAN_KEY: key },
  });
  const tab = await open();
  await tab.page.evaluate((SDKAppID) => {
    const w = window as any;
    w.tim = w.TIM.create({ SDKAppID });
  }, id);
  await tab.listen();
  await tab.login("alice", stdout.trim());
  await console.goToApp(id, "accounts");
  await expect(console.account("alice")).toContainText("Web");
});

test("Contract C6. The number of Web instances takes effect at once: with 2, the third page kicks the first", async ({
  owner, person,
}) => {
  const console = await owner();
  const first = await person("alice");
  await console.goToApp(SDK_APP_ID, "settings");
  await expect(console.page.getByRole("spinbutton", { name: "Web instances per account" })).toHaveValue("1");
  await console.button("One more").click();
  await console.button("Save changes").click();
  await expect(console.page.getByText("Saved. The new settings are in effect.")).toBeVisible();
  const second = await person("alice");
  await first.isIn();
  const third = await person("alice");
  await expect(first.page.getByTestId("kicked-out")).toHaveAttribute("data-type", "multipleAccount");
  await second.isIn();
  await third.isIn();
  await console.page.reload();
  await expect(console.page.getByRole("spinbutton", { name: "Web instances per account" })).toHaveValue("2");
});

test("settings that cannot be are held up, and a discarded change was never made", async ({ owner }) => {
  const console = await owner();
  await console.goToApp(SDK_APP_ID, "settings");
  const instances = console.page.getByRole("spinbutton", { name: "Web instances per account" });
  await instances.fill("11");
  await expect(console.page.getByText("Choose 1 to 10.")).toBeVisible();
  await expect(console.button("Save changes")).toBeDisabled();
  await console.button("Discard").click();
  await expect(instances).toHaveValue("1");
  await console.page.getByLabel("Time to revoke a message").fill("8");
  await console.page.getByLabel("Unit").selectOption("day");
  await expect(console.page.getByText("Choose 0 seconds to 7 days.")).toBeVisible();
  await expect(console.button("Save changes")).toBeDisabled();
});

test("the accounts say who is online on what, and a kick tells the person why", async ({ owner, person }) => {
  const [alice, bob] = [await person("alice"), await person("bob")];
  const console = await owner();
  await console.goToApp(SDK_APP_ID, "accounts");
  await expect(console.account("alice")).toContainText("Web");
  await expect(console.account("alice")).toContainText("127.0.0.1");
  await bob.page.getByTestId("logout").click();
  await expect(console.account("bob")).toContainText("offline");
  await console.button("Kick alice out").click();
  await console.dialog("Kick alice out?").getByRole("button", { name: "Kick out" }).click();
  await expect(console.page.getByText("alice: 1 instance kicked out.")).toBeVisible();
  await expect(alice.page.getByTestId("kicked-out")).toHaveAttribute("data-type", "REST_API_Kick");
  await expect(alice.page.getByTestId("kicked-out")).toContainText("An administrator signed alice out");
  await expect(console.account("alice")).toContainText("offline");
  await console.page.getByRole("searchbox").fill("bo");
  await expect(console.account("alice")).toHaveCount(0);
  await expect(console.account("bob")).toHaveCount(1);
});

test.describe("a server that signs for nobody", () => {
  test.use({ serverOptions: { dev: false } });

  test("the signer's ticket logs in; once the key is rotated, tickets of the old one get 70009", async ({
    owner, visit,
  }) => {
    const console = await owner();
    await expect(console.page.getByText("Development mode")).toHaveCount(0);
    const [forAlice, forBob] = [await console.sign(SDK_APP_ID, "alice"), await console.sign(SDK_APP_ID, "bob")];
    await expect(console.page.locator("pre")).toContainText(`userSig: "${forBob}"`);
    const alice = await visit();
    await alice.signInWith(SDK_APP_ID, "alice", forAlice);
    await alice.isIn();

    await console.goToApp(SDK_APP_ID, "key");
    await console.button("Rotate key").click();
    const sure = console.dialog("Rotate the secret key?");
    await expect(sure.getByRole("button", { name: "Rotate key" })).toBeDisabled();
    await sure.getByRole("textbox").fill(String(SDK_APP_ID));
    await sure.getByRole("button", { name: "Rotate key" }).click();
    await expect(console.dialog("The new key").locator("[data-secret-key]")).not.toBeEmpty();
    await console.button("I have stored it").click();

    const bob = await visit();
    await bob.signInWith(SDK_APP_ID, "bob", forBob);
    await expect(bob.page.getByTestId("problem")).toHaveAttribute("data-code", "70009");
    await alice.isIn();
    await bob.signInWith(SDK_APP_ID, "bob", await console.sign(SDK_APP_ID, "bob"));
    await bob.isIn();
  });
});

test("a new password ends other sessions, is good from then on, and signing out ends one's own", async ({
  owner, look, server,
}) => {
  const [console, other] = [await owner(), await owner()];
  await console.goTo("preferences");
  const fill = async (current: string, next: string, repeat: string): Promise<void> => {
    await console.page.getByLabel("Current password").fill(current);
    await console.page.getByLabel("New password", { exact: true }).fill(next);
    await console.page.getByLabel("New password again").fill(repeat);
    await console.button("Change password").click();
  };
  await fill(firstPassword(server), "short", "other");
  await expect(console.page.getByText("The two do not match.")).toBeVisible();
  await fill("not the password", "wild geese fly south", "wild geese fly south");
  await expect(console.page.getByRole("alert")).toContainText("That password is not right");
  await fill(firstPassword(server), "wild geese fly south", "wild geese fly south");
  await expect(console.page.getByText("The password is changed.")).toBeVisible();
  await expect(other.page.getByText("Your session ended.")).toBeVisible();

  await console.button("Sign out").first().click();
  await expect(console.page.getByRole("heading", { name: "Sign in to the console" })).toBeVisible();
  await console.page.reload();
  await expect(console.page.getByRole("heading", { name: "Sign in to the console" })).toBeVisible();
  const again = await look();
  await again.tryPassword(firstPassword(server));
  await expect(again.page.getByRole("alert")).toContainText("That password is not right");
  await again.signIn("wild geese fly south");
});

for (const { locale, title, other } of [
  { locale: "en", title: "Overview", other: "概览" },
  { locale: "zh-CN", title: "概览", other: "Overview" },
]) {
  test(`on a phone in ${locale} no page is wider than the screen`, async ({ owner, person }) => {
    await person("alice-with-a-name-of-32-letters-");
    const console = await owner({ locale, viewport: { width: 390, height: 844 } });
    await expect(console.page.getByRole("heading", { name: title })).toBeVisible();
    await expect(console.page.getByText(other)).toHaveCount(0);
    for (const place of ["", "apps", "preferences", "nowhere"]) {
      await console.goTo(place);
      await expect(console.page.locator("main h1")).toBeAttached();
      expect(await console.fits(), `/${place}`).toBe(true);
    }
    for (const tab of ["settings", "accounts", "signer", "key"] as const) {
      await console.goToApp(SDK_APP_ID, tab);
      await expect(console.page.locator("main .card").first()).toBeVisible();
      if (tab === "accounts") await expect(console.account("alice-with-a-name-of-32-letters-")).toBeVisible();
      if (tab === "signer") {
        await console.page.locator("main form input").fill("alice");
        await console.page.locator("main form button[type=submit]").click();
        await expect(console.page.locator(".sig")).toBeVisible();
      }
      expect(await console.fits(), tab).toBe(true);
    }
  });
}

test("the language and the theme can be switched, and are kept", async ({ owner }) => {
  const console = await owner();
  await console.goTo("preferences");
  await console.page.locator("main").getByText("中文").click();
  await expect(console.page.getByRole("heading", { name: "偏好设置" })).toBeVisible();
  await expect(console.page.locator("html")).toHaveAttribute("lang", "zh-CN");
  const background = () => console.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await console.page.locator("main").getByText("深色").click();
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await console.page.reload();
  await expect(console.page.getByRole("heading", { name: "偏好设置" })).toBeVisible();
  expect(await background()).toBe(dark);
});

test("a page of another site can do nothing with the owner's session", async ({ owner, pages, server, playwright }) => {
  const console = await owner();
  // Another port of the same host: the browser sends the cookie along, so only the server can refuse.
  await console.page.goto(pages.url("umd", server.url, "meta"));
  const answers = await console.page.evaluate(async (api) => {
    const attempt = (init: RequestInit) =>
      fetch(`${api}/apps`, { method: "POST", credentials: "include", ...init }).then(
        (response) => response.type,
        () => "refused",
      );
    const body = JSON.stringify({ name: "evil" });
    return {
      simple: await attempt({ mode: "no-cors", headers: { "content-type": "text/plain" }, body }),
      cors: await attempt({ headers: { "content-type": "application/json" }, body }),
      read: await fetch(`${api}/apps`, { credentials: "include" }).then(() => "read", () => "refused"),
    };
  }, `${server.url}/console/api`);
  expect(answers).toEqual({ simple: "opaque", cors: "refused", read: "refused" });
  await console.page.setContent(
    `<form method="post" enctype="text/plain" action="${server.url}/console/api/apps"><input name='{"name":"evil","a":"' value='"}'></form>`,
  );
  await console.page.evaluate(() => document.querySelector("form")?.submit());
  await expect(console.page.getByText("cross-site")).toBeVisible();

  await console.goTo("apps");
  await expect(console.page.getByRole("listitem")).toHaveCount(1);
  const { cookies } = await console.page.context().storageState();
  const request = await playwright.request.newContext({
    storageState: { cookies, origins: [] },
    extraHTTPHeaders: { origin: "https://elsewhere.example" },
  });
  const refused = await request.post(`${server.url}/console/api/apps`, { data: { name: "evil" } });
  expect(refused.status()).toBe(403);
  expect(await refused.json()).toMatchObject({ code: "cross-site" });
  await request.dispose();
});
