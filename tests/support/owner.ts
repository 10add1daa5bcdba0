/**
 * A server's owner: what they change and sign in the console, by the console's own API.
 *
 * Goes out: `admin`, a client that is signed in to the console; short cuts for what tests ask of it often.
 */
import { expect, type APIRequestContext } from "@playwright/test";

import type { Server } from "./server.ts";
import { test as base } from "./test.ts";

export { expect };

/** The app that a server has from its first start. */
export const SDK_APP_ID = 1400000001;

export interface Settings {
  readonly webInstances?: number;
  readonly platformPolicy?: string;
  readonly revokeLimitS?: number;
  readonly blockedSender?: "refuse" | "pretend";
  readonly uploadMb?: number;
  readonly uploadDayMb?: number;
  readonly historyDays?: number;
  readonly receiptGroups?: readonly string[];
  readonly receiptMembersMax?: number;
}

interface Fixtures {
  admin: APIRequestContext;
  /** Changes the app's settings as its owner does in the console. */
  settings: (settings: Settings) => Promise<void>;
  /** Signs as the console's signer does. */
  consoleSign: (userID: string, expireS: number) => Promise<string>;
}

/** The console's first password, which a server prints at its first start. */
export function firstPassword(server: Server): string {
  const password = /console password\s+(\S+)/.exec(server.output())?.[1];
  if (password === undefined) throw new Error(`no password in what the server wrote:\n${server.output()}`);
  return password;
}

export const test = base.extend<Fixtures>({
  admin: async ({ playwright, server }, use) => {
    const admin = await playwright.request.newContext({
      baseURL: server.url,
      extraHTTPHeaders: { "content-type": "application/json" },
    });
    expect((await admin.post("/console/api/login", { data: { password: firstPassword(server) } })).ok()).toBe(true);
    await use(admin);
    await admin.dispose();
  },
  settings: async ({ admin }, use) => {
    await use(async (settings) => {
      const response = await admin.patch(`/console/api/apps/${SDK_APP_ID}`, { data: { settings } });
      expect(response.ok(), await response.text()).toBe(true);
    });
  },
  consoleSign: async ({ admin }, use) => {
    await use(async (userID, expireS) => {
      const response = await admin.post(`/console/api/apps/${SDK_APP_ID}/usersig`, { data: { userID, expireS } });
      expect(response.ok(), await response.text()).toBe(true);
      return ((await response.json()) as { userSig: string }).userSig;
    });
  },
});
