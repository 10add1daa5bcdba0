/**
 * The core's module, a file of the mini-program's code package; WeChat loads it in its own time.
 *
 * **Comes in:** where the app put the file. **Goes out:** the core's class, promised. What is called meanwhile waits.
 */
import * as glue from "../../tim-js-sdk/wasm/hongyan_sdk_wasm_bg.js";
import { bind } from "../../tim-js-sdk/src/bind";
import type { CoreConstructor, Glue } from "../../tim-js-sdk/src/core";
import { appWide } from "../../tim-js-sdk/src/environment/wx";
import { CODE, TimError } from "../../tim-js-sdk/src/errors";

declare const WXWebAssembly:
  | undefined
  | { instantiate(path: string, imports: object): Promise<{ instance: { exports: { __wbindgen_start?: unknown } } }> };
declare const HONGYAN_WASM: unknown;

const FILE = "hongyan.wasm";

/** Where the file is when "build npm" of the developer tools has put it, by the alias and by the package's own name. */
const PLACES = [`/miniprogram_npm/tim-wx-sdk/${FILE}`, `/miniprogram_npm/@hongyan/tim-wx-sdk/${FILE}`];

let loaded: Promise<CoreConstructor> | undefined;

export function coreClass(path: unknown): Promise<CoreConstructor> {
  loaded ??= load(path).catch((error: unknown) => {
    // The next instance may name another path.
    loaded = undefined;
    throw error;
  });
  return loaded;
}

async function load(path: unknown): Promise<CoreConstructor> {
  const wasm = typeof WXWebAssembly === "undefined" ? undefined : WXWebAssembly;
  if (!wasm) {
    throw new TimError(CODE.UNCAUGHT, "WXWebAssembly is missing: set the mini-program's lowest base library to 2.13.0 or newer");
  }
  const said = [path, typeof HONGYAN_WASM === "undefined" ? undefined : HONGYAN_WASM, appWide("HONGYAN_WASM")];
  const chosen = said.find((place): place is string => typeof place === "string" && place !== "");
  const failures: string[] = [];
  for (const place of chosen === undefined ? PLACES : [chosen]) {
    try {
      const { instance } = await wasm.instantiate(place, { "./hongyan_sdk_wasm_bg.js": glue });
      return bind(glue as unknown as Glue, instance.exports);
    } catch (error) {
      failures.push(`${place}: ${error instanceof Error ? error.message : JSON.stringify(error)}`);
    }
  }
  throw new TimError(
    CODE.UNCAUGHT,
    `${FILE} could not be loaded (${failures.join("; ")}); put it into the code package and say where: ` +
      "TIM.create({ SDKAppID, wasm: '/path/to/hongyan.wasm' }) or HONGYAN_WASM in App.globalData",
  );
}
