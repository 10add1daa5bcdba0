/** What people do with messages in the demo chat: answer, mention, edit, pass on, delete, search. */
import { expect, SDK_APP_ID, test } from "./support/demo.ts";
import { startTranslator } from "./support/translator.ts";

test("an answer shows what it answers, and leads there, also far back", async ({ person }) => {
  const [bob, alice] = [await person("bob"), await person("alice")];
  await alice.talkTo("bob");
  await alice.write("When do we fly?");
  await bob.choose("C2Calice");
  for (let count = 1; count <= 40; count++) await alice.write(`honk ${count}`);
  await expect(bob.message("honk 40")).toBeVisible();
  await bob.act("honk 40", "message-reply");
  await expect(bob.page.getByTestId("compose-about")).toContainText("honk 40");
  await bob.write("So loud!");
  const quote = alice.message("So loud!").getByTestId("quote");
  await expect(quote).toContainText("honk 40");
  await expect(quote).toContainText("alice");
  // A reload loads the newest page only; the answer to the first message leads to it all the same.
  await bob.page.getByTestId("message-list").evaluate((list) => (list.scrollTop = 0));
  await bob.message("When do we fly?").scrollIntoViewIfNeeded();
  await bob.act("When do we fly?", "message-reply");
  await bob.write("At dawn.");
  await expect(alice.message("At dawn.")).toBeVisible();
  await alice.page.reload();
  await alice.choose("C2Cbob");
  const first = alice.messages().filter({ has: alice.page.locator("p", { hasText: /^When do we fly\?$/ }) });
  await expect(alice.message("At dawn.")).toBeVisible();
  await expect(first).toHaveCount(0);
  await alice.message("At dawn.").getByTestId("quote").click();
  await expect(first).toBeInViewport();
  await alice.page.getByTestId("jump-newest").click();
  await expect(alice.message("At dawn.")).toBeInViewport();
});

test("Esc ends an answer before it closes the conversation", async ({ person }) => {
  const [, alice] = [await person("bob"), await person("alice")];
  await alice.talkTo("bob");
  await alice.write("one");
  await alice.act("one", "message-reply");
  await alice.page.keyboard.press("Escape");
  await expect(alice.page.getByTestId("compose-about")).toHaveCount(0);
  await expect(alice.page.getByTestId("chat")).toBeVisible();
  await alice.page.keyboard.press("Escape");
  await expect(alice.page.getByTestId("chat")).toHaveCount(0);
});

test("members are mentioned by keyboard, and told in the list", async ({ person }) => {
  const [bob, carol, alice] = [await person("bob"), await person("carol"), await person("alice")];
  const group = await alice.makeGroup("Pond", "bob carol");
  const input = alice.page.getByTestId("message-input");
  await input.pressSequentially("hello @bo");
  await expect(alice.page.getByTestId("mention-option")).toHaveCount(1);
  await input.press("Enter");
  await expect(input).toHaveValue("hello @bob ");
  await input.pressSequentially("come over");
  await input.press("Enter");
  await expect(bob.item(group).getByTestId("mentioned")).toBeVisible();
  await expect(carol.item(group)).toContainText("come over");
  await expect(carol.item(group).getByTestId("mentioned")).toHaveCount(0);
  await bob.choose(group);
  await expect(bob.message("hello @bob come over").locator("strong", { hasText: "@bob" })).toBeVisible();
  await expect(bob.item(group).getByTestId("mentioned")).toHaveCount(0);
  // Who writes the whole name has mentioned it too; the beginning of a longer word is none.
  await input.pressSequentially("@bobby, ask @carol");
  await expect(alice.page.getByTestId("mention-option")).toHaveCount(1);
  await input.pressSequentially(" to come\n");
  await expect(carol.item(group).getByTestId("mentioned")).toBeVisible();
  await alice.talkTo("bob");
  await alice.write("later");
  await expect(bob.item("C2Calice")).toContainText("later");
  await bob.page.keyboard.press("Escape");
  await alice.choose(group);
  await input.pressSequentially("@bobby\n");
  await expect(bob.item(group)).toContainText("@bobby");
  await expect(bob.item(group).getByTestId("mentioned")).toHaveCount(0);
});

test("an edited message is another one for both, and says so", async ({ person, settings }) => {
  await settings({ webInstances: 2 });
  const [bob, desk, phone] = [await person("bob"), await person("alice"), await person("alice")];
  await desk.talkTo("bob");
  await desk.write("helo");
  await bob.choose("C2Calice");
  await phone.choose("C2Cbob");
  // The arrow up corrects the last thing one said.
  await desk.page.getByTestId("message-input").press("ArrowUp");
  await expect(desk.page.getByTestId("message-input")).toHaveValue("helo");
  await desk.write("hello");
  for (const chat of [bob, desk, phone]) {
    await expect(chat.message("hello").getByTestId("edited")).toBeVisible();
    await expect(chat.message("helo")).toHaveCount(0);
  }
  await expect(bob.item("C2Calice")).toContainText("hello");
  await expect(desk.page.getByTestId("message-input")).toHaveValue("");
});

test("chosen messages are passed on as one, which opens", async ({ person }) => {
  const [bob, carol, alice] = [await person("bob"), await person("carol"), await person("alice")];
  await alice.talkTo("carol");
  await alice.write("for carol");
  await alice.talkTo("bob");
  await alice.write("the lake");
  await alice.write("the reeds");
  await expect(alice.message("the reeds")).toHaveAttribute("data-status", "success");
  await alice.act("the lake", "message-select");
  await alice.message("the reeds").click();
  await expect(alice.page.getByTestId("select-bar")).toContainText("2 selected");
  await alice.page.getByTestId("select-merge").click();
  await alice.forwardTo("C2Ccarol");
  await expect(alice.page.getByTestId("select-bar")).toHaveCount(0);
  await carol.choose("C2Calice");
  await carol.page.getByTestId("merger").click();
  await expect(carol.page.getByTestId("merger-entry")).toHaveCount(2);
  await expect(carol.page.getByTestId("merger-entry").first()).toContainText("the lake");
  await carol.page.keyboard.press("Escape");
  // One by one, they come as if alice had written them.
  await alice.act("the lake", "message-forward");
  await alice.forwardTo("C2Ccarol");
  await expect(carol.message("the lake")).toBeVisible();
  await expect(bob.item("C2Calice")).toContainText("the reeds");
});

test("what one deletes is gone on one's own devices, and stays with the other", async ({ person, settings }) => {
  await settings({ webInstances: 2 });
  const [bob, desk, phone] = [await person("bob"), await person("alice"), await person("alice")];
  await desk.talkTo("bob");
  await desk.write("no secret");
  await desk.write("a secret");
  await bob.choose("C2Calice");
  await phone.choose("C2Cbob");
  await desk.act("a secret", "message-remove");
  await desk.page.getByTestId("confirm").click();
  for (const chat of [desk, phone]) {
    await expect(chat.message("a secret")).toHaveCount(0);
    await expect(chat.message("no secret")).toBeVisible();
  }
  await expect(bob.message("a secret")).toBeVisible();
});

test("words are found in the conversation and marked", async ({ person }) => {
  const [, alice] = [await person("bob"), await person("alice")];
  await alice.talkTo("bob");
  for (const text of ["The Lake", "reeds", "by the lake", "wind"]) await alice.write(text);
  await alice.page.keyboard.press("Control+f");
  await alice.page.getByTestId("find-words").fill("lake");
  await expect(alice.page.getByTestId("find-count")).toHaveText("1 of 2");
  await expect(alice.page.locator("mark")).toHaveText(["Lake", "lake"]);
  await alice.page.getByTestId("find-next").click();
  await expect(alice.page.getByTestId("find-count")).toHaveText("2 of 2");
  // All of it fits: nothing leads down, over what is to be read.
  await expect(alice.page.getByTestId("jump-newest")).toHaveCount(0);
  await alice.page.keyboard.press("Escape");
  await expect(alice.page.locator("mark")).toHaveCount(0);
});

test("stickers and places are sent and shown", async ({ person }) => {
  const [bob, alice] = [await person("bob"), await person("alice")];
  await alice.talkTo("bob");
  await alice.page.getByTestId("emoji").click();
  await alice.page.getByTestId("sticker").first().click();
  await alice.page.getByTestId("more").click();
  await alice.page.getByTestId("send-location").click();
  await alice.page.getByTestId("location-words").fill("North shore");
  await alice.page.getByTestId("location-latitude").fill("91");
  await alice.page.getByTestId("location-longitude").fill("116.39126");
  await alice.page.getByTestId("location-send").click();
  await expect(alice.page.getByRole("dialog").getByRole("alert")).toBeVisible();
  await alice.page.getByTestId("location-latitude").fill("39.90735");
  await alice.page.getByTestId("location-send").click();
  await bob.choose("C2Calice");
  await expect(bob.page.getByTestId("face")).toBeVisible();
  await expect(bob.page.getByTestId("location")).toContainText("North shore");
  await expect(bob.page.getByTestId("location")).toHaveAttribute("href", /39\.90735/);
});

test("a message is translated into the language of whoever asks, and in words it is said when nobody translates", async ({
  person, admin,
}) => {
  const [bob, alice] = [await person("bob", { locale: "zh-CN" }), await person("alice")];
  await alice.talkTo("bob");
  await alice.write("geese");
  await bob.choose("C2Calice");
  await bob.act("geese", "message-translate");
  await expect(bob.page.getByText("服务器目前不能翻译，可由管理员在控制台设置翻译服务。")).toBeVisible();
  const translator = await startTranslator();
  const named = await admin.put(`/console/api/apps/${SDK_APP_ID}/translate`, { data: { url: translator.url } });
  expect(named.ok()).toBe(true);
  await bob.act("geese", "message-translate");
  await expect(bob.page.getByTestId("translation")).toContainText("auto>zh geese");
  // What one has translated for oneself, the other does not see.
  await expect(alice.page.getByTestId("translation")).toHaveCount(0);
  await translator.close();
});
