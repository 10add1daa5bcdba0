/**
 * Builds what is published: an ES module and a UMD script for browsers, an ES module and a CommonJS module for Node.
 *
 * **Comes in:** `src/` and `wasm/` (made by `cargo xtask wasm`). **Goes out:** `dist/`, each file with the wasm inside.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { compress } from "lzma1";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

if (!existsSync(here("wasm/hongyan_sdk_wasm_bg.wasm"))) {
  console.error("packages/tim-js-sdk/wasm is not there: run `cargo xtask wasm` first");
  process.exit(1);
}

/** The module goes in packed (`src/unpack.ts` says why): a wasm file becomes its packed bytes and its length. */
const packedWasm = {
  name: "packed-wasm",
  setup(building) {
    building.onLoad({ filter: /\.wasm$/, namespace: "file" }, ({ path }) => ({
      contents: `export { default as packed } from ${JSON.stringify(`packed:${path}`)}; export const length = ${readFileSync(path).length};`,
      loader: "js",
    }));
    building.onResolve({ filter: /^packed:/ }, ({ path }) => ({ path: path.slice("packed:".length), namespace: "packed" }));
    building.onLoad({ filter: /.*/, namespace: "packed" }, ({ path }) => ({
      contents: new Uint8Array(compress(readFileSync(path), 9)),
      loader: "binary",
    }));
  },
};

const common = {
  bundle: true,
  minify: true,
  legalComments: "none",
  plugins: [packedWasm],
  banner: { js: "/* Hongyan, MIT OR Apache-2.0 */" },
  logLevel: "warning",
};
const web = {
  ...common,
  platform: "browser",
  // The oldest engines whose WebAssembly knows reference types, which the core uses.
  target: ["chrome96", "firefox90", "safari15"],
  entryPoints: [here("src/index.ts")],
};
const node = { ...common, platform: "node", target: "node20", external: ["ws"], entryPoints: [here("src/index.node.ts")] };

/** `module.exports` is TIM itself, as in the original; `default` and `TIM` are there for those who look for them. */
const PLAIN =
  "for (const name of ['default', 'TIM']) Object.defineProperty(TIM, name, { value: TIM });";

await Promise.all([
  build({ ...web, format: "esm", outfile: here("dist/tim-js-sdk.mjs") }),
  build({
    ...web,
    format: "iife",
    globalName: "bundled",
    outfile: here("dist/tim-js-sdk.umd.js"),
    banner: {
      js: `${common.banner.js}
(function (root, factory) {
  if (typeof exports === "object" && typeof module !== "undefined") module.exports = factory();
  else if (typeof define === "function" && define.amd) define(factory);
  else root.TIM = factory();
})(typeof globalThis !== "undefined" ? globalThis : self, function () {`,
    },
    footer: { js: `var TIM = bundled.default; ${PLAIN} return TIM; });` },
  }),
  build({ ...node, format: "esm", outfile: here("dist/tim-js-sdk.node.mjs") }),
  build({
    ...node,
    format: "cjs",
    outfile: here("dist/tim-js-sdk.cjs"),
    footer: { js: `var TIM = module.exports.default; ${PLAIN} module.exports = TIM;` },
  }),
]);
