/**
 * What an app imports: `create` and the constants. The same for every environment.
 *
 * **Comes in:** an environment, and how to make a core there. **Goes out:** the object TIM.
 */
import { EVENT, TYPES, VERSION } from "./constants";
import type { CoreStart } from "./driver";
import type { Environment } from "./environment";
import { makeInstance, type Instance } from "./instance";
import { serverAddress } from "./server-address";

export interface World {
  environment: Environment;
  /** Makes a core, or promises one. */
  startCore(sdkAppID: number, options: Record<string, unknown>): CoreStart;
}

const APP_ID_MAX = 0xffff_ffff;

export function makeTim({ environment, startCore }: World) {
  const instances = new Map<number, Instance>();

  function create(options: unknown): Instance | null {
    if (typeof options !== "object" || options === null) {
      throw new TypeError("TIM.create: give it { SDKAppID }, the number of your app in the console of the server");
    }
    const given = options as Record<string, unknown>;
    const sdkAppID = appID(given["SDKAppID"]);
    if (sdkAppID === undefined) {
      console.error("[hongyan] TIM.create: SDKAppID must be the number of your app; the console of the server shows it");
      return null;
    }
    const there = instances.get(sdkAppID);
    if (there) return there;
    const instance = makeInstance({
      start: startCore(sdkAppID, given),
      environment,
      address: () => serverAddress({ ...environment.addresses, option: given["server"] }),
      destroyed: () => instances.delete(sdkAppID),
    });
    instances.set(sdkAppID, instance);
    return instance;
  }

  return { create, EVENT, TYPES, VERSION };
}

/** A positive whole number, also as text. */
function appID(given: unknown): number | undefined {
  const isNumeric = typeof given === "number" || (typeof given === "string" && /^\d+$/.test(given.trim()));
  const id = isNumeric ? Number(given) : NaN;
  return Number.isInteger(id) && id > 0 && id <= APP_ID_MAX ? id : undefined;
}
