/**
 * A choice that the browser remembers, such as the theme.
 *
 * **Comes in:** a key and the values allowed. **Goes out:** a ref that is saved whenever it changes. Where storage is
 * off, the choice lasts as long as the page. **Never here:** anything secret.
 */
import { shallowRef, watch, type ShallowRef } from "vue";

export function remembered<T extends string>(
  key: string,
  allowed: readonly T[],
  otherwise: () => T,
): ShallowRef<T> {
  const stored = read(key);
  const choice: ShallowRef<T> = shallowRef(allowed.find((value) => value === stored) ?? otherwise());
  watch(choice, (value) => write(key, value), { flush: "sync" });
  return choice;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is off or full; the choice still holds on this page.
  }
}
