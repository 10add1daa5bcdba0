/** TIM for Node. */
import { node } from "./environment/node";
import { makeWebTim } from "./web";

const TIM = makeWebTim(node);
export { TIM };
export default TIM;
