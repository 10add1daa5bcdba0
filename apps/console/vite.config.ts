/**
 * How the console is built, tested and developed.
 *
 * **Goes out:** `dist/`, which the server carries inside and serves under `/console/`. `npm run dev` talks to a
 * real server (`HONGYAN_SERVER`, default `http://127.0.0.1:8020`), `npm run dev:mock` to a stand-in that needs
 * none. **Never here:** anything that the shipped page would depend on.
 */
import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";
import { mockApi } from "./tests/mock-api.ts";

export default defineConfig(({ mode }) => ({
  base: "/console/",
  plugins: [vue(), ...(mode === "mock" ? [mockApi()] : [])],
  build: {
    target: "es2022",
    // Every asset is its own file, so that the server can forbid inline sources in its content security policy.
    assetsInlineLimit: 0,
  },
  server: {
    ...(mode === "mock"
      ? {}
      : { proxy: { "/console/api": process.env["HONGYAN_SERVER"] ?? "http://127.0.0.1:8020" } }),
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.ts"],
  },
}));
