/** How people keep their conversations in the demo chat, the same on all their devices. */
import type { Chat } from "./support/chat.ts";
import { expect, test } from "./support/demo.ts";

test("pinned, muted, starred and marked at the desk is so on the phone", async ({ person, settings }) => {
  await settings({ webInstances: 2 });
  const [bob, carol, desk] = [await person("bob"), await person("carol"), await person("alice")];
  await bob.talkTo("alice");
  await bob.write("first");
  await carol.talkTo("alice");
  await carol.write("second");
  const phone = await person("alice", { viewport: { width: 360, height: 700 }, hasTouch: true });
  const order = (chat: Chat) =>
    chat.page.getByTestId("conversation-item").evaluateAll((items) => items.map((item) => (item as HTMLElement).dataset["id"]));
  await expect.poll(() => order(phone)).toEqual(["C2Ccarol", "C2Cbob"]);
  await desk.actOn("C2Cbob", "pin");
  for (const chat of [desk, phone]) {
    await expect.poll(() => order(chat)).toEqual(["C2Cbob", "C2Ccarol"]);
    await expect(chat.item("C2Cbob").getByTestId("pinned")).toBeVisible();
  }
  await expect(phone.page).toHaveTitle(/^\(2\)/);
  await desk.actOn("C2Ccarol", "mute");
  await expect(phone.item("C2Ccarol").getByTestId("muted")).toBeVisible();
  // What is muted does not count in the title.
  for (const chat of [desk, phone]) await expect(chat.page).toHaveTitle(/^\(1\)/);
  await desk.actOn("C2Cbob", "star");
  await expect(phone.item("C2Cbob").getByTestId("star")).toBeVisible();
  await desk.actOn("C2Cbob", "mark");
  for (const chat of [desk, phone]) await expect(chat.badge("C2Cbob")).toHaveCount(0);
  await desk.actOn("C2Cbob", "mark");
  for (const chat of [desk, phone]) await expect(chat.item("C2Cbob").getByTestId("marked-unread")).toBeVisible();
  await desk.choose("C2Cbob");
  await expect(phone.item("C2Cbob").getByTestId("marked-unread")).toHaveCount(0);
  expect(await phone.fits()).toBe(true);
});

test("folders sort conversations, are renamed, and go without them", async ({ person, settings }) => {
  await settings({ webInstances: 2 });
  const [bob, desk] = [await person("bob"), await person("alice")];
  await bob.talkTo("alice");
  await bob.write("hello");
  const phone = await person("alice");
  await desk.actOn("C2Cbob", "folders");
  await desk.page.getByTestId("folder-name").fill("Geese");
  await desk.page.getByTestId("folder-create").click();
  await expect(desk.page.getByTestId("folder-check")).toBeChecked();
  await phone.lookAt("folder Geese");
  await expect(phone.item("C2Cbob")).toBeVisible();
  await desk.page.getByTestId("folder-rename").click();
  await desk.page.getByTestId("folder-new-name").fill("Wild geese");
  await desk.page.getByTestId("folder-new-name").press("Enter");
  await phone.lookAt("folder Wild geese");
  await expect(phone.item("C2Cbob")).toBeVisible();
  await desk.page.getByTestId("folder-check").click();
  await expect(phone.item("C2Cbob")).toHaveCount(0);
  await desk.page.getByTestId("folder-delete").click();
  await desk.page.getByTestId("folder-delete-sure").click();
  await expect(phone.page.getByTestId("tab")).toHaveCount(2);
  await expect(phone.item("C2Cbob")).toBeVisible();
});

test("a hidden conversation comes back with the next message", async ({ person }) => {
  const [bob, alice] = [await person("bob"), await person("alice")];
  await bob.talkTo("alice");
  await bob.write("hello");
  await alice.choose("C2Cbob");
  await alice.page.keyboard.press("Escape");
  await alice.actOn("C2Cbob", "hide");
  await expect(alice.item("C2Cbob")).toHaveCount(0);
  await alice.lookAt("hidden");
  await expect(alice.item("C2Cbob")).toBeVisible();
  await alice.lookAt("all");
  await bob.write("still there?");
  await expect(alice.badge("C2Cbob")).toHaveText("1");
});

test("clearing empties a conversation, deleting takes it away, on all of one's devices", async ({ person, settings }) => {
  await settings({ webInstances: 2 });
  const [bob, desk] = [await person("bob"), await person("alice")];
  await bob.talkTo("alice");
  await bob.write("hello");
  const phone = await person("alice");
  for (const chat of [desk, phone]) await chat.choose("C2Cbob");
  await desk.actOn("C2Cbob", "clear");
  await desk.page.getByTestId("confirm").click();
  for (const chat of [desk, phone]) await expect(chat.messages()).toHaveCount(0);
  await expect(desk.item("C2Cbob")).toBeVisible();
  await expect(bob.message("hello")).toBeVisible();
  await bob.write("again");
  for (const chat of [desk, phone]) await expect(chat.message("again")).toBeVisible();
  await desk.actOn("C2Cbob", "delete");
  await desk.page.getByTestId("confirm").click();
  for (const chat of [desk, phone]) {
    await expect(chat.item("C2Cbob")).toHaveCount(0);
    await expect(chat.page.getByTestId("chat")).toHaveCount(0);
  }
});

test("all is read at once, and a draft goes on at the other device", async ({ person, settings }) => {
  await settings({ webInstances: 2 });
  const [bob, carol, desk] = [await person("bob"), await person("carol"), await person("alice")];
  await bob.talkTo("alice");
  await bob.write("one");
  await carol.talkTo("alice");
  await carol.write("two");
  const phone = await person("alice");
  await expect(phone.page).toHaveTitle(/^\(2\)/);
  await desk.page.getByTestId("list-more").click();
  await desk.page.getByTestId("list-readAll").click();
  for (const chat of [desk, phone]) {
    await expect(chat.page).toHaveTitle(/^Hongyan/);
    await expect(chat.badge("C2Cbob")).toHaveCount(0);
  }
  await desk.choose("C2Cbob");
  await desk.page.getByTestId("message-input").fill("Dear Bob");
  await desk.choose("C2Ccarol");
  await expect(phone.item("C2Cbob")).toContainText("Dear Bob");
  await phone.choose("C2Cbob");
  await expect(phone.page.getByTestId("message-input")).toHaveValue("Dear Bob");
});
