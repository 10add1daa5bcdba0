/**
 * The `test` of the SDK's browser tests: a server and its owner, pages that use the SDK, and tabs.
 */
import { test as base } from "./owner.ts";
import { servePages, type Found, type Page, type Pages } from "./pages.ts";
import { Tab } from "./tab.ts";

export { expect, SDK_APP_ID } from "./owner.ts";

interface Fixtures {
  /** Opens a tab; the Vite app, which finds the server by its <meta> tag, unless told otherwise. */
  open: (page?: Page, found?: Found) => Promise<Tab>;
  /** Opens a tab and logs in. */
  login: (userID: string) => Promise<Tab>;
}

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
    await use(async (page = "vite-app", found = "meta") => {
      const tab = await Tab.open(browser, pages.url(page, server.url, found), server);
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
});
