/** What Node packs, in any of the ways that DEFLATE knows, is unpacked again. */
import { constants, deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { inflate } from "../src/inflate";

function mixed(length: number): Uint8Array {
  let seed = 42;
  const random = () => (seed = (seed * 48271) % 0x7fffffff);
  return Uint8Array.from({ length }, (_, index) => (index % 1000 < 600 ? random() & 15 : (index >> 3) & 255));
}

const INPUTS: [string, Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["a byte", Uint8Array.of(7)],
  ["repetition", new Uint8Array(100_000).fill(3)],
  ["something of everything", mixed(200_000)],
];
const WAYS: [string, object][] = [
  ["stored", { level: 0 }],
  ["fast", { level: 1 }],
  ["best", { level: 9 }],
  ["with fixed codes", { strategy: constants.Z_FIXED }],
  ["with codes only", { strategy: constants.Z_HUFFMAN_ONLY }],
];

test.each(WAYS.flatMap(([way, options]) => INPUTS.map(([name, input]) => [name, way, input, options] as const)))(
  "%s, packed %s",
  (_name, _way, input, options) => {
    expect(Buffer.compare(inflate(deflateRawSync(input, options), input.length), input)).toBe(0);
  },
);
