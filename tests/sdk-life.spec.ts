/** Creating an instance, logging in and out, destroying: the life of `tim` in a browser tab. */
import { expect, SDK_APP_ID, test } from "./support/sdk.ts";

for (const page of ["vite-app", "umd"] as const) {
  test(`unmodified code runs as ${page}: create, login, TIM.EVENT.SDK_READY, a message`, async ({ open }) => {
    const [alice, bob] = [await open(page), await open(page)];
    await alice.login("alice");
    await bob.login("bob");
    expect(await alice.send("bob", "hello")).toMatchObject({ code: 0, status: "success", same: true });
    await expect.poll(() => bob.texts()).toEqual(["hello"]);
  });
}

for (const page of ["vite-app", "umd"] as const) {
  test(`the server's address may be a global of the page, as ${page}`, async ({ open }) => {
    const tab = await open(page, "global");
    expect(await tab.page.locator("meta[name=hongyan-server]").count()).toBe(0);
    await tab.login("alice");
  });
}

test("create answers one instance for one SDKAppID, and null for what is none", async ({ open }) => {
  const tab = await open();
  expect(
    await tab.page.evaluate(() => {
      const { TIM, tim } = window as any;
      return {
        same: TIM.create({ SDKAppID: 1400000001 }) === tim,
        asText: TIM.create({ SDKAppID: "1400000001" }) === tim,
        other: TIM.create({ SDKAppID: 1400000002 }) !== tim,
        bad: [TIM.create({ SDKAppID: "x" }), TIM.create({})],
      };
    }),
  ).toEqual({ same: true, asText: true, other: true, bad: [null, null] });
});

/** Proves `getGroupOnlineMemberCount`. */
test("before login every gated call fails with 2024", async ({ open }) => {
  const tab = await open();
  for (const method of ["getConversationList", "getMyProfile", "logout", "destroy", "getFriendList"]) {
    expect(await tab.call(method), method).toMatchObject({ code: 2024 });
  }
  expect(await tab.call("quitGroup", "nowhere")).toMatchObject({ code: 2623 });
  expect(await tab.call("getGroupOnlineMemberCount", "room")).toMatchObject({ code: 0, data: { memberCount: 0 } });
});

/** Proves `login`. */
test("login: a second one says repeatLogin, a wrong signature gets its public code", async ({ open }) => {
  const tab = await open();
  const good = await tab.sign("alice");
  expect(await tab.call("login", { userID: "alice", userSig: "not-a-ticket" })).toMatchObject({ code: 70003 });
  expect(await tab.call("login", { userID: "bob", userSig: good })).toMatchObject({ code: 70013 });
  await tab.login("alice", good);
  expect(await tab.call("login", { userID: "alice", userSig: good })).toMatchObject({
    code: 0,
    data: { repeatLogin: true },
  });
  expect(await tab.seen("sdkStateReady")).toHaveLength(1);
});

test("Contract C7. A UserSig that expired gets 70001, one of another app 70014, one of an old key 70009", async ({
  open, admin,
}) => {
  const tab = await open();
  const login = async (userSig: string) => (await tab.call("login", { userID: "alice", userSig })).code;
  const sign = async (app: number, expireS: number): Promise<{ userSig: string; expiresMs: number }> =>
    (await admin.post(`/console/api/apps/${app}/usersig`, { data: { userID: "alice", expireS } })).json();

  const short = await sign(SDK_APP_ID, 1);
  // It is good for the whole of its last second.
  await expect.poll(() => Math.floor(Date.now() / 1000)).toBeGreaterThan(short.expiresMs / 1000);
  expect(await login(short.userSig)).toBe(70001);

  const other = await (await admin.post("/console/api/apps", { data: { name: "other" } })).json();
  expect(await login((await sign(other.app.sdkAppID, 600)).userSig)).toBe(70014);

  const old = await sign(SDK_APP_ID, 600);
  await admin.post(`/console/api/apps/${SDK_APP_ID}/rotate-key`, { data: {} });
  expect(await login(old.userSig)).toBe(70009);
  expect(await tab.seen("sdkStateReady")).toEqual([]);
  await tab.login("alice", (await sign(SDK_APP_ID, 600)).userSig);
});

/** Proves `on`, `once`, `off`, `ERROR`. */
test("a listener that throws disturbs no other, once listens once, off removes; TIM.EVENT.ERROR tells", async ({
  open,
}) => {
  const tab = await open();
  await tab.page.evaluate(() => {
    const { TIM, tim } = window as any;
    const w = window as any;
    w.calls = [];
    const context = { name: "context" };
    const removed = () => w.calls.push("removed");
    tim.on(TIM.EVENT.SDK_READY, () => {
      w.calls.push("throws");
      throw new Error("of the app");
    });
    tim.on(TIM.EVENT.SDK_READY, function (this: any) { w.calls.push(this.name); }, context);
    tim.once(TIM.EVENT.SDK_READY, () => w.calls.push("once"));
    tim.on(TIM.EVENT.SDK_READY, removed);
    tim.off(TIM.EVENT.SDK_READY, removed);
  });
  await tab.login("alice");
  await tab.call("logout");
  await tab.login("alice");
  expect(await tab.page.evaluate(() => (window as any).calls)).toEqual([
    "throws", "context", "once", "throws", "context",
  ]);
  expect((await tab.seen("error")).map((it) => it.data.code)).toEqual([2109, 2109]);
});

/** Proves `logout`. */
test("logout: TIM.EVENT.SDK_NOT_READY, memory cleared, other instances not disturbed", async ({
  open, login, settings,
}) => {
  await settings({ webInstances: 2 });
  const [one, two] = [await login("alice"), await login("alice")];
  await login("bob");
  expect(await one.send("bob", "first")).toMatchObject({ code: 0 });
  expect(await one.call("logout")).toEqual({ code: 0, data: {} });
  expect(await one.names()).toContain("sdkStateNotReady");
  expect(await one.call("getConversationList")).toMatchObject({ code: 3005 });
  expect(await two.send("bob", "second")).toMatchObject({ code: 0 });
  expect(await two.names()).not.toContain("sdkStateNotReady");
  await one.login("carol", await (await open()).sign("carol"));
  expect((await one.call("getConversationList")).data.conversationList).toEqual([]);
});

/** Proves `destroy`. */
test("destroy: SDK_NOT_READY and SDK_DESTROY, and create gives a new instance", async ({ login }) => {
  const tab = await login("alice");
  expect(await tab.call("destroy")).toMatchObject({ code: 0 });
  expect(await tab.names()).toEqual(expect.arrayContaining(["sdkStateNotReady", "sdkDestroy"]));
  await tab.page.evaluate(() => {
    const w = window as any;
    w.old = w.tim;
    w.tim = w.TIM.create({ SDKAppID: 1400000001 });
    w.events = [];
  });
  expect(await tab.page.evaluate(() => (window as any).old !== (window as any).tim)).toBe(true);
  await tab.listen();
  await tab.login("alice");
});

/** Proves `registerPlugin`. */
test("registerPlugin is kept: a picture needs tim-upload-plugin", async ({ open }) => {
  const tab = await open("umd");
  await tab.login("alice");
  const create = () =>
    tab.page.evaluate(async () => {
      const { tim } = window as any;
      try {
        const file = new File(["x"], "x.png", { type: "image/png" });
        const message = await tim.createImageMessage({ to: "bob", conversationType: "C2C", payload: { file } });
        await tim.sendMessage(message);
        return 0;
      } catch (error: any) {
        return error.code;
      }
    });
  expect(await create()).toBe(2040);
  await tab.page.evaluate(() => {
    class Upload {
      async size() {
        return 1;
      }
      async send() {}
    }
    (window as any).tim.registerPlugin({ "tim-upload-plugin": Upload });
  });
  expect(await create()).not.toBe(2040);
});

/** Proves `setLogLevel`. */
test("setLogLevel: 4 is silent, 0 tells much, and no level tells a UserSig", async ({ open }) => {
  const tab = await open();
  const lines: string[] = [];
  tab.page.on("console", (message) => lines.push(message.text()));
  const userSig = await tab.sign("alice");
  await tab.page.evaluate(() => (window as any).tim.setLogLevel(4));
  await tab.login("alice", userSig);
  await tab.call("logout");
  expect(lines).toEqual([]);
  await tab.page.evaluate(() => (window as any).tim.setLogLevel(0));
  await tab.login("alice", userSig);
  await tab.send("bob", "a secret text");
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.join("\n")).not.toContain(userSig);
  expect(lines.join("\n")).not.toContain("a secret text");
});
