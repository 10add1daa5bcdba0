/**
 * Recording one's voice, where the browser can and the person allows it.
 *
 * **Goes out:** whether it runs and how long already; in the end a file. **Never here:** sending it.
 */
import { onBeforeUnmount, ref, type Ref } from "vue";

export interface Recorder {
  readonly running: Ref<boolean>;
  readonly seconds: Ref<number>;
  /** Rejects when there is no microphone, or it may not be used. */
  start(): Promise<void>;
  /** The recording; null when there is none. */
  stop(): Promise<File | null>;
  cancel(): void;
}

/** Nobody listens to more. */
const SECONDS_MAX = 120;
const TYPES = ["audio/mp4", "audio/webm;codecs=opus", "audio/webm", "audio/ogg;codecs=opus"];

export const canRecord = typeof MediaRecorder !== "undefined" && typeof navigator.mediaDevices?.getUserMedia === "function";

export function useRecorder(): Recorder {
  const running = ref(false);
  const seconds = ref(0);
  let recorder: MediaRecorder | null = null;
  let chunks: Blob[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  let begunMs = 0;

  async function start(): Promise<void> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
    recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
    chunks = [];
    recorder.ondataavailable = ({ data }) => chunks.push(data);
    recorder.start();
    begunMs = Date.now();
    seconds.value = 0;
    running.value = true;
    timer = setInterval(() => {
      seconds.value = Math.floor((Date.now() - begunMs) / 1000);
      if (seconds.value >= SECONDS_MAX && recorder?.state === "recording") recorder.pause();
    }, 250);
  }

  function end(): Promise<void> {
    clearInterval(timer);
    running.value = false;
    const ending = recorder;
    recorder = null;
    return new Promise((resolve) => {
      if (!ending || ending.state === "inactive") return resolve();
      ending.onstop = () => resolve();
      ending.stop();
      // The microphone's light goes out.
      for (const track of ending.stream.getTracks()) track.stop();
    });
  }

  async function stop(): Promise<File | null> {
    const type = recorder?.mimeType.split(";")[0] ?? "";
    const lengthMs = Math.min(Date.now() - begunMs, SECONDS_MAX * 1000);
    await end();
    if (chunks.length === 0) return null;
    const ending = type === "audio/mp4" ? "m4a" : type === "audio/ogg" ? "ogg" : "webm";
    const file = new File(chunks, `voice-${begunMs}.${ending}`, { type });
    // A recording does not know by itself how long it plays; the SDK looks here.
    return Object.assign(file, { duration: Math.max(1, Math.round(lengthMs / 1000)) });
  }

  onBeforeUnmount(() => void end());
  return { running, seconds, start, stop, cancel: () => void end() };
}
