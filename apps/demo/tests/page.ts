/** A page in memory with the app on it, and the few things that a person does there. */
import { createApp, nextTick, type App } from "vue";
import Root from "../src/App.vue";
import type { ImStore } from "../src/im/store";

export class Page {
  private readonly app: App;
  private readonly root: HTMLElement;

  private constructor(store: ImStore) {
    this.root = document.createElement("div");
    document.body.append(this.root);
    this.app = createApp(Root, { store });
    this.app.mount(this.root);
  }

  static async open(store: ImStore): Promise<Page> {
    const page = new Page(store);
    await settled();
    return page;
  }

  close(): void {
    this.app.unmount();
    this.root.remove();
  }

  get text(): string {
    return document.body.textContent ?? "";
  }

  all(id: string): HTMLElement[] {
    // Dialogs and menus are not inside the root.
    return [...document.querySelectorAll<HTMLElement>(`[data-testid="${id}"]`)];
  }

  find(id: string): HTMLElement {
    const found = this.all(id)[0];
    if (!found) throw new Error(`there is no ${id} on the page`);
    return found;
  }

  has(id: string): boolean {
    return this.all(id).length > 0;
  }

  value(id: string): string {
    return (this.find(id) as HTMLInputElement).value;
  }

  async click(id: string, nth = 0): Promise<void> {
    this.all(id)[nth]!.click();
    await settled();
  }

  async fill(id: string, text: string): Promise<void> {
    const field = this.find(id) as HTMLInputElement;
    field.value = text;
    field.dispatchEvent(new Event("input"));
    await settled();
  }

  async press(target: EventTarget, key: string, more: KeyboardEventInit = {}): Promise<void> {
    target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
    await settled();
  }

  /** Sends the form that the element is in. */
  async submit(id: string): Promise<void> {
    this.find(id).closest("form")!.dispatchEvent(new Event("submit", { cancelable: true }));
    await settled();
  }
}

/** Resolves when promises and drawing have come to rest. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  await nextTick();
}
