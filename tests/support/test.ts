/**
 * The `test` of all browser tests: Playwright's, with a server of the test's own.
 *
 * Goes out: `server`, started before the test and gone after it; `page.goto("/")` leads there. What the server wrote
 * is attached to the report of a test that failed. `test.use({ serverOptions: … })` starts it otherwise.
 */
import { test as base } from "@playwright/test";

import { startServer, type Server, type ServerOptions } from "./server.ts";

export { expect } from "@playwright/test";

export const test = base.extend<{ server: Server; serverOptions: ServerOptions }>({
  serverOptions: [{}, { option: true }],
  server: async ({ serverOptions }, use, info) => {
    const server = await startServer(serverOptions);
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
