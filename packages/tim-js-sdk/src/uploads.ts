/**
 * Files of messages on their way: kept beside the message from its making until it is sent.
 *
 * **Comes in:** messages with a file. **Goes out:** the same messages, their payload filled in with what the server keeps. **Never
 * here:** how bytes travel (the plugin), and what a file becomes (the core).
 */
import { isObject } from "./arguments";
import { asTimError } from "./errors";
import type { LocalFile, Source } from "./local-file";

/** What `registerPlugin` is given under `tim-upload-plugin`: a class or an instance of it. */
export interface UploadPlugin {
  size(source: Source): Promise<number>;
  send(task: { source: Source; url: string; size: number; partBytes: number; onProgress(fraction: number): void }): Promise<void>;
  /** What a sound or a video is, and a picture of the video, where the environment can tell. */
  describe?(source: Source, kind: string): Promise<{ width?: number; height?: number; second?: number; snapshot?: Blob } | undefined>;
}

type Plain = Record<string, unknown>;
type Ask = (method: string, args: object) => Promise<unknown>;

interface Pending {
  file: LocalFile;
  onProgress: ((fraction: number) => unknown) | undefined;
  running: Promise<void> | undefined;
}

/** Messages that were made with a file and not sent yet; of more than these the oldest cannot be sent any more. */
const PENDING_MAX = 500;
/** An address that is not good any more is asked for anew this often. */
const ADDRESSES_MAX = 3;

export class Uploads {
  readonly #pending = new Map<string, Pending>();
  readonly #ask: Ask;
  readonly #server: () => string;
  readonly #hide: (url: string) => void;
  readonly #threw: (error: unknown) => void;

  /** `ask` puts a question to the core; `hide` lets a local link go; `threw` hears of an `onProgress` that threw. */
  constructor(ask: Ask, server: () => string, hide: (url: string) => void, threw: (error: unknown) => void) {
    this.#ask = ask;
    this.#server = server;
    this.#hide = hide;
    this.#threw = threw;
  }

  /** Remembers a message's file. */
  add(id: string, file: LocalFile, onProgress: unknown): void {
    if (this.#pending.size >= PENDING_MAX) {
      const [oldest] = this.#pending.keys();
      if (oldest !== undefined) this.#drop(oldest);
    }
    const heard = typeof onProgress === "function" ? (onProgress as (fraction: number) => unknown) : undefined;
    this.#pending.set(id, { file, onProgress: heard, running: undefined });
  }

  /** Uploads a message's file, when it has one that is not there yet. Its payload is changed in place. */
  async run(message: Plain & { ID: string }, plugin: UploadPlugin): Promise<void> {
    const pending = this.#pending.get(message.ID);
    if (!pending) return;
    pending.running ??= this.#upload(message, pending, plugin);
    try {
      await pending.running;
    } catch (error) {
      // The next attempt begins anew.
      pending.running = undefined;
      throw error;
    }
  }

  /** Whether a message waits for its file. */
  has(id: string): boolean {
    return this.#pending.has(id);
  }

  clear(): void {
    for (const id of [...this.#pending.keys()]) this.#drop(id);
  }

  #drop(id: string): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    this.#hide(pending.file.facts.url);
  }

  async #upload(message: Plain & { ID: string }, pending: Pending, plugin: UploadPlugin): Promise<void> {
    const { file } = pending;
    const type = String(message["type"]);
    let snapshot: Source | undefined = file.snapshot;
    const about = await plugin.describe?.(file.source, type).catch(() => undefined);
    const payload = message["payload"] as Plain;
    if (about?.second && !payload["second"] && "second" in payload) payload["second"] = about.second;
    if (type === "TIMVideoFileElem" && about) {
      if (about.second && !payload["videoSecond"]) payload["videoSecond"] = about.second;
      if (!snapshot && !payload["snapshotUrl"]) snapshot = about.snapshot;
      payload["snapshotWidth"] ||= about.width ?? 0;
      payload["snapshotHeight"] ||= about.height ?? 0;
    }
    await this.#bring(message, "file", file.source, file.facts.name, plugin, (fraction) => this.#tell(pending, fraction));
    if (snapshot) {
      // A video without its picture is still a video.
      await this.#bring(message, "snapshot", snapshot, "snapshot.jpg", plugin, () => {}).catch(() => {
        if (!/^https?:/.test(String(payload["snapshotUrl"]))) payload["snapshotUrl"] = "";
      });
    }
    this.#drop(message.ID);
  }

  async #bring(message: Plain, part: string, source: Source, name: string, plugin: UploadPlugin, onProgress: (fraction: number) => void): Promise<void> {
    for (let tries = 1; ; tries++) {
      const size = await this.#or(message, plugin.size(source));
      const begun = (await this.#ask("beginUpload", { type: message["type"], part, size, name })) as { path: string; partBytes: number };
      try {
        await plugin.send({ source, url: this.#server() + begun.path, size, partBytes: begun.partBytes, onProgress });
      } catch (thrown) {
        if (isObject(thrown) && thrown["gone"] === true && tries < ADDRESSES_MAX) continue;
        await this.#or(message, Promise.reject(thrown));
      }
      const { message: filled } = (await this.#ask("finishUpload", { path: begun.path, part, message: { ...message } })) as { message: Plain };
      Object.assign(message["payload"] as Plain, filled["payload"]);
      return;
    }
  }

  /** What the plugin could not do is the message's failure, under the code that the core has for it. */
  async #or<T>(message: Plain, done: Promise<T>): Promise<T> {
    try {
      return await done;
    } catch (thrown) {
      await this.#ask("failUpload", { message: { ...message }, text: asTimError(thrown).message });
      throw thrown;
    }
  }

  #tell(pending: Pending, fraction: number): void {
    try {
      pending.onProgress?.(fraction);
    } catch (thrown) {
      this.#threw(thrown);
    }
  }
}

/** The plugin as it was registered: the class, or one that was made already. */
export function asUploadPlugin(given: unknown): UploadPlugin | undefined {
  const made: unknown = typeof given === "function" ? new (given as new () => unknown)() : given;
  return isObject(made) && typeof made["send"] === "function" && typeof made["size"] === "function"
    ? (made as unknown as UploadPlugin)
    : undefined;
}
