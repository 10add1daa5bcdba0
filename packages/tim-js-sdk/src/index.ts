/** TIM for web pages and workers. */
import { browser } from "./environment/browser";
import { makeWebTim } from "./web";

const TIM = makeWebTim(browser);
export { TIM };
export default TIM;
