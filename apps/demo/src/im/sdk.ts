/**
 * The one import of the SDK, exactly as an existing app has it.
 *
 * The assignment to the strict types of `api.ts` makes the compiler check the package's declarations against what this app relies on.
 */
import TIM from "tim-js-sdk";
import type { TimStatic } from "./api";

export const sdk: TimStatic = TIM;
