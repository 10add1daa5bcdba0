/**
 * Which language the app speaks: the browser's, unless the person chose.
 *
 * **Goes out:** `t`, the dictionary in use, as a ref. **Never here:** the words themselves.
 */
import { computed, ref, watchEffect } from "vue";
import { en, type Dictionary } from "./en";
import { zh } from "./zh";

export type Locale = "en" | "zh";

const KEY = "hongyan.demo.locale";
const dictionaries: Record<Locale, Dictionary> = { en, zh };

export const locale = ref<Locale>(chosen() ?? ofBrowser());
export const t = computed<Dictionary>(() => dictionaries[locale.value]);
/** For `Intl` and the page's `lang`. */
export const languageTag = computed(() => (locale.value === "zh" ? "zh-CN" : "en"));

export function switchLanguage(): void {
  locale.value = locale.value === "en" ? "zh" : "en";
  try {
    localStorage.setItem(KEY, locale.value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

watchEffect(() => {
  document.documentElement.lang = languageTag.value;
});

function chosen(): Locale | null {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "en" || kept === "zh" ? kept : null;
  } catch {
    return null;
  }
}

function ofBrowser(): Locale {
  return navigator.languages?.[0]?.toLowerCase().startsWith("zh") === true ? "zh" : "en";
}

export type { Dictionary };
