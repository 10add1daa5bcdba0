/**
 * The accounts of an app as far as somebody scrolled, kept fresh.
 *
 * **Comes in:** the app and what is searched for. **Goes out:** the accounts so far and whether there are more.
 */
import { onScopeDispose, ref, watch, type Ref } from "vue";
import type { AccountQuery } from "../../api/client";
import type { Account, AccountPage } from "../../api/types";
import { useApi } from "../../session";
import { usePolled } from "../../polled";

const pageRows = 50;
const refreshMs = 5000;
const typingPauseMs = 250;

export interface AccountList {
  /** What was searched for; the empty list of one search means something else than that of another. */
  query: string;
  accounts: Account[];
  more: boolean;
}

/** Reads page after page until there are enough rows, so that what is shown is of one moment. */
export async function listUpTo(
  list: (query: AccountQuery) => Promise<AccountPage>,
  query: string,
  rows: number,
): Promise<AccountList> {
  const accounts: Account[] = [];
  let after = "";
  do {
    const page = await list({ query, after, limit: pageRows });
    accounts.push(...page.accounts);
    // A cursor that does not move would go round for ever.
    if (page.next === after) return { query, accounts, more: false };
    after = page.next;
  } while (after !== "" && accounts.length < rows);
  return { query, accounts, more: after !== "" };
}

export function useAccountList(sdkAppID: () => number, search: Ref<string>) {
  const api = useApi();
  const rows = ref(pageRows);
  const loadingMore = ref(false);
  const polled = usePolled(
    () => listUpTo((query) => api.listAccounts(sdkAppID(), query), search.value.trim(), rows.value),
    // Many rows are many requests; they come less often.
    () => refreshMs * Math.max(1, rows.value / pageRows / 2),
  );

  let pause: ReturnType<typeof setTimeout> | undefined;
  watch(search, () => {
    clearTimeout(pause);
    pause = setTimeout(() => {
      rows.value = pageRows;
      void polled.refresh();
    }, typingPauseMs);
  });
  watch(sdkAppID, () => {
    polled.value.value = undefined;
    rows.value = pageRows;
    void polled.refresh();
  });
  onScopeDispose(() => clearTimeout(pause));

  async function loadMore(): Promise<void> {
    loadingMore.value = true;
    rows.value = (polled.value.value?.accounts.length ?? 0) + pageRows;
    await polled.refresh();
    loadingMore.value = false;
  }
  return { ...polled, loadMore, loadingMore };
}
