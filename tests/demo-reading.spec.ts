/** Who has read what, in the demo chat. */
import { expect, test } from "./support/demo.ts";

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
