/**
 * A person at the demo chat, in a browser profile of their own.
 *
 * Comes in: what a person does: types, clicks, looks. Goes out: locators for what they see. Never here: the SDK, and
 * what is right; tests say that.
 */
import { expect, type Browser, type BrowserContextOptions, type Locator, type Page } from "@playwright/test";

export class Chat {
  private constructor(readonly page: Page) {}

  /** Opens the demo in a new profile. */
  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Chat> {
    const context = await browser.newContext(options);
    const chat = new Chat(await context.newPage());
    await chat.page.goto(url);
    return chat;
  }

  /** Another tab of the same profile. */
  async openTab(): Promise<Chat> {
    const tab = new Chat(await this.page.context().newPage());
    await tab.page.goto(this.page.url());
    return tab;
  }

  /** Where the server signs for anybody, a name is enough. */
  async signIn(userID: string): Promise<void> {
    await this.page.getByTestId("login-user").fill(userID);
    await this.page.getByTestId("login-submit").click();
    await this.isIn();
  }

  /** Elsewhere one brings a ticket. */
  async signInWith(sdkAppID: number, userID: string, userSig: string): Promise<void> {
    await this.page.getByTestId("login-app").fill(String(sdkAppID));
    await this.page.getByTestId("login-user").fill(userID);
    await this.page.getByTestId("login-sig").fill(userSig);
    await this.page.getByTestId("login-submit").click();
  }

  /** The chat is shown and the line is up. */
  async isIn(): Promise<void> {
    await expect(this.page.getByTestId("net-state")).toHaveAttribute("data-state", "connected");
  }

  /** Opens the chat with somebody by the dialog, as for a first message. */
  async talkTo(userID: string): Promise<void> {
    await this.page.getByTestId("new-chat").click();
    await this.page.getByTestId("new-chat-user").fill(userID);
    await this.page.getByTestId("new-chat-open").click();
    await this.isOpen(`C2C${userID}`);
  }

  /** Makes a group with these members; resolves to its conversation. */
  async makeGroup(name: string, members: string): Promise<string> {
    await this.page.getByTestId("new-group").click();
    await this.page.getByTestId("group-name").fill(name);
    await this.page.getByTestId("group-members").fill(members);
    await this.page.getByTestId("group-create").click();
    const chat = this.page.getByTestId("chat");
    await expect(this.page.getByRole("dialog")).toHaveCount(0);
    await expect(chat).toHaveAttribute("data-id", /^GROUP/);
    return (await chat.getAttribute("data-id")) ?? "";
  }

  /** Opens a conversation of the list. */
  async choose(conversationID: string): Promise<void> {
    await this.item(conversationID).click();
    await this.isOpen(conversationID);
  }

  async isOpen(conversationID: string): Promise<void> {
    await expect(this.page.getByRole("dialog")).toHaveCount(0);
    await expect(this.page.getByTestId("chat")).toHaveAttribute("data-id", conversationID);
  }

  async write(text: string): Promise<void> {
    await this.page.getByTestId("message-input").fill(text);
    await this.page.getByTestId("message-input").press("Enter");
  }

  /** One conversation of the list. */
  item(conversationID: string): Locator {
    return this.page.locator(`[data-testid="conversation-item"][data-id="${conversationID}"]`);
  }

  badge(conversationID: string): Locator {
    return this.item(conversationID).getByTestId("unread-badge");
  }

  messages(): Locator {
    return this.page.getByTestId("message");
  }

  message(text: string): Locator {
    return this.messages().filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** Chooses from a message's menu, by the entry's test ID. */
  async act(text: string, action: string): Promise<void> {
    await this.message(text).hover();
    await this.message(text).getByTestId("message-actions").click();
    await this.page.getByTestId(action).click();
  }

  /** Chooses from a conversation's menu. */
  async actOn(conversationID: string, action: string): Promise<void> {
    await this.item(conversationID).click({ button: "right" });
    await this.page.getByTestId(`conversation-${action}`).click();
  }

  /** Looks at a tab of the list: `all`, `unread`, `hidden`, `folder NAME`. */
  async lookAt(tab: string): Promise<void> {
    await this.page.locator(`[data-testid="tab"][data-key="${tab}"]`).click();
  }

  /** Passes on what was chosen. */
  async forwardTo(conversationID: string): Promise<void> {
    await this.page.locator(`[data-testid="forward-target"][data-id="${conversationID}"]`).click();
    await this.page.getByTestId("forward-send").click();
  }

  /** Whether nothing is wider than the screen. */
  fits(): Promise<boolean> {
    return this.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
