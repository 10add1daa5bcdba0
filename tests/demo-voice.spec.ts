/** Voices in the demo chat, spoken by the browser's pretended microphone. */
import { expect, test } from "./support/demo.ts";

test.use({
  permissions: ["microphone"],
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required"],
  },
});

test("a voice is recorded, sent, and played by the other", async ({ person }) => {
  const [bob, alice] = [await person("bob"), await person("alice", { permissions: ["microphone"] })];
  await alice.talkTo("bob");
  // What is recorded by mistake goes nowhere.
  await alice.page.getByTestId("voice").click();
  await alice.page.getByTestId("voice-cancel").click();
  await alice.page.getByTestId("voice").click();
  await expect(alice.page.getByRole("status").filter({ hasText: "0:02" })).toBeVisible();
  await alice.page.getByTestId("voice-send").click();
  await expect(alice.messages()).toHaveCount(1);
  await expect(alice.messages()).toHaveAttribute("data-status", "success");
  await expect(bob.item("C2Calice")).toContainText(/\[Voice\] [234]"/);
  await bob.choose("C2Calice");
  await bob.page.getByTestId("audio-play").click();
  const playsOn = bob.page.getByTestId("audio").locator("audio");
  await expect.poll(() => playsOn.evaluate((audio: HTMLAudioElement) => audio.currentTime)).toBeGreaterThan(0.2);
});
