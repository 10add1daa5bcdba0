/**
 * A stretch of a conversation away from its end: what one sees after a jump to an old message.
 *
 * **Comes in:** where to jump. **Goes out:** the messages around it, more of them to both sides. **Never here:** the newest messages; once
 * the stretch reaches them it is complete, and the conversation itself takes over.
 */
import type { Hands } from "./hands";
import { Timeline } from "./timeline";

/** A place in a conversation: groups count by sequence, one-to-one conversations by time. */
export interface Place {
  readonly messageID: string;
  readonly sequence: number;
  readonly timeMs: number;
}

const OLDER = 0;
const NEWER = 1;

export class Excerpt {
  readonly timeline = new Timeline();
  newestReached = false;
  private olderFrom: number | undefined;
  private newerFrom: number | undefined;

  constructor(
    private readonly hands: Hands,
    readonly conversationID: string,
  ) {}

  private get byTime(): boolean {
    return this.conversationID.startsWith("C2C");
  }

  async open(place: Place): Promise<void> {
    const from = this.byTime ? Math.round(place.timeMs / 1000) : place.sequence;
    this.olderFrom = this.newerFrom = from;
    await this.older();
    await this.newer();
    this.timeline.loaded = true;
  }

  async older(): Promise<void> {
    if (this.timeline.complete || this.olderFrom === undefined) return;
    const { messages, next, complete } = await this.page(this.olderFrom, OLDER);
    this.timeline.takeOlder(messages);
    this.olderFrom = next;
    this.timeline.complete = complete || next === undefined;
  }

  async newer(): Promise<void> {
    if (this.newestReached || this.newerFrom === undefined) return;
    const { messages, next, complete } = await this.page(this.newerFrom, NEWER);
    this.timeline.take(messages);
    this.newerFrom = next;
    this.newestReached = complete || next === undefined;
  }

  private async page(from: number, direction: number) {
    const { data } = await this.hands.call((tim) =>
      tim.getMessageListHopping({
        conversationID: this.conversationID,
        direction,
        ...(this.byTime ? { time: from } : { sequence: from }),
      }),
    );
    const next = this.byTime ? data.nextMessageTime : data.nextMessageSeq;
    return { messages: data.messageList, next, complete: data.isCompleted };
  }
}
