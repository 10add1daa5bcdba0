/**
 * How the tests run: in Node; those in `tests/integration` against a real server (`HONGYAN_BIN`) and the built package.
 */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["tests/**/*.test.ts"], testTimeout: 20_000, hookTimeout: 30_000 },
});
