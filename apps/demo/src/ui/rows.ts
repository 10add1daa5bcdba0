/**
 * From messages to the rows of the chat: lines between days, the mark where new ones begin, bubbles that belong together.
 */
import type { MessageView } from "../im/views";
import { sameDay } from "./time";

export type Row =
  | { readonly kind: "day"; readonly key: string; readonly timeMs: number }
  | { readonly kind: "new"; readonly key: string }
  | { readonly kind: "message"; readonly key: string; readonly message: MessageView; readonly first: boolean; readonly last: boolean };

/** Bubbles of one person this close together form a group with one name and one picture. */
const TOGETHER_MS = 5 * 60_000;

export function rowsOf(messages: readonly MessageView[], firstUnreadID: string | null): Row[] {
  const rows: Row[] = [];
  messages.forEach((message, index) => {
    const before = messages[index - 1];
    const after = messages[index + 1];
    if (!before || !sameDay(before.timeMs, message.timeMs)) {
      rows.push({ kind: "day", key: `day ${message.id}`, timeMs: message.timeMs });
    }
    if (message.id === firstUnreadID) rows.push({ kind: "new", key: "new" });
    rows.push({
      kind: "message",
      key: message.id,
      message,
      first: !before || message.id === firstUnreadID || !together(before, message),
      last: !after || after.id === firstUnreadID || !together(message, after),
    });
  });
  return rows;
}

function together(a: MessageView, b: MessageView): boolean {
  return (
    a.from === b.from &&
    a.flow === b.flow &&
    isBubble(a) &&
    isBubble(b) &&
    Math.abs(b.timeMs - a.timeMs) < TOGETHER_MS &&
    sameDay(a.timeMs, b.timeMs)
  );
}

/** What stands as a line of its own in the middle is no bubble. */
export function isBubble(message: MessageView): boolean {
  return !message.isRevoked && message.body.kind !== "tip" && message.body.kind !== "notice";
}
