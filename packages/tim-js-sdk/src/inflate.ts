/**
 * Unpacks DEFLATE (RFC 1951), at once: `DecompressionStream` only works asynchronously, and the API must be usable right away.
 *
 * **Comes in:** what the build packed, and how long it was; nothing from outside. **Goes out:** the bytes. Base64 of packed bytes
 * is a fifth smaller on the way to a page than packed base64.
 */

// Length and distance codes: the base of each, and how many more bits it takes (RFC 1951, 3.2.5).
const LENGTH_BASE = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289,
  16385, 24577,
];
/** The order in which the lengths of the code for code lengths come. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;

/** For whatever the next `bits` bits are: which symbol they begin with, times 16, plus how many bits it takes. */
interface Code {
  bits: number;
  table: Uint16Array;
}

export function inflate(packed: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  let [at, bitBuffer, bitCount, written] = [0, 0, 0, 0];

  /** Makes the next bits visible; beyond the end there are zeros. */
  function look(count: number): number {
    while (bitCount < count) {
      bitBuffer |= (packed[at++] ?? 0) << bitCount;
      bitCount += 8;
    }
    return bitBuffer & ((1 << count) - 1);
  }

  function bits(count: number): number {
    const value = look(count);
    bitBuffer >>>= count;
    bitCount -= count;
    return value;
  }

  function symbol(code: Code): number {
    const entry = code.table[look(code.bits)]!;
    bits(entry & 15);
    return entry >> 4;
  }

  function copyStored(): void {
    // What was looked at ahead is part of it.
    at -= bitCount >> 3;
    bitBuffer = bitCount = 0;
    const size = packed[at]! | (packed[at + 1]! << 8);
    at += 4;
    out.set(packed.subarray(at, at + size), written);
    at += size;
    written += size;
  }

  function copyCoded(literals: Code, distances: Code): void {
    for (;;) {
      const it = symbol(literals);
      if (it < END_OF_BLOCK) out[written++] = it;
      else if (it === END_OF_BLOCK) return;
      else {
        const size = LENGTH_BASE[it - 257]! + bits(LENGTH_BITS[it - 257]!);
        const how = symbol(distances);
        const distance = DISTANCE_BASE[how]! + bits(how < 4 ? 0 : (how >> 1) - 1);
        // Byte by byte: what is copied may overlap what is being written.
        for (const end = written + size; written < end; written++) out[written] = out[written - distance]!;
      }
    }
  }

  function dynamicCodes(): [Code, Code] {
    const [literalCount, distanceCount, lengthCount] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    const lengths = new Uint8Array(literalCount + distanceCount);
    const lengthLengths = new Uint8Array(ORDER.length);
    for (let index = 0; index < lengthCount; index++) lengthLengths[ORDER[index]!] = bits(3);
    const lengthCode = codeOf(lengthLengths);
    for (let index = 0; index < lengths.length; ) {
      const it = symbol(lengthCode);
      if (it < 16) {
        lengths[index++] = it;
        continue;
      }
      const repeated = it === 16 ? lengths[index - 1]! : 0;
      const times = it === 16 ? 3 + bits(2) : it === 17 ? 3 + bits(3) : 11 + bits(7);
      lengths.fill(repeated, index, index + times);
      index += times;
    }
    return [codeOf(lengths.subarray(0, literalCount)), codeOf(lengths.subarray(literalCount))];
  }

  for (let isLast = false; !isLast; ) {
    isLast = bits(1) === 1;
    const kind = bits(2);
    if (kind === 0) copyStored();
    else copyCoded(...(kind === 1 ? fixedCodes() : dynamicCodes()));
  }
  return out;
}

/** Codes of one length follow each other in the order of their symbols (RFC 1951, 3.2.2); on the way, their bits are turned round. */
function codeOf(lengths: Uint8Array): Code {
  const bits = lengths.reduce((longest, length) => Math.max(longest, length), 0);
  const table = new Uint16Array(1 << bits);
  let code = 0;
  for (let length = 1; length <= bits; length++) {
    lengths.forEach((own, symbol) => {
      if (own !== length) return;
      let start = 0;
      for (let bit = 0; bit < length; bit++) start |= ((code >> bit) & 1) << (length - 1 - bit);
      for (let index = start; index < table.length; index += 1 << length) table[index] = (symbol << 4) | length;
      code += 1;
    });
    code <<= 1;
  }
  return { bits, table };
}

function fixedCodes(): [Code, Code] {
  const lengths = Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8));
  return [codeOf(lengths), codeOf(new Uint8Array(30).fill(5))];
}
