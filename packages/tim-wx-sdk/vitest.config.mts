/** How the tests run: the built file in a context that has nothing but a stand-in of `wx`. */
import { defineConfig } from "vitest/config";

export default defineConfig({ test: { include: ["tests/**/*.test.ts"], testTimeout: 20_000, hookTimeout: 30_000 } });
