/** Where the server is: every way to say it, and what is said when nobody did. */
import { describe, expect, test } from "vitest";
import { serverAddress, socketAddress } from "../src/server-address";

describe("server address", () => {
  test.each([
    ["https://im.example.com", "wss://im.example.com/v1/ws"],
    ["http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/ws"],
    ["http://127.0.0.1:8080/", "ws://127.0.0.1:8080/v1/ws"],
    ["wss://im.example.com:444/chat/", "wss://im.example.com:444/chat/v1/ws"],
    ["ws://host/v1/ws", "ws://host/v1/ws"],
    ["localhost:9000", "ws://localhost:9000/v1/ws"],
    ["  im.example.com ", "ws://im.example.com/v1/ws"],
    ["[::1]:8080", "ws://[::1]:8080/v1/ws"],
    ["HTTPS://IM.EXAMPLE.COM", "wss://IM.EXAMPLE.COM/v1/ws"],
  ])("%s leads to %s", (given, expected) => {
    expect(socketAddress(given, false)).toBe(expected);
  });

  test("a bare host is asked safely from a safe page", () => {
    expect(socketAddress("im.example.com", true)).toBe("wss://im.example.com/v1/ws");
    expect(serverAddress({ option: "im.example.com", origin: () => "https://app.example.com" })).toBe("wss://im.example.com/v1/ws");
  });

  test.each(["ftp://host", "https://", "https://user:pass@host", "a b", "host:port", "https://host?x=1"])("%s is refused in words", (given) => {
    expect(() => socketAddress(given, false)).toThrow(/is no server address/);
  });

  test("the option comes before the page, the page before the global, the global before the environment, that before the origin", () => {
    const sources = {
      option: "a",
      meta: (): unknown => "b",
      global: (): unknown => "c",
      variable: (): unknown => "d",
      origin: (): unknown => "http://e",
    };
    expect(serverAddress(sources)).toContain("//a/");
    expect(serverAddress({ ...sources, option: undefined })).toContain("//b/");
    expect(serverAddress({ ...sources, option: undefined, meta: () => null })).toContain("//c/");
    expect(serverAddress({ ...sources, option: "", meta: () => null, global: () => undefined })).toContain("//d/");
    expect(serverAddress({ option: undefined, origin: () => "http://e" })).toBe("ws://e/v1/ws");
  });

  test.each([undefined, "null", "file://", "capacitor://localhost"])("an origin that is no server's (%s) leads to a clear error", (origin) => {
    expect(() => serverAddress({ option: undefined, origin: () => origin })).toThrow(/TIM\.create.*hongyan-server.*HONGYAN_SERVER/s);
  });
});
