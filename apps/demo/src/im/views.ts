/**
 * What the screen shows of a message, a conversation, a group, a person.
 *
 * The SDK hands out objects that it keeps changing in place (`isRevoked`, `isPeerRead`, `status` …), which no framework can see.
 * So the app looks at them only when an event says that something happened, and takes a *view*: a plain value that never changes.
 * **Comes in:** SDK objects. **Goes out:** views, the same one as before when nothing differs, so that only what changed is drawn again.
 * **Never here:** calls to the SDK, words of a language.
 */
import type { SdkConversation, SdkGroup, SdkGroupMember, SdkMessage, SdkProfile } from "./api";

export type Flow = "in" | "out";
export type Status = "unSend" | "success" | "fail";

export interface MessageView {
  readonly id: string;
  readonly conversationID: string;
  readonly flow: Flow;
  readonly status: Status;
  readonly from: string;
  readonly sender: string;
  readonly avatar: string;
  readonly timeMs: number;
  readonly isRevoked: boolean;
  readonly isPeerRead: boolean;
  readonly isModified: boolean;
  readonly sequence: number;
  /** Whom it mentions: userIDs, or the constant for all. */
  readonly mentions: readonly string[];
  readonly quote: QuoteView | null;
  /** Of an own message that asked for receipts: how many members read it and how many did not. */
  readonly receipt: { readonly read: number; readonly unread: number } | null;
  readonly body: Body;
}

/** What a message answers, as its `cloudCustomData` tells: enough to show without having that message. */
export interface QuoteView {
  readonly messageID: string;
  readonly sender: string;
  readonly abstract: string;
  readonly timeMs: number;
  readonly sequence: number;
}

export type Body =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image"; readonly thumb: string; readonly url: string; readonly width: number; readonly height: number }
  | { readonly kind: "audio"; readonly url: string; readonly seconds: number }
  | {
      readonly kind: "video";
      readonly url: string;
      readonly poster: string;
      readonly seconds: number;
      readonly width: number;
      readonly height: number;
    }
  | { readonly kind: "file"; readonly url: string; readonly name: string; readonly bytes: number }
  | { readonly kind: "face"; readonly index: number; readonly data: string }
  | { readonly kind: "location"; readonly description: string; readonly latitude: number; readonly longitude: number }
  | { readonly kind: "merger"; readonly title: string; readonly lines: readonly string[] }
  | { readonly kind: "wave" }
  | { readonly kind: "rating"; readonly stars: number; readonly comment: string }
  | { readonly kind: "custom"; readonly text: string }
  | {
      readonly kind: "tip";
      readonly operation: number;
      readonly operator: string;
      readonly names: readonly string[];
      readonly joinType: number;
    }
  | {
      readonly kind: "notice";
      readonly operation: number;
      readonly operator: string;
      readonly groupID: string;
      readonly groupName: string;
      readonly words: string;
    }
  | { readonly kind: "other"; readonly type: string };

export type ConversationKind = "c2c" | "group" | "system";

export interface ConversationView {
  readonly id: string;
  readonly kind: ConversationKind;
  /** The userID or groupID; empty for the notices. */
  readonly target: string;
  readonly name: string;
  readonly avatar: string;
  readonly unread: number;
  readonly pinned: boolean;
  readonly muted: boolean;
  readonly starred: boolean;
  /** Marked by hand, to come back to it. */
  readonly markedUnread: boolean;
  readonly hidden: boolean;
  /** Somebody mentioned me there, and I have not been there since. */
  readonly mentioned: boolean;
  readonly folders: readonly string[];
  /** What was begun on any of one's devices. */
  readonly draft: string;
  readonly last: LastView | null;
}

export interface LastView {
  readonly timeMs: number;
  readonly from: string;
  readonly sender: string;
  readonly isRevoked: boolean;
  readonly body: Body;
  /** The SDK's own label, for kinds that this app does not know. */
  readonly label: string;
}

export interface GroupView {
  readonly groupID: string;
  readonly name: string;
  readonly avatar: string;
  readonly type: string;
  readonly introduction: string;
  readonly notification: string;
  readonly ownerID: string;
  readonly memberCount: number;
  readonly role: string;
}

export interface MemberView {
  readonly userID: string;
  readonly name: string;
  readonly avatar: string;
  readonly role: string;
}

export interface ProfileView {
  readonly userID: string;
  readonly nick: string;
  readonly avatar: string;
  readonly gender: string;
  readonly signature: string;
}

/** What this app puts into a custom message's `data`, as JSON. */
export type CardData =
  | { businessID: "hongyan_wave" }
  | { businessID: "hongyan_rating"; stars: number; comment: string };

/** TYPES.CONV_MARK_TYPE_*, as a conversation's `markList` holds them. */
export const MARK = { star: 1, unread: 2, hide: 8 } as const;

export const SYSTEM_ID = "@TIM#SYSTEM";

/** Notices that only keep an account's devices in step; the public pages say that they are not shown. */
const SILENT_NOTICES: ReadonlySet<number> = new Set([6, 8, 11, 15, 17, 18, 20]);

export function messageView(message: SdkMessage): MessageView {
  return {
    id: message.ID,
    conversationID: message.conversationID,
    flow: message.flow === "out" ? "out" : "in",
    status: message.status === "fail" ? "fail" : message.status === "unSend" ? "unSend" : "success",
    from: message.from,
    sender: message.nameCard || message.nick || message.from,
    avatar: message.avatar ?? "",
    timeMs: message.time * 1000,
    isRevoked: message.isRevoked === true,
    isPeerRead: message.isPeerRead === true,
    isModified: message.isModified === true,
    sequence: message.sequence ?? 0,
    mentions: Array.isArray(message.atUserList) ? message.atUserList.filter((id) => typeof id === "string") : [],
    quote: quoteOf(message.cloudCustomData),
    receipt:
      message.needReadReceipt && message.flow === "out" && message.conversationType === "GROUP"
        ? { read: number(message.readReceiptInfo, "readCount"), unread: number(message.readReceiptInfo, "unreadCount") }
        : null,
    body: bodyOf(message.type, message.payload),
  };
}

/** One entry of a combined message. */
export interface EntryView {
  readonly key: string;
  readonly sender: string;
  readonly from: string;
  readonly avatar: string;
  readonly timeMs: number;
  readonly bodies: readonly Body[];
  /** The payloads as they came, for what is opened from here: a combined message within. */
  readonly nested: readonly unknown[];
}

export function entryViews(payload: unknown): EntryView[] {
  const list = field(payload, "messageList");
  if (!Array.isArray(list)) return [];
  return list.map((entry: unknown, index) => {
    const parts = field(entry, "messageBody");
    const known = (Array.isArray(parts) ? parts : []).map((part: unknown) => ({
      type: text(part, "type"),
      payload: field(part, "payload"),
    }));
    return {
      key: `${index} ${text(entry, "ID")}`,
      sender: text(entry, "nick") || text(entry, "from"),
      from: text(entry, "from"),
      avatar: text(entry, "avatar"),
      timeMs: number(entry, "time") * 1000,
      bodies: known.map((part) => bodyOf(part.type, part.payload)),
      nested: known.map((part) => part.payload),
    };
  });
}

/** Quotes as apps with the public UI kits write them, so that both show each other's. */
export function quoteData(quoted: MessageView, abstract: string): string {
  const messageReply = {
    messageAbstract: abstract,
    messageSender: quoted.sender,
    messageID: quoted.id,
    messageType: ELEMENT_NUMBERS[quoted.body.kind] ?? 0,
    messageTime: Math.round(quoted.timeMs / 1000),
    messageSequence: quoted.sequence,
    version: 1,
  };
  return JSON.stringify({ messageReply });
}

const ELEMENT_NUMBERS: Partial<Record<Body["kind"], number>> = {
  text: 1,
  custom: 2,
  image: 3,
  audio: 4,
  video: 5,
  file: 6,
  location: 7,
  face: 8,
  merger: 10,
};

function quoteOf(data: string): QuoteView | null {
  const reply = field(parsed(data), "messageReply");
  const messageID = text(reply, "messageID");
  if (messageID === "") return null;
  return {
    messageID,
    sender: text(reply, "messageSender"),
    abstract: text(reply, "messageAbstract"),
    timeMs: number(reply, "messageTime") * 1000,
    sequence: number(reply, "messageSequence"),
  };
}

/** Whether the conversation shows it: not deleted here, not a silent notice. */
export function isShown(message: SdkMessage): boolean {
  if (message.isDeleted) return false;
  const body = bodyOf(message.type, message.payload);
  return body.kind !== "notice" || !SILENT_NOTICES.has(body.operation);
}

/** Whether it is somebody's word, and so counts as unread. Tips and notices in a group do not. */
export function isSpeech(view: MessageView): boolean {
  return view.body.kind !== "tip";
}

export function conversationView(conversation: SdkConversation): ConversationView {
  const id = conversation.conversationID;
  const kind: ConversationKind = id === SYSTEM_ID ? "system" : id.startsWith("GROUP") ? "group" : "c2c";
  const target = kind === "group" ? id.slice("GROUP".length) : kind === "c2c" ? id.slice("C2C".length) : "";
  const user = conversation.userProfile;
  const group = conversation.groupProfile;
  const last = conversation.lastMessage;
  const marks = conversation.markList ?? [];
  return {
    id,
    kind,
    target,
    name:
      kind === "c2c" ? conversation.remark || user?.nick || target : kind === "group" ? group?.name || target : "",
    avatar: (kind === "c2c" ? user?.avatar : kind === "group" ? group?.avatar : "") ?? "",
    unread: conversation.unreadCount,
    pinned: conversation.isPinned === true,
    muted: conversation.messageRemindType === "AcceptNotNotify" || conversation.messageRemindType === "Discard",
    starred: marks.includes(MARK.star),
    markedUnread: marks.includes(MARK.unread),
    hidden: marks.includes(MARK.hide),
    mentioned: (conversation.groupAtInfoList?.length ?? 0) > 0,
    folders: conversation.conversationGroupList ?? [],
    draft: text(parsed(conversation.customData ?? ""), "draft"),
    last:
      last && last.lastTime > 0
        ? {
            timeMs: last.lastTime * 1000,
            from: last.fromAccount ?? "",
            sender: last.nameCard || last.nick || last.fromAccount || "",
            isRevoked: last.isRevoked === true,
            body: bodyOf(last.type, last.payload),
            label: last.messageForShow ?? "",
          }
        : null,
  };
}

export function groupView(group: SdkGroup): GroupView {
  return {
    groupID: group.groupID,
    name: group.name || group.groupID,
    avatar: group.avatar ?? "",
    type: group.type,
    introduction: group.introduction ?? "",
    notification: group.notification ?? "",
    ownerID: group.ownerID ?? "",
    memberCount: group.memberCount ?? 0,
    role: group.selfInfo?.role ?? "",
  };
}

export function memberView(member: SdkGroupMember): MemberView {
  return {
    userID: member.userID,
    name: member.nameCard || member.nick || member.userID,
    avatar: member.avatar ?? "",
    role: member.role,
  };
}

export function profileView(profile: Partial<SdkProfile> & { userID: string }): ProfileView {
  return {
    userID: profile.userID,
    nick: profile.nick ?? "",
    avatar: profile.avatar ?? "",
    gender: profile.gender ?? "",
    signature: profile.selfSignature ?? "",
  };
}

/** The earlier view when the new one says the same. */
export function keepIfSame<View>(before: View | undefined, now: View): View {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}

/** Payloads come from other people and other apps: every field is looked at before it is believed. */
function bodyOf(type: string, payload: unknown): Body {
  switch (type) {
    case "TIMTextElem":
      return { kind: "text", text: text(payload, "text") };
    case "TIMImageElem": {
      const renditions = field(payload, "imageInfoArray");
      const all = (Array.isArray(renditions) ? renditions : []).filter((it) => text(it, "url") !== "");
      const big = all.find((it) => number(it, "type") === 0) ?? all[0];
      const small = all.find((it) => number(it, "type") === 2) ?? all.find((it) => number(it, "type") === 1) ?? big;
      return {
        kind: "image",
        thumb: safeURL(text(small, "url")),
        url: safeURL(text(big, "url")),
        width: number(big, "width") || number(small, "width"),
        height: number(big, "height") || number(small, "height"),
      };
    }
    case "TIMSoundElem":
      return { kind: "audio", url: safeURL(text(payload, "url")), seconds: number(payload, "second") };
    case "TIMVideoFileElem":
      return {
        kind: "video",
        url: safeURL(text(payload, "videoUrl")),
        poster: safeURL(text(payload, "snapshotUrl")),
        seconds: number(payload, "videoSecond"),
        width: number(payload, "snapshotWidth"),
        height: number(payload, "snapshotHeight"),
      };
    case "TIMFileElem":
      return {
        kind: "file",
        url: safeURL(text(payload, "fileUrl")),
        name: text(payload, "fileName"),
        bytes: number(payload, "fileSize"),
      };
    case "TIMFaceElem":
      return { kind: "face", index: number(payload, "index"), data: text(payload, "data") };
    case "TIMLocationElem":
      return {
        kind: "location",
        description: text(payload, "description"),
        latitude: number(payload, "latitude"),
        longitude: number(payload, "longitude"),
      };
    case "TIMRelayElem": {
      const lines = field(payload, "abstractList");
      return {
        kind: "merger",
        title: text(payload, "title"),
        lines: (Array.isArray(lines) ? lines : []).filter((line) => typeof line === "string").slice(0, 4),
      };
    }
    case "TIMCustomElem":
      return cardOf(text(payload, "data"), text(payload, "description"));
    case "TIMGroupTipElem":
      return {
        kind: "tip",
        operation: number(payload, "operationType"),
        operator: nameOf(payload, text(payload, "operatorID")),
        names: tipNames(payload),
        joinType: number(payload, "groupJoinType"),
      };
    case "TIMGroupSystemNoticeElem": {
      const group = field(payload, "groupProfile");
      return {
        kind: "notice",
        operation: number(payload, "operationType"),
        operator: text(payload, "operatorID"),
        groupID: text(group, "groupID") || text(group, "to"),
        groupName: text(group, "name") || text(group, "groupName") || text(group, "groupID"),
        words: text(payload, "handleMessage") || text(payload, "userDefinedField"),
      };
    }
    default:
      return { kind: "other", type };
  }
}

function cardOf(data: string, description: string): Body {
  const card = parsed(data);
  switch (text(card, "businessID")) {
    case "hongyan_wave":
      return { kind: "wave" };
    case "hongyan_rating": {
      const stars = Math.round(number(card, "stars"));
      return { kind: "rating", stars: Math.min(5, Math.max(1, stars)), comment: text(card, "comment") };
    }
    default:
      return { kind: "custom", text: description };
  }
}

function tipNames(payload: unknown): string[] {
  const ids = field(payload, "userIDList");
  if (!Array.isArray(ids)) return [];
  return ids.filter((id) => typeof id === "string").map((id) => nameOf(payload, id));
}

/** A tip names people by userID and brings the nicknames that it knows beside it. */
function nameOf(payload: unknown, userID: string): string {
  const members = field(payload, "memberList");
  if (Array.isArray(members)) {
    for (const member of members) {
      if (text(member, "userID") === userID) return text(member, "nick") || userID;
    }
  }
  return userID;
}

/** An address to load or open: of the web or of this page itself, never a script. */
function safeURL(address: string): string {
  return /^(https?:|blob:|\/(?!\/))/i.test(address) ? address : "";
}

/** What other apps put into free fields need not be JSON. */
function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function text(value: unknown, key: string): string {
  const found = field(value, key);
  return typeof found === "string" ? found : "";
}

function number(value: unknown, key: string): number {
  const found = field(value, key);
  return typeof found === "number" && Number.isFinite(found) ? found : 0;
}
