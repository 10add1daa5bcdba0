/** The entry: the app on the page, with the real SDK behind it. */
import { createApp } from "vue";
import App from "./App.vue";
import "./base.css";
import { plugins, sdk } from "./im/sdk";
import { ImStore } from "./im/store";
import { startClock } from "./ui/time";
import { showProblem } from "./ui/toasts";

const store = new ImStore(sdk, {
  isVisible: () => document.visibilityState === "visible",
  onTrouble: showProblem,
  plugins,
});

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") store.becameVisible();
});

startClock();
createApp(App, { store }).mount("#app");
