/**
 * Applies a remembered theme before the first paint, so that a dark console never flashes white.
 *
 * It is a file of its own because the page allows no inline script. The key is that of `src/theme.ts`.
 */
(() => {
  try {
    const theme = localStorage.getItem("hongyan-console-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is off: the system's theme it is.
  }
})();
