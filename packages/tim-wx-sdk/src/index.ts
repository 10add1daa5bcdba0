/** TIM for mini-programs. */
import { VERSION } from "../../tim-js-sdk/src/constants";
import { miniProgram, randomBytes } from "../../tim-js-sdk/src/environment/wx";
import { makeTim } from "../../tim-js-sdk/src/tim";
import { coreClass } from "./module";

const SEED_BYTES = 32;

const TIM = makeTim({
  environment: miniProgram,
  async startCore(sdkAppID, options) {
    const [Core, seed] = await Promise.all([coreClass(options["wasm"]), randomBytes(SEED_BYTES)]);
    return new Core(sdkAppID, miniProgram.platform, VERSION, seed);
  },
});
export { TIM };
export default TIM;
