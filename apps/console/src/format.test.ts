/** Numbers and times read well in both languages. */
import { expect, it } from "vitest";
import { formatAgo, formatBytes, formatDuration, formatRate, formatShortCount } from "./format";

it("a duration shows its two largest units", () => {
  const cases: [number, string, string][] = [
    [0, "0 s", "0 秒"],
    [59_999, "59 s", "59 秒"],
    [61_000, "1 min 1 s", "1 分 1 秒"],
    [3_600_000, "1 h", "1 小时"],
    [273_600_000, "3 d 4 h", "3 天 4 小时"],
    [-5000, "0 s", "0 秒"],
  ];
  for (const [ms, english, chinese] of cases) {
    expect(formatDuration(ms, "en")).toBe(english);
    expect(formatDuration(ms, "zh-CN")).toBe(chinese);
  }
});

it("bytes take the unit that keeps them short", () => {
  expect([0, 1023, 1536, 734_003_200, 5e12].map((bytes) => formatBytes(bytes, "en"))).toEqual([
    "0 B",
    "1,023 B",
    "1.5 KB",
    "700 MB",
    "4.5 TB",
  ]);
});

it("large counts get short", () => {
  expect(formatShortCount(99_999, "en")).toBe("99,999");
  expect(formatShortCount(1_284_113, "en")).toBe("1.28M");
  expect(formatShortCount(1_284_113, "zh-CN")).toBe("128万");
});

it("a slow rate keeps a decimal", () => {
  expect([0, 0.34, 9.96, 1234.5].map((rate) => formatRate(rate, "en"))).toEqual(["0", "0.3", "10", "1,235"]);
});

it("what was is told from now, and a clock that is ahead of ours does no harm", () => {
  const now = Date.UTC(2025, 5, 1);
  expect(formatAgo(now + 60_000, now, "en")).toBe("now");
  expect(formatAgo(now - 5 * 60_000, now, "en")).toBe("5 minutes ago");
  expect(formatAgo(now - 26 * 3_600_000, now, "en")).toBe("yesterday");
  expect(formatAgo(now - 5 * 60_000, now, "zh-CN")).toBe("5分钟前");
});
