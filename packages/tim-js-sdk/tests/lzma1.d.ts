/** What the tests use of `lzma1`, whose own types are sources that do not pass our stricter checks (`paths` in tsconfig.json). */
export function compress(data: Uint8Array, mode?: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9): Int8Array;
