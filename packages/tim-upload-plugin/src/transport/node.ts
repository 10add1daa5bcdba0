/** How bytes travel from Node, and files by their path there. */
import { open, stat } from "node:fs/promises";
import { receivedOf, type Answer, type Files, type Transport } from "../plugin";

/** `fetch` does not tell how far it is; smaller parts do. */
const PART_BYTES = 1024 * 1024;
const TIME_MS_MAX = 60_000;

export const byFetch: Transport = {
  partBytesMax: PART_BYTES,
  put: (url, body) => ask(url, { method: "PUT", body, headers: { "content-type": "application/octet-stream" } }),
  get: (url) => ask(url, {}),
};

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(TIME_MS_MAX) });
  return { status: response.status, received: receivedOf(await response.text()) };
}

export const nodeFile: Files = {
  size: async (path) => (await stat(path)).size,
  async read(path, from, to) {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(new Uint8Array(to - from), 0, to - from, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  },
};
