/** The network fails and comes back; nothing is lost and nothing is told twice. */
import { expect, SDK_APP_ID, test } from "./support/sdk.ts";
import type { Tab } from "./support/tab.ts";

async function states(tab: Tab): Promise<string[]> {
  return (await tab.seen("netStateChange")).map((it) => it.data.state);
}

test("TIM.EVENT.NET_STATE_CHANGE: connecting and connected at login, and again after a restart", async ({
  login, server,
}) => {
  const tab = await login("alice");
  expect((await states(tab)).at(-1)).toBe("connected");
  const before = (await states(tab)).length;
  await server.kill();
  await expect.poll(async () => (await states(tab)).length).toBeGreaterThan(before);
  expect((await states(tab)).slice(before)).not.toContain("connected");
  await server.restart();
  await expect.poll(async () => (await states(tab)).at(-1)).toBe("connected");
  expect(await tab.names()).not.toContain("sdkStateNotReady");
});

test("Contracts C1, C3 and C4. What was missed comes once and in order after the server was killed", async ({
  login, server,
}) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  const texts: string[] = [];
  for (const number of [1, 2, 3]) {
    texts.push(`before ${number}`);
    await alice.send("bob", `before ${number}`);
  }
  await expect.poll(() => bob.texts()).toEqual(texts);
  await bob.page.context().setOffline(true);
  await server.kill();
  await server.restart();
  for (const number of [1, 2, 3]) {
    texts.push(`meanwhile ${number}`);
    await expect.poll(async () => (await alice.send("bob", `meanwhile ${number}`)).code).toBe(0);
  }
  await bob.page.context().setOffline(false);
  await expect.poll(() => bob.texts(), { timeout: 40_000 }).toEqual(texts);
  const held = await bob.call("getMessageList", { conversationID: "C2Calice" });
  expect(held.data.messageList.map((it: any) => it.payload.text)).toEqual(texts);
  expect(await bob.conversation("C2Calice")).toMatchObject({ unreadCount: 6 });
});

test("Contract C2. A message whose answer was lost is there once", async ({ login, server }) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  await server.stop();
  const sending = alice.send("bob", "sent into the dark");
  await server.restart();
  expect(await sending).toMatchObject({ code: 0, status: "success" });
  await expect.poll(() => bob.texts()).toEqual(["sent into the dark"]);
  const list = await alice.call("getMessageList", { conversationID: "C2Cbob" });
  expect(list.data.messageList).toHaveLength(1);
});

test("a tab that goes offline says disconnected, and is back with what it missed: TIM.EVENT.NET_STATE_CHANGE", async ({
  login,
}) => {
  const [alice, bob] = [await login("alice"), await login("bob")];
  const network = alice.page.context();
  await network.setOffline(true);
  await expect.poll(async () => (await states(alice)).at(-1)).toBe("disconnected");
  expect(await bob.send("alice", "while you were away")).toMatchObject({ code: 0 });
  // What is sent meanwhile waits for the line.
  const sending = alice.send("bob", "from the tunnel");
  await network.setOffline(false);
  await expect.poll(async () => (await states(alice)).at(-1), { timeout: 30_000 }).toBe("connected");
  expect(await sending).toMatchObject({ code: 0, status: "success" });
  await expect.poll(() => alice.texts()).toEqual(["while you were away"]);
  await expect.poll(() => bob.texts()).toEqual(["from the tunnel"]);
  expect(await alice.names()).not.toContain("sdkStateNotReady");
});

test("login while the server is down fails with a public code, and works once it is up", async ({ open, server }) => {
  const tab = await open();
  const userSig = await tab.sign("alice");
  await server.stop();
  const refused = await tab.call("login", { userID: "alice", userSig });
  expect(refused.code, refused.message).toBeGreaterThan(0);
  expect(await tab.names()).not.toContain("sdkStateReady");
  await server.restart();
  await tab.login("alice", userSig);
});

test("a session whose ticket is void when it comes back ends: SDK_NOT_READY, TIM.EVENT.ERROR with the public code", async ({
  login, admin, server,
}) => {
  const tab = await login("alice");
  const rotated = await admin.post(`/console/api/apps/${SDK_APP_ID}/rotate-key`, { data: {} });
  expect(rotated.ok()).toBe(true);
  // Who is on line stays, until the ticket is asked for again.
  expect(await tab.call("getConversationList")).toMatchObject({ code: 0 });
  await server.restart();
  await expect.poll(async () => (await tab.seen("error")).map((it) => it.data), { timeout: 30_000 }).toEqual([
    { code: 70009, message: expect.any(String) },
  ]);
  expect(await tab.names()).toContain("sdkStateNotReady");
  await tab.login("alice");
});
