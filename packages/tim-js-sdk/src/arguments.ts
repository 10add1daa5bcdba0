/**
 * Checks that throw at once, as the public API does for plain mistakes in calling it.
 *
 * **Comes in:** arguments as the app gave them. **Goes out:** the same, with a type. **Never here:** rules of the server.
 */
import { CODE, TimError } from "./errors";

export type Handler = (event: { name: string; data: unknown }) => unknown;

export function needString(method: string, name: string, value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`${method}: ${name} must be a string, not ${described(value)}`);
  return value;
}

export function needHandler(method: string, value: unknown): Handler {
  if (typeof value !== "function") throw new TypeError(`${method}: handler must be a function, not ${described(value)}`);
  return value as Handler;
}

export function needObject(method: string, value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new TypeError(`${method}: options must be an object, not ${described(value)}`);
  return value;
}

/** The same for functions whose mistakes reject: 3153. */
export function needOptions(method: string, value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new TimError(CODE.NO_OPTIONS, `${method}: options must be an object, not ${described(value)}`);
  return value;
}

/** Whether this could have come out of `create…Message` or an event. */
export function isMessage(value: unknown): value is Record<string, unknown> & { ID: string; conversationID: string } {
  return isObject(value) && ["ID", "type", "conversationID"].every((key) => typeof value[key] === "string");
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** What a value is, without its content: it might be a secret. */
function described(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
