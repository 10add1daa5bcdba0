/** Files that one is about to send: of which kind, how large, for how long they play. */
import type { Attachment } from "../im/outbox";

/** More at once is a mistake more often than a wish. */
export const FILES_MAX = 9;

const IMAGES = new Set(["image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp"]);
const VIDEOS = new Set(["video/mp4", "video/quicktime"]);

/** What a file is sent as: what the API has no kind for goes as a plain file. */
export function kindOf(file: File): Attachment {
  if (IMAGES.has(file.type)) return "image";
  return VIDEOS.has(file.type) ? "video" : "file";
}

export function sizeText(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/** `1:05`. */
export function lengthText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
