/** Both languages say everything. The type check already refuses a missing text; these find empty and forgotten ones. */
import { describe, expect, it } from "vitest";
import { apiErrorKinds } from "../api/error";
import { chooseLanguage, dictionaries, language, languages, texts } from ".";

/** Every text by its path; a text with values in it is told with samples. */
function flatten(node: unknown, path: string): [string, string][] {
  if (typeof node === "string") return [[path, node]];
  if (typeof node === "function") {
    const samples = Array.from({ length: node.length }, (_, index) => index + 2);
    return [[path, String(node(...samples))]];
  }
  return Object.entries(node as object).flatMap(([key, value]) => flatten(value, `${path}.${key}`));
}

const told = Object.fromEntries(languages.map((tag) => [tag, flatten(dictionaries[tag], "")]));
const paths = (tag: string) => (told[tag] ?? []).map(([path]) => path).sort();

describe("dictionaries", () => {
  it("have the same texts", () => {
    expect(paths("zh-CN")).toEqual(paths("en"));
    expect(paths("en").length).toBeGreaterThan(150);
  });

  it("leave none empty", () => {
    for (const tag of languages) {
      for (const [path, text] of told[tag] ?? []) expect(text.trim(), `${tag}${path}`).not.toBe("");
    }
  });

  it("have no English left in the Chinese one, but for names", () => {
    const names =
      /^(Hongyan|SDKAppID|Web|Windows|Mac|Linux|Android|iPhone|iPad|userID|UserSig|鸿雁)$/;
    for (const [path, text] of told["zh-CN"] ?? []) {
      expect(/\p{Script=Han}/u.test(text) || names.test(text), `${path}: ${text}`).toBe(true);
    }
  });

  it("punctuate Chinese the Chinese way", () => {
    for (const [path, text] of told["zh-CN"] ?? []) {
      expect(text, path).not.toMatch(/\p{Script=Han}[,;:?!]|[,;:?!]\p{Script=Han}/u);
    }
  });

  it("put every value that they get into their sentence", () => {
    for (const tag of languages) {
      const kicked = dictionaries[tag].accounts.kicked("alice", 3);
      expect(kicked).toContain("alice");
      expect(kicked).toContain("3");
    }
  });

  it.each(apiErrorKinds)("say what to do about %s", (kind) => {
    for (const tag of languages) {
      expect(dictionaries[tag].errors[kind].title).not.toBe("");
      expect(dictionaries[tag].errors[kind].text).not.toBe("");
    }
  });
});

describe("the language", () => {
  it.each([
    [["zh-CN"], "zh-CN"],
    [["zh-Hant-TW", "en"], "zh-CN"],
    [["fr", "zh"], "zh-CN"],
    [["en-GB", "zh-CN"], "en"],
    [["fr-FR"], "en"],
    [[], "en"],
  ])("for a browser that wants %j is %s", (wanted, chosen) => {
    expect(chooseLanguage(wanted)).toBe(chosen);
  });

  it("is remembered and told to the document when switched", async () => {
    language.value = "zh-CN";
    expect(texts.value.nav.apps).toBe("应用");
    await Promise.resolve();
    expect(document.documentElement.lang).toBe("zh-CN");
    expect(localStorage.getItem("hongyan-console-language")).toBe("zh-CN");
    language.value = "en";
  });
});
