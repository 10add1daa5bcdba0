/** What the build packs is unpacked again, whatever it is and however hard it tried. */
import { readFileSync } from "node:fs";
import { compress } from "lzma1";
import { expect, test } from "vitest";
import { unpack } from "../src/unpack";

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
  ["a module", readFileSync(process.execPath).subarray(0, 400_000)],
];
const MODES = [1, 5, 9] as const;

test.each(MODES.flatMap((mode) => INPUTS.map(([name, input]) => [name, mode, input] as const)))(
  "%s, packed in mode %i",
  (_name, mode, input) => {
    const packed = new Uint8Array(compress(input, mode));
    expect(Buffer.compare(unpack(packed, input.length), input)).toBe(0);
  },
);
