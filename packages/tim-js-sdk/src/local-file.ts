/**
 * A file as apps give it: what a page's file dialog, a mini-program's choosers and recorders, or Node have.
 *
 * **Comes in:** `payload.file`. **Goes out:** where its bytes are, and what is known of it already. **Never here:** reading it (the
 * upload plugin does), and which files a message takes (the core knows).
 */
import { isObject } from "./arguments";

/** Where bytes are: in memory, in a file of the page, or under a path of the device. */
export type Source = Blob | Uint8Array | { path: string };

export interface LocalFile {
  source: Source;
  facts: Facts;
  /** A video's picture that came along with it. */
  snapshot: Source | undefined;
}

/** Under the names that the core reads. */
export interface Facts {
  name: string;
  type: string;
  size?: number;
  width: number;
  height: number;
  second: number;
  url: string;
  snapshotUrl: string;
}

/** Undefined when nothing was chosen. */
export function localFile(given: unknown, show: (blob: Blob) => string): LocalFile | undefined {
  const chosen = firstOf(given);
  const source = sourceOf(chosen);
  if (!source) return undefined;
  const about = isObject(chosen) ? chosen : {};
  const path = "path" in source ? source.path : "";
  const snapshotPath = text(about["thumbTempFilePath"]);
  const size = sizeOf(source) ?? number(about["size"]) ?? number(about["fileSize"]);
  const facts: Facts = {
    name: text(about["name"]) || path.split(/[\\/]/).pop() || "",
    // A chooser of mini-programs says "image" or "video".
    type: text(about["type"]) || text(about["fileType"]),
    width: number(about["width"]) ?? 0,
    height: number(about["height"]) ?? 0,
    second: seconds(about),
    url: isBlob(source) ? show(source) : path,
    snapshotUrl: snapshotPath,
    ...(size !== undefined && { size }),
  };
  return { source, facts, snapshot: snapshotPath ? { path: snapshotPath } : undefined };
}

/** `<input type="file">` and lists hold several; a message has one. */
function firstOf(given: unknown): unknown {
  if (!isObject(given) || isBlob(given) || ArrayBuffer.isView(given)) return given;
  const { files, tempFiles, tempFilePaths } = given as Record<string, any>;
  if (files && typeof files.length === "number") return files[0];
  // The list itself may say more than its first item: a chosen video's length stands beside it.
  if (tempFiles && typeof tempFiles.length === "number") return tempFiles[0] && { type: given["type"], ...tempFiles[0] };
  if (tempFilePaths && typeof tempFilePaths.length === "number") return tempFilePaths[0] && { ...given, path: tempFilePaths[0] };
  return given;
}

function sourceOf(chosen: unknown): Source | undefined {
  if (typeof chosen === "string") return chosen ? { path: chosen } : undefined;
  if (isBlob(chosen)) return chosen;
  const bytes = bytesOf(chosen);
  if (bytes) return bytes;
  if (!isObject(chosen)) return undefined;
  const inside = chosen["data"] ?? chosen["file"];
  if (isBlob(inside)) return inside;
  const path = text(chosen["tempFilePath"]) || text(chosen["path"]);
  return bytesOf(inside) ?? (path ? { path } : undefined);
}

/** By its name: a mini-program's bytes, and a frame's files, are of another world's classes. */
function isBlob(value: unknown): value is Blob {
  return /^\[object (File|Blob)\]$/.test(Object.prototype.toString.call(value));
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]" ? new Uint8Array(value as ArrayBuffer) : undefined;
}

function sizeOf(source: Source): number | undefined {
  if ("path" in source) return undefined;
  return isBlob(source) ? source.size : source.byteLength;
}

/** A recorder counts milliseconds, a chooser of videos seconds. */
function seconds(about: Record<string, unknown>): number {
  const duration = number(about["duration"]) ?? number(about["second"]) ?? 0;
  return Math.round("fileSize" in about ? duration / 1000 : duration);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
