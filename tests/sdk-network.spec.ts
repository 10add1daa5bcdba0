/** The network fails and comes back; nothing is lost and nothing is told twice. */
import { expect, test } from "./support/sdk.ts";
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
