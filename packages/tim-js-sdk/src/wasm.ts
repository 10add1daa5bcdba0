/**
 * The core's module, carried inside this package and started at once: the API is usable right after the import.
 *
 * **Comes in:** the packed bytes that the build puts in. **Goes out:** the core's class, promised only where the browser starts
 * modules of this size in its own time (Chrome before 115, on the main thread). **Never here:** mini-programs, which load a file.
 */
import { bind } from "./bind";
import type { CoreConstructor, Glue } from "./core";
import { CODE, TimError, asTimError } from "./errors";
import { unpack } from "./unpack";
import * as glue from "../wasm/hongyan_sdk_wasm_bg.js";
import { length, packed } from "../wasm/hongyan_sdk_wasm_bg.wasm";

type Class = CoreConstructor | Promise<CoreConstructor>;

let started: Class | undefined;

/** The first call takes some milliseconds; so importing the package costs none. */
export function coreClass(): Class {
  started ??= start();
  return started;
}

function start(): Class {
  const bytes = unpack(packed, length);
  const imports = { "./hongyan_sdk_wasm_bg.js": glue as any };
  const bound = ({ exports }: WebAssembly.Instance) => bind(glue as unknown as Glue, exports);
  try {
    return bound(new WebAssembly.Instance(new WebAssembly.Module(bytes), imports));
  } catch (error) {
    // A RangeError says that the module is too large to be started while the page waits.
    const later = error instanceof RangeError ? WebAssembly.instantiate(bytes, imports) : Promise.reject(error);
    return later.then(({ instance }) => bound(instance)).catch((last: unknown) => Promise.reject(explained(last)));
  }
}

function explained(error: unknown): TimError {
  const help = "a Content-Security-Policy must allow it with script-src 'wasm-unsafe-eval'";
  return new TimError(CODE.UNCAUGHT, `WebAssembly could not be started (${help}): ${asTimError(error).message}`);
}
