/** Joins the glue that wasm-bindgen makes and the instantiated module; how the module gets there is another's business. */
import type { CoreConstructor, Glue } from "./core";

export function bind(glue: Glue, exports: { __wbindgen_start?: unknown }): CoreConstructor {
  glue.__wbg_set_wasm(exports);
  (exports.__wbindgen_start as undefined | (() => void))?.();
  return glue.Core;
}
