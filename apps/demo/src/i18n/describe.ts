/**
 * What happened, as a sentence: tips, notices, previews and errors in the language in use.
 *
 * **Comes in:** views and problems. **Goes out:** text. **Never here:** markup, the SDK.
 */
import type { Problem } from "../im/problem";
import type { SdkMessage } from "../im/api";
import { messageView, type Body, type ConversationView, type LastView, type MessageView } from "../im/views";
import type { Dictionary } from "./en";

type Tip = Extract<Body, { kind: "tip" }>;
type Notice = Extract<Body, { kind: "notice" }>;

/** TYPES.GRP_TIP_*. */
export function tipText(t: Dictionary, tip: Tip): string {
  const names = tip.names.length > 0 ? tip.names.join(t.tip.and) : tip.operator;
  switch (tip.operation) {
    case 1:
      return tip.joinType === 2 && tip.operator !== "" && !tip.names.includes(tip.operator)
        ? t.tip.invited(tip.operator, names)
        : t.tip.joined(names);
    case 2:
      return t.tip.left(names);
    case 3:
      return t.tip.removed(tip.operator, names);
    case 4:
      return t.tip.admin(names);
    case 5:
      return t.tip.notAdmin(names);
    case 6:
      return t.tip.profile(tip.operator);
    case 7:
      return t.tip.member(names);
    default:
      return t.tip.other;
  }
}

/** The operations of group system notices. */
export function noticeText(t: Dictionary, notice: Notice): string {
  const group = notice.groupName || notice.groupID;
  switch (notice.operation) {
    case 1:
      return t.notice.applied(notice.operator, group);
    case 2:
      return t.notice.accepted(group);
    case 3:
      return t.notice.refused(group);
    case 4:
      return t.notice.removed(group);
    case 5:
      return t.notice.dismissed(group);
    case 7:
      return t.notice.taken(group);
    case 9:
      return t.notice.admin(group);
    case 10:
      return t.notice.notAdmin(group);
    case 12:
      return t.notice.invited(notice.operator, group);
    case 13:
      return t.notice.inviteAccepted(notice.operator, group);
    case 14:
      return t.notice.inviteRefused(notice.operator, group);
    default:
      return notice.words || t.notice.other(group);
  }
}

/** What the conversation list shows below a name. */
export function previewText(t: Dictionary, conversation: ConversationView, myID: string): string {
  const { last } = conversation;
  if (last === null) return "";
  const mine = last.from === myID;
  if (last.isRevoked) {
    if (mine) return t.message.youRecalled;
    return last.from === "" ? t.message.recalled : t.message.recalledBy(last.sender);
  }
  const said = lastText(t, last);
  const named = conversation.kind === "group" && last.body.kind !== "tip" && last.body.kind !== "notice" && last.from !== "";
  return named ? `${mine ? t.list.you : last.sender}: ${said}` : said;
}

export function bodyText(t: Dictionary, body: Body): string {
  switch (body.kind) {
    case "text":
      return body.text;
    case "image":
      return t.preview.image;
    case "video":
      return t.preview.video;
    case "audio":
      return t.preview.audio(body.seconds);
    case "file":
      return t.preview.file(body.name);
    case "face":
      return t.preview.face;
    case "location":
      return t.preview.location(body.description);
    case "merger":
      return t.preview.merger(body.title);
    case "wave":
      return t.preview.wave;
    case "rating":
      return t.preview.rating(body.stars);
    case "custom":
      return body.text || t.preview.custom;
    case "tip":
      return tipText(t, body);
    case "notice":
      return noticeText(t, body);
    case "other":
      return t.message.unsupported;
    default:
      return body satisfies never;
  }
}

/** A line of a combined message, closed: who, and what. */
export function entryText(t: Dictionary, message: SdkMessage): string {
  const view = messageView(message);
  const said = bodyText(t, view.body).replace(/\s+/gu, " ");
  return `${view.sender}: ${said.length > LINE_MAX ? `${said.slice(0, LINE_MAX)}…` : said}`;
}

/** More of a line would not be seen. */
const LINE_MAX = 60;

export function revokedText(t: Dictionary, message: MessageView): string {
  return message.flow === "out" ? t.message.youRecalled : t.message.recalledBy(message.sender);
}

/** What a person can make of a public error code; the SDK's own words where the dictionary has none. */
export function problemText(t: Dictionary, problem: Problem): string {
  const key = CODES[problem.code];
  return key ? t.problem.codes[key] : problem.message || t.problem.unknown;
}

const CODES: Readonly<Record<number, keyof Dictionary["problem"]["codes"]>> = {
  [-1]: "unreachable",
  2024: "notSignedIn",
  2999: "notSignedIn",
  2800: "network",
  2801: "network",
  2805: "network",
  2996: "busy",
  10023: "busy",
  2100: "sendFailed",
  2110: "recallFailed",
  20016: "recallLate",
  10031: "recallLate",
  20022: "recallGone",
  20023: "recallGone",
  10030: "recallGone",
  2500: "noConversation",
  2503: "noConversation",
  20003: "noUser",
  40003: "noUser",
  70107: "noUser",
  20007: "blockedByPeer",
  20009: "notFriends",
  20010: "notFriends",
  20012: "muted",
  10017: "muted",
  2601: "workJoin",
  2603: "noGroup",
  10010: "noGroup",
  10015: "noGroup",
  10007: "notAllowed",
  2681: "notAllowed",
  10009: "ownerStays",
  2622: "workDismiss",
  2623: "notMember",
  10013: "already",
  10014: "full",
  10038: "full",
  10021: "groupIDTaken",
  10025: "groupIDTaken",
  10037: "groupQuota",
  10024: "handled",
  2742: "self",
  2721: "parameters",
  10004: "parameters",
  40008: "parameters",
  80002: "tooLarge",
  10053: "tooManyAt",
  3122: "notBuilt",
  2252: "imageFormat",
  2352: "videoFormat",
  2253: "fileTooLarge",
  2301: "fileTooLarge",
  2351: "fileTooLarge",
  2402: "fileTooLarge",
  2041: "noUploads",
  60018: "tooMuch",
  2108: "fileEmpty",
  2250: "upload",
  2300: "upload",
  2350: "upload",
  2400: "upload",
  2480: "changed",
  20027: "changed",
  51012: "pinnedMax",
  51010: "foldersMax",
  51011: "folderName",
  51009: "noFolder",
  2117: "noTranslation",
  10062: "noReceipt",
  70001: "sigExpired",
  6206: "sigExpired",
  70003: "sigBad",
  70009: "sigWrong",
  70013: "sigOther",
  70014: "sigApp",
  70016: "noApp",
  70020: "noApp",
};

function lastText(t: Dictionary, last: LastView): string {
  return last.body.kind === "other" ? last.label || t.message.unsupported : bodyText(t, last.body);
}
