/** What people do with messages in the demo chat: answer, mention, edit, pass on, delete, search. */
import { expect, test } from "./support/demo.ts";

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
