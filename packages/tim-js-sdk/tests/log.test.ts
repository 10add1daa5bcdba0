/** Log levels do what the public documentation says, and nothing secret is ever logged. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { Log } from "../src/log";

afterEach(() => vi.restoreAllMocks());

function lines(): string[] {
  const written: string[] = [];
  for (const method of ["log", "info", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((line: string) => void written.push(line));
  }
  return written;
}

describe("log", () => {
  test.each([
    [0, ["v", "r", "w", "e"]],
    [1, ["r", "w", "e"]],
    [2, ["w", "e"]],
    [3, ["e"]],
    [4, []],
  ])("level %d lets through %j", (level, expected) => {
    const written = lines();
    const log = new Log();
    log.setLevel(level);
    ["v", "r", "w", "e", "beyond"].forEach((text, index) => index < 4 && log.write(index, text));
    expect(written.map((line) => line.split(" ").at(-1))).toEqual(expected);
  });

  test("what is no level changes nothing", () => {
    const log = new Log();
    for (const level of [-1, 5, 1.5, "0", undefined]) expect(log.setLevel(level)).toBe(false);
    expect(log.level).toBe(1);
  });

  test("a UserSig that finds its way into a text is blotted out", () => {
    const written = lines();
    const log = new Log();
    log.hide("eJwtzLEKwjAU");
    log.write(3, "login with eJwtzLEKwjAU failed: eJwtzLEKwjAU");
    expect(written).toEqual(["[hongyan] login with *** failed: ***"]);
  });
});
