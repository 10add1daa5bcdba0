/**
 * The `test` of the SDK's browser tests: a server, pages that use the SDK, tabs, and the console's settings.
 */
import { expect, type APIRequestContext } from "@playwright/test";

import { servePages, type Page, type Pages } from "./pages.ts";
import { Tab } from "./tab.ts";
import { test as base } from "./test.ts";

export { expect };

export interface Settings {
  readonly webInstances?: number;
  readonly platformPolicy?: string;
  readonly revokeLimitS?: number;
  readonly blockedSender?: "refuse" | "pretend";
}

interface Fixtures {
  /** Opens a tab; the Vite app unless told otherwise. */
  open: (page?: Page) => Promise<Tab>;
  /** Opens a tab and logs in. */
  login: (userID: string) => Promise<Tab>;
  /** Changes the app's settings as its owner does in the console. */
  settings: (settings: Settings) => Promise<void>;
  /** Signs as the console's signer does. */
  consoleSign: (userID: string, expireS: number) => Promise<string>;
  admin: APIRequestContext;
}

export const SDK_APP_ID = 1400000001;

export const test = base.extend<Fixtures, { pages: Pages }>({
  pages: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const pages = await servePages();
      await use(pages);
      await pages.close();
    },
    { scope: "worker" },
  ],
  open: async ({ browser, server, pages }, use) => {
    const tabs: Tab[] = [];
    await use(async (page = "vite-app") => {
      const tab = await Tab.open(browser, pages.url(page, server.url), server);
      tabs.push(tab);
      return tab;
    });
    await Promise.all(tabs.map((tab) => tab.close()));
  },
  login: async ({ open }, use) => {
    await use(async (userID) => {
      const tab = await open();
      await tab.login(userID);
      return tab;
    });
  },
  admin: async ({ playwright, server }, use) => {
    const admin = await playwright.request.newContext({
      baseURL: server.url,
      extraHTTPHeaders: { "content-type": "application/json" },
    });
    const password = /console password\s+(\S+)/.exec(server.output())?.[1];
    expect((await admin.post("/console/api/login", { data: { password } })).ok()).toBe(true);
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
