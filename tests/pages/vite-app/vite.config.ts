/** Builds the app with the two package names pointing at ours: what an existing app's owner changes. */
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  resolve: {
    alias: {
      "tim-js-sdk": "@hongyan/tim-js-sdk",
      "tim-upload-plugin": "@hongyan/tim-upload-plugin",
    },
  },
  build: { outDir: "../../dist/vite-app", emptyOutDir: true },
});
