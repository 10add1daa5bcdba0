/**
 * An instance: the functions that an app calls, as own properties of an object without a prototype.
 *
 * **Comes in:** calls as apps write them. **Goes out:** calls of the core with one object of arguments each; its answers in
 * the shape of the public API. **Never here:** what is allowed when, and what the server says; the core knows.
 */
import { isMessage, isObject, needObject, needOptions, needString } from "./arguments";
import { EVENT, METHODS, type MethodName } from "./constants";
import { Driver, type CoreStart } from "./driver";
import { Emitter } from "./emitter";
import type { Environment } from "./environment";
import { CODE, TimError, asTimError } from "./errors";
import { LEVEL, Log } from "./log";
import { localFile } from "./local-file";
import { Objects } from "./objects";
import { httpAddress } from "./server-address";
import { Uploads, asUploadPlugin } from "./uploads";

type Args = readonly unknown[];
type Answer = { code: 0; data: unknown };
export type Instance = Record<MethodName, (...args: unknown[]) => unknown>;

export interface Needs {
  start: CoreStart;
  environment: Environment;
  /** The WebSocket's address; throws when nobody said where the server is. */
  address(): string;
  /** The instance is gone; the next `create` makes a new one. */
  destroyed(): void;
}

const UPLOAD_PLUGIN = "tim-upload-plugin";
const MESSAGE_TYPES = {
  createTextMessage: "TIMTextElem",
  createTextAtMessage: "textAt",
  createCustomMessage: "TIMCustomElem",
  createFaceMessage: "TIMFaceElem",
  createLocationMessage: "TIMLocationElem",
  createMergerMessage: "TIMRelayElem",
  createForwardMessage: "forward",
} as const;
const UPLOADED = {
  createImageMessage: "TIMImageElem",
  createAudioMessage: "TIMSoundElem",
  createVideoMessage: "TIMVideoFileElem",
  createFileMessage: "TIMFileElem",
} as const;

export function makeInstance({ start, environment, address, destroyed }: Needs): Instance {
  const log = new Log();
  const objects = new Objects();
  const plugins: Record<string, unknown> = {};
  const emitter = new Emitter((event, thrown) => threw(`a handler of ${event}`, thrown, event !== EVENT.ERROR));

  /** Something of the app threw; a handler of ERROR that does would hear of itself without end. */
  function threw(what: string, thrown: unknown, tell = true): void {
    const message = `${what} threw: ${asTimError(thrown).message}`;
    log.write(LEVEL.ERROR, message);
    if (tell) emitter.emit(EVENT.ERROR, { code: CODE.HANDLER_THREW, message });
  }

  const driver = new Driver(start, environment, address, {
    event(name, data) {
      const told = objects.event(name, data);
      // No event of the public API: what changes is the app's own objects.
      if (name === "messageDeleted") return;
      emitter.emit(name, told);
      if (name === EVENT.SDK_NOT_READY) {
        objects.clear();
        uploads.clear();
      }
    },
    log: (level, text) => log.write(level, text),
  });
  const uploads = new Uploads(
    (method, args) => driver.call(method, args),
    () => httpAddress(address()),
    environment.hide,
    (thrown) => threw("onProgress", thrown),
  );

  /** Why this function may not be called now; undefined when it may. */
  function refusal(method: MethodName): TimError | undefined {
    // While the core starts nobody is signed in; a login waits for it.
    if (!driver.core && method === "login") return undefined;
    if (!driver.core) return new TimError(CODE.NOT_SIGNED_IN, `${method}: sign in first (tim.login)`);
    const why = driver.core.refusal(method);
    return why && new TimError(why.code, why.message);
  }

  /** What every Promise of the API goes through: refused, or answered with the objects that the app holds. */
  async function ask(method: MethodName, prepare: () => object): Promise<Answer> {
    const refused = refusal(method);
    if (refused) throw noted(method, refused);
    try {
      const data = await driver.call(method, prepare());
      return { code: 0, data: objects.answer(method, data) };
    } catch (thrown) {
      throw noted(method, withObjects(asTimError(thrown)));
    }
  }

  /** A failed message comes back as the app's own object. */
  function withObjects(error: TimError): TimError {
    error.data = objects.answer("", error.data) as object;
    return error;
  }

  function noted(method: MethodName, error: TimError): TimError {
    log.write(LEVEL.WARNING, `${method} failed: ${error.code} ${error.message}`);
    return error;
  }

  /** Sends what the app made, and keeps that very object up to date. */
  async function post(method: "sendMessage" | "resendMessage", [message, options]: Args): Promise<Answer> {
    // What could not be made comes as the rejected Promise that `create…Message` returned; its reason is ours.
    if (isObject(message) && typeof message["then"] === "function") return post(method, [await message, options]);
    const refused = refusal(method);
    if (refused) throw noted(method, refused);
    if (!isMessage(message)) {
      throw noted(method, new TimError(CODE.NOT_A_MESSAGE, `${method}: give it what a create…Message function returned`));
    }
    // Only now may there be a pause: what is called next must not overtake the message.
    objects.adopt(message);
    try {
      if (uploads.has(message.ID)) await bring(method, message);
      const answer = await ask(method, () => ({ message: { ...message }, ...(isObject(options) && { options }) }));
      return { code: 0, data: withMessage(answer.data, message) };
    } catch (thrown) {
      const error = asTimError(thrown);
      error.data = withMessage(error.data, message);
      message["status"] = "fail";
      throw error;
    }
  }

  /** A message's file goes before the message. */
  async function bring(method: MethodName, message: Record<string, unknown> & { ID: string }): Promise<void> {
    const plugin = asUploadPlugin(plugins[UPLOAD_PLUGIN]);
    if (!plugin) throw noted(method, noPlugin(method));
    try {
      await uploads.run(message, plugin);
    } catch (thrown) {
      throw noted(method, withObjects(asTimError(thrown)));
    }
  }

  function noPlugin(method: MethodName): TimError {
    const help = "tim.registerPlugin({ 'tim-upload-plugin': TIMUploadPlugin }), the one of this SDK";
    return new TimError(CODE.NO_UPLOAD_PLUGIN, `${method} needs the upload plugin: ${help}`);
  }

  /** `create…Message` of what has a file: its bytes wait for `sendMessage`. */
  function createWithFile(method: keyof typeof UPLOADED, [given]: Args): unknown {
    return atOnce(method, (core) => {
      if (!asUploadPlugin(plugins[UPLOAD_PLUGIN])) throw noPlugin(method);
      const options = needOptions(method, given);
      const payload = isObject(options["payload"]) ? options["payload"] : {};
      const file = localFile(payload["file"], environment.show);
      const snapshotUrl = typeof payload["snapshotUrl"] === "string" ? payload["snapshotUrl"] : file?.facts.snapshotUrl;
      const plain = core.createMessage(environment.now(), UPLOADED[method], {
        ...options,
        payload: { file: file && { ...file.facts, snapshotUrl } },
      }) as { ID: string };
      if (file) uploads.add(plain.ID, file, options["onProgress"]);
      return objects.message(plain);
    });
  }

  /** The app's own object in the answer, also when it was forgotten meanwhile because of a sign-out. */
  function withMessage(data: unknown, message: Record<string, unknown>): object {
    const known = isObject(data) ? data : {};
    const sent = known["message"];
    if (isObject(sent) && sent !== message) Object.assign(message, sent);
    return { ...known, message };
  }

  /** `create…Message` of what has no file: at once, as the public API has it. */
  function create(method: keyof typeof MESSAGE_TYPES, [options]: Args): unknown {
    return atOnce(method, (core) => {
      const plain = core.createMessage(environment.now(), MESSAGE_TYPES[method], needOptions(method, options));
      return objects.message(plain);
    });
  }

  /** A function that answers at once when signed in, and with a rejected Promise when not. */
  function atOnce(method: MethodName, answer: (core: NonNullable<Driver["core"]>) => unknown): unknown {
    const refused = refusal(method);
    if (refused || !driver.core) return rejected(method, refused ?? new TimError(CODE.NOT_SIGNED_IN, "sign in first"));
    try {
      return answer(driver.core);
    } catch (thrown) {
      return rejected(method, asTimError(thrown));
    }
  }

  /** Who calls such a function expects no Promise, and would let the rejection go unhandled: Node ends for that. */
  function rejected(method: MethodName, error: TimError): Promise<never> {
    const promise = Promise.reject(noted(method, error));
    promise.catch(() => {});
    return promise;
  }

  function notBuilt(method: MethodName): TimError {
    return new TimError(CODE.NOT_BUILT, `${method} is not available yet on this server`);
  }

  /** The message that an app hands back: which one it is, and what the core must know of it. */
  function messageNamed(method: MethodName, message: unknown): object {
    if (!isMessage(message)) throw new TimError(CODE.NOT_A_MESSAGE, `${method}: give it messages`);
    objects.adopt(message);
    const { ID, conversationID, sequence, flow, needReadReceipt } = message;
    return { ID, conversationID, sequence, flow, needReadReceipt };
  }

  const withMessages = (method: MethodName, [list]: Args) =>
    ask(method, () => {
      if (!Array.isArray(list)) throw new TimError(CODE.NOT_A_MESSAGE, `${method}: give it a list of messages`);
      return { messageList: list.map((message) => messageNamed(method, message)) };
    });

  /** A function about a message that the app has: that very object is kept up to date. */
  function change(method: MethodName, message: unknown, more: () => object): Promise<Answer> {
    return ask(method, () => {
      if (!isMessage(message)) throw new TimError(CODE.NOT_A_MESSAGE, `${method}: give it a message`);
      objects.adopt(message);
      return { message: { ...message }, ...more() };
    });
  }

  const options = (method: MethodName, [given]: Args) => ask(method, () => ({ ...needOptions(method, given) }));
  const named = (method: MethodName, key: string, [value]: Args) => ask(method, () => ({ [key]: value }));

  const built: Partial<Instance> = {
    on: (event, handler, context) => emitter.on(event, handler, context),
    once: (event, handler, context) => emitter.once(event, handler, context),
    off: (event, handler, context, onlyOnce) => emitter.off(event, handler, context, onlyOnce),

    registerPlugin(...[given]) {
      for (const [name, plugin] of Object.entries(needObject("registerPlugin", given))) {
        plugins[name] = plugin;
        log.write(LEVEL.RELEASE, `plugin registered: ${name}`);
      }
    },

    setLogLevel(level) {
      if (log.setLevel(level)) driver.setLogLevel(log.level);
      else log.write(LEVEL.WARNING, "setLogLevel: the level must be 0, 1, 2, 3 or 4");
    },

    login(...[given]) {
      const { userID, userSig } = needObject("login", given);
      const account = { userID: needString("login", "userID", userID), userSig: needString("login", "userSig", userSig) };
      log.hide(account.userSig);
      return ask("login", () => {
        // Better here than after many vain attempts to connect.
        driver.setServer(httpAddress(address()));
        return account;
      });
    },

    logout: () => ask("logout", () => ({})),

    async destroy() {
      const answer = await ask("destroy", () => ({}));
      driver.end();
      destroyed();
      emitter.clear();
      objects.clear();
      return answer;
    },

    createTextMessage: (...args) => create("createTextMessage", args),
    createCustomMessage: (...args) => create("createCustomMessage", args),
    createFaceMessage: (...args) => create("createFaceMessage", args),
    createLocationMessage: (...args) => create("createLocationMessage", args),
    createImageMessage: (...args) => createWithFile("createImageMessage", args),
    createAudioMessage: (...args) => createWithFile("createAudioMessage", args),
    createVideoMessage: (...args) => createWithFile("createVideoMessage", args),
    createFileMessage: (...args) => createWithFile("createFileMessage", args),
    createTextAtMessage: (...args) => create("createTextAtMessage", args),
    createMergerMessage: (...args) => create("createMergerMessage", args),
    createForwardMessage: (...args) => create("createForwardMessage", args),

    async downloadMergerMessage(...[message]) {
      const { code, data } = await change("downloadMergerMessage", message, () => ({}));
      return { code, data: (data as { message: unknown }).message };
    },

    sendMessage: (...args) => post("sendMessage", args),
    resendMessage: (...args) => post("resendMessage", args),

    revokeMessage(...[message]) {
      return ask("revokeMessage", () => {
        if (!isMessage(message)) throw new TimError(CODE.NOT_A_MESSAGE, "revokeMessage: give it a message");
        objects.adopt(message);
        const { ID, conversationID, sequence } = message;
        return { message: { ID, conversationID, sequence } };
      });
    },

    modifyMessage: (...[message]) => change("modifyMessage", message, () => ({})),

    deleteMessage: (...args) => withMessages("deleteMessage", args),
    setMessageExtensions: (...[message, extensions]) => change("setMessageExtensions", message, () => ({ extensions })),
    getMessageExtensions: (...[message, keyList]) => change("getMessageExtensions", message, () => ({ keyList })),
    deleteMessageExtensions: (...[message, keyList]) => change("deleteMessageExtensions", message, () => ({ keyList })),
    clearHistoryMessage: (...args) => named("clearHistoryMessage", "conversationID", args),

    findMessage: (...[id]) =>
      atOnce("findMessage", (core) => {
        if (typeof id !== "string") return null;
        const plain = core.findMessage(id);
        return (plain ? objects.message(plain) : objects.findMessage(id)) ?? null;
      }),

    getTotalUnreadMessageCount: () => atOnce("getTotalUnreadMessageCount", (core) => core.totalUnreadCount()),

    getMessageList: (...args) => options("getMessageList", args),
    getMessageListHopping: (...args) => options("getMessageListHopping", args),
    setMessageRead: (...args) => options("setMessageRead", args),
    sendMessageReadReceipt: (...args) => withMessages("sendMessageReadReceipt", args),
    getMessageReadReceiptList: (...args) => withMessages("getMessageReadReceiptList", args),
    getGroupMessageReadMemberList: (...[given]) =>
      ask("getGroupMessageReadMemberList", () => {
        const { message, ...others } = needOptions("getGroupMessageReadMemberList", given);
        return { ...others, message: messageNamed("getGroupMessageReadMemberList", message) };
      }),
    setAllMessageRead: (...[given]) =>
      ask("setAllMessageRead", () => (given === undefined || given === null ? {} : { ...needOptions("setAllMessageRead", given) })),
    deleteConversation: (...[given]) =>
      ask("deleteConversation", () =>
        typeof given === "string" ? { conversationID: given } : { ...needOptions("deleteConversation", given) },
      ),
    pinConversation: (...args) => options("pinConversation", args),
    setMessageRemindType: (...args) => options("setMessageRemindType", args),
    markConversation: (...args) => options("markConversation", args),
    setConversationCustomData: (...args) => options("setConversationCustomData", args),
    getConversationGroupList: () => ask("getConversationGroupList", () => ({})),
    createConversationGroup: (...args) => options("createConversationGroup", args),
    deleteConversationGroup: (...args) => named("deleteConversationGroup", "groupName", args),
    renameConversationGroup: (...args) => options("renameConversationGroup", args),
    addConversationsToGroup: (...args) => options("addConversationsToGroup", args),
    deleteConversationsFromGroup: (...args) => options("deleteConversationsFromGroup", args),
    setConversationDraft: (...args) => options("setConversationDraft", args),
    getConversationList: (...[list]) =>
      ask("getConversationList", () => (Array.isArray(list) ? { conversationIDList: list } : isObject(list) ? { ...list } : {})),
    getConversationProfile: (...args) => named("getConversationProfile", "conversationID", args),

    getGroupList: () => ask("getGroupList", () => ({})),
    getGroupProfile: (...args) => options("getGroupProfile", args),
    searchGroupByID: (...args) => named("searchGroupByID", "groupID", args),
    createGroup: (...args) => options("createGroup", args),
    dismissGroup: (...args) => named("dismissGroup", "groupID", args),
    getGroupMemberList: (...args) => options("getGroupMemberList", args),

    async joinGroup(...args) {
      // The original lets visitors into AVChatRooms; there are none here yet, and the answer for all other groups is this.
      if (refusal("joinGroup")?.code === CODE.NOT_SIGNED_IN) {
        throw noted("joinGroup", new TimError(CODE.SIGN_IN_BEFORE_JOINING, "sign in before joining a group"));
      }
      return options("joinGroup", args);
    },

    quitGroup(...[groupID]) {
      const id = needString("quitGroup", "groupID", groupID);
      return (async () => {
        if (refusal("quitGroup")?.code === CODE.NOT_SIGNED_IN) {
          throw noted("quitGroup", new TimError(CODE.NOT_A_MEMBER, "you are not in this group"));
        }
        return ask("quitGroup", () => ({ groupID: id }));
      })();
    },

    async getGroupOnlineMemberCount() {
      // Counted in AVChatRooms only, and there are none here yet.
      return { code: 0, data: { memberCount: 0 } };
    },

    handleGroupApplication: (...[given]) =>
      ask("handleGroupApplication", () => {
        const { handleAction, handleMessage, message } = needOptions("handleGroupApplication", given);
        if (!isMessage(message)) {
          throw new TimError(CODE.NOT_A_MESSAGE, "handleGroupApplication: message must be the system notice of the request");
        }
        return { handleAction, handleMessage: handleMessage ?? "", message: { ...message } };
      }),

    translateText: (...args) => options("translateText", args),

    getMyProfile: () => ask("getMyProfile", () => ({})),
    getUserProfile: (...args) => options("getUserProfile", args),
    updateMyProfile: (...args) => options("updateMyProfile", args),
    getBlacklist: () => ask("getBlacklist", () => ({})),
    addToBlacklist: (...args) => options("addToBlacklist", args),
    removeFromBlacklist: (...args) => options("removeFromBlacklist", args),

    async callExperimentalAPI() {
      throw noted("callExperimentalAPI", refusal("callExperimentalAPI") ?? new TimError(CODE.UNKNOWN_EXPERIMENT, "unknown experimental key"));
    },
  };

  const instance = Object.create(null) as Instance;
  for (const method of Object.keys(METHODS) as MethodName[]) {
    instance[method] =
      built[method] ??
      (() => {
        const error = refusal(method) ?? notBuilt(method);
        return METHODS[method].async ? Promise.reject(noted(method, error)) : rejected(method, error);
      });
  }
  return instance;
}
