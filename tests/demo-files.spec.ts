/** Pictures, files and voices in the demo chat. */
import { expect, test } from "./support/demo.ts";

/** A picture of 2 by 2 points. */
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==",
  "base64",
);

test("a picture is shown to both, and large when one wants", async ({ person }) => {
  const [bob, alice] = [await person("bob"), await person("alice")];
  await alice.talkTo("bob");
  await alice.page.getByTestId("file-input").setInputFiles({ name: "pond.png", mimeType: "image/png", buffer: PNG });
  await expect(alice.page.getByTestId("attachment")).toHaveCount(1);
  await alice.page.getByTestId("message-send").click();
  await expect(alice.messages()).toHaveAttribute("data-status", "success");
  await bob.choose("C2Calice");
  const picture = bob.page.getByTestId("picture").locator("img");
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  await expect(bob.item("C2Calice")).toContainText("[Picture]");
  await bob.page.getByTestId("picture").click();
  await expect(bob.page.getByTestId("lightbox").locator("img")).toBeVisible();
  await bob.page.keyboard.press("Escape");
  await expect(bob.page.getByTestId("lightbox")).toHaveCount(0);
});

test("one's own picture has its size before it is sent, so that nothing moves", async ({ person }) => {
  const [, alice] = [await person("bob"), await person("alice")];
  await alice.talkTo("bob");
  let release = (): void => {};
  const heldUp = new Promise<void>((resolve) => (release = resolve));
  await alice.page.route("**/v1/uploads/**", async (route) => {
    if (route.request().method() === "PUT") await heldUp;
    await route.continue();
  });
  const wide = await alice.page.evaluate(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 400, height: 100 });
    return canvas.toDataURL("image/png").split(",")[1]!;
  });
  const buffer = Buffer.from(wide, "base64");
  await alice.page.getByTestId("file-input").setInputFiles({ name: "wide.png", mimeType: "image/png", buffer });
  await alice.page.getByTestId("message-send").click();
  const size = async () => {
    const { width, height } = (await alice.page.getByTestId("picture").boundingBox())!;
    return [Math.round(width), Math.round(height)];
  };
  await expect(alice.messages()).toHaveAttribute("data-status", "unSend");
  await expect.poll(size).toEqual([280, 70]);
  release();
  await expect(alice.messages()).toHaveAttribute("data-status", "success");
  expect(await size()).toEqual([280, 70]);
});

test("files are dropped and pasted, looked over, and fetched by the other as they are", async ({ person }) => {
  const [bob, alice] = [await person("bob"), await person("alice")];
  await alice.talkTo("bob");
  const carried = (name: string, text: string) =>
    alice.page.evaluateHandle(
      ([name, text]) => {
        const data = new DataTransfer();
        data.items.add(new File([text!], name!, { type: "text/plain" }));
        return data;
      },
      [name, text],
    );
  await alice.page.getByTestId("chat").dispatchEvent("drop", { dataTransfer: await carried("dropped.txt", "by the lake") });
  const pasted = await carried("pasted.txt", "not this one");
  await alice.page.getByTestId("message-input").evaluate((input, clipboardData) => {
    input.dispatchEvent(new ClipboardEvent("paste", { clipboardData: clipboardData as DataTransfer, bubbles: true, cancelable: true }));
  }, pasted);
  await expect(alice.page.getByTestId("attachment")).toHaveCount(2);
  await alice.page.getByTestId("attachment").nth(1).getByRole("button").click();
  await alice.page.getByTestId("message-input").press("Enter");
  await bob.choose("C2Calice");
  const file = bob.page.getByTestId("file");
  await expect(file).toHaveCount(1);
  await expect(file).toContainText("dropped.txt");
  const address = new URL((await file.getAttribute("href"))!, bob.page.url()).href;
  expect(await (await bob.page.request.get(address)).text()).toBe("by the lake");
});

test("an empty file is refused in words", async ({ person }) => {
  const [, alice] = [await person("bob"), await person("alice")];
  await alice.talkTo("bob");
  await alice.page.getByTestId("file-input").setInputFiles({ name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) });
  await alice.page.getByTestId("message-send").click();
  await expect(alice.page.getByText("The file is empty.")).toBeVisible();
});

test("several files come in the order in which they were chosen, each with its progress, and what was written last", async ({ person }) => {
  const [bob, alice] = [await person("bob"), await person("alice")];
  await alice.talkTo("bob");
  await alice.write("hello");
  await bob.choose("C2Calice");
  // The first file is held up; the others would be there long before it.
  let release = (): void => {};
  const heldUp = new Promise<void>((resolve) => (release = resolve));
  await alice.page.route("**/v1/uploads/**", async (route) => {
    if (route.request().method() === "PUT") await heldUp;
    await route.continue();
  });
  const names = ["first.txt", "second.txt", "third.txt"];
  const files = names.map((name) => ({ name, mimeType: "text/plain", buffer: Buffer.from(name) }));
  await alice.page.getByTestId("file-input").setInputFiles(files);
  await alice.write("all three");
  await expect(alice.page.getByRole("progressbar")).toHaveCount(3);
  await alice.write("meanwhile");
  await expect(bob.message("meanwhile")).toBeVisible();
  // Who leaves now is asked, and stays.
  const asked = alice.page.waitForEvent("dialog");
  await alice.page.close({ runBeforeUnload: true });
  const question = await asked;
  expect(question.type()).toBe("beforeunload");
  await question.dismiss();
  await expect(bob.page.getByTestId("file")).toHaveCount(0);
  release();
  const shown = ["hello", "meanwhile", ...names, "all three"];
  for (const chat of [alice, bob]) {
    await expect(chat.messages()).toHaveText(shown.map((it) => new RegExp(`${it}`)));
    await expect(chat.page.getByRole("progressbar")).toHaveCount(0);
  }
});

test("a video is uploaded with its first picture, and played by the other", async ({ person }) => {
  const [bob, alice] = [await person("bob"), await person("alice")];
  await alice.talkTo("bob");
  // A second of moving colours, as the browser itself records them.
  const film = await alice.page.evaluateHandle(async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 120 });
    const context = canvas.getContext("2d")!;
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/mp4" });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start();
    for (let frame = 0; frame < 25; frame++) {
      context.fillStyle = `hsl(${frame * 14} 80% 50%)`;
      context.fillRect(0, 0, 160, 120);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    recorder.stop();
    await stopped;
    const data = new DataTransfer();
    data.items.add(new File(parts, "film.mp4", { type: "video/mp4" }));
    return data;
  });
  await alice.page.getByTestId("chat").dispatchEvent("drop", { dataTransfer: film });
  await expect(alice.page.getByTestId("attachment")).toContainText("film.mp4");
  await alice.page.getByTestId("message-send").click();
  await expect(alice.messages()).toHaveAttribute("data-status", "success");
  await expect(bob.item("C2Calice")).toContainText("[Video]");
  await bob.choose("C2Calice");
  const video = bob.page.getByTestId("video");
  const poster = new URL((await video.getAttribute("poster"))!, bob.page.url()).href;
  expect((await bob.page.request.get(poster)).headers()["content-type"]).toBe("image/jpeg");
  await video.evaluate(async (it: HTMLVideoElement) => {
    it.muted = true;
    await it.play();
  });
  await expect.poll(() => video.evaluate((it: HTMLVideoElement) => [it.videoWidth, it.currentTime > 0.1])).toEqual([160, true]);
});
