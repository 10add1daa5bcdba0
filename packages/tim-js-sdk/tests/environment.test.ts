/** The environments' own words become the driver's. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { browser } from "../src/environment/browser";
import { miniProgram, randomBytes } from "../src/environment/wx";

afterEach(() => vi.unstubAllGlobals());

const listener = () => ({ opened: vi.fn(), message: vi.fn(), closed: vi.fn() });

class Page extends EventTarget {
  visibilityState = "visible";
  constructor(readonly meta?: string) {
    super();
  }
  querySelector(selector: string) {
    return selector === 'meta[name="hongyan-server"]' && this.meta ? { getAttribute: () => this.meta } : null;
  }
}

describe("a page", () => {
  test("names its server by a meta tag, a global, its origin", () => {
    vi.stubGlobal("document", new Page("https://meta"));
    vi.stubGlobal("HONGYAN_SERVER", "https://global");
    vi.stubGlobal("location", { origin: "https://page" });
    expect(browser.addresses.meta?.()).toBe("https://meta");
    expect(browser.addresses.global?.()).toBe("https://global");
    expect(browser.addresses.origin?.()).toBe("https://page");
  });

  test("tells of the network and of waking up, until it is told to stop", () => {
    const [window, page] = [new EventTarget(), new Page()];
    vi.stubGlobal("document", page);
    vi.stubGlobal("addEventListener", window.addEventListener.bind(window));
    vi.stubGlobal("removeEventListener", window.removeEventListener.bind(window));
    const watcher = { network: vi.fn(), awake: vi.fn() };
    const stop = browser.watch(watcher);
    window.dispatchEvent(new Event("offline"));
    window.dispatchEvent(new Event("online"));
    expect(watcher.network.mock.calls).toEqual([[false], [true]]);
    page.visibilityState = "hidden";
    page.dispatchEvent(new Event("visibilitychange"));
    expect(watcher.awake).not.toHaveBeenCalled();
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    expect(watcher.awake).toHaveBeenCalledTimes(1);
    stop();
    window.dispatchEvent(new Event("online"));
    page.dispatchEvent(new Event("visibilitychange"));
    expect(watcher.network).toHaveBeenCalledTimes(2);
    expect(watcher.awake).toHaveBeenCalledTimes(1);
  });

  test("closes with a code that browsers allow, and hears nothing of a socket that it closed", () => {
    const made: any[] = [];
    class Socket {
      binaryType = "";
      readyState = 1;
      onclose: unknown;
      close = vi.fn();
      send = vi.fn();
      constructor() {
        made.push(this);
      }
    }
    vi.stubGlobal("WebSocket", Socket);
    const socket = browser.open("ws://x", listener());
    socket.close(1006, "x".repeat(200));
    expect(made[0].close).toHaveBeenCalledWith(1000, "");
    expect(made[0].onclose).toBeNull();
  });
});

describe("a mini-program", () => {
  function task() {
    const handlers: Record<string, (result?: any) => void> = {};
    const on = (name: string) => (handler: (result?: any) => void) => void (handlers[name] = handler);
    return { handlers, onOpen: on("open"), onMessage: on("message"), onClose: on("close"), onError: on("error"), send: vi.fn(), close: vi.fn() };
  }

  test("an error and a close are one end, explained", () => {
    const socket = task();
    vi.stubGlobal("wx", { connectSocket: () => socket });
    const heard = listener();
    miniProgram.open("wss://x", heard);
    socket.handlers["error"]!({ errMsg: "url not in domain list" });
    socket.handlers["close"]!({ code: 1006, reason: "" });
    expect(heard.closed.mock.calls).toEqual([[1006, expect.stringContaining("socket domains")]]);
  });

  test("sends just the bytes, though they are a window onto more", () => {
    const socket = task();
    vi.stubGlobal("wx", { connectSocket: () => socket });
    miniProgram.open("wss://x", listener()).send(new Uint8Array([0, 1, 2, 3]).subarray(1, 3));
    expect([...new Uint8Array(socket.send.mock.calls[0]![0].data)]).toEqual([1, 2]);
  });

  test("random bytes come from wx where it has them, and differ each time where not", async () => {
    vi.stubGlobal("wx", { getRandomValues: ({ length, success }: any) => success({ randomValues: new Uint8Array(length).fill(7).buffer }) });
    expect([...(await randomBytes(3))]).toEqual([7, 7, 7]);
    vi.stubGlobal("wx", {});
    expect(await randomBytes(32)).not.toEqual(await randomBytes(32));
  });
});
