/** The same API as on the web. */
export * from "@hongyan/tim-js-sdk";
export { default } from "@hongyan/tim-js-sdk";
