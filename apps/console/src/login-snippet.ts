/**
 * The lines that sign a test user in, ready to paste into an app.
 *
 * **Comes in:** what the signer answered. **Goes out:** JavaScript. Values are written as JSON, so that no userID can
 * break out of its quotes.
 */
export interface SnippetFacts {
  sdkAppID: number;
  server: string;
  userID: string;
  userSig: string;
}

export function loginSnippet({ sdkAppID, server, userID, userSig }: SnippetFacts): string {
  return `import TIM from "tim-js-sdk";

const tim = TIM.create({
  SDKAppID: ${sdkAppID},
  server: ${JSON.stringify(server)},
});

tim.on(TIM.EVENT.SDK_READY, () => console.log("ready"));
tim.login({
  userID: ${JSON.stringify(userID)},
  userSig: ${JSON.stringify(userSig)},
});
`;
}
