/**
 * A browser tab with a `tim` in it: logs in, calls the public API, and remembers every event.
 *
 * Comes in: what a person or an app would do. Goes out: plain copies of what the API answered. Never here: what is
 * right; tests say that. `window.events` in the page holds what every listener got, in order; `window.kept` the message
 * objects that an app would hold: those that it sent, and those that MESSAGE_RECEIVED brought, by ID.
 */
import { expect, type Browser, type BrowserContext, type Page as BrowserPage } from "@playwright/test";

export interface Seen {
  readonly name: string;
  readonly data: any;
}

export interface Outcome {
  readonly code: number;
  readonly data?: any;
  readonly message?: string;
}

/** Stands for the message object that the app holds, in what is given to `call`; with some of its fields changed first. */
export function held(messageID: string, change: object = {}): unknown {
  return { heldMessage: messageID, change };
}

export class Tab {
  private constructor(
    readonly page: BrowserPage,
    private readonly context: BrowserContext,
    private readonly server: { readonly url: string },
  ) {}

  /** Opens a page in a profile of its own and listens to every event. */
  static async open(browser: Browser, url: string, server: { readonly url: string }): Promise<Tab> {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(findHeld);
    await page.goto(url);
    await page.waitForFunction(() => (window as any).tim !== undefined);
    const tab = new Tab(page, context, server);
    await tab.listen();
    return tab;
  }

  /** Registers a listener for every event; needed again after `destroy` and a new `create`. */
  async listen(): Promise<void> {
    await this.page.evaluate(() => {
      const { TIM, tim } = window as any;
      const events: unknown[] = ((window as any).events ??= []);
      const kept: Record<string, unknown> = ((window as any).kept ??= {});
      for (const name of Object.values(TIM.EVENT) as string[]) {
        tim.on(name, (event: { name: string; data: unknown }) => {
          events.push({ name: event.name, data: JSON.parse(JSON.stringify(event.data ?? null)) });
          if (name === TIM.EVENT.MESSAGE_RECEIVED) for (const it of event.data as { ID: string }[]) kept[it.ID] = it;
        });
      }
    });
  }

  /** A UserSig of the server in development mode. */
  async sign(userID: string): Promise<string> {
    const response = await fetch(`${this.server.url}/dev/usersig`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ userID }),
    });
    return ((await response.json()) as { userSig: string }).userSig;
  }

  /** Logs in and waits for SDK_READY. */
  async login(userID: string, userSig?: string): Promise<Outcome> {
    const before = (await this.seen("sdkStateReady")).length;
    const outcome = await this.call("login", { userID, userSig: userSig ?? (await this.sign(userID)) });
    expect(outcome, `the login of ${userID}`).toMatchObject({ code: 0 });
    await expect.poll(async () => (await this.seen("sdkStateReady")).length).toBe(before + 1);
    return outcome;
  }

  /** Calls a function of the public API; a rejection is an outcome too, a synchronous throw has code -1. */
  call(method: string, ...args: unknown[]): Promise<Outcome> {
    return this.page.evaluate(
      async ([name, values]) => {
        const copy = (it: unknown): any => (it === undefined ? undefined : JSON.parse(JSON.stringify(it)));
        try {
          const answer = await (window as any).tim[name](...(window as any).findHeld(values));
          return { code: answer?.code ?? 0, data: copy(answer?.data ?? answer) };
        } catch (error: any) {
          return { code: error.code ?? -1, message: String(error.message), data: copy(error.data) };
        }
      },
      [method, args] as const,
    );
  }

  /** Makes a message by a function of the public API and sends it; answers it as the app holds it afterwards. */
  make(method: string, options: object, sendOptions?: object): Promise<any> {
    return this.page.evaluate(
      async ([method, options, sendOptions]) => {
        const { tim, findHeld } = window as any;
        // A promise when it is refused already.
        const message = tim[method](findHeld(options));
        if (!(message instanceof Promise)) {
          ((window as any).sent ??= []).push(message);
          (window as any).kept[message.ID] = message;
        }
        try {
          const answer = await tim.sendMessage(await message, sendOptions);
          return { ...JSON.parse(JSON.stringify(message)), code: 0, same: answer.data.message === message };
        } catch (error: any) {
          return { ...JSON.parse(JSON.stringify(message)), code: error.code, error: error.message };
        }
      },
      [method, options, sendOptions] as const,
    );
  }

  /** Sends a text and answers the message as the app holds it afterwards. */
  send(to: string, text: string, conversationType: "C2C" | "GROUP" = "C2C"): Promise<any> {
    return this.make("createTextMessage", { to, conversationType, payload: { text } });
  }

  /** The message object that the app has held since it was sent or came, as it is now. */
  held(messageID: string): Promise<any> {
    return this.page.evaluate((id) => JSON.parse(JSON.stringify((window as any).kept[id] ?? null)), messageID);
  }

  /** The messages that this tab sent, as the app holds them now. */
  sent(): Promise<any[]> {
    return this.page.evaluate(() => JSON.parse(JSON.stringify((window as any).sent ?? [])));
  }

  /** What listeners of an event (its public value) got so far. */
  seen(name: string): Promise<Seen[]> {
    return this.page.evaluate((name) => (window as any).events.filter((it: Seen) => it.name === name), name);
  }

  /** Every event so far, by name and in order. */
  names(): Promise<string[]> {
    return this.page.evaluate(() => (window as any).events.map((it: Seen) => it.name));
  }

  /** All messages that MESSAGE_RECEIVED brought, in order. */
  async received(): Promise<any[]> {
    return (await this.seen("onMessageReceived")).flatMap((it) => it.data);
  }

  /** The texts among them. */
  async texts(): Promise<string[]> {
    return (await this.received()).filter((it) => it.type === "TIMTextElem").map((it) => it.payload.text);
  }

  /** One conversation of the list. */
  async conversation(conversationID: string): Promise<any> {
    const outcome = await this.call("getConversationList");
    return outcome.data.conversationList.find((it: any) => it.conversationID === conversationID);
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

/** Runs in the page: what `held` made becomes the objects that it stands for. */
function findHeld(): void {
  const page = window as any;
  page.findHeld = (it: any): any => {
    if (Array.isArray(it)) return it.map((one) => page.findHeld(one));
    if (it === null || typeof it !== "object") return it;
    if (it.heldMessage !== undefined) return Object.assign(page.kept[it.heldMessage], it.change);
    return Object.fromEntries(Object.entries(it).map(([name, value]) => [name, page.findHeld(value)]));
  };
}
