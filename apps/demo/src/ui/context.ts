/** How components reach the store: provided once by the app, asked for by whoever needs it. */
import { inject, provide, type InjectionKey } from "vue";
import type { ImStore } from "../im/store";

const key: InjectionKey<ImStore> = Symbol("im");

export function provideIm(store: ImStore): void {
  provide(key, store);
}

export function useIm(): ImStore {
  const store = inject(key);
  if (!store) throw new Error("no store was provided");
  return store;
}
