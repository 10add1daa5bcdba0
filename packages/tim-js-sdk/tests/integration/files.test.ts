/** Files from Node: in memory, by path, as Blob; the plugin is the built one. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TIM, failure, isReady, world, type Client } from "./support";

const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

describe.skipIf(!isReady)("files in Node", () => {
  const it = world();
  let folder = "";
  beforeAll(async () => {
    await it.begin();
    folder = await mkdtemp(join(tmpdir(), "hongyan-files-"));
  });
  afterEach(() => it.stopClients());
  afterAll(async () => {
    await it.end();
    await rm(folder, { recursive: true, force: true });
  });

  /** Proves `createImageMessage`, `createFileMessage`, `createAudioMessage`. */
  test("a Buffer, a Blob, named bytes and a path are sent, and read back as they were", async () => {
    const [alice, bob] = (await it.ready("alice", "bob")) as [Client, Client];
    const plugin = createRequire(import.meta.url)("../../../tim-upload-plugin/dist/index.node.cjs");
    const to = { to: "bob", conversationType: TIM.TYPES.CONV_C2C };
    expect(await failure(alice.tim.createImageMessage({ ...to, payload: { file: PNG } }) as any)).toMatchObject({ code: 2040 });
    alice.tim.registerPlugin({ "tim-upload-plugin": plugin });
    const large = Buffer.alloc(2_500_000, "goose");
    const path = join(folder, "large.bin");
    await writeFile(path, large);
    const progress: number[] = [];
    const made = [
      alice.tim.createImageMessage({ ...to, payload: { file: PNG } }),
      alice.tim.createFileMessage({ ...to, payload: { file: { name: "a.txt", data: Buffer.from("text") } } }),
      alice.tim.createAudioMessage({ ...to, payload: { file: new Blob(["ID3 and more"], { type: "audio/mpeg" }) } }),
      alice.tim.createFileMessage({ ...to, payload: { file: { path } }, onProgress: (it: number) => progress.push(it) }),
    ];
    for (const message of made) await alice.tim.sendMessage(message);
    expect(progress.length).toBe(3);
    await expect.poll(() => bob.received().length, { timeout: 10_000 }).toBe(4);
    const [image, text, audio, file] = bob.received().map((it: any) => it.payload);
    expect(bob.received().map((it: any) => it.payload)).toEqual(made.map((it) => it.payload));
    expect(image).toMatchObject({ imageFormat: 3, imageInfoArray: [{ width: 1 }, { width: 1 }, { width: 1 }] });
    expect(text).toMatchObject({ fileName: "a.txt", fileSize: 4 });
    expect(file).toMatchObject({ fileName: "large.bin", fileSize: large.length });
    const read = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(await read(image.imageInfoArray[0].url)).toEqual(PNG);
    expect((await read(text.fileUrl)).toString()).toBe("text");
    expect((await read(audio.url)).toString()).toBe("ID3 and more");
    expect((await read(file.fileUrl)).equals(large)).toBe(true);
  });

  test("a path that is not there fails with 2400, and can be sent again when it is", async () => {
    const [alice, bob] = (await it.ready("alice", "bob")) as [Client, Client];
    alice.tim.registerPlugin({ "tim-upload-plugin": createRequire(import.meta.url)("../../../tim-upload-plugin/dist/index.node.cjs") });
    const path = join(folder, "late.txt");
    const message = alice.tim.createFileMessage({ to: "bob", conversationType: TIM.TYPES.CONV_C2C, payload: { file: { path } } });
    expect(await failure(alice.tim.sendMessage(message))).toMatchObject({ code: 2400, data: { message } });
    expect(message.status).toBe("fail");
    await writeFile(path, "late");
    await alice.tim.resendMessage(message);
    expect(message).toMatchObject({ status: "success", payload: { fileName: "late.txt", fileSize: 4 } });
    await expect.poll(() => bob.received().length, { timeout: 10_000 }).toBe(1);
  });
});
