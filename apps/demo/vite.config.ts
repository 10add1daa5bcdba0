/**
 * How the demo is built, served in development, and tested.
 *
 * **Comes in:** the app's sources and the SDK package. **Goes out:** `dist/`, which the server embeds and serves at `/`.
 * **Never here:** anything that an app's own code would have to know: it imports `tim-js-sdk`, as it always did.
 */
import { fileURLToPath } from "node:url";
import vue from "@vitejs/plugin-vue";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where a Hongyan server started with `--dev` listens, for `npm run dev`. */
const server = process.env["HONGYAN_SERVER"] ?? "http://127.0.0.1:8020";

const fakeSdk = fileURLToPath(new URL("./tests/fakeTim.ts", import.meta.url));

export default defineConfig(({ mode }) => {
  // `vite --mode fake` and the tests run against people who live in memory; no server is needed.
  const fake = mode === "fake" || mode === "test";
  return {
    base: "/",
    plugins: [vue(), ...(mode === "fake" ? [fakeSigner()] : [])],
    resolve: { alias: { "tim-js-sdk": fake ? fakeSdk : "@hongyan/tim-js-sdk", "tim-upload-plugin": "@hongyan/tim-upload-plugin" } },
    // The SDK carries its wasm inside, in one piece.
    build: { outDir: "dist", target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
    server: {
      proxy: fake
        ? {}
        : {
            "/dev": server,
            "/v1": { target: server, ws: true },
          },
    },
    test: { environment: "happy-dom", include: ["tests/**/*.test.ts"] },
  };
});

/** Stands in for the server's `--dev` endpoints when there is no server. */
function fakeSigner(): Plugin {
  const answer = { sdkAppID: 1400000001, userSig: "fake" };
  return {
    name: "fake-signer",
    configureServer(vite) {
      vite.middlewares.use("/dev/info", (_request, response) => response.end(JSON.stringify(answer)));
      vite.middlewares.use("/dev/usersig", (_request, response) => response.end(JSON.stringify(answer)));
    },
  };
}
