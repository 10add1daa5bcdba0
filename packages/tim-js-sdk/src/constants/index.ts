/** What never changes: the names of events, constants and functions, and the version of the API. */
export { EVENT } from "./events";
export { METHODS, type MethodName } from "./methods";
export { TYPES } from "./types";

/** The version of the public API that this SDK follows; apps compare it. */
export const VERSION = "2.27.6";
