/**
 * The unsaved settings of each app. They outlive the tab that edits them, so that a look at the accounts in between
 * loses nothing; they end with the page.
 */
import { computed, onScopeDispose, shallowReactive, type ComputedRef } from "vue";
import type { App } from "../../api/types";
import { changeOf, draftOf, type Draft } from "./settings-draft";

const drafts = shallowReactive(new Map<number, Draft>());

export function hasDraft(sdkAppID: number): boolean {
  return drafts.has(sdkAppID);
}

export interface DraftHandle {
  draft: ComputedRef<Draft>;
  dirty: ComputedRef<boolean>;
  edit(part: Partial<Draft>): void;
  discard(): void;
}

export function useDraft(app: () => App): DraftHandle {
  const draft = computed(() => drafts.get(app().sdkAppID) ?? draftOf(app()));
  return {
    draft,
    dirty: computed(() => drafts.has(app().sdkAppID)),
    edit(part) {
      const next = { ...draft.value, ...part };
      // Edited back to what it was is not edited, and shows what others change.
      if (changeOf(app(), next)) drafts.set(app().sdkAppID, next);
      else drafts.delete(app().sdkAppID);
    },
    discard: () => void drafts.delete(app().sdkAppID),
  };
}

/** Lets the browser ask before the page is closed on unsaved settings of any app. */
export function useUnloadGuard(): void {
  const guard = (event: BeforeUnloadEvent) => {
    if (drafts.size > 0) event.preventDefault();
  };
  addEventListener("beforeunload", guard);
  onScopeDispose(() => removeEventListener("beforeunload", guard));
}

export function dropDrafts(): void {
  drafts.clear();
}
