/** What the build makes of the wasm files, so that types can be checked before they are there. */
declare module "*/hongyan_sdk_wasm_bg.js" {
  export const Core: unknown;
  export function __wbg_set_wasm(exports: unknown): void;
}

/** `scripts/build.mjs` packs the module; `unpack.ts` unpacks it. */
declare module "*.wasm" {
  export const packed: Uint8Array;
  export const length: number;
}
