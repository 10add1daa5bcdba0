/** Times as people write them: today by the clock, yesterday by name, before that by date. */
import { ref } from "vue";
import type { Dictionary } from "../i18n";

/** The time that labels are reckoned from; kept fresh by `startClock`. */
export const nowMs = ref(Date.now());

export function startClock(): void {
  setInterval(() => (nowMs.value = Date.now()), 30_000);
}

export function clock(timeMs: number, language: string): string {
  return format(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(timeMs);
}

/** For the conversation list. */
export function brief(t: Dictionary, timeMs: number, now: number, language: string): string {
  const days = daysBetween(timeMs, now);
  if (days <= 0) return clock(timeMs, language);
  if (days === 1) return t.time.yesterday;
  if (days < 7) return format(language, { weekday: "short" }).format(timeMs);
  return format(language, yearAsNeeded(timeMs, now, { month: "numeric", day: "numeric" })).format(timeMs);
}

/** For the line between two days. */
export function day(t: Dictionary, timeMs: number, now: number, language: string): string {
  const days = daysBetween(timeMs, now);
  if (days === 0) return t.time.today;
  if (days === 1) return t.time.yesterday;
  return format(language, yearAsNeeded(timeMs, now, { weekday: "long", month: "long", day: "numeric" })).format(timeMs);
}

export function full(timeMs: number, language: string): string {
  return format(language, { dateStyle: "full", timeStyle: "medium" }).format(timeMs);
}

export function sameDay(aMs: number, bMs: number): boolean {
  return new Date(aMs).toDateString() === new Date(bMs).toDateString();
}

function daysBetween(earlierMs: number, laterMs: number): number {
  const midnight = (timeMs: number) => new Date(timeMs).setHours(0, 0, 0, 0);
  return Math.round((midnight(laterMs) - midnight(earlierMs)) / 86_400_000);
}

function yearAsNeeded(timeMs: number, now: number, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormatOptions {
  return new Date(timeMs).getFullYear() === new Date(now).getFullYear() ? options : { ...options, year: "numeric" };
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.DateTimeFormat(language, options)));
  return found;
}
