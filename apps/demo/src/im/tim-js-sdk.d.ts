/** Stands in for the SDK's own declarations. */
declare module "tim-js-sdk" {
  const TIM: import("./api").TimStatic;
  export default TIM;
}
