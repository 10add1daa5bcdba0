/** Starts the console: the one place that touches the browser's `fetch` and mounts the app. */
import { createApp } from "vue";
import App from "./app.vue";
import { createSession } from "./session";
import "./styles/tokens.css";
import "./styles/base.css";

const session = createSession((path, init) => fetch(path, init));
createApp(App, { session }).mount("#app");
