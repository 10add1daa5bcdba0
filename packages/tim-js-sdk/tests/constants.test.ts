/** The constants are those of the public facts, and what is generated from the facts is fresh. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EVENT, METHODS, TYPES, VERSION } from "../src/constants";
// @ts-expect-error the generator is plain JavaScript
import { generate } from "../scripts/generate.mjs";

const at = (path: string) => new URL(path, import.meta.url);
const spec = (name: string) => JSON.parse(readFileSync(at(`../../../spec/${name}.json`), "utf8"));

describe("constants", () => {
  test("EVENT has every event of the spec with its value, and no other", () => {
    const { events } = spec("events") as { events: { name: string; value: string }[] };
    expect(EVENT).toEqual(Object.fromEntries(events.map(({ name, value }) => [name, value])));
    expect(Object.keys(EVENT)).toHaveLength(31);
  });

  test("TYPES has every constant of the spec with its value, and no other", () => {
    expect(TYPES).toEqual(spec("types").types);
    expect(Object.keys(TYPES)).toHaveLength(108);
  });

  test("VERSION is the one that the spec gives", () => {
    const version = spec("methods").statics.find((it: { name: string }) => it.name === "VERSION");
    expect(VERSION).toBe(version.value);
  });

  test("METHODS has the 114 functions of the spec, and one that the API has since 3.x", () => {
    const original = Object.keys(METHODS).filter((name) => name !== "setConversationDraft");
    expect(original).toHaveLength(spec("methods").counts.runtimeTotal);
  });

  test("the generated files are what would be generated now", () => {
    for (const [path, text] of generate() as Map<string, string>) {
      expect(readFileSync(at(`../${path}`), "utf8"), `${path} is stale: run npm run generate`).toBe(text);
    }
  });
});
