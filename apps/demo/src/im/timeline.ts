/**
 * One conversation's messages in order, each once.
 *
 * **Comes in:** pages of history, arrivals, own messages before and after they are sent. **Goes out:** the ordered list.
 * **Never here:** the SDK's calls, the screen. Invariant: no ID twice; order by server time and sequence; what is still on its way comes last.
 */
import type { SdkMessage } from "./api";
import { isShown, keepIfSame, messageView, type MessageView } from "./views";

export class Timeline {
  /** From `getMessageList`: where the next older page starts. */
  nextReqMessageID = "";
  /** Whether the first page has been asked for and answered. */
  loaded = false;
  /** Whether the oldest message is here. */
  complete = false;
  /** Grows with each `restart`: a page that was asked for before is no page of this. */
  generation = 0;

  /** IDs of own messages that are on their way, also again after a failure. */
  readonly sending = new Set<string>();
  /** Done when all that was sent in line has arrived, or has not. */
  line: Promise<void> = Promise.resolve();

  private readonly entries = new Map<string, { message: SdkMessage; arrival: number }>();
  private seen = new Map<string, MessageView>();
  private arrivals = 0;

  /** Takes messages in; one that is known already is only looked at again. */
  take(messages: readonly SdkMessage[]): void {
    for (const message of messages) {
      const known = this.entries.get(message.ID);
      this.entries.set(message.ID, { message, arrival: known?.arrival ?? ++this.arrivals });
    }
  }

  /** An older page belongs before all that arrived, also within the same second. */
  takeOlder(messages: readonly SdkMessage[]): void {
    const first = -this.arrivals - messages.length;
    messages.forEach((message, index) => {
      const known = this.entries.get(message.ID);
      this.entries.set(message.ID, { message, arrival: known?.arrival ?? first + index });
    });
    this.arrivals += messages.length;
  }

  /** Forgets what the service can tell again; what only this side knows, unsent messages, stays. */
  restart(): void {
    for (const [id, { message }] of this.entries) {
      if (message.status === "success" && !this.sending.has(id)) this.entries.delete(id);
    }
    this.generation += 1;
    this.nextReqMessageID = "";
    this.loaded = false;
    this.complete = false;
  }

  find(id: string): SdkMessage | undefined {
    return this.entries.get(id)?.message;
  }

  remove(id: string): void {
    this.entries.delete(id);
  }

  views(): readonly MessageView[] {
    const ordered = [...this.entries.values()].filter((entry) => isShown(entry.message)).sort(
      (a, b) =>
        compare(this.rank(a.message), this.rank(b.message)) ||
        compare(a.message.sequence || Infinity, b.message.sequence || Infinity) ||
        a.arrival - b.arrival,
    );
    const seen = new Map<string, MessageView>();
    for (const { message } of ordered) {
      const view = messageView(message);
      const now: MessageView = this.sending.has(message.ID) ? { ...view, status: "unSend" } : view;
      seen.set(message.ID, keepIfSame(this.seen.get(message.ID), now));
    }
    this.seen = seen;
    return [...seen.values()];
  }

  private rank(message: SdkMessage): number {
    return message.status === "unSend" || this.sending.has(message.ID) ? Infinity : message.time;
  }
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
