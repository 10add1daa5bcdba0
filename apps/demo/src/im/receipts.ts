/**
 * Read receipts in groups: saying that one saw a message, and learning who saw one's own.
 *
 * **Comes in:** the messages on the screen. **Goes out:** receipts, at most once for a message; who read. **Never here:** what is visible.
 */
import type { SdkMessage } from "./api";
import type { Hands } from "./hands";

/** As many as one call takes. */
const PER_CALL = 30;
const READERS_PER_PAGE = 100;

export interface Readers {
  readonly userIDs: readonly string[];
  readonly cursor: string;
  readonly complete: boolean;
}

export class Receipts {
  private readonly told = new Set<string>();
  private readonly asked = new Set<string>();

  constructor(private readonly hands: Hands) {}

  forget(): void {
    this.told.clear();
    this.asked.clear();
  }

  /** Tells the senders of these that a person sees them. */
  tell(messages: readonly SdkMessage[]): void {
    const seen = messages.filter(
      (message) => message.needReadReceipt && message.flow === "in" && !message.isRevoked && !this.told.has(message.ID),
    );
    for (let start = 0; start < seen.length; start += PER_CALL) {
      const some = seen.slice(start, start + PER_CALL);
      for (const { ID } of some) this.told.add(ID);
      void this.hands
        .call((tim) => tim.sendMessageReadReceipt(some))
        // Sent again when they are seen again; nobody has to hear of it.
        .catch(() => some.forEach(({ ID }) => this.told.delete(ID)));
    }
  }

  /** Asks how often one's own messages were read; the SDK puts the answer on them. */
  async ask(messages: readonly SdkMessage[], then: () => void): Promise<void> {
    const own = messages.filter(
      ({ ID, needReadReceipt, flow, status }) => needReadReceipt && flow === "out" && status === "success" && !this.asked.has(ID),
    );
    for (let start = 0; start < own.length; start += PER_CALL) {
      const some = own.slice(start, start + PER_CALL);
      for (const { ID } of some) this.asked.add(ID);
      await this.hands.call((tim) => tim.getMessageReadReceiptList(some)).then(then, () => undefined);
    }
  }

  /** A page of the members who read a message, or of those who did not. */
  async readers(message: SdkMessage, read: boolean, cursor: string): Promise<Readers> {
    const { data } = await this.hands.call((tim) =>
      tim.getGroupMessageReadMemberList({ message, cursor, filter: read ? 0 : 1, count: READERS_PER_PAGE }),
    );
    const userIDs = (read ? data.readUserIDList : data.unreadUserIDList) ?? [];
    return { userIDs, cursor: data.cursor, complete: data.isCompleted };
  }
}
