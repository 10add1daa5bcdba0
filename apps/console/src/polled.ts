/**
 * A value from the server that stays fresh while somebody looks at it.
 *
 * **Comes in:** how to load it and how often. **Goes out:** the newest value, and the error of the last attempt; an
 * old value stays when a refresh fails. **Never here:** asking while the page is hidden, or twice at once.
 */
import { onScopeDispose, shallowRef, type ShallowRef } from "vue";
import { asApiError, type ApiError } from "./api/error";

export interface Polled<T> {
  value: ShallowRef<T | undefined>;
  error: ShallowRef<ApiError | undefined>;
  loading: ShallowRef<boolean>;
  /** Loads now. What an earlier, slower load brings is dropped. */
  refresh(): Promise<void>;
}

export function usePolled<T>(load: () => Promise<T>, everyMs: () => number): Polled<T> {
  const value = shallowRef<T>();
  const error = shallowRef<ApiError>();
  const loading = shallowRef(false);
  let turn = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function refresh(): Promise<void> {
    clearTimeout(timer);
    const mine = ++turn;
    loading.value = true;
    try {
      const loaded = await load();
      if (mine !== turn) return;
      value.value = loaded;
      error.value = undefined;
    } catch (caught) {
      if (mine !== turn) return;
      error.value = asApiError(caught);
    }
    loading.value = false;
    if (!document.hidden) timer = setTimeout(() => void refresh(), everyMs());
  }

  function onVisibility(): void {
    if (document.hidden) clearTimeout(timer);
    else void refresh();
  }

  document.addEventListener("visibilitychange", onVisibility);
  onScopeDispose(() => {
    turn++;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", onVisibility);
  });
  void refresh();
  return { value, error, loading, refresh };
}
