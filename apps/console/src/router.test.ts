/** Addresses name pages and back. */
import { expect, it } from "vitest";
import { appTabs, hrefOf, parseRoute } from "./router";

it("every page is found again by its own address", () => {
  const pages = [
    { kind: "overview" },
    { kind: "apps" },
    { kind: "preferences" },
    ...appTabs.map((tab) => ({ kind: "app", sdkAppID: 1400000001, tab }) as const),
  ] as const;
  for (const page of pages) expect(parseRoute(hrefOf(page))).toEqual(page);
});

it("an app without a tab opens its settings", () => {
  expect(parseRoute("#/apps/1400000001")).toEqual({ kind: "app", sdkAppID: 1400000001, tab: "settings" });
});

it.each(["#/nowhere", "#/apps/abc", "#/apps/0", "#/apps/1/nowhere", "#/apps/1/key/more", "#/preferences/x", "#/apps/-1"])(
  "%s names nothing",
  (hash) => {
    expect(parseRoute(hash)).toEqual({ kind: "unknown" });
  },
);
