/** What is published loads where it is meant to: import and require in Node, a script in a page, a module in a page. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import { describe, expect, test } from "vitest";

const dist = (name: string) => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
const folder = fileURLToPath(new URL("../..", import.meta.url));
const SAYS = "const t = TIM.create({ SDKAppID: 1, server: 'h' }); console.log(TIM.VERSION, Object.keys(t).length, t === TIM.create({ SDKAppID: '1' }))";
/** The functions of the original, and `setConversationDraft`. */
const EXPECTED = "2.27.6 115 true";

const node = (...args: string[]) => execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" }).trim();

/** What a page has, as far as the script asks for it. */
const globals = () => ({
  WebAssembly,
  crypto,
  TextDecoder,
  TextEncoder,
  console: { error() {}, info() {}, log() {}, warn() {} },
  setTimeout,
  clearTimeout,
  Uint8Array,
  location: { origin: "http://h" },
});

describe.skipIf(!existsSync(dist("tim-js-sdk.mjs")))("builds", () => {
  test("import by the package's name", () => {
    expect(node("--input-type=module", "-e", `import TIM from "@hongyan/tim-js-sdk"; ${SAYS}`)).toBe(EXPECTED);
  });

  test("require by the package's name gives TIM itself, and default and TIM as well", () => {
    const code = `const TIM = require("@hongyan/tim-js-sdk"); if (TIM.default !== TIM || TIM.TIM !== TIM) throw 1; ${SAYS}`;
    expect(node("--input-type=commonjs", "-e", code)).toBe(EXPECTED);
  });

  test("the ES module for browsers loads without anything of Node", () => {
    expect(node("--input-type=module", "-e", `import TIM from "${pathToFileURL(dist("tim-js-sdk.mjs"))}"; ${SAYS}`)).toBe(EXPECTED);
    expect(readFileSync(dist("tim-js-sdk.mjs"), "utf8")).not.toMatch(/\bimport\s*\(|\bprocess\.|from\s*"/);
  });

  test("a script gives the global TIM, AMD is answered, and CommonJS too", () => {
    const code = readFileSync(dist("tim-js-sdk.umd.js"), "utf8");
    const page: any = vm.createContext(globals());
    vm.runInContext(code, page);
    expect(Object.keys(page.TIM.create({ SDKAppID: 1 }))).toHaveLength(115);
    let defined: any;
    const amd = vm.createContext({ ...globals(), define: Object.assign((factory: () => unknown) => (defined = factory()), { amd: {} }) });
    vm.runInContext(code, amd);
    expect(defined.VERSION).toBe("2.27.6");
    const commonJs: any = vm.createContext({ ...globals(), module: { exports: {} }, exports: {} });
    vm.runInContext(code, commonJs);
    expect(commonJs.module.exports.VERSION).toBe("2.27.6");
  });

  const login = (page: any) => page.TIM.create({ SDKAppID: 1 }).login({ userID: "alice", userSig: "ticket" });
  const script = (wasm: object) => {
    const page: any = vm.createContext(globals());
    page.WebAssembly = wasm;
    vm.runInContext(readFileSync(dist("tim-js-sdk.umd.js"), "utf8"), page);
    return page;
  };

  test("a browser that starts no large module while the page waits starts it later; login waits", async () => {
    const page = script({
      Instance: WebAssembly.Instance,
      instantiate: WebAssembly.instantiate.bind(WebAssembly),
      get Module() {
        return class {
          constructor() {
            throw vm.runInContext("new RangeError('larger than 4KB')", page);
          }
        };
      },
    });
    // The core is there and wants a socket, which this page lacks.
    await expect(login(page)).rejects.toMatchObject({ code: 2800 });
  });

  test("a page whose policy forbids WebAssembly is told what to allow", async () => {
    const page = script({
      get Module() {
        return class {
          constructor() {
            throw new Error("blocked by CSP");
          }
        };
      },
    });
    await expect(login(page)).rejects.toMatchObject({ code: 2903, message: expect.stringMatching(/wasm-unsafe-eval.*blocked by CSP/) });
  });
});
