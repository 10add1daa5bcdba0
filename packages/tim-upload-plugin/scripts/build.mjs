/** Builds the plugin as an ES module and as CommonJS, for pages and mini-programs and for Node, with its types. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const common = { bundle: true, minify: true, legalComments: "none", logLevel: "warning" };
const web = { ...common, platform: "neutral", target: "es2020", entryPoints: [here("src/index.ts")] };
const node = { ...common, platform: "node", target: "node20", entryPoints: [here("src/index.node.ts")] };
/** `require` gives the class itself, as in the original. */
const footer = { js: "module.exports = Object.assign(module.exports.default, { default: module.exports.default });" };

await Promise.all([
  build({ ...web, format: "esm", outfile: here("dist/index.js") }),
  build({ ...web, format: "cjs", outfile: here("dist/index.cjs"), footer }),
  build({ ...node, format: "esm", outfile: here("dist/index.node.js") }),
  build({ ...node, format: "cjs", outfile: here("dist/index.node.cjs"), footer }),
]);
writeFileSync(
  here("dist/index.d.ts"),
  `/** The upload plugin: \`tim.registerPlugin({ "tim-upload-plugin": TIMUploadPlugin })\`. Apps call nothing of it. */
export default class TIMUploadPlugin {
  static readonly pluginName: "tim-upload-plugin";
  static readonly version: string;
}
`,
);
