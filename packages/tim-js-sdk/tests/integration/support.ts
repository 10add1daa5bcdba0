/**
 * Real clients of a real server: the built package (the one for Node, a fresh copy per client, as if each were a tab of its own).
 *
 * **Comes in:** a server, a userID. **Goes out:** a client that remembers its events; the server's console. **Never here:** what
 * a test expects.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { startServer, type Server } from "../../../../tests/support/server";
import { bind } from "../../src/bind";
import { VERSION } from "../../src/constants";
import { node } from "../../src/environment/node";
import { makeTim } from "../../src/tim";
import type { ChatSDK, EventData, IMError, Message, TIM as Tim } from "../../index";

export { startServer, type Server };

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const build = at("../../dist/tim-js-sdk.cjs");
const program = process.env["HONGYAN_BIN"] ?? at("../../../../target/debug/hongyan");

/** The app that a new server has. */
export const APP = 1400000001;

/** Who names a server wants it tested; without a name, what is not built yet is left out. */
export const isReady = process.env["HONGYAN_BIN"] !== undefined || (existsSync(build) && existsSync(program));

const WAIT_MS = 10_000;

/** A copy of the package that shares nothing with any other. */
export function freshTim(): typeof Tim {
  const require = createRequire(import.meta.url);
  delete require.cache[require.resolve(build)];
  return require(build) as typeof Tim;
}

export const TIM = isReady ? freshTim() : (undefined as unknown as typeof Tim);

/** A ticket from the server's `--dev` signer. */
export async function sign(server: Server, userID: string): Promise<string> {
  const response = await fetch(`${server.url}/dev/usersig`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ userID }),
  });
  return ((await response.json()) as { userSig: string }).userSig;
}

export interface Seen<Data = any> {
  name: string;
  data: Data;
}

/** TIM as a phone would have it: the same face and core, under the name of another platform. */
export async function phoneTim(): Promise<typeof Tim> {
  const path = at("../../wasm/hongyan_sdk_wasm_bg.js");
  const glue = await import(/* @vite-ignore */ path);
  const module = new WebAssembly.Module(readFileSync(at("../../wasm/hongyan_sdk_wasm_bg.wasm")));
  const Core = bind(glue, new WebAssembly.Instance(module, { "./hongyan_sdk_wasm_bg.js": glue }).exports);
  return makeTim({
    environment: node,
    startCore: (sdkAppID) => new Core(sdkAppID, "android", VERSION, crypto.getRandomValues(new Uint8Array(32))),
  }) as unknown as typeof Tim;
}

export class Client {
  /** All events so far, oldest first. */
  readonly events: Seen[] = [];
  readonly #waiting = new Set<() => void>();
  readonly tim: ChatSDK;

  constructor(
    readonly server: Server,
    readonly userID: string,
    SDKAppID = APP,
    readonly TIM = freshTim(),
  ) {
    this.tim = this.TIM.create({ SDKAppID, server: server.url });
    this.tim.setLogLevel(4);
    for (const name of Object.values(this.TIM.EVENT)) {
      this.tim.on(name, (event: Seen) => {
        this.events.push(event);
        for (const look of this.#waiting) look();
      });
    }
  }

  /** Logged in and ready. */
  static async start(server: Server, userID: string): Promise<Client> {
    const client = new Client(server, userID);
    await client.login();
    return client;
  }

  async login(userSig?: string): Promise<void> {
    const from = this.events.length;
    await this.tim.login({ userID: this.userID, userSig: userSig ?? (await sign(this.server, this.userID)) });
    await this.event(this.TIM.EVENT.SDK_READY, undefined, from);
  }

  /** The first such event from a point on; waits for it when it has not come yet. */
  async event<Name extends keyof EventData>(
    name: Name,
    matches: (data: EventData[Name]) => unknown = () => true,
    from = 0,
  ): Promise<EventData[Name]> {
    let ended = () => {};
    try {
      return await new Promise((resolve, reject) => {
        const look = () => {
          const found = this.events.slice(from).find((event) => event.name === name && matches(event.data));
          if (found) resolve(found.data);
        };
        const limit = setTimeout(() => {
          const seen = this.events.slice(from).map((event) => event.name);
          reject(new Error(`${this.userID} waited in vain for ${name}; seen: ${seen.join(", ") || "nothing"}`));
        }, WAIT_MS);
        ended = () => {
          clearTimeout(limit);
          this.#waiting.delete(look);
        };
        this.#waiting.add(look);
        look();
      });
    } finally {
      ended();
    }
  }

  seen(name: string): Seen[] {
    return this.events.filter((event) => event.name === name);
  }

  /** Every message that came by MESSAGE_RECEIVED. */
  received(): Message[] {
    return this.seen(this.TIM.EVENT.MESSAGE_RECEIVED).flatMap((event) => event.data as Message[]);
  }

  text(to: string, text: string, conversationType = this.TIM.TYPES.CONV_C2C as string): Message {
    return this.tim.createTextMessage({ to, conversationType, payload: { text } });
  }

  async say(to: string, text: string, conversationType?: string): Promise<Message> {
    const { data } = await this.tim.sendMessage(this.text(to, text, conversationType));
    return data.message;
  }

  /** Waits until a message with this text has come. */
  async hears(text: string): Promise<Message> {
    const list = await this.event(this.TIM.EVENT.MESSAGE_RECEIVED, (messages) => messages.some((it) => it.payload.text === text));
    return list.find((it) => it.payload.text === text)!;
  }

  /** Ends the client's sockets and timers, whatever state it is in. */
  async stop(): Promise<void> {
    await this.tim.destroy().catch(() => {});
  }
}

/** What a call was refused with. */
export async function failure(call: Promise<unknown>): Promise<IMError> {
  try {
    await call;
  } catch (error) {
    return error as IMError;
  }
  throw new Error("the call succeeded");
}

/** The owner's console, signed in with the password that a new server writes. */
export class Console {
  #cookie = "";

  private constructor(readonly server: Server) {}

  static async signIn(server: Server): Promise<Console> {
    const console = new Console(server);
    let password: string | undefined;
    // The line comes after the one that the start waits for.
    for (let tries = 0; !password && tries < 50; tries++) {
      password = /password:?\s+(\S+)/i.exec(server.output())?.[1];
      if (!password) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (!password) throw new Error(`the server wrote no console password:\n${server.output()}`);
    await console.ask("POST", "login", { password });
    return console;
  }

  async ask(method: string, path: string, body?: object): Promise<any> {
    const response = await fetch(`${this.server.url}/console/api/${path}`, {
      method,
      headers: { "content-type": "application/json", cookie: this.#cookie },
      ...(body && { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
    this.#cookie = response.headers.get("set-cookie")?.split(";")[0] ?? this.#cookie;
    return answer ? JSON.parse(answer) : undefined;
  }

  settings(settings: object, app = APP): Promise<any> {
    return this.ask("PATCH", `apps/${app}`, { settings });
  }
}

/** Starts a server for a test file and clients that end with each test. */
export function world() {
  const clients: Client[] = [];
  let server: Server | undefined;
  return {
    async begin() {
      server = await startServer();
    },
    get server(): Server {
      if (!server) throw new Error("the server has not begun");
      return server;
    },
    client(userID: string, app = APP, TIM = freshTim()): Client {
      const client = new Client(this.server, userID, app, TIM);
      clients.push(client);
      return client;
    },
    /** Logged in and ready. */
    async ready(...userIDs: string[]): Promise<Client[]> {
      return Promise.all(
        userIDs.map(async (userID) => {
          const client = this.client(userID);
          await client.login();
          return client;
        }),
      );
    },
    async stopClients() {
      await Promise.all(clients.splice(0).map((client) => client.stop()));
    },
    async end() {
      await this.stopClients();
      await server?.dispose();
    },
  };
}
