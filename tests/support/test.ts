/**
 * The `test` of all browser tests: Playwright's, with a server of the test's own.
 *
 * Goes out: `server`, started before the test and gone after it; `page.goto("/")` leads there. What the server wrote
 * is attached to the report of a test that failed.
 */
import { test as base } from "@playwright/test";

import { startServer, type Server } from "./server.ts";

export { expect } from "@playwright/test";

export const test = base.extend<{ server: Server }>({
  // Playwright reads the fixtures' names from the first argument's pattern, so it must be one, if an empty one.
  // eslint-disable-next-line no-empty-pattern
  server: async ({}, use, info) => {
    const server = await startServer();
    await use(server);
    if (info.status !== info.expectedStatus) {
      await info.attach("server output", { body: server.output(), contentType: "text/plain" });
    }
    await server.dispose();
  },
  baseURL: async ({ server }, use) => {
    await use(server.url);
  },
});
