/**
 * A stand-in for the server: the console API in memory, as a Vite plugin, so that the console can be worked on and
 * looked at without building the server (`npm run dev:mock`; the password is `hongyan-console`).
 *
 * **Comes in:** requests under `/console/api`. **Goes out:** what the contract says. **Never here:** anything shipped.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import type { Account, App, AppChange, OnlineInstance, Overview, Platform } from "../src/api/types";

export function mockApi(): Plugin {
  return {
    name: "hongyan-console-mock-api",
    configureServer(server) {
      const api = new MockServer();
      server.middlewares.use("/console/api", (request, response) => void api.answer(request, response));
    },
  };
}

const minute = 60_000;
const day = 24 * 60 * minute;

class MockServer {
  private password = "hongyan-console";
  private readonly tokens = new Set<string>();
  private readonly startedMs = Date.now() - 3 * day - 4 * 60 * minute;
  private messagesSent = 1_284_113;
  private readonly apps: App[] = [
    app(1400000001, "Team chat", 40, { webInstances: 3, platformPolicy: "multi" }),
    app(1400000002, "客服中心", 12, { blockedSender: "pretend", revokeLimitS: 3600 }),
    app(1400000003, "Staging", 2, {}),
  ];
  private readonly accounts = new Map<number, Account[]>([
    [1400000001, people(132)],
    [1400000002, people(8)],
    [1400000003, []],
  ]);

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://mock");
    const body = await readBody(request);
    const key = `${request.method} ${url.pathname}`;
    const token = /hongyan-console=(\w+)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
    const say = (status: number, answer: object, headers: Record<string, string> = {}) => {
      response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
      response.end(JSON.stringify(answer));
    };
    const refuse = (status: number, code: string, message: string) => say(status, { code, message });

    if (key === "POST /login") {
      if (body["password"] !== this.password) return refuse(403, "wrong-password", "the password is wrong");
      const fresh = randomBytes(16).toString("hex");
      this.tokens.add(fresh);
      return say(200, {}, { "set-cookie": `hongyan-console=${fresh}; Path=/console; HttpOnly; SameSite=Strict` });
    }
    if (!this.tokens.has(token)) return refuse(401, "not-signed-in", "nobody is signed in");

    if (key === "GET /session") return say(200, { signedIn: true, version: "0.1.0" });
    if (key === "POST /logout") return this.tokens.delete(token), say(200, {});
    if (key === "POST /password") {
      if (body["current"] !== this.password) return refuse(403, "wrong-password", "the password is wrong");
      this.password = String(body["new"]);
      return say(200, {});
    }
    if (key === "GET /overview") return say(200, this.overview());
    if (key === "GET /apps") return say(200, { apps: this.apps.map((known) => this.counted(known)) });
    if (key === "POST /apps") {
      const made = app(1400000001 + this.apps.length, String(body["name"]), 0, {});
      this.apps.push(made);
      this.accounts.set(made.sdkAppID, []);
      return say(200, { app: made, secretKey: randomBytes(32).toString("hex") });
    }

    const [, id, action = ""] = /^\/apps\/(\d+)(?:\/([\w-]+))?$/.exec(url.pathname) ?? [];
    const found = this.apps.find((known) => known.sdkAppID === Number(id));
    if (!found) return refuse(404, "not-found", "there is no such app");
    const accounts = this.accounts.get(found.sdkAppID) ?? [];
    switch (`${request.method} ${action}`) {
      case "PATCH ": {
        const change = body as AppChange;
        if (change.name !== undefined) found.name = change.name;
        Object.assign(found.settings, change.settings);
        return say(200, { app: this.counted(found) });
      }
      case "GET translate":
        return say(200, { url: "", hasKey: false });
      case "PUT translate":
        return say(200, { url: String(body["url"]), hasKey: Boolean(body["key"]) });
      case "POST rotate-key":
        return say(200, { secretKey: randomBytes(32).toString("hex") });
      case "GET accounts":
        return say(200, page(accounts, url.searchParams));
      case "POST usersig": {
        const expiresMs = Date.now() + Number(body["expireS"]) * 1000;
        if (!/^[\x21-\x7e]+$/.test(String(body["userID"]))) {
          return refuse(422, "invalid", "the userID may hold printable ASCII characters only");
        }
        return say(200, { userSig: `eJy${randomBytes(96).toString("base64").replace(/[+/=]/g, "*")}_`, expiresMs });
      }
      case "POST kick": {
        const account = accounts.find((known) => known.userID === body["userID"]);
        if (!account) return refuse(404, "not-found", "there is no such account");
        return say(200, { kicked: account.online.splice(0).length });
      }
      default:
        return refuse(404, "not-found", "there is nothing here");
    }
  }

  private overview(): Overview {
    const nowMs = Date.now();
    const wave = Math.sin(nowMs / 9000) + Math.sin(nowMs / 3700) / 2;
    this.messagesSent += Math.round(160 + 60 * wave);
    const accounts = [...this.accounts.values()].reduce((sum, list) => sum + list.length, 0);
    return {
      version: "0.1.0",
      startedMs: this.startedMs,
      nowMs,
      connections: Math.round(2140 + 80 * wave),
      instances: Math.round(2090 + 80 * wave),
      accountsOnline: Math.round(1704 + 50 * wave),
      apps: this.apps.length,
      accounts: 18_000 + accounts,
      messagesSent: this.messagesSent,
      dataBytes: 734_003_200,
      dev: true,
    };
  }

  private counted(known: App): App {
    const list = this.accounts.get(known.sdkAppID) ?? [];
    return { ...known, accounts: list.length, online: list.filter(({ online }) => online.length > 0).length };
  }
}

function app(sdkAppID: number, name: string, daysOld: number, settings: Partial<App["settings"]>): App {
  return {
    sdkAppID,
    name,
    createdMs: Date.now() - daysOld * day,
    accounts: 0,
    online: 0,
    settings: {
      webInstances: 1,
      platformPolicy: "multi",
      revokeLimitS: 120,
      blockedSender: "refuse",
      uploadMb: 100,
      uploadDayMb: 2048,
      historyDays: 7,
      receiptGroups: ["Work", "Public", "Meeting"],
      receiptMembersMax: 200,
      ...settings,
    },
  };
}

function people(count: number): Account[] {
  const named = ["alice|Alice Wang", "bob|Bob", "carol|", "dave|戴维", "erin|Erin O’Neil", "li_lei|李雷", "han_meimei|韩梅梅"];
  const devices: Platform[] = ["web", "android", "mini-program", "mac", "ipad", "windows", "ios"];
  return Array.from({ length: count }, (_, index) => {
    const [userID = "", nick = ""] = (named[index] ?? `user_${String(index).padStart(4, "0")}|`).split("|");
    const online = Array.from({ length: index % 4 === 3 ? 0 : (index * 7) % 4 }, (_, slot): OnlineInstance => ({
      platform: devices[(index + slot) % devices.length] ?? "web",
      instance: randomBytes(4).toString("hex"),
      sinceMs: Date.now() - (index + slot) * 7 * minute,
      address: `10.0.${index % 8}.${20 + slot}`,
    }));
    return {
      userID,
      nick,
      avatar: "",
      createdMs: Date.now() - (40 - (index % 30)) * day,
      lastLoginMs: index % 11 === 10 ? 0 : Date.now() - index * 47 * minute,
      online,
    };
  }).sort((a, b) => (a.userID < b.userID ? -1 : 1));
}

function page(all: Account[], search: URLSearchParams): { accounts: Account[]; next: string } {
  const query = (search.get("query") ?? "").toLowerCase();
  const after = search.get("after") ?? "";
  const limit = Number(search.get("limit") ?? 50);
  const matching = all.filter(
    ({ userID, nick }) => userID > after && (userID.toLowerCase().includes(query) || nick.toLowerCase().includes(query)),
  );
  const accounts = matching.slice(0, limit);
  return { accounts, next: matching.length > limit ? (accounts.at(-1)?.userID ?? "") : "" };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
