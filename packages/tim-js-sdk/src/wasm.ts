/**
 * The core's module, carried inside this package and started at once: the API is usable right after the import.
 *
 * **Comes in:** the packed bytes that the build puts in. **Goes out:** the core's class. Browsers allow this on the main thread
 * for modules of this size (the strictest limit is 8 MB). **Never here:** mini-programs, which load a file.
 */
import { bind } from "./bind";
import type { CoreConstructor, Glue } from "./core";
import { inflate } from "./inflate";
import * as glue from "../wasm/hongyan_sdk_wasm_bg.js";
import { length, packed } from "../wasm/hongyan_sdk_wasm_bg.wasm";

let started: CoreConstructor | undefined;

/** The first call takes some milliseconds; so importing the package costs none. */
export function coreClass(): CoreConstructor {
  if (!started) {
    const module = new WebAssembly.Module(inflate(packed, length));
    const { exports } = new WebAssembly.Instance(module, { "./hongyan_sdk_wasm_bg.js": glue as any });
    started = bind(glue as unknown as Glue, exports);
  }
  return started;
}
