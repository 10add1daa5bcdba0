/** Light or dark: the system's way, unless the person chose. The page carries it as `data-theme`; `base.css` does the rest. */
import { computed, ref, watchEffect } from "vue";

export type Theme = "system" | "light" | "dark";

const KEY = "hongyan.demo.theme";
const ORDER: readonly Theme[] = ["system", "light", "dark"];
const systemDark = window.matchMedia?.("(prefers-color-scheme: dark)");
const systemIsDark = ref(systemDark?.matches === true);
systemDark?.addEventListener?.("change", (event) => (systemIsDark.value = event.matches));

export const theme = ref<Theme>(chosen());
export const isDark = computed(() => (theme.value === "system" ? systemIsDark.value : theme.value === "dark"));

export function switchTheme(): void {
  theme.value = ORDER[(ORDER.indexOf(theme.value) + 1) % ORDER.length]!;
  try {
    localStorage.setItem(KEY, theme.value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

watchEffect(() => {
  document.documentElement.dataset["theme"] = isDark.value ? "dark" : "light";
});

function chosen(): Theme {
  try {
    const kept = localStorage.getItem(KEY) as Theme | null;
    return kept !== null && ORDER.includes(kept) ? kept : "system";
  } catch {
    return "system";
  }
}
