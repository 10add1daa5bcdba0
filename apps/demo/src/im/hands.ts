/** What the parts of the store work with: the SDK, and a way to call it. **Never here:** state. */
import type { Tim, TimStatic } from "./api";

export interface Hands {
  readonly sdk: TimStatic;
  /** Calls the SDK; whatever it throws or rejects with becomes a `Problem`. */
  call<T>(run: (tim: Tim) => Promise<T>): Promise<T>;
  /** Like `call`, where nobody waits for the answer: what fails is told as trouble. */
  attempt(run: (tim: Tim) => Promise<unknown>): Promise<void>;
}
