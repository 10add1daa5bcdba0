/** Builds for the web and for Node differ in their environment only; what they share is here. */
import { VERSION } from "./constants";
import type { Environment } from "./environment";
import { makeTim } from "./tim";
import { coreClass } from "./wasm";

const SEED_BYTES = 32;

export function makeWebTim(environment: Environment) {
  return makeTim({
    environment,
    startCore: (sdkAppID) =>
      new (coreClass())(sdkAppID, environment.platform, VERSION, crypto.getRandomValues(new Uint8Array(SEED_BYTES))),
  });
}
