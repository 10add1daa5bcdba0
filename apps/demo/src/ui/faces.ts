/** The stickers of this app: what a face message's index and data mean here. Other apps' faces show their data. */
export interface Face {
  readonly data: string;
  readonly glyph: string;
}

const GLYPHS = [..."🪿🐣🦢🌾🍂🌙🎏🏮🍵📜🎋🐟"];

export const FACES: readonly Face[] = GLYPHS.map((glyph, index) => ({ glyph, data: `hongyan_${index + 1}` }));

export function faceOf(index: number, data: string): string | undefined {
  const face = FACES[index];
  return face?.data === data ? face.glyph : undefined;
}
