/**
 * Where in the console one is, kept in the address's fragment so that the server has one page to serve.
 *
 * **Comes in:** `#/apps/1400000001/key`. **Goes out:** a `Route`, and the way back to text. **Never here:** pages.
 */
import { readonly, shallowRef } from "vue";

export const appTabs = ["settings", "accounts", "signer", "key"] as const;
export type AppTab = (typeof appTabs)[number];

export type Route =
  | { kind: "overview" }
  | { kind: "apps" }
  | { kind: "app"; sdkAppID: number; tab: AppTab }
  | { kind: "preferences" }
  | { kind: "unknown" };

export function parseRoute(hash: string): Route {
  const parts = hash.replace(/^#?\/?/, "").split("/").filter((part) => part !== "");
  const [first, second, third] = parts;
  if (first === undefined) return { kind: "overview" };
  if (first === "preferences" && second === undefined) return { kind: "preferences" };
  if (first !== "apps" || parts.length > 3) return { kind: "unknown" };
  if (second === undefined) return { kind: "apps" };
  const tab = third === undefined ? "settings" : appTabs.find((known) => known === third);
  if (!/^[1-9]\d{0,15}$/.test(second) || tab === undefined) return { kind: "unknown" };
  return { kind: "app", sdkAppID: Number(second), tab };
}

export function hrefOf(route: Exclude<Route, { kind: "unknown" }>): string {
  switch (route.kind) {
    case "overview":
      return "#/";
    case "apps":
      return "#/apps";
    case "app":
      return `#/apps/${route.sdkAppID}/${route.tab}`;
    case "preferences":
      return "#/preferences";
  }
}

const here = shallowRef<Route>(parseRoute(location.hash));
export const route = readonly(here);

addEventListener("hashchange", () => {
  here.value = parseRoute(location.hash);
});

export function goTo(to: Exclude<Route, { kind: "unknown" }>): void {
  location.hash = hrefOf(to);
}
