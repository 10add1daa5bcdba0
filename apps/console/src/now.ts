/** The one place that reads the clock: the time of the moment, as a ref that moves on by itself for "5 minutes ago". */
import { onScopeDispose, readonly, ref, type Ref } from "vue";

const everyMs = 15_000;

export function useNow(): Readonly<Ref<number>> {
  const now = ref(Date.now());
  const timer = setInterval(() => (now.value = Date.now()), everyMs);
  onScopeDispose(() => clearInterval(timer));
  return readonly(now);
}
