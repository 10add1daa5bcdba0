/**
 * The server's owner at the console, in a browser profile of their own.
 *
 * Comes in: what a person does. Goes out: locators for what they see. Never here: the console's API, and what is right.
 */
import { expect, type Browser, type BrowserContextOptions, type Locator, type Page } from "@playwright/test";

export type Tab = "settings" | "accounts" | "signer" | "key";

export class Console {
  private constructor(
    readonly page: Page,
    private readonly url: string,
  ) {}

  /** Opens the console in a new profile. */
  static async open(browser: Browser, server: string, options: BrowserContextOptions = {}): Promise<Console> {
    const context = await browser.newContext(options);
    const console = new Console(await context.newPage(), `${server}/console/`);
    await console.page.goto(console.url);
    return console;
  }

  /** Fills in the password and presses the button. */
  async tryPassword(password: string): Promise<void> {
    await this.page.locator("input[autocomplete=current-password]").fill(password);
    await this.page.locator("form button[type=submit]").click();
  }

  async signIn(password: string): Promise<void> {
    await this.tryPassword(password);
    await expect(this.page.locator("main#main")).toBeVisible();
  }

  /** Goes to a page by its address. */
  async goTo(hash: string): Promise<void> {
    await this.page.goto(`${this.url}#/${hash}`);
  }

  async goToApp(sdkAppID: number, tab: Tab): Promise<void> {
    await this.goTo(`apps/${sdkAppID}/${tab}`);
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  dialog(title: string): Locator {
    return this.page.getByRole("dialog", { name: title });
  }

  /** A number of the overview. */
  tile(label: string): Locator {
    return this.page.locator(".tile").filter({ has: this.page.getByText(label, { exact: true }) });
  }

  /** Somebody's row among the accounts. */
  account(userID: string): Locator {
    return this.page.getByRole("row").filter({ has: this.page.getByText(userID, { exact: true }) });
  }

  /** Makes a ticket with the test signer. */
  async sign(sdkAppID: number, userID: string): Promise<string> {
    await this.goToApp(sdkAppID, "signer");
    await this.page.getByLabel("userID").fill(userID);
    await this.button("Make UserSig").click();
    await expect(this.page.getByRole("heading", { name: `UserSig for ${userID}` })).toBeVisible();
    return (await this.page.locator(".sig").textContent()) ?? "";
  }

  /** Whether nothing is wider than the screen. */
  fits(): Promise<boolean> {
    return this.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
