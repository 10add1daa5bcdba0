/**
 * What one sends: words, files, cards, places; answers, changes, and what is passed on. With how far an upload is.
 *
 * **Comes in:** what a person made, and for whom. **Goes out:** messages on their way. **Never here:** whether they arrived; the
 * store, which keeps the conversations, delivers them.
 */
import { shallowRef, type ShallowRef } from "vue";
import type { NewMessage, SdkMessage, Tim, TimStatic } from "./api";
import { quoteData, type CardData, type ConversationView, type MessageView } from "./views";

export type Attachment = "image" | "video" | "audio" | "file";

/** Makes a message for whomever it is for. */
export type Make = (tim: Tim, to: Target) => SdkMessage;

export interface Target {
  readonly to: string;
  readonly conversationType: string;
  readonly needReadReceipt?: boolean;
  readonly cloudCustomData?: string;
}

/** What a text comes with. */
export interface TextOptions {
  readonly mentions?: readonly string[];
  readonly quote?: { readonly message: MessageView; readonly abstract: string } | null;
  /** Whether it was sent together with files, and comes behind them. */
  readonly withFiles?: boolean;
}

/** How a message goes. */
export interface Way {
  /** Where to, if not into the open conversation. */
  readonly conversation?: ConversationView;
  /** Behind what is in line already: each is sent when the one before it was accepted, or was not. */
  readonly inLine?: boolean;
}

/** Uploads are shown in steps that an eye can see. */
const STEP = 0.02;

export class Outbox {
  /** How much of a file has gone, from 0 to 1, by the message's ID. */
  readonly progress: ShallowRef<ReadonlyMap<string, number>> = shallowRef(new Map());
  /** What one sends is shown from here at once, not fetched back. */
  readonly local: ShallowRef<ReadonlyMap<string, string>> = shallowRef(new Map());

  constructor(private readonly send: (make: Make, way?: Way) => boolean) {}

  /** Whether it is on its way; else what was written is better kept. */
  text(text: string, { mentions = [], quote = null, withFiles = false }: TextOptions = {}): boolean {
    const about = quote ? { cloudCustomData: quoteData(quote.message, quote.abstract) } : {};
    return this.send(
      (tim, to) =>
        mentions.length > 0
          ? tim.createTextAtMessage({ ...to, ...about, payload: { text, atUserList: [...mentions] } })
          : tim.createTextMessage({ ...to, ...about, payload: { text } }),
      { inLine: withFiles },
    );
  }

  card(card: CardData, description: string): boolean {
    return this.send((tim, to) =>
      tim.createCustomMessage({ ...to, payload: { data: JSON.stringify(card), description, extension: "" } }),
    );
  }

  face(index: number, data: string): boolean {
    return this.send((tim, to) => tim.createFaceMessage({ ...to, payload: { index, data } }));
  }

  location(description: string, latitude: number, longitude: number): boolean {
    return this.send((tim, to) => tim.createLocationMessage({ ...to, payload: { description, latitude, longitude } }));
  }

  /** One file after the other, so that they come in the order in which they were chosen, whatever their sizes. */
  file(file: File, as: Attachment): boolean {
    let id = "";
    const onProgress = (progress: number) => id !== "" && this.note(id, progress);
    const make: Make = (tim, to) => {
      const message = creator(tim, as)({ ...to, payload: { file }, onProgress });
      if (message instanceof Promise) return message as never;
      id = message.ID;
      if (as !== "file") this.local.value = new Map([...this.local.value, [id, URL.createObjectURL(file)]]);
      this.note(id, 0);
      return message;
    };
    return this.send(make, { inLine: true });
  }

  /** Each message by itself, as if one had written it. */
  forward(messages: readonly SdkMessage[], conversation: ConversationView): void {
    for (const message of messages) this.send((tim, to) => tim.createForwardMessage({ ...to, payload: message }), { conversation });
  }

  /** All in one, to be opened. */
  forwardMerged(
    messages: readonly SdkMessage[],
    conversation: ConversationView,
    words: { title: string; abstractList: string[]; compatibleText: string },
  ): boolean {
    return this.send((tim, to) => tim.createMergerMessage({ ...to, payload: { messageList: [...messages], ...words } }), { conversation });
  }

  /** Sent, or not: there is nothing more to tell of its way. */
  done(id: string): void {
    if (!this.progress.value.has(id)) return;
    const rest = new Map(this.progress.value);
    rest.delete(id);
    this.progress.value = rest;
  }

  forget(): void {
    for (const address of this.local.value.values()) URL.revokeObjectURL(address);
    this.local.value = new Map();
    this.progress.value = new Map();
  }

  private note(id: string, progress: number): void {
    const before = this.progress.value.get(id);
    if (before !== undefined && progress < 1 && progress - before < STEP) return;
    this.progress.value = new Map([...this.progress.value, [id, Math.min(1, progress)]]);
  }
}

function creator(tim: Tim, as: Attachment): (options: NewMessage<{ file: File }>) => SdkMessage {
  switch (as) {
    case "image":
      return (options) => tim.createImageMessage(options);
    case "video":
      return (options) => tim.createVideoMessage(options);
    case "audio":
      return (options) => tim.createAudioMessage(options);
    case "file":
      return (options) => tim.createFileMessage(options);
    default:
      return as satisfies never;
  }
}

/** Whom a conversation's messages go to, and whether receipts make sense there. */
export function targetOf(sdk: TimStatic, conversation: ConversationView, groupType: string | undefined): Target {
  const type = sdk.TYPES[conversation.kind === "group" ? "CONV_GROUP" : "CONV_C2C"];
  const to = { to: conversation.target, conversationType: String(type) };
  const counts = conversation.kind === "group" && groupType !== undefined && groupType !== sdk.TYPES.GRP_COMMUNITY;
  return counts ? { ...to, needReadReceipt: true } : to;
}
