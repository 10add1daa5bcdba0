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
