/**
 * The language that the console speaks.
 *
 * **Comes in:** the browser's languages, and the switch. **Goes out:** `texts`, the dictionary of the moment.
 * **Never here:** the texts themselves.
 */
import { computed, watch } from "vue";
import { remembered } from "../remembered";
import { en, type Dictionary } from "./en";
import { zhCN } from "./zh-cn";

export type { Dictionary };

export const languages = ["en", "zh-CN"] as const;
export type Language = (typeof languages)[number];

/** Each language in its own words, so that everybody finds theirs. */
export const languageNames: Record<Language, string> = { en: "English", "zh-CN": "简体中文" };

export const dictionaries: Record<Language, Dictionary> = { en, "zh-CN": zhCN };

/** The first of the browser's languages that the console speaks; English when it speaks none. */
export function chooseLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "zh") return "zh-CN";
    if (primary === "en") return "en";
  }
  return "en";
}

export const language = remembered<Language>("hongyan-console-language", languages, () =>
  chooseLanguage(navigator.languages),
);

export const texts = computed(() => dictionaries[language.value]);

watch(language, (value) => (document.documentElement.lang = value), { immediate: true });
