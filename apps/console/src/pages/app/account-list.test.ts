/** Paging through accounts ends where it should. */
import { expect, it } from "vitest";
import type { Account } from "../../api/types";
import { listUpTo } from "./account-list";

const account = (userID: string): Account => ({
  userID,
  nick: "",
  avatar: "",
  createdMs: 0,
  lastLoginMs: 0,
  online: [],
});

function pagesOf(...pages: string[][]) {
  const asked: string[] = [];
  return {
    asked,
    list: async ({ after }: { after: string }) => {
      asked.push(after);
      const index = after === "" ? 0 : Number(after);
      const next = index + 1 < pages.length ? `${index + 1}` : "";
      return { accounts: (pages[index] ?? []).map(account), next };
    },
  };
}

it("stops as soon as there are enough rows and says that there are more", async () => {
  const { list, asked } = pagesOf(["a", "b"], ["c", "d"], ["e"]);
  const found = await listUpTo(list, "", 3);
  expect(found.accounts.map(({ userID }) => userID)).toEqual(["a", "b", "c", "d"]);
  expect(found.more).toBe(true);
  expect(asked).toEqual(["", "1"]);
});

it("stops at the last page", async () => {
  const found = await listUpTo(pagesOf(["a"], ["b"]).list, "x", 100);
  expect([found.accounts.length, found.more, found.query]).toEqual([2, false, "x"]);
});

it("a cursor that does not move ends the list instead of going round", async () => {
  let calls = 0;
  const stuck = async () => (calls++, { accounts: [account("a")], next: "same" });
  await listUpTo(stuck, "", 1000);
  expect(calls).toBe(2);
});
