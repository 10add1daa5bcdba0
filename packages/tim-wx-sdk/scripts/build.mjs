/**
 * Builds what is published: one CommonJS file that uses nothing but `wx`, and the wasm file beside it.
 *
 * **Comes in:** `src/`, the face of `tim-js-sdk` and its `wasm/`. **Goes out:** `dist/`, which "build npm" copies as it is.
 */
import { copyFileSync, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const module = here("../tim-js-sdk/wasm/hongyan_sdk_wasm_bg.wasm");

if (!existsSync(module)) {
  console.error("packages/tim-js-sdk/wasm is not there: run `cargo xtask wasm` first");
  process.exit(1);
}

await build({
  bundle: true,
  minify: true,
  format: "cjs",
  platform: "neutral",
  // What the developer tools and old phones' engines take without further translation.
  target: "es2018",
  // The glue asks for globals that mini-programs lack.
  inject: [here("src/text.ts")],
  entryPoints: [here("src/index.ts")],
  outfile: here("dist/index.js"),
  legalComments: "none",
  banner: { js: "/* Hongyan, MIT OR Apache-2.0 */" },
  footer: {
    js: "var TIM = module.exports.default; for (const name of ['default', 'TIM']) Object.defineProperty(TIM, name, { value: TIM }); module.exports = TIM;",
  },
  logLevel: "warning",
});
copyFileSync(module, here("dist/hongyan.wasm"));
// The API is the same; a dependency on the web package would end up in the mini-program's code package.
copyFileSync(here("../tim-js-sdk/index.d.ts"), here("dist/index.d.ts"));
