/** The built file against a real server, next to web clients. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { APP, isReady, sign, world } from "../../tim-js-sdk/tests/integration/support";
import { startMiniProgram, type MiniProgram } from "./mini-program";

const WAIT = { timeout: 10_000 };

describe.skipIf(!isReady)("a mini-program and a real server", () => {
  const it = world();
  let running: { tim: any }[] = [];
  beforeAll(() => it.begin());
  afterEach(async () => {
    await Promise.all(running.map(({ tim }) => tim.destroy().catch(() => {})));
    running = [];
    await it.stopClients();
  });
  afterAll(() => it.end());

  async function start(userID: string): Promise<MiniProgram & { tim: any; events: { name: string; data: any }[] }> {
    const program = startMiniProgram({ globalData: { HONGYAN_SERVER: it.server.url } });
    const tim = program.TIM.create({ SDKAppID: APP });
    tim.setLogLevel(4);
    const events: { name: string; data: any }[] = [];
    for (const name of Object.values(program.TIM.EVENT)) tim.on(name, (event: { name: string; data: any }) => events.push(event));
    await tim.login({ userID, userSig: await sign(it.server, userID) });
    await expect.poll(() => events.map((event) => event.name), WAIT).toContain("sdkStateReady");
    const started = { ...program, tim, events };
    running.push(started);
    return started;
  }

  test("logs in, sends and receives, in Chinese too", async () => {
    const alice = await start("alice");
    const bob = it.client("bob");
    await bob.login();
    const message = alice.tim.createTextMessage({ to: "bob", conversationType: "C2C", payload: { text: "鸿雁 🪿" } });
    await alice.tim.sendMessage(message);
    expect(message.status).toBe("success");
    await bob.hears("鸿雁 🪿");
    await bob.say("alice", "回信");
    await expect.poll(() => alice.events.find((event) => event.name === "onMessageReceived")?.data[0].payload.text, WAIT).toBe("回信");
    expect((await alice.tim.getConversationList()).data.conversationList).toHaveLength(1);
  });

  test("comes back by itself when its socket was cut, and gets what it missed", async () => {
    const carol = await start("carol");
    const dave = it.client("dave");
    await dave.login();
    carol.setNetwork(false);
    carol.sockets.at(-1)!.terminate();
    await dave.say("carol", "while you were away");
    carol.setNetwork(true);
    carol.show();
    await expect.poll(() => carol.events.find((event) => event.name === "onMessageReceived")?.data[0].payload.text, WAIT).toBe("while you were away");
    expect(carol.sockets.length).toBeGreaterThan(1);
  });

  /** Proves `createVideoMessage`, `createAudioMessage`, `createImageMessage`, `createFileMessage`. */
  test("sends what its choosers and recorders give, in parts, also after a cut", async () => {
    const alice = await start("alice");
    alice.tim.registerPlugin({ "tim-upload-plugin": alice.Plugin });
    const bob = it.client("bob");
    await bob.login();
    const mp4 = new Uint8Array(1_200_000);
    mp4.set([0, 0, 0, 24, ...new TextEncoder().encode("ftypisom")]);
    const png = Uint8Array.from(atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="), (it) => it.charCodeAt(0));
    alice.files.set("http://tmp/v.mp4", mp4).set("http://tmp/t.png", png).set("http://tmp/a.mp3", new Uint8Array(3000)).set("http://tmp/d.pdf", new Uint8Array(10));
    const sent: any[] = [];
    const send = async (method: string, file: unknown, onProgress?: (it: number) => void) => {
      const message = alice.tim[method]({ to: "bob", conversationType: "C2C", payload: { file }, onProgress });
      const before = JSON.parse(JSON.stringify(message.payload));
      await alice.tim.sendMessage(message);
      sent.push(message);
      return { before, after: message.payload };
    };
    const progress: number[] = [];
    alice.requests.cut = 1;
    // As wx.chooseMedia answers.
    const video = await send(
      "createVideoMessage",
      { type: "video", tempFiles: [{ tempFilePath: "http://tmp/v.mp4", thumbTempFilePath: "http://tmp/t.png", size: mp4.length, duration: 7, width: 640, height: 360, fileType: "video" }] },
      (it) => progress.push(it),
    );
    expect(video.before).toMatchObject({ videoUrl: "http://tmp/v.mp4", snapshotUrl: "http://tmp/t.png", videoSecond: 7, videoSize: mp4.length });
    expect(video.after).toMatchObject({ videoFormat: "mp4", videoSecond: 7, videoSize: mp4.length, snapshotWidth: 1, snapshotHeight: 1 });
    expect(progress).toEqual([...progress].sort((one, other) => one - other));
    expect(progress.at(-1)).toBe(1);
    expect(alice.requests.urls.filter((it) => it.startsWith("PUT")).length).toBe(5);
    // As a recorder does, in milliseconds; as wx.chooseImage; as wx.chooseMessageFile.
    const audio = await send("createAudioMessage", { tempFilePath: "http://tmp/a.mp3", duration: 4100, fileSize: 3000 });
    expect(audio.after).toMatchObject({ second: 4, size: 3000 });
    const image = await send("createImageMessage", { tempFilePaths: ["http://tmp/t.png"], tempFiles: [{ path: "http://tmp/t.png", size: png.length }] });
    expect(image.after).toMatchObject({ imageFormat: 3, imageInfoArray: [{ width: 1, height: 1 }, {}, {}] });
    const file = await send("createFileMessage", { tempFiles: [{ path: "http://tmp/d.pdf", name: "文档.pdf", size: 10, type: "file" }] });
    expect(file.after).toMatchObject({ fileName: "文档.pdf", fileSize: 10 });
    await expect.poll(() => bob.received().length, WAIT).toBe(4);
    expect(bob.received().map((it: any) => it.payload)).toEqual(JSON.parse(JSON.stringify(sent.map((it) => it.payload))));
    for (const url of [video.after.videoUrl, video.after.snapshotUrl, audio.after.url, image.after.imageInfoArray[1].url, file.after.fileUrl]) {
      expect((await fetch(url)).status).toBe(200);
    }
    const gone = alice.tim.createFileMessage({ to: "bob", conversationType: "C2C", payload: { file: { path: "http://tmp/gone" } } });
    await expect(alice.tim.sendMessage(gone)).rejects.toMatchObject({ code: 2400 });
    expect(gone.status).toBe("fail");
  });

  test("Contract C6. a mini-program counts as a web instance: its login kicks the tab, with KICKED_OUT_MULT_ACCOUNT", async () => {
    const web = it.client("erin");
    await web.login();
    const phone = await start("erin");
    expect(await web.event(web.TIM.EVENT.KICKED_OUT)).toEqual({ type: web.TIM.TYPES.KICKED_OUT_MULT_ACCOUNT });
    await phone.tim.getMyProfile();
    await web.login();
    await expect.poll(() => phone.events.find((event) => event.name === "kickedOut")?.data, WAIT).toEqual({ type: "multipleAccount" });
  });
});
