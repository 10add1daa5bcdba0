/**
 * The `test` of the demo chat: people at it, beside the SDK's tabs and the server's owner.
 */
import type { BrowserContextOptions } from "@playwright/test";

import { Chat } from "./chat.ts";
import { test as base } from "./sdk.ts";

export { expect, SDK_APP_ID } from "./sdk.ts";

interface Fixtures {
  /** Opens the demo for somebody who is not signed in. */
  visit: (options?: BrowserContextOptions) => Promise<Chat>;
  /** Opens the demo and signs in by name. */
  person: (userID: string, options?: BrowserContextOptions) => Promise<Chat>;
}

export const test = base.extend<Fixtures>({
  visit: async ({ browser, server }, use) => {
    const chats: Chat[] = [];
    await use(async (options) => {
      const chat = await Chat.open(browser, server.url, { locale: "en", ...options });
      chats.push(chat);
      return chat;
    });
    await Promise.all(chats.map((chat) => chat.close()));
  },
  person: async ({ visit }, use) => {
    await use(async (userID, options) => {
      const chat = await visit(options);
      await chat.signIn(userID);
      return chat;
    });
  },
});
