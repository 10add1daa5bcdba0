/** Files: pictures, sounds, videos and others, made and sent by one app, seen by another, through real uploads. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "./support/sdk.ts";
import type { Server } from "./support/server.ts";
import type { Tab } from "./support/tab.ts";
import { startTranslator } from "./support/translator.ts";

const MB = 1024 * 1024;

interface Wish {
  method: string;
  to: string;
  /** Of a picture that is drawn, in pixels; else of bytes. */
  picture?: [number, number];
  bytes?: number;
  name: string;
  type: string;
}

/** Makes a file in the page, sends it as an app would, and tells what the app saw. */
function sendFile(tab: Tab, wish: Wish): Promise<any> {
  return tab.page.evaluate(async ({ method, to, picture, bytes, name, type }) => {
    const { tim } = window as any;
    let parts: BlobPart[] = [];
    if (picture) {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = picture;
      const context = canvas.getContext("2d")!;
      const pixels = context.createImageData(canvas.width, canvas.height);
      // Noise, so that the file is large enough to be seen on its way.
      for (let at = 0; at < pixels.data.length; at++) pixels.data[at] = at % 4 === 3 ? 255 : (at * 2654435761) >>> 24;
      context.putImageData(pixels, 0, 0);
      parts = [await new Promise<Blob>((resolve) => canvas.toBlob((it) => resolve(it!), type))];
    } else {
      for (let at = 0; at < bytes!; at += 65536) parts.push(new Uint8Array(Math.min(65536, bytes! - at)).fill(at / 65536));
    }
    const file = new File(parts, name, { type });
    const progress: number[] = [];
    const copy = (it: unknown) => JSON.parse(JSON.stringify(it));
    const message = tim[method]({ to, conversationType: "C2C", payload: { file }, onProgress: (it: number) => progress.push(it) });
    const before = copy(message);
    ((window as any).sent ??= []).push(message);
    try {
      const answer = await tim.sendMessage(message);
      return { code: 0, before, after: copy(message), same: answer.data.message === message, progress, size: file.size };
    } catch (error: any) {
      return { code: error.code, text: error.message, before, after: copy(message), same: error.data?.message === message, progress };
    }
  }, wish);
}

/** What is behind a link, as a page of another origin reads it. */
function read(tab: Tab, url: string): Promise<{ status: number; type: string | null; size: number; width: number; height: number }> {
  return tab.page.evaluate(async (url) => {
    const response = await fetch(url);
    const blob = await response.blob();
    const picture = await createImageBitmap(blob).catch(() => ({ width: 0, height: 0 }));
    return { status: response.status, type: response.headers.get("content-type"), size: blob.size, width: picture.width, height: picture.height };
  }, url);
}

async function incoming(server: Server): Promise<string[]> {
  return readdir(join(server.data, "files/incoming"));
}

test("`createImageMessage`: a picture is shown at once, uploaded with progress, and there in three sizes", async ({ login, server }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  const wish = { method: "createImageMessage", to: "bob", picture: [1200, 900] as [number, number], name: "p.png", type: "image/png" };
  const sent = await sendFile(alice, wish);
  expect(sent).toMatchObject({ code: 0, same: true, before: { status: "unSend", type: "TIMImageElem" }, after: { status: "success" } });
  expect(sent.before.payload.imageInfoArray.map((it: any) => it.url)).toEqual(Array(3).fill(expect.stringMatching(/^blob:/)));
  expect(sent.progress.at(-1)).toBe(1);
  expect(sent.progress).toEqual([...sent.progress].sort((one, other) => one - other));
  await expect.poll(async () => (await bob.received()).length).toBe(1);
  const [message] = await bob.received();
  expect(message.payload).toEqual(sent.after.payload);
  expect(message.payload).toMatchObject({ imageFormat: 3, uuid: expect.stringMatching(/^[0-9a-f]{40}$/) });
  const sizes = message.payload.imageInfoArray;
  expect(sizes.map((it: any) => [it.type, it.width, it.height])).toEqual([[0, 1200, 900], [1, 264, 198], [2, 960, 720]]);
  expect(sizes[0].size).toBe(sent.size);
  for (const { url, width, height, size } of sizes) {
    expect(url.startsWith(`${server.url}/v1/files/`)).toBe(true);
    expect(await read(bob, url)).toMatchObject({ status: 200, width, height, size });
  }
  expect((await bob.conversation("C2Calice")).lastMessage).toMatchObject({ type: "TIMImageElem", messageForShow: "[Image]" });
  expect(await incoming(server)).toEqual([]);
});

test("`createFileMessage`: 30 MB are streamed in parts and come as they were", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  const sent = await sendFile(alice, { method: "createFileMessage", to: "bob", bytes: 30 * MB, name: "报告 v1.bin", type: "application/x-any" });
  expect(sent).toMatchObject({ code: 0, after: { type: "TIMFileElem", payload: { fileName: "报告 v1.bin", fileSize: 30 * MB } } });
  expect(sent.progress.length).toBeGreaterThan(3);
  await expect.poll(async () => (await bob.received()).length).toBe(1);
  const [{ payload }] = await bob.received();
  expect(payload).toEqual(sent.after.payload);
  const same = await bob.page.evaluate(async (url) => {
    const response = await fetch(url);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const part = await fetch(url, { headers: { range: "bytes=65536-65537" } });
    return {
      disposition: response.headers.get("content-disposition"),
      good: bytes.every((byte, at) => byte === (Math.floor(at / 65536) & 255)),
      part: [part.status, ...new Uint8Array(await part.arrayBuffer())],
    };
  }, payload.fileUrl);
  expect(same).toEqual({
    disposition: "attachment; filename*=UTF-8''%E6%8A%A5%E5%91%8A%20v1.bin",
    good: true,
    part: [206, 1, 1],
  });
});

test("`createAudioMessage` and `createVideoMessage`: links and sizes; a browser reads a video in parts", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  const audio = await sendFile(alice, { method: "createAudioMessage", to: "bob", bytes: 5000, name: "a.mp3", type: "audio/mpeg" });
  expect(audio).toMatchObject({ code: 0, after: { type: "TIMSoundElem", payload: { size: 5000, second: 0 } } });
  const video = await alice.page.evaluate(async () => {
    const { tim } = window as any;
    // The head of an MP4: its first box names the format.
    const head = [0, 0, 0, 24, ...[..."ftypisom"].map((it) => it.charCodeAt(0)), 0, 0, 2, 0, ...[..."isommp41"].map((it) => it.charCodeAt(0))];
    const file = new File([new Uint8Array(head), new Uint8Array(100_000)], "v.mp4", { type: "video/mp4" });
    const payload = { file, snapshotUrl: "https://cdn.example/s.jpg" };
    const message = tim.createVideoMessage({ to: "bob", conversationType: "C2C", payload });
    await tim.sendMessage(message);
    return JSON.parse(JSON.stringify(message));
  });
  expect(video).toMatchObject({
    type: "TIMVideoFileElem", status: "success",
    payload: { videoFormat: "mp4", videoSize: 100_024, snapshotUrl: "https://cdn.example/s.jpg", videoUUID: expect.any(String) },
  });
  await expect.poll(async () => (await bob.received()).length).toBe(2);
  const [sound, film] = await bob.received();
  expect(sound.payload).toEqual(audio.after.payload);
  expect(film.payload).toEqual(video.payload);
  expect(await read(bob, film.payload.videoUrl)).toMatchObject({ status: 200, type: "video/mp4", size: 100_024 });
});

/** Proves `createAudioMessage`. */
test("a sound that the browser can play tells how long it is, and an <input> is a file", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  const payload = await alice.page.evaluate(async () => {
    const { tim } = window as any;
    // Two seconds of silence.
    const [rate, seconds] = [8000, 2];
    const view = new DataView(new ArrayBuffer(44 + rate * seconds));
    const word = (at: number, text: string) => [...text].forEach((it, index) => view.setUint8(at + index, it.charCodeAt(0)));
    word(0, "RIFF");
    view.setUint32(4, 36 + rate * seconds, true);
    word(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, rate, true);
    view.setUint32(28, rate, true);
    view.setUint16(32, 1, true);
    view.setUint16(34, 8, true);
    word(36, "data");
    view.setUint32(40, rate * seconds, true);
    const input = document.createElement("input");
    input.type = "file";
    const chosen = new DataTransfer();
    chosen.items.add(new File([view.buffer], "s.wav", { type: "audio/wav" }));
    input.files = chosen.files;
    const message = tim.createAudioMessage({ to: "bob", conversationType: "C2C", payload: { file: input } });
    const same = message.payload;
    await tim.sendMessage(message);
    return { ...JSON.parse(JSON.stringify(message.payload)), inPlace: same === message.payload };
  });
  expect(payload).toMatchObject({ second: 2, size: 16_044, inPlace: true, url: expect.stringMatching(/original\.wav$/) });
  await expect.poll(async () => (await bob.received()).map((it) => it.payload.second)).toEqual([2]);
});

test("what is no picture, too large, empty, or not chosen is refused with its public code", async ({ login }) => {
  const alice = await login("alice");
  await login("bob");
  const code = (method: string, name: string, type: string, bytes: number) => sendFile(alice, { method, to: "bob", name, type, bytes }).catch((error) => error);
  const made = (method: string, file: string) =>
    alice.page.evaluate(
      async ([method, file]) => {
        const { tim } = window as any;
        const given = file === "nothing" ? undefined : new File([new Uint8Array(Number(file.split(":")[1]))], file.split(":")[0]!);
        try {
          await tim[method]({ to: "bob", conversationType: "C2C", payload: { file: given } });
          return 0;
        } catch (error: any) {
          return error.code;
        }
      },
      [method, file] as const,
    );
  expect(await made("createImageMessage", "nothing")).toBe(2251);
  expect(await made("createImageMessage", "a.svg:10")).toBe(2252);
  expect(await made("createImageMessage", `a.png:${20 * MB + 1}`)).toBe(2253);
  expect(await made("createAudioMessage", `a.mp3:${20 * MB + 1}`)).toBe(2301);
  expect(await made("createVideoMessage", "a.avi:10")).toBe(2352);
  expect(await made("createVideoMessage", `a.mp4:${100 * MB + 1}`)).toBe(2351);
  expect(await made("createFileMessage", "nothing")).toBe(2401);
  expect(await made("createFileMessage", "a.zip:0")).toBe(2108);
  expect(await made("createFileMessage", `a.zip:${100 * MB + 1}`)).toBe(2402);
  // Its name says one thing, its bytes another.
  expect(await code("createImageMessage", "a.png", "image/png", 100)).toMatchObject({ code: 2252, same: true, after: { status: "fail" } });
  expect(await code("createVideoMessage", "a.mp4", "video/mp4", 100)).toMatchObject({ code: 2352, same: true, after: { status: "fail" } });
});

test("an upload that fails leaves a failed message, and `resendMessage` uploads and sends it", async ({ login, server }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  await alice.page.route("**/v1/uploads/**", (route) => route.fulfill({ status: 413, headers: { "access-control-allow-origin": "*" }, body: "{}" }));
  const failed = await sendFile(alice, { method: "createFileMessage", to: "bob", bytes: 1000, name: "a.bin", type: "" });
  expect(failed).toMatchObject({ code: 2400, same: true, after: { status: "fail" } });
  await alice.page.unroute("**/v1/uploads/**");
  const again = await alice.page.evaluate(async () => {
    const { tim, sent } = window as any;
    const { data } = await tim.resendMessage(sent[0]);
    return { same: data.message === sent[0], message: JSON.parse(JSON.stringify(sent[0])) };
  });
  expect(again).toMatchObject({ same: true, message: { ID: failed.after.ID, status: "success" } });
  await expect.poll(async () => (await bob.received()).map((it) => it.payload)).toEqual([again.message.payload]);
  expect(await incoming(server)).toHaveLength(1);
});

test("an upload goes on after a cut where the server is", async ({ login }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  let puts = 0;
  await alice.page.route("**/v1/uploads/**", (route) =>
    route.request().method() === "PUT" && ++puts === 2 ? route.abort("connectionreset") : route.continue(),
  );
  const sent = await sendFile(alice, { method: "createFileMessage", to: "bob", bytes: 20 * MB, name: "a.bin", type: "" });
  expect(sent).toMatchObject({ code: 0, after: { payload: { fileSize: 20 * MB } } });
  expect(puts).toBe(21);
  expect(sent.progress).toEqual([...sent.progress].sort((one, other) => one - other));
  await expect.poll(async () => (await bob.received()).length).toBe(1);
});

test("the app's settings say how large a file may be, and whether any", async ({ login, settings }) => {
  const alice = await login("alice");
  await login("bob");
  await settings({ uploadMb: 1 });
  const large = { method: "createFileMessage", to: "bob", bytes: MB + 1, name: "a.bin", type: "" };
  expect(await sendFile(alice, large)).toMatchObject({ code: 2402, after: { status: "fail" } });
  expect(await sendFile(alice, { ...large, bytes: MB })).toMatchObject({ code: 0 });
  await settings({ uploadMb: 0 });
  expect(await sendFile(alice, { ...large, bytes: 1 })).toMatchObject({ code: 2041, after: { status: "fail" } });
});

test("`translateText`: nobody translates until the owner names a provider, then texts come back in their order", async ({ login, admin }) => {
  const alice = await login("alice");
  const ask = (sourceTextList: string[]) => alice.call("translateText", { sourceTextList, sourceLanguage: "auto", targetLanguage: "zh" });
  expect(await ask(["hello"])).toMatchObject({ code: 2117 });
  const translator = await startTranslator();
  expect((await admin.put("/console/api/apps/1400000001/translate", { data: { url: translator.url } })).ok()).toBe(true);
  expect(await ask(["hello", "goose"])).toMatchObject({ code: 0, data: { translatedTextList: ["auto>zh hello", "auto>zh goose"] } });
  await translator.close();
  expect(await ask(["hello"])).toMatchObject({ code: 2117 });
});
