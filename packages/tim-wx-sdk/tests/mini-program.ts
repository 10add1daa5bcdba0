/**
 * A stand-in of a mini-program: the built file runs in a context that has `wx`, `WXWebAssembly`, timers, `console` and what the
 * language itself brings; nothing else.
 *
 * **Comes in:** how this mini-program is. **Goes out:** its TIM, and ways to move its network. Sockets are real ones below.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { WebSocket } from "ws";

const dist = (name: string) => fileURLToPath(new URL(`../dist/${name}`, import.meta.url));

export interface Options {
  /** Where the code package has the wasm file. */
  wasmAt?: string;
  globalData?: Record<string, unknown>;
  hasRandomValues?: boolean;
  hasWebAssembly?: boolean;
}

export interface MiniProgram {
  TIM: any;
  /** The upload plugin, built for pages and mini-programs, loaded in the same world. */
  Plugin: any;
  /** Files that choosers and recorders have left, by path. */
  files: Map<string, Uint8Array>;
  /** Requests over HTTP so far; `cut` ends the next ones without an answer. */
  requests: { urls: string[]; cut: number };
  /** Globals of a browser that are there all the same: none should be. */
  foreign: Set<string>;
  sockets: WebSocket[];
  setNetwork(isConnected: boolean): void;
  show(): void;
  logged: string[];
}

export function startMiniProgram({
  wasmAt = "/miniprogram_npm/tim-wx-sdk/hongyan.wasm",
  globalData = {},
  hasRandomValues = true,
  hasWebAssembly = true,
}: Options = {}): MiniProgram {
  const networkHandlers = new Set<(result: { isConnected: boolean }) => void>();
  const showHandlers = new Set<() => void>();
  const sockets: WebSocket[] = [];
  const logged: string[] = [];
  const log = (...words: unknown[]) => void logged.push(words.join(" "));

  const files = new Map<string, Uint8Array>();
  const requests = { urls: [] as string[], cut: 0 };
  const wx: Record<string, unknown> = {
    request({ url, method, data, header, success, fail }: any) {
      requests.urls.push(`${method} ${new URL(url).pathname}`);
      if (data !== undefined && Object.prototype.toString.call(data) !== "[object ArrayBuffer]") throw new TypeError("wx sends strings and ArrayBuffers");
      if (requests.cut > 0) {
        requests.cut -= 1;
        setTimeout(() => fail({ errMsg: "request:fail" }));
        return;
      }
      fetch(url, { method, body: data, headers: header })
        .then(async (response) => {
          const text = await response.text();
          let body: unknown = text;
          // As a mini-program does, unless it is told otherwise.
          try {
            body = JSON.parse(text);
          } catch {}
          success({ statusCode: response.status, data: body });
        })
        .catch((error) => fail({ errMsg: String(error) }));
    },
    getFileSystemManager: () => ({
      getFileInfo: ({ filePath, success, fail }: any) => {
        const file = files.get(filePath);
        setTimeout(() => (file ? success({ size: file.length }) : fail({ errMsg: "getFileInfo:fail no such file" })));
      },
      readFile: ({ filePath, position, length, success, fail }: any) => {
        const file = files.get(filePath);
        setTimeout(() => (file ? success({ data: file.slice(position, position + length).buffer }) : fail({ errMsg: "readFile:fail no such file" })));
      },
    }),
    connectSocket({ url, fail }: { url: string; fail?: (result: { errMsg: string }) => void }) {
      const socket = new WebSocket(url);
      sockets.push(socket);
      socket.binaryType = "arraybuffer";
      socket.on("error", () => {});
      void fail;
      return {
        onOpen: (handler: () => void) => socket.on("open", handler),
        onMessage: (handler: (result: { data: ArrayBuffer | string }) => void) =>
          socket.on("message", (data, isBinary) => handler({ data: isBinary ? (data as ArrayBuffer) : String(data) })),
        onClose: (handler: (result: { code: number; reason: string }) => void) =>
          socket.on("close", (code, reason) => handler({ code, reason: String(reason) })),
        onError: (handler: (result: { errMsg: string }) => void) => socket.on("error", (error) => handler({ errMsg: error.message })),
        send({ data }: { data: ArrayBuffer }) {
          if (Object.prototype.toString.call(data) !== "[object ArrayBuffer]") throw new TypeError("wx sends strings and ArrayBuffers");
          socket.send(data);
        },
        close: ({ code, reason }: { code: number; reason: string }) => socket.close(code, reason),
      };
    },
    getNetworkType: ({ success }: { success: (result: { networkType: string }) => void }) =>
      setTimeout(() => success({ networkType: "wifi" })),
    onNetworkStatusChange: (handler: (result: { isConnected: boolean }) => void) => networkHandlers.add(handler),
    offNetworkStatusChange: (handler: (result: { isConnected: boolean }) => void) => networkHandlers.delete(handler),
    onAppShow: (handler: () => void) => showHandlers.add(handler),
    offAppShow: (handler: () => void) => showHandlers.delete(handler),
  };
  if (hasRandomValues) {
    wx["getRandomValues"] = ({ length, success }: { length: number; success: (result: { randomValues: ArrayBuffer }) => void }) =>
      setTimeout(() => success({ randomValues: crypto.getRandomValues(new Uint8Array(length)).buffer }));
  }
  const WXWebAssembly = {
    async instantiate(path: string, imports: WebAssembly.Imports) {
      if (path !== wasmAt) throw new Error(`no such file: ${path}`);
      return WebAssembly.instantiate(readFileSync(dist("hongyan.wasm")), imports);
    },
  };

  const globals: Record<string, unknown> = {
    wx,
    setTimeout,
    clearTimeout,
    console: { log, info: log, warn: log, error: log },
    getApp: () => ({ globalData }),
    ...(hasWebAssembly && { WXWebAssembly }),
  };
  const context = vm.createContext(globals);
  // The language brings these along, and a mini-program has none of them.
  vm.runInContext("delete globalThis.WebAssembly; delete globalThis.SharedArrayBuffer; delete globalThis.Atomics;", context);
  const code = readFileSync(dist("index.js"), "utf8");
  const module: { exports: any } = { exports: {} };
  vm.runInContext(`(function (module, exports, require) {${code}\n})`, context)(module, module.exports, (name: string) => {
    throw new Error(`the build must be one file, and asks for ${name}`);
  });
  const pluginCode = readFileSync(fileURLToPath(new URL("../../tim-upload-plugin/dist/index.cjs", import.meta.url)), "utf8");
  const plugin: { exports: any } = { exports: {} };
  vm.runInContext(`(function (module, exports) {${pluginCode}\n})`, context)(plugin, plugin.exports);
  const absent = ["WebSocket", "window", "document", "TextDecoder", "TextEncoder", "WebAssembly", "performance", "crypto", "URL", "fetch", "process"];
  const foreign = new Set(absent.filter((name) => vm.runInContext(`typeof ${name} !== "undefined"`, context)));

  return {
    TIM: module.exports,
    Plugin: plugin.exports,
    files,
    requests,
    foreign,
    sockets,
    logged,
    setNetwork: (isConnected) => networkHandlers.forEach((handler) => handler({ isConnected })),
    show: () => showHandlers.forEach((handler) => handler()),
  };
}
