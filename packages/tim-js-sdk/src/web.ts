/** Builds for the web and for Node differ in their environment only; what they share is here. */
import { VERSION } from "./constants";
import type { CoreConstructor } from "./core";
import type { Environment } from "./environment";
import { makeTim } from "./tim";
import { coreClass } from "./wasm";

const SEED_BYTES = 32;

export function makeWebTim(environment: Environment) {
  return makeTim({
    environment,
    startCore(sdkAppID) {
      const make = (Core: CoreConstructor) =>
        new Core(sdkAppID, environment.platform, VERSION, crypto.getRandomValues(new Uint8Array(SEED_BYTES)));
      const Core = coreClass();
      return typeof Core === "function" ? make(Core) : Core.then(make);
    },
  });
}
