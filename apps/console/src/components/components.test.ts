/** The components whose behaviour somebody relies on: secrets, confirmations, copies, avatars, lines. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApp, h, nextTick, type Component } from "vue";
import { ApiError } from "../api/error";
import { language, texts } from "../i18n";
import ConfirmDialog from "./ConfirmDialog.vue";
import CopyButton from "./CopyButton.vue";
import ErrorNotice from "./ErrorNotice.vue";
import NumberStepper from "./NumberStepper.vue";
import SecretReveal from "./SecretReveal.vue";
import { hueOf, letterOf, sameOriginPicture } from "./avatar";
import { sparkPath } from "./spark-path";

let unmount = () => {};

function mount(component: Component, props: Record<string, unknown>): HTMLElement {
  const place = document.createElement("div");
  document.body.append(place);
  const app = createApp({ render: () => h(component, props) });
  app.mount(place);
  unmount = () => {
    app.unmount();
    place.remove();
  };
  return place;
}

function button(place: HTMLElement, name: string): HTMLButtonElement {
  const found = [...place.querySelectorAll("button")].find(
    (candidate) => candidate.getAttribute("aria-label") === name || candidate.textContent?.trim() === name,
  );
  if (!found) throw new Error(`no button "${name}" in ${place.innerHTML}`);
  return found;
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  language.value = "en";
});
afterEach(() => {
  unmount();
  vi.unstubAllGlobals();
});

function clipboardThat(writeText: (text: string) => Promise<void>): void {
  vi.stubGlobal("navigator", { clipboard: { writeText }, languages: ["en"] });
}

describe("a secret key", () => {
  const props = (onClose: () => void) => ({
    title: "Key",
    sdkAppID: 1400000001,
    secretKey: "ab".repeat(32),
    onClose,
  });

  it("is shown, and leaving without a copy takes a second attempt", async () => {
    const onClose = vi.fn();
    const place = mount(SecretReveal, props(onClose));
    expect(place.querySelector("[data-secret-key]")?.textContent).toBe("ab".repeat(32));
    button(place, texts.value.common.close).click();
    await nextTick();
    expect(onClose).not.toHaveBeenCalled();
    expect(place.textContent).toContain(texts.value.secret.notCopied);
    button(place, texts.value.common.close).click();
    expect(onClose).toHaveBeenCalledOnce();
  });

  it("once copied, closes at once", async () => {
    const copied: string[] = [];
    clipboardThat(async (text) => void copied.push(text));
    const onClose = vi.fn();
    const place = mount(SecretReveal, props(onClose));
    button(place, texts.value.common.copyWhat(texts.value.secret.key)).click();
    await settle();
    expect(copied).toEqual(["ab".repeat(32)]);
    button(place, texts.value.common.close).click();
    expect(onClose).toHaveBeenCalledOnce();
  });
});

describe("a confirmation", () => {
  const words = { title: "Rotate?", text: "…", submit: "Rotate" };

  it("with a phrase does nothing until it is typed", async () => {
    const act = vi.fn(async () => {});
    const onDone = vi.fn();
    const place = mount(ConfirmDialog, { ...words, phrase: "1400000001", act, onDone });
    const form = place.querySelector("form") as HTMLFormElement;
    form.dispatchEvent(new Event("submit"));
    await settle();
    expect(act).not.toHaveBeenCalled();
    const input = place.querySelector("input") as HTMLInputElement;
    input.value = "1400000001";
    input.dispatchEvent(new Event("input"));
    form.dispatchEvent(new Event("submit"));
    await settle();
    expect(act).toHaveBeenCalledOnce();
    expect(onDone).toHaveBeenCalledOnce();
  });

  it("stays open when the act fails and says why", async () => {
    const onDone = vi.fn();
    const act = () => Promise.reject(new ApiError("unreachable", "", 0));
    const place = mount(ConfirmDialog, { ...words, act, onDone });
    place.querySelector("form")?.dispatchEvent(new Event("submit"));
    await settle();
    expect(onDone).not.toHaveBeenCalled();
    expect(place.querySelector("[role=alert]")?.textContent).toContain(texts.value.errors.unreachable.title);
  });
});

describe("a copy button", () => {
  it("says that it could not copy when the browser refuses", async () => {
    clipboardThat(() => Promise.reject(new Error("denied")));
    const place = mount(CopyButton, { text: "x", what: "key" });
    button(place, "Copy key").click();
    await settle();
    expect(place.textContent).toContain(texts.value.common.copyFailed);
  });
});

describe("an error", () => {
  it("shows the server's words where they name the cause, in either language", async () => {
    const place = mount(ErrorNotice, { error: new ApiError("invalid", "the name is too long", 422) });
    expect(place.textContent).toContain("the name is too long");
    language.value = "zh-CN";
    await nextTick();
    expect(place.textContent).toContain(texts.value.errors.invalid.title);
    expect(place.textContent).toContain("the name is too long");
  });
});

describe("a stepper", () => {
  it("stays within its bounds and keeps only digits", async () => {
    const got: number[] = [];
    const props = { min: 1, max: 10, modelValue: 10, "onUpdate:modelValue": (value: number) => got.push(value) };
    const place = mount(NumberStepper, props);
    expect(button(place, texts.value.settings.more).disabled).toBe(true);
    button(place, texts.value.settings.fewer).click();
    const input = place.querySelector("input") as HTMLInputElement;
    for (const typed of ["4x", "many"]) {
      input.value = typed;
      input.dispatchEvent(new Event("input"));
    }
    expect(got).toEqual([9, 4, Number.NaN]);
  });
});

describe("an avatar", () => {
  const page = "https://im.example.com/console/";

  it("never loads a picture from another origin", () => {
    expect(sameOriginPicture("https://evil.example/track.png", page)).toBeUndefined();
    expect(sameOriginPicture("//evil.example/track.png", page)).toBeUndefined();
    expect(sameOriginPicture("javascript:alert(1)", page)).toBeUndefined();
    expect(sameOriginPicture("", page)).toBeUndefined();
    expect(sameOriginPicture("/files/a.png", page)).toBe("https://im.example.com/files/a.png");
  });

  it("has a letter and a colour of its own", () => {
    expect([letterOf("alice"), letterOf("戴维"), letterOf("👩‍🚀 Ann"), letterOf(" ")]).toEqual(["A", "戴", "👩‍🚀", "?"]);
    expect(hueOf("alice")).toBe(hueOf("alice"));
    expect(hueOf("alice")).not.toBe(hueOf("bob"));
  });
});

describe("a sparkline", () => {
  it("needs two values, ends at the right edge and starts from zero", () => {
    expect(sparkPath([1], 10, 100, 40)).toBeUndefined();
    const path = sparkPath([0, 10], 11, 100, 40);
    expect(path?.line).toMatch(/^M90 38L100 /);
  });
});
