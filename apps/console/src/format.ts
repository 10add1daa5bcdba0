/**
 * Numbers and times as people read them.
 *
 * **Comes in:** a value, the language and, where it matters, the time. **Goes out:** text. **Never here:** the clock.
 */
import type { Language } from "./i18n";

export function formatCount(value: number, language: Language): string {
  return new Intl.NumberFormat(language).format(value);
}

/** Short enough for a tile: 1,234,567 becomes 1.23M, or 123万. */
export function formatShortCount(value: number, language: Language): string {
  if (value < 100_000) return formatCount(value, language);
  return new Intl.NumberFormat(language, { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

export function formatRate(perSecond: number, language: Language): string {
  const digits = perSecond < 10 && perSecond > 0 ? 1 : 0;
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(perSecond);
}

export function formatBytes(bytes: number, language: Language): string {
  const units = ["B", "KB", "MB", "GB", "TB"] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value)} ${units[unit]}`;
}

/** The two largest units, so that an uptime reads at a glance: "3 d 4 h". */
export function formatDuration(durationMs: number, language: Language): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const chinese = language === "zh-CN";
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), chinese ? "天" : "d"],
    [Math.floor(seconds / 3600) % 24, chinese ? "小时" : "h"],
    [Math.floor(seconds / 60) % 60, chinese ? "分" : "min"],
    [seconds % 60, chinese ? "秒" : "s"],
  ];
  const from = parts.findIndex(([value]) => value > 0);
  const shown = from < 0 ? parts.slice(-1) : parts.slice(from, from + 2);
  return shown
    .filter(([value], index) => index === 0 || value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(" ");
}

export function formatTime(timeMs: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(timeMs);
}

export function formatDate(timeMs: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(timeMs);
}

/** "5 minutes ago". Clocks differ: what lies ahead of us reads as now. */
export function formatAgo(timeMs: number, nowMs: number, language: Language): string {
  const seconds = Math.max(0, Math.round((nowMs - timeMs) / 1000));
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  if (seconds < 45) return relative.format(0, "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return relative.format(-minutes, "minute");
  const hours = Math.round(minutes / 60);
  if (hours < 24) return relative.format(-hours, "hour");
  const days = Math.round(hours / 24);
  if (days < 30) return relative.format(-days, "day");
  return formatDate(timeMs, language);
}
