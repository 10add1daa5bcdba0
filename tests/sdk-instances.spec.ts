/** How many instances an account may have, and what a kicked one sees (contract C6). */
import { expect, SDK_APP_ID, test } from "./support/sdk.ts";
import { CLOSE_KICKED, KICK_REASON, PLATFORM, rawLogin } from "./support/wire.ts";

const KICKED = "kickedOut";

test("Contract C6. By default a second tab kicks the first: TIM.EVENT.KICKED_OUT", async ({ login }) => {
  const [first, second, bob] = [await login("alice"), await login("alice"), await login("bob")];
  await expect.poll(() => first.seen(KICKED)).toEqual([{ name: KICKED, data: { type: "multipleAccount" } }]);
  expect((await first.names()).slice(-2)).toEqual(["sdkStateNotReady", KICKED]);
  expect(await first.call("getConversationList")).not.toMatchObject({ code: 0 });
  await bob.send("alice", "who gets this?");
  await expect.poll(() => second.texts()).toEqual(["who gets this?"]);
  expect(await first.texts()).toEqual([]);
  expect(await second.seen(KICKED)).toEqual([]);
});

test("Contract C6. Set to 2, the third tab kicks the oldest; it neither sends, receives nor comes back", async ({
  login, settings, server,
}) => {
  const one = await login("alice");
  await settings({ webInstances: 2 });
  const [two, three, bob] = [await login("alice"), await login("alice"), await login("bob")];
  await expect.poll(() => one.seen(KICKED)).toEqual([{ name: KICKED, data: { type: "multipleAccount" } }]);
  const events = (await one.names()).length;
  expect(await one.send("bob", "from the kicked one")).toMatchObject({ code: expect.any(Number) });
  await bob.send("alice", "to the living");
  for (const tab of [two, three]) await expect.poll(() => tab.texts()).toEqual(["to the living"]);
  expect(await two.send("bob", "from two")).toMatchObject({ code: 0 });
  expect(await three.send("bob", "from three")).toMatchObject({ code: 0 });
  // It does not reconnect by itself, also when the others do.
  await server.restart();
  for (const tab of [two, three, bob]) {
    await expect.poll(async () => (await tab.seen("netStateChange")).at(-1)?.data.state).toBe("connected");
  }
  await bob.send("alice", "after the restart");
  for (const tab of [two, three]) {
    await expect.poll(() => tab.texts()).toEqual(expect.arrayContaining(["after the restart"]));
    expect(await tab.seen(KICKED)).toEqual([]);
  }
  expect((await one.names()).slice(events).filter((it) => it !== "error")).toEqual([]);
  expect(await bob.texts()).toEqual(["from two", "from three"]);
});

test("a UserSig that runs out ends the session: KICKED_OUT_USERSIG_EXPIRED", async ({ open, consoleSign }) => {
  const tab = await open();
  await tab.login("alice", await consoleSign("alice", 3));
  await expect.poll(() => tab.seen(KICKED)).toEqual([{ name: KICKED, data: { type: "userSigExpired" } }]);
  expect(await tab.call("login", { userID: "alice", userSig: await tab.sign("alice") })).toMatchObject({ code: 0 });
});

test("a session kept from the console is told so: KICKED_OUT_REST_API", async ({ login, admin }) => {
  const tab = await login("alice");
  await admin.post("/console/api/apps/1400000001/kick", { data: { userID: "alice" } });
  await expect.poll(() => tab.seen(KICKED)).toEqual([{ name: KICKED, data: { type: "REST_API_Kick" } }]);
});

test("Contract C6. Under policy single a phone's login kicks the tab, and the tab's the phone: KICKED_OUT_MULT_DEVICE", async ({
  login, open, settings, server,
}) => {
  await settings({ platformPolicy: "single" });
  const tab = await login("alice");
  const credentials = { sdkAppID: SDK_APP_ID, userID: "alice", userSig: await tab.sign("alice") };
  const phone = await rawLogin(server.url, { ...credentials, platform: PLATFORM.android });
  await expect.poll(() => phone.code).toBe(0);
  await expect.poll(() => tab.seen(KICKED)).toEqual([{ name: KICKED, data: { type: "multipleDevice" } }]);
  expect(await tab.page.evaluate(() => (window as any).TIM.TYPES.KICKED_OUT_MULT_DEVICE)).toBe("multipleDevice");
  expect((await tab.names()).slice(-2)).toEqual(["sdkStateNotReady", KICKED]);

  const next = await open();
  await next.login("alice");
  await expect.poll(() => phone.closeCode).toBe(CLOSE_KICKED);
  expect(phone.kickReason).toBe(KICK_REASON.multipleDevice);
  expect(await next.seen(KICKED)).toEqual([]);
});

test("Contract C6. Under policy dual a tab and a phone live together, but not two phones", async ({
  login, settings, server,
}) => {
  await settings({ platformPolicy: "dual" });
  const tab = await login("alice");
  const credentials = { sdkAppID: SDK_APP_ID, userID: "alice", userSig: await tab.sign("alice") };
  const android = await rawLogin(server.url, { ...credentials, platform: PLATFORM.android });
  await expect.poll(() => android.code).toBe(0);
  const ios = await rawLogin(server.url, { ...credentials, platform: PLATFORM.ios });
  await expect.poll(() => ios.code).toBe(0);
  await expect.poll(() => android.kickReason).toBe(KICK_REASON.multipleDevice);
  expect(ios.closeCode).toBeUndefined();
  expect(await tab.seen(KICKED)).toEqual([]);
  expect(await tab.call("getConversationList")).toMatchObject({ code: 0 });
  ios.close();
});
