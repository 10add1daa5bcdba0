/** The snippet can be pasted, whatever the userID is. */
import { expect, it } from "vitest";
import { loginSnippet } from "./login-snippet";

const facts = { sdkAppID: 1400000001, server: "https://im.example.com", userID: "alice", userSig: "eJy*-_" };

it("names the app, the server and the user", () => {
  const code = loginSnippet(facts);
  expect(code).toContain("SDKAppID: 1400000001,");
  expect(code).toContain('server: "https://im.example.com",');
  expect(code).toContain('userID: "alice"');
  expect(code).toContain('userSig: "eJy*-_"');
});

it("a userID cannot break out of its quotes", () => {
  expect(loginSnippet({ ...facts, userID: 'a"+evil()+"' })).toContain(String.raw`userID: "a\"+evil()+\""`);
});
