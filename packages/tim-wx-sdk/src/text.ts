/**
 * UTF-8 for runtimes without `TextEncoder` and `TextDecoder`.
 *
 * The build puts these two in the place of the globals that the wasm glue asks for. **Never here:** other encodings.
 */

const REPLACEMENT = 0xfffd;

export class TextEncoder {
  readonly encoding = "utf-8";

  encode(text = ""): Uint8Array {
    // No UTF-16 unit needs more than three bytes; a pair needs four.
    const bytes = new Uint8Array(text.length * 3);
    return bytes.slice(0, this.encodeInto(text, bytes).written);
  }

  encodeInto(text: string, bytes: Uint8Array): { read: number; written: number } {
    let [read, written] = [0, 0];
    while (read < text.length) {
      let point = text.codePointAt(read) ?? REPLACEMENT;
      const units = point > 0xffff ? 2 : 1;
      // Half of a pair is no character.
      if (point >= 0xd800 && point <= 0xdfff) point = REPLACEMENT;
      const length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      if (written + length > bytes.length) break;
      if (length === 1) bytes[written] = point;
      else {
        bytes[written] = ((0xf00 >> length) & 0xff) | (point >> (6 * (length - 1)));
        for (let index = 1; index < length; index++) bytes[written + index] = 0x80 | ((point >> (6 * (length - 1 - index))) & 0x3f);
      }
      read += units;
      written += length;
    }
    return { read, written };
  }
}

export class TextDecoder {
  readonly encoding = "utf-8";
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;

  constructor(_label = "utf-8", { fatal = false, ignoreBOM = false }: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    this.fatal = fatal;
    this.ignoreBOM = ignoreBOM;
  }

  decode(bytes: Uint8Array = new Uint8Array(0)): string {
    let text = "";
    let at = 0;
    if (!this.ignoreBOM && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = 3;
    while (at < bytes.length) {
      const { point, length } = character(bytes, at);
      if (point === undefined && this.fatal) throw new TypeError("the bytes are not UTF-8");
      text += String.fromCodePoint(point ?? REPLACEMENT);
      at += length;
    }
    return text;
  }
}

/** The character at a place; without a point, `length` bytes that are none. */
function character(bytes: Uint8Array, at: number): { point?: number; length: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { point: first, length: 1 };
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return { length: 1 };
  let point = first & (0xff >> (length + 1));
  for (let index = 1; index < length; index++) {
    const next = bytes[at + index] ?? 0;
    // The second byte has narrower bounds: no overlong forms, no surrogates, nothing beyond U+10FFFF.
    const low = index > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const high = index > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (next < low || next > high) return { length: index };
    point = (point << 6) | (next & 0x3f);
  }
  return { point, length };
}
