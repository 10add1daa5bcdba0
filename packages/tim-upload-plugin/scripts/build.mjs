/** Builds the plugin as an ES module and as CommonJS, with its types. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const common = { bundle: true, minify: true, platform: "neutral", target: "es2018", keepNames: true, entryPoints: [here("src/index.ts")] };

await build({ ...common, format: "esm", outfile: here("dist/index.js") });
await build({
  ...common,
  format: "cjs",
  outfile: here("dist/index.cjs"),
  // `require` gives the class itself, as in the original.
  footer: { js: "module.exports = Object.assign(module.exports.default, { default: module.exports.default });" },
});
writeFileSync(
  here("dist/index.d.ts"),
  `/** The upload plugin: \`tim.registerPlugin({ "tim-upload-plugin": TIMUploadPlugin })\`. Uploads themselves are not built yet. */
export default class TIMUploadPlugin {
  static readonly pluginName: "tim-upload-plugin";
  static readonly version: string;
  /** Rejects with 3122: the server has no uploads yet. */
  upload(): Promise<never>;
}
`,
);
