/** Who has read what, in the demo chat. */
import { expect, test } from "./support/demo.ts";

test("in a group one sees who read a message, and who did not yet", async ({ person }) => {
  const [bob, carol, alice] = [await person("bob"), await person("carol"), await person("alice")];
  const group = await alice.makeGroup("Pond", "bob carol");
  await alice.write("Who is there?");
  const receipt = alice.message("Who is there?").getByTestId("receipt");
  await expect(receipt).toHaveAttribute("title", "Read by nobody yet");
  await bob.choose(group);
  await expect(receipt).toHaveAttribute("title", "Read by 1");
  await receipt.click();
  await expect(alice.page.locator("[data-testid=reader][data-id=bob]")).toBeVisible();
  await alice.page.getByTestId("readers-unread").click();
  await expect(alice.page.locator("[data-testid=reader][data-id=carol]")).toBeVisible();
  await carol.choose(group);
  await expect(alice.page.locator("[data-testid=reader]")).toHaveCount(0);
  await alice.page.keyboard.press("Escape");
  await expect(receipt).toHaveAttribute("title", "Read by everybody");
  // Also after a reload, when the counts have to be asked for.
  await alice.page.reload();
  await alice.choose(group);
  await expect(receipt).toHaveAttribute("title", "Read by everybody");
});

test("far more unread than fits: one is led to where they begin", async ({ person }) => {
  const [bob, alice] = [await person("bob"), await person("alice")];
  await bob.talkTo("alice");
  for (let count = 1; count <= 40; count++) await bob.write(`honk ${count}`);
  await expect(bob.message("honk 40")).toHaveAttribute("data-status", "success");
  await alice.page.reload();
  await alice.isIn();
  await alice.choose("C2Cbob");
  await alice.page.getByTestId("unread-above").click();
  await expect(alice.message("honk 1")).toBeInViewport();
  await expect(alice.page.getByTestId("new-mark")).toBeVisible();
});
