/**
 * The pages on which the SDK is tested, served from this machine: an app built by Vite, and one that loads the UMD file.
 *
 * Comes in: the address of the chat server that a page should use. Goes out: the page's address. The server's address
 * is put into the page as a <meta> tag, or as a global, as the owner of an existing app would.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const tests = fileURLToPath(new URL("..", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
};

export type Page = "vite-app" | "umd";

/** How a page says where the server is. */
export type Found = "meta" | "global";

export interface Pages {
  /** The address of a page that talks to `server`. */
  url(page: Page, server: string, found: Found): string;
  close(): Promise<void>;
}

/** Builds the Vite app. Called once, before all tests. */
export default async function build(): Promise<void> {
  const vite = join(root, "node_modules/.bin/vite");
  await promisify(execFile)(vite, ["build", "--config", join(tests, "pages/vite-app/vite.config.ts")]);
}

/** Serves the pages on a free port of loopback. */
export async function servePages(): Promise<Pages> {
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    read(url)
      .then((body) => {
        response.writeHead(200, { "content-type": TYPES[extname(url.pathname)] ?? "text/html; charset=utf-8" });
        response.end(body);
      })
      .catch(() => {
        response.writeHead(404);
        response.end();
      });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: (page, server, found) => `http://127.0.0.1:${port}/${page}/?${new URLSearchParams({ server, found })}`,
    close: () => closed(http),
  };
}

async function read(url: URL): Promise<Buffer | string> {
  const path = normalize(url.pathname);
  if (path.startsWith("/packages/")) return readFile(join(root, path));
  if (path.startsWith("/umd/")) return withServer(url, await readFile(join(tests, "pages/umd/index.html"), "utf8"));
  const file = join(tests, "dist/vite-app", path.replace(/^\/vite-app\//, "/"));
  if (path === "/vite-app/") return withServer(url, await readFile(join(file, "index.html"), "utf8"));
  return readFile(file);
}

function withServer(url: URL, html: string): string {
  const server = url.searchParams.get("server") ?? "";
  const says =
    url.searchParams.get("found") === "global"
      ? `<script>HONGYAN_SERVER = ${JSON.stringify(server)};</script>`
      : `<meta name="hongyan-server" content="${server}">`;
  return html.replace("</title>", `</title>\n    ${says}`);
}

function closed(http: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    http.closeAllConnections();
    http.close(() => resolve());
  });
}
