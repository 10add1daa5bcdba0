/**
 * What a page can tell of a sound or a video before it is sent: how long it is, and a video's first picture.
 *
 * **Goes out:** what is known; nothing when the browser cannot play it, which is no failure.
 */
import type { Source } from "./plugin";

export interface Described {
  width?: number;
  height?: number;
  second?: number;
  snapshot?: Blob;
}

const TIME_MS_MAX = 5_000;
/** Of the picture's longer side. */
const SIDE_MAX = 1280;

export async function describe(source: Source, type: string): Promise<Described | undefined> {
  const isVideo = type === "TIMVideoFileElem";
  if ((!isVideo && type !== "TIMSoundElem") || typeof document === "undefined" || !("slice" in source) || "byteLength" in source) return undefined;
  const url = URL.createObjectURL(source);
  const media = document.createElement(isVideo ? "video" : "audio");
  try {
    media.muted = true;
    media.preload = "auto";
    media.src = url;
    await first(media, isVideo ? "loadeddata" : "loadedmetadata");
    const second = Number.isFinite(media.duration) ? Math.round(media.duration) : 0;
    return media instanceof HTMLVideoElement ? { second, ...(await pictureOf(media)) } : { second };
  } catch {
    return undefined;
  } finally {
    media.removeAttribute("src");
    media.load();
    URL.revokeObjectURL(url);
  }
}

async function pictureOf(video: HTMLVideoElement): Promise<Described> {
  const [width, height] = [video.videoWidth, video.videoHeight];
  if (!width || !height) return {};
  const scale = Math.min(1, SIDE_MAX / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
  const snapshot = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  return { width: canvas.width, height: canvas.height, ...(snapshot && { snapshot }) };
}

function first(media: HTMLMediaElement, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error("it does not load")), TIME_MS_MAX);
    const ended = (then: (error: Error) => void) => () => {
      clearTimeout(limit);
      then(new Error("it cannot be played"));
    };
    media.addEventListener(event, ended(() => resolve()), { once: true });
    media.addEventListener("error", ended(reject), { once: true });
  });
}
