/**
 * Light, dark, or as the system has it.
 *
 * **Goes out:** the choice, and `data-theme` on the document, from which `styles/tokens.css` takes its colours.
 * `public/early-theme.js` reads the same key before the first paint.
 */
import { watch } from "vue";
import { remembered } from "./remembered";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export const theme = remembered<Theme>("hongyan-console-theme", themes, () => "system");

watch(
  theme,
  (value) => {
    if (value === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = value;
  },
  { immediate: true },
);
