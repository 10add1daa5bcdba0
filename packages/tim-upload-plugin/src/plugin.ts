/**
 * Brings a file to its address, part by part, and goes on where the server is after a cut.
 *
 * **Comes in:** where bytes are, where they go. **Goes out:** parts, and how far they are. **Never here:** how a part travels (the
 * transports), and whether it may.
 */
import { describe, type Described } from "./describe";

/** Where bytes are: in memory, in a file of the page, or under a path of the device. */
export type Source = Blob | Uint8Array | { path: string };

export interface Task {
  source: Source;
  /** Where the bytes go. */
  url: string;
  /** How many there are. */
  size: number;
  /** How many the server takes at once. */
  partBytes: number;
  /** Told how far it is, from 0 to 1, never less than before. */
  onProgress(fraction: number): void;
}

/** How bytes travel. Rejects when no answer came. */
export interface Transport {
  /** Parts larger than this have no advantage here. */
  readonly partBytesMax: number;
  put(url: string, bytes: Blob | Uint8Array<ArrayBuffer>, sent: (bytes: number) => void): Promise<Answer>;
  get(url: string): Promise<Answer>;
}

export interface Answer {
  status: number;
  /** How many bytes the server has; undefined when it does not say. */
  received: number | undefined;
}

/** Files that have a path, where there are such. */
export interface Files {
  size(path: string): Promise<number>;
  read(path: string, from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
}

interface World {
  transport: Transport;
  files?: Files;
}

/** What went wrong; `gone`: the address is not good any more, and another one may be. */
export class UploadError extends Error {
  constructor(
    message: string,
    readonly gone = false,
  ) {
    super(message);
  }
}

/** Attempts in a row that bring nothing on. With the pauses between them, half a minute. */
const FAILURES_MAX = 6;
const PAUSE_MS_MIN = 500;
const PAUSE_MS_MAX = 10_000;

export class Plugin {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** How many bytes a file has. */
  async size(source: Source): Promise<number> {
    if ("path" in source) return this.#files().size(source.path);
    return "byteLength" in source ? source.byteLength : source.size;
  }

  /** What a sound or a video is, where a page can play it. */
  async describe(source: Source, type: string): Promise<Described | undefined> {
    return describe(source, type);
  }

  /** Brings all bytes to the address. Rejects with an `UploadError`. */
  async send({ source, url, size, partBytes, onProgress }: Task): Promise<void> {
    const { transport } = this.#world;
    const step = Math.max(1, Math.min(partBytes, transport.partBytesMax));
    let [received, failures, told] = [0, 0, 0];
    const tell = (bytes: number) => {
      const fraction = Math.min(1, bytes / size);
      if (fraction <= told) return;
      told = fraction;
      onProgress(fraction);
    };
    while (received < size) {
      const from = received;
      const answer = await this.#part(source, url, from, Math.min(from + step, size), tell);
      if (answer?.status === 404) throw new UploadError("the upload's address is not good any more", true);
      if (answer?.status === 413) throw new UploadError("the server does not take as much as this");
      if (answer?.received !== undefined) received = answer.received;
      if (received > from) {
        failures = 0;
        tell(received);
        continue;
      }
      if (++failures >= FAILURES_MAX) throw new UploadError(`the upload came to a halt at ${received} of ${size} bytes`);
      await pause(Math.min(PAUSE_MS_MIN * 2 ** (failures - 1), PAUSE_MS_MAX));
      // What was sent before a cut may have come.
      const asked = await transport.get(url).catch(() => undefined);
      if (asked?.status === 404) throw new UploadError("the upload's address is not good any more", true);
      received = asked?.received ?? received;
    }
    tell(size);
  }

  /** Undefined when no answer came. */
  async #part(source: Source, url: string, from: number, to: number, tell: (bytes: number) => void): Promise<Answer | undefined> {
    const bytes = await this.#read(source, from, to);
    try {
      return await this.#world.transport.put(`${url}?offset=${from}`, bytes, (sent) => tell(from + sent));
    } catch {
      return undefined;
    }
  }

  async #read(source: Source, from: number, to: number): Promise<Blob | Uint8Array<ArrayBuffer>> {
    if ("path" in source) return this.#files().read(source.path, from, to);
    return "byteLength" in source ? (source.subarray(from, to) as Uint8Array<ArrayBuffer>) : source.slice(from, to);
  }

  #files(): Files {
    const { files } = this.#world;
    if (!files) throw new UploadError("a page has no files under paths; give it a File");
    return files;
  }
}

/** The number in `{"received": N}`. */
export function receivedOf(body: unknown): number | undefined {
  try {
    const value: unknown = (typeof body === "string" ? JSON.parse(body) : body)?.received;
    return typeof value === "number" ? value : undefined;
  } catch {
    return undefined;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
