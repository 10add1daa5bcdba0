/**
 * Errors as the public API has them: an `Error` with `code`, `message` and `data` of its own.
 *
 * **Comes in:** a code and what went wrong. **Goes out:** what Promises reject with.
 */

export const CODE = {
  NOT_SIGNED_IN: 2024,
  NO_UPLOAD_PLUGIN: 2040,
  NOT_A_MESSAGE: 2105,
  HANDLER_THREW: 2109,
  NOT_A_MEMBER: 2623,
  SIGN_IN_BEFORE_JOINING: 2662,
  NETWORK: 2800,
  UNCAUGHT: 2903,
  UNKNOWN_EXPERIMENT: 2905,
  NOT_BUILT: 3122,
  NO_OPTIONS: 3153,
} as const;

export class TimError extends Error {
  // A caller compares `error.name` with "Error"; the class is ours.
  override name = "Error";
  readonly code: number;
  data: object;

  constructor(code: number, message: string, data: object = {}) {
    super(message);
    this.code = code;
    this.data = data;
    // Own and enumerable, so that it survives `{ ...error }` and JSON.
    Object.defineProperty(this, "message", { value: message, enumerable: true, writable: true, configurable: true });
  }
}

/** Whatever was thrown, as the public API has it. */
export function asTimError(thrown: unknown): TimError {
  if (thrown instanceof TimError) return thrown;
  const { code, message, data } = Object(thrown) as { code?: unknown; message?: unknown; data?: unknown };
  return new TimError(
    typeof code === "number" ? code : CODE.UNCAUGHT,
    typeof message === "string" ? message : String(thrown),
    typeof data === "object" && data !== null ? data : {},
  );
}
