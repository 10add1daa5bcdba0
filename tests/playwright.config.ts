/**
 * How the browser tests run: in the system's Chromium, each test with a server of its own.
 *
 * Never here: starting the server; a test asks for one (`support/test.ts`). Nothing is downloaded: the browser is
 * named by CHROMIUM, else Debian's. `cargo xtask test --only browser` sets all up; after it, `npx playwright test`
 * in this folder runs them alone.
 */
import { defineConfig } from "@playwright/test";

const inCi = Boolean(process.env.CI);

export default defineConfig({
  testDir: ".",
  globalSetup: "./support/pages.ts",
  testMatch: "**/*.spec.ts",
  outputDir: "test-results",
  fullyParallel: true,
  // Each test runs a server and one or several tabs; two at a time keep small machines responsive.
  workers: 2,
  // A test that needs a second try is a bug in the test or the product; it is not hidden.
  retries: 0,
  forbidOnly: inCi,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  use: {
    browserName: "chromium",
    locale: "en",
    trace: "retain-on-failure",
    actionTimeout: 15_000,
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      // No calls home: the tests need no network, and should not wait for one.
      args: [
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
