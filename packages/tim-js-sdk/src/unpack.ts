/**
 * Unpacks LZMA, at once: what browsers bring (`DecompressionStream`) only works asynchronously, and the API must be usable right
 * away.
 *
 * **Comes in:** what the build packed in the `.lzma` form, and how long it was; nothing from outside. **Goes out:** the bytes.
 * They are a fifth smaller on the way to a page than what the page's own gzip would make of them.
 */

// Where the probabilities of each kind of decision lie.
const IS_MATCH = 0; // of 12 states and 16 places
const IS_REPEATED = IS_MATCH + 12 * 16; // of 12 states, as the next three
const IS_NOT_FIRST = IS_REPEATED + 12;
const IS_NOT_SECOND = IS_NOT_FIRST + 12;
const IS_NOT_THIRD = IS_NOT_SECOND + 12;
const IS_LONG = IS_NOT_THIRD + 12; // of 12 states and 16 places
const SLOT = IS_LONG + 12 * 16; // of 4 lengths and 64 slots
const NEAR = SLOT + 4 * 64; // the lower bits of near distances
const ALIGN = NEAR + 115; // the lowest four bits of far ones
const LENGTH = ALIGN + 16;
const LENGTH_LOW = 2; // after two choices: of 16 places and 8 lengths
const LENGTH_MID = LENGTH_LOW + 16 * 8;
const LENGTH_HIGH = LENGTH_MID + 16 * 8;
const REPEATED_LENGTH = LENGTH + LENGTH_HIGH + 256;
const LITERAL = REPEATED_LENGTH + LENGTH_HIGH + 256;
const LITERAL_SIZE = 0x300;
/** Properties, the dictionary's size, the length. */
const HEADER_BYTES = 13;

export function unpack(packed: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  const properties = packed[0]!;
  const contextBits = properties % 9;
  const rest = Math.floor(properties / 9);
  const literalMask = (1 << rest % 5) - 1;
  const placeMask = (1 << Math.floor(rest / 5)) - 1;
  const chances = new Uint16Array(LITERAL + LITERAL_SIZE * ((literalMask + 1) << contextBits)).fill(1024);
  let [at, range, code] = [HEADER_BYTES, 0xffffffff, 0];
  for (let count = 0; count < 5; count++) code = ((code << 8) | packed[at++]!) >>> 0;

  function widen(): void {
    if (range < 0x1000000) {
      range *= 256;
      code = code * 256 + (packed[at++] ?? 0);
    }
  }

  /** The next decision, which changes what is expected of the one after it. */
  function decide(index: number): 0 | 1 {
    const chance = chances[index]!;
    const bound = (range >>> 11) * chance;
    const isZero = code < bound;
    if (isZero) {
      range = bound;
      chances[index] = chance + ((2048 - chance) >> 5);
    } else {
      range -= bound;
      code -= bound;
      chances[index] = chance - (chance >> 5);
    }
    widen();
    return isZero ? 0 : 1;
  }

  function number(base: number, bits: number): number {
    let found = 1;
    for (let count = 0; count < bits; count++) found = (found << 1) | decide(base + found);
    return found - (1 << bits);
  }

  /** The lowest bit first. */
  function reversed(base: number, bits: number): number {
    let [node, found] = [1, 0];
    for (let count = 0; count < bits; count++) {
      const bit = decide(base + node);
      node = (node << 1) | bit;
      found |= bit << count;
    }
    return found;
  }

  /** Bits that are as likely 0 as 1. */
  function even(bits: number): number {
    let found = 0;
    for (let count = 0; count < bits; count++) {
      range >>>= 1;
      const bit = code >= range ? 1 : 0;
      code -= bit * range;
      found = (found << 1) | bit;
      widen();
    }
    return found;
  }

  function lengthOf(base: number, place: number): number {
    if (!decide(base)) return number(base + LENGTH_LOW + place * 8, 3);
    if (!decide(base + 1)) return 8 + number(base + LENGTH_MID + place * 8, 3);
    return 16 + number(base + LENGTH_HIGH, 8);
  }

  function distanceOf(matched: number): number {
    const slot = number(SLOT + Math.min(matched, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** bits;
    if (slot < 14) return base + reversed(NEAR + base - slot, bits);
    return base + even(bits - 4) * 16 + reversed(ALIGN, 4);
  }

  let [written, state] = [0, 0];
  /** The last four distances, less one. */
  let [first, second, third, fourth] = [0, 0, 0, 0];
  while (written < length) {
    const place = written & placeMask;
    if (!decide(IS_MATCH + state * 16 + place)) {
      const before = written > 0 ? out[written - 1]! : 0;
      const context = ((written & literalMask) << contextBits) + (before >> (8 - contextBits));
      const base = LITERAL + LITERAL_SIZE * context;
      let symbol = 1;
      if (state >= 7) {
        // What would have been copied is a good guess, up to the first bit that differs.
        let [guess, agree] = [out[written - first - 1]!, true];
        while (symbol < 0x100 && agree) {
          const guessed = (guess >> 7) & 1;
          guess <<= 1;
          const bit = decide(base + ((1 + guessed) << 8) + symbol);
          symbol = (symbol << 1) | bit;
          agree = bit === guessed;
        }
      }
      while (symbol < 0x100) symbol = (symbol << 1) | decide(base + symbol);
      out[written++] = symbol;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let matched: number;
    if (!decide(IS_REPEATED + state)) {
      [second, third, fourth] = [first, second, third];
      matched = lengthOf(LENGTH, place);
      first = distanceOf(matched);
      state = state < 7 ? 7 : 10;
    } else {
      if (!decide(IS_NOT_FIRST + state)) {
        if (!decide(IS_LONG + state * 16 + place)) {
          out[written] = out[written - first - 1]!;
          written++;
          state = state < 7 ? 9 : 11;
          continue;
        }
      } else if (!decide(IS_NOT_SECOND + state)) {
        [first, second] = [second, first];
      } else if (!decide(IS_NOT_THIRD + state)) {
        [first, second, third] = [third, first, second];
      } else {
        [first, second, third, fourth] = [fourth, first, second, third];
      }
      matched = lengthOf(REPEATED_LENGTH, place);
      state = state < 7 ? 8 : 11;
    }
    // It may reach into what it is about to write.
    for (const end = Math.min(written + matched + 2, length); written < end; written++) out[written] = out[written - first - 1]!;
  }
  return out;
}
