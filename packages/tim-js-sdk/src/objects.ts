/**
 * The objects that an app holds on to: one per message, conversation, group and user.
 *
 * **Comes in:** plain objects from the core. **Goes out:** the object that the app already has, brought up to date in place;
 * so `isRevoked` and `isPeerRead` change where the app looks at them. **Never here:** what a change means.
 */
import { isMessage, isObject } from "./arguments";

type Plain = Record<string, unknown>;

export class Objects {
  readonly #messages = new Kept();
  readonly #conversations = new Kept();
  readonly #groups = new Kept();
  readonly #profiles = new Kept();

  message(plain: unknown): unknown {
    return keep(this.#messages, "ID", plain);
  }

  group(plain: unknown): unknown {
    return keep(this.#groups, "groupID", plain);
  }

  profile(plain: unknown): unknown {
    return keep(this.#profiles, "userID", plain);
  }

  conversation(plain: unknown): unknown {
    if (!isObject(plain)) return plain;
    const { userProfile, groupProfile, ...own } = plain;
    // A conversation shows the same profile and group as everything else.
    if (isObject(userProfile)) own["userProfile"] = this.profile(userProfile);
    if (isObject(groupProfile)) own["groupProfile"] = this.group(groupProfile);
    return keep(this.#conversations, "conversationID", own);
  }

  messages(plain: unknown): unknown {
    return each(plain, (one) => this.message(one));
  }

  conversations(plain: unknown): unknown {
    return each(plain, (one) => this.conversation(one));
  }

  groups(plain: unknown): unknown {
    return each(plain, (one) => this.group(one));
  }

  profiles(plain: unknown): unknown {
    return each(plain, (one) => this.profile(one));
  }

  /**
   * The app hands a message in: from now on this object is the one that is kept up to date.
   *
   * It may be another than ours: a reactive proxy around it, through which changes are seen.
   */
  adopt(message: Plain & { ID: string }): void {
    this.#messages.set(message.ID, message);
  }

  /** The message that the app has, whether the core knows it or not. */
  findMessage(id: string): unknown {
    return this.#messages.get(id);
  }

  /** What a function answers, with the app's objects in it. */
  answer(method: string, data: unknown): unknown {
    switch (method) {
      case "getMyProfile":
      case "updateMyProfile":
        return this.profile(data);
      case "getUserProfile":
        return this.profiles(data);
    }
    if (!isObject(data) || Array.isArray(data)) return data;
    const answer: Plain = { ...data };
    if ("message" in answer && isMessage(answer["message"])) answer["message"] = this.message(answer["message"]);
    if ("messageList" in answer) answer["messageList"] = this.messages(answer["messageList"]);
    if ("conversation" in answer) answer["conversation"] = this.conversation(answer["conversation"]);
    if ("conversationList" in answer) answer["conversationList"] = this.conversations(answer["conversationList"]);
    if ("group" in answer) answer["group"] = this.group(answer["group"]);
    if ("groupList" in answer) answer["groupList"] = this.groups(answer["groupList"]);
    return answer;
  }

  /** What an event carries, with the app's objects in it. */
  event(name: string, data: unknown): unknown {
    switch (name) {
      case "onMessageReceived":
      case "onMessageModified":
      case "onMessageRevoked":
      case "onMessageReadByPeer":
        return this.messages(data);
      case "messageDeleted":
        return this.#known(data);
      case "onMessageReadReceiptReceived": {
        if (!isObject(data)) return data;
        this.#known(data["messageList"]);
        return data["records"];
      }
      case "onConversationListUpdated":
        return this.conversations(data);
      case "onConversationInGroupUpdated":
        return isObject(data) ? { ...data, conversationList: this.conversations(data["conversationList"]) } : data;
      case "onGroupListUpdated":
        return this.groups(data);
      case "onProfileUpdated":
        return this.profiles(data);
      default:
        return data;
    }
  }

  /** Only what changed of messages: for one that the app does not hold there is nothing to do. */
  #known(list: unknown): void {
    each(list, (one) => isMessageKey(one) && this.#messages.get(one.ID) && this.message(one));
  }

  /** Signed out: what comes later belongs to somebody else. */
  clear(): void {
    for (const kept of [this.#messages, this.#conversations, this.#groups, this.#profiles]) kept.clear();
  }
}

/** Objects by id, for as long as the app holds them: whether one that nobody has is the same makes no difference. */
class Kept {
  readonly #refs = new Map<string, WeakRef<Plain> | Plain>();
  readonly #gone: FinalizationRegistry<string> | undefined;

  constructor() {
    // Old mini-program runtimes have neither; there objects are kept until sign-out.
    if (typeof WeakRef !== "undefined" && typeof FinalizationRegistry !== "undefined") {
      this.#gone = new FinalizationRegistry((id) => {
        // Another object may have taken the place meanwhile.
        if (this.get(id) === undefined) this.#refs.delete(id);
      });
    }
  }

  get(id: string): Plain | undefined {
    const ref = this.#refs.get(id);
    return this.#gone && ref ? (ref as WeakRef<Plain>).deref() : (ref as Plain | undefined);
  }

  set(id: string, object: Plain): void {
    if (this.get(id) === object) return;
    this.#refs.set(id, this.#gone ? new WeakRef(object) : object);
    this.#gone?.register(object, id);
  }

  clear(): void {
    this.#refs.clear();
  }
}

/** The object that is kept under the plain one's id, brought up to date; the plain one itself when there is none. */
function keep(kept: Kept, key: string, plain: unknown): unknown {
  if (!isObject(plain)) return plain;
  const id = plain[key];
  if (typeof id !== "string") return plain;
  const held = kept.get(id);
  if (held === undefined) {
    kept.set(id, plain);
    return plain;
  }
  if (held !== plain) for (const [name, value] of Object.entries(plain)) held[name] = updated(held[name], value);
  return held;
}

/** The old value where nothing changed, so that what watches it is not woken for nothing. */
function updated(old: unknown, value: unknown): unknown {
  if (old === value || !isObject(old) || !isObject(value)) return value;
  return equal(old, value) ? old : value;
}

function equal(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && equal(one[key], other[key]));
}

function isMessageKey(plain: unknown): plain is { ID: string } {
  return isObject(plain) && typeof plain["ID"] === "string";
}

function each(list: unknown, one: (plain: unknown) => unknown): unknown {
  return Array.isArray(list) ? list.map(one) : list;
}
