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
  readonly body: Body;
}

export type Body =
  | { readonly kind: "text"; readonly text: string }
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
    body: bodyOf(message.type, message.payload),
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
  return {
    id,
    kind,
    target,
    name:
      kind === "c2c" ? conversation.remark || user?.nick || target : kind === "group" ? group?.name || target : "",
    avatar: (kind === "c2c" ? user?.avatar : kind === "group" ? group?.avatar : "") ?? "",
    unread: conversation.unreadCount,
    pinned: conversation.isPinned === true,
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
  let card: unknown;
  try {
    card = JSON.parse(data);
  } catch {
    card = undefined; // Another app's custom message need not be JSON.
  }
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
