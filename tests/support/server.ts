/**
 * A real server for a test: the built `hongyan` program on a free port, with a data folder of its own.
 *
 * Comes in: extra arguments for `hongyan serve`. Goes out: its address, and ways to end it and bring it back on the
 * same port with the same data. Never here: what a test does with it.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Server {
  /** `http://127.0.0.1:PORT`; stays the same after `restart`. */
  readonly url: string;
  /** The data folder; removed by `dispose`. */
  readonly data: string;
  /** The program, for commands beside the running server: `hongyan usersig …`, `hongyan admin …`. */
  readonly program: string;
  /** What it has written so far, of all its starts. */
  output(): string;
  /** Asks it to stop, as Ctrl-C does, and waits until it has. */
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Stops it if it runs, and starts it on the same port with the same data. */
  restart(): Promise<void>;
  /** Ends it and removes its data; to be called once the test is over. */
  dispose(): Promise<void>;
}

export interface ServerOptions {
  /** Development mode, in which the server signs for anybody; on unless told otherwise. */
  readonly dev?: boolean;
  /** More arguments for `hongyan serve`. */
  readonly args?: readonly string[];
  /** More environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 15_000;

/** Starts a server and waits until it listens and has said so to the end. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const program = process.env.HONGYAN_BIN ?? fileURLToPath(new URL("../../target/debug/hongyan", import.meta.url));
  const data = await mkdtemp(join(tmpdir(), "hongyan-test-"));
  const written: string[] = [];
  let running: ChildProcess | undefined;
  let url = "";

  async function start(listen: string): Promise<void> {
    const mode = (options.dev ?? true) ? ["--dev"] : [];
    const args = ["serve", ...mode, "--data", data, "--listen", listen, ...(options.args ?? [])];
    const child = spawn(program, args, {
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running = child;
    url = await listening(child, written);
  }

  async function end(signal: "SIGINT" | "SIGKILL"): Promise<void> {
    const child = running;
    running = undefined;
    if (child) await ended(child, signal);
  }

  try {
    await start("127.0.0.1:0");
  } catch (error) {
    await end("SIGKILL");
    await rm(data, { recursive: true, force: true });
    throw error;
  }
  return {
    get url() {
      return url;
    },
    data,
    program,
    output: () => written.join("\n"),
    stop: () => end("SIGINT"),
    kill: () => end("SIGKILL"),
    async restart() {
      await end("SIGINT");
      await start(new URL(url).host);
    },
    async dispose() {
      await end("SIGKILL");
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** The address in the line `listening on http://127.0.0.1:PORT`, once the last line of its announcement has come. */
function listening(child: ChildProcess, written: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => {
      clearTimeout(limit);
      reject(new Error(`the server ${what}; it wrote:\n${written.join("\n")}`));
    };
    const limit = setTimeout(() => fail(`did not listen within ${START_LIMIT_MS} ms`), START_LIMIT_MS);
    let address: string | undefined;
    child.once("error", (error) => fail(`could not be started (${error.message})`));
    child.once("exit", (code, signal) => fail(`ended at start (${signal ?? code})`));
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        written.push(line);
        if (stream !== child.stdout) return;
        address ??= /listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
        if (address !== undefined && line.startsWith("console password")) {
          clearTimeout(limit);
          resolve(address);
        }
      });
    }
  });
}

/** Sends the signal to just this process and waits for its end; one that does not obey is killed, and reported. */
function ended(child: ChildProcess, signal: "SIGINT" | "SIGKILL"): Promise<void> {
  return new Promise((resolve, reject) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      resolve();
      return;
    }
    const limit = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the server did not stop within ${STOP_LIMIT_MS} ms of ${signal}`));
    }, STOP_LIMIT_MS);
    child.once("exit", () => {
      clearTimeout(limit);
      resolve();
    });
    child.kill(signal);
  });
}
