/**
 * A translator for tests, with as much of LibreTranslate's API as the server uses.
 *
 * Goes out: its address, for the owner to name in the console; `close`, after which it does not answer. What it "translates"
 * says from which language into which: `auto>zh hello`.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Translator {
  readonly url: string;
  close(): Promise<void>;
}

export async function startTranslator(): Promise<Translator> {
  const http = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => (text += part)).on("end", () => {
      const { q, source, target } = JSON.parse(text) as { q: string[]; source: string; target: string };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ translatedText: q.map((it) => `${source}>${target} ${it}`) }));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close() {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
}
