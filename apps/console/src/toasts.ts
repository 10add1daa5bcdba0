/**
 * Short confirmations that go by themselves.
 *
 * **Comes in:** a sentence. **Goes out:** the few that are on screen. Errors never come here: they stay where they
 * happened until somebody acts.
 */
import { readonly, shallowRef } from "vue";

export interface Toast {
  id: number;
  text: string;
}

const shownMs = 4000;
/** More at once would cover the page; the oldest goes. */
const toastsMax = 3;

const list = shallowRef<readonly Toast[]>([]);
let lastId = 0;

export const toasts = readonly(list);

export function toast(text: string): void {
  const id = ++lastId;
  list.value = [...list.value, { id, text }].slice(-toastsMax);
  setTimeout(() => {
    list.value = list.value.filter((shown) => shown.id !== id);
  }, shownMs);
}
