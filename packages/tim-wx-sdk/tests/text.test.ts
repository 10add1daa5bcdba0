/** The UTF-8 of the mini-program build is the one of the standard. */
import { TextDecoder as Standard } from "node:util";
import { expect, test } from "vitest";
import { TextDecoder, TextEncoder } from "../src/text";

const TEXTS = ["", "plain", "é ü ß", "鸿雁传书", "👩‍👩‍👧 🎉", "\u0000\u007f\u0080\u07ff\u0800\uffff\u{10ffff}", "\ufeffwith a mark"];

test.each(TEXTS)("%j goes there and back", (text) => {
  const bytes = new TextEncoder().encode(text);
  expect(bytes).toEqual(Uint8Array.from(Buffer.from(text)));
  expect(new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }).decode(bytes)).toBe(text);
});

test("half of a pair is written as the replacement character", () => {
  expect(new TextEncoder().encode("a\ud83d!")).toEqual(Uint8Array.from(Buffer.from("a\ufffd!")));
});

test("encodeInto stops where the next character does not fit", () => {
  expect(new TextEncoder().encodeInto("a鸿", new Uint8Array(3))).toEqual({ read: 1, written: 1 });
});

test("bytes that are not UTF-8 are replaced as the standard does, or refused", () => {
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 0x7fffffff) & 255;
  const high = () => 0x80 + (random() & 127);
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from({ length: 8 }, round % 2 ? random : high);
    expect(new TextDecoder().decode(bytes), String(bytes)).toBe(new Standard().decode(bytes));
  }
  expect(() => new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.of(0xff))).toThrow(TypeError);
});
