/**
 * The SDK and its plugin for uploads, imported exactly as an existing app does.
 *
 * The assignment to the strict types of `api.ts` makes the compiler check the package's declarations against what this app relies on.
 */
import TIM from "tim-js-sdk";
import TIMUploadPlugin from "tim-upload-plugin";
import type { TimStatic } from "./api";

export const sdk: TimStatic = TIM;

export const plugins: Readonly<Record<string, unknown>> = { "tim-upload-plugin": TIMUploadPlugin };
