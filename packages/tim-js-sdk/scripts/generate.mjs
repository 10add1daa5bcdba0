/**
 * Writes what follows from the public facts: the constants and the declarations.
 *
 * **Comes in:** `spec/*.json`. **Goes out:** `src/constants/{events,types,methods}.ts` and `index.d.ts`, checked in; a test
 * notices when they are stale. **Never here:** behaviour.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const spec = (name) => JSON.parse(readFileSync(here(`../../../spec/${name}.json`), "utf8"));

/** Every generated file of the package: its path from the package's folder, and its text. */
export function generate() {
  const facts = { ...spec("methods"), ...spec("events"), ...spec("types"), ...spec("objects") };
  const later = spec("chat-v3-delta");
  facts.later = later.methods.added.filter((method) => method.name in LATER);
  facts.objects.Conversation.undeclaredProperties = later.optionsAndObjects.changed.find((it) => it.name === "Conversation").added;
  facts.meanings = new Map(spec("errors").errors.map((error) => [error.code, error.meaning]));
  return new Map([
    ["src/constants/events.ts", events(facts)],
    ["src/constants/types.ts", types(facts)],
    ["src/constants/methods.ts", methods(facts)],
    ["index.d.ts", declarations(facts)],
  ]);
}

const HEAD = "Made by `npm run generate` from `spec/`; edit neither by hand.";

function events({ events }) {
  const lines = events.map(({ name, value, when }) => `  /** ${when} */\n  ${name}: ${quoted(value)},`);
  return `/** The names of events, as \`TIM.EVENT\` has them. ${HEAD} */\nexport const EVENT = {\n${lines.join("\n")}\n};\n`;
}

function types({ types }) {
  const lines = Object.entries(types).map(([name, value]) => `  ${name}: ${quoted(value)},`);
  return `/** The constants of \`TIM.TYPES\`. ${HEAD} */\nexport const TYPES = {\n${lines.join("\n")}\n};\n`;
}

/** The functions that an instance has: the declared ones that exist, those that exist undeclared, and a few of later versions. */
function methods({ methods, undeclaredRuntimeMethods, later }) {
  const rows = [...methods, ...undeclaredRuntimeMethods, ...later]
    .filter((method) => method.beforeLogin !== "no such function")
    .map((method) => `  ${method.name}: { async: ${method.async} },`);
  return (
    `/** The functions of an instance, and whether they return a Promise once signed in. ${HEAD} */\n` +
    `export const METHODS = {\n${rows.join("\n")}\n} as const;\n\nexport type MethodName = keyof typeof METHODS;\n`
  );
}

function declarations(facts) {
  return [
    `/**\n * The public API in types. ${HEAD}\n *\n * The functions, constants and objects are those of tim-js-sdk 2.x. A function whose description says so is declared but\n * not built yet: it rejects with 3122 once signed in.\n */`,
    STATIC,
    constants(facts),
    objects(facts),
    eventMap(facts),
    optionTypes(facts),
    chatSdk(facts),
    "export { TIM };\nexport default TIM;\n",
  ].join("\n\n");
}

const STATIC = `/** What \`import TIM from "tim-js-sdk"\` gives: a value, and the types \`TIM.TYPES\` and \`TIM.EVENT\`. */
declare namespace TIM {
  /**
   * Makes the instance of an app; for the same SDKAppID always the same one, until it is destroyed.
   *
   * Null, with an explanation on the console, when the SDKAppID is not a positive whole number (a numeric string will do).
   */
  function create(options: CreateOptions): ChatSDK;

  /** The names of events, to give to \`on\`, \`once\` and \`off\`. */
  const EVENT: EventNames;
  /** The name of any event. */
  type EVENT = EventNames[keyof EventNames];

  /** The constants. */
  const TYPES: TypeValues;
  /** Any of the constants. */
  type TYPES = TypeValues[keyof TypeValues];

  /** The version of the public API that this SDK follows. */
  const VERSION: string;
}

/** A constant that is a name: what properties hold. */
export type TypeName = Extract<TIM.TYPES, string>;

/** What options take for a constant: the constant, or the same text from anywhere. */
export type TypeOption = TIM.TYPES | (string & {});

/** Which conversations of the list \`getConversationList\` answers; what is left out asks for nothing. */
export interface ConversationFilter {
  /** One of TYPES.CONV_C2C, TYPES.CONV_GROUP, TYPES.CONV_SYSTEM. */
  type?: TypeOption;
  /** In this conversation group; '': in none. */
  groupName?: string;
  /** With this mark; 0: without any. */
  markType?: number;
  /** With unread messages. */
  hasUnreadCount?: boolean;
  /** With unread messages that mention the user, or all. */
  hasGroupAtInfo?: boolean;
}

export interface CreateOptions {
  /** The app's number, from the console of the server. */
  SDKAppID: number | string;
  /** Accepted for compatibility; there is one server, your own. */
  oversea?: boolean;
  /**
   * Where the Hongyan server is: \`https://im.example.com\`, \`wss://…\` or \`host:port\`. When left out: the page's
   * \`<meta name="hongyan-server" content="…">\`, the global \`HONGYAN_SERVER\`, in Node the environment variable of that
   * name, and else the page's own origin.
   */
  server?: string;
  /** Mini-programs only: the path of the .wasm file in the code package, when it is not where npm puts it. */
  wasm?: string;
}

/** What a Promise of the API resolves to. */
export interface IMResponse<Data = any> {
  code: 0;
  data: Data;
}

/** What a Promise of the API rejects with. */
export interface IMError extends Error {
  /** The public error code. */
  code: number;
  /** Empty, or what belongs to the error: the message that could not be sent. */
  data: any;
}`;

function constants({ events, types }) {
  const names = events.map(({ name, value, when }) => `  /** ${when} */\n  ${name}: ${quoted(value)};`);
  const values = Object.entries(types).map(([name, value]) => `  ${name}: ${quoted(value)};`);
  return `export interface EventNames {\n${names.join("\n")}\n}\n\nexport interface TypeValues {\n${values.join("\n")}\n}`;
}

function objects({ objects }) {
  return Object.entries(objects)
    .filter(([name]) => !["IMResponse", "IMError", "Event"].includes(name))
    .map(([name, object]) => {
      const known = (object.properties ?? []).concat(
        (object.undeclaredProperties ?? []).map((property) => ({ ...property, optional: true })),
      );
      const lines = known.map((property) => {
        const about = property.note && sentence(property.note);
        let type = objectType(property, objects);
        if (name === "Message" && property.name === "payload") type = "Payload";
        return `${doc(about, "  ")}  ${property.name}${property.optional ? "?" : ""}: ${type};`;
      });
      const generic = name === "Message" ? "<Payload = any>" : "";
      return `/** ${object.description} */\nexport interface ${name}${generic} {\n${lines.join("\n")}\n}`;
    })
    .join("\n\n");
}

/** `any` becomes what the note names, where it names an object of ours. */
function objectType({ name, type, note = "" }, objects) {
  const named = /^(\w+)(\[\])?(?=$|[ ;,])/.exec(note);
  if (type.startsWith("any") && named && named[1] in objects) return named[0];
  if (name === "markList") return "number[]";
  if (type === "any" || type === "object" || type === "object|string") return "any";
  if (type.startsWith("TYPES")) return "TypeName";
  return type.replace("|", " | ");
}

const EVENT_DATA = {
  sdkStateReady: "undefined",
  sdkStateNotReady: "undefined",
  sdkDestroy: "undefined",
  sdkReload: "undefined",
  onConversationGroupListUpdated: "string[]",
  blacklistUpdated: "string[]",
  receiveGroupSystemNotice: "{ type: number; message: Message<GroupSystemNoticePayload> }",
  kickedOut: "{ type: string }",
  error: "{ code: number; message: string }",
  netStateChange: "{ state: string }",
  onMessageReadReceiptReceived: "ReadReceipt[]",
  onUserStatusUpdated: "UserStatus[]",
};

function eventMap({ events }) {
  const lines = events.map(({ value, data, completeness }) => {
    const type = EVENT_DATA[value] ?? data.replace(/ \(.*\)$/, "").replaceAll(",", "; ").replaceAll(":", ": ").replace("Record<string; string>", "Record<string, string>");
    return `${doc(completeness, "  ")}  ${value}: ${type};`;
  });
  return `/** What \`event.data\` is, by the event's name. */
export interface EventData {
${lines.join("\n")}
}

/** What a handler gets. */
export interface TIMEvent<Name extends keyof EventData = keyof EventData> {
  name: Name;
  data: EventData[Name];
}`;
}

const PAYLOADS = {
  createTextMessage: ["TextPayload", "TextPayload"],
  createTextAtMessage: ["TextPayload & { atUserList: string[] }", "TextPayload"],
  createImageMessage: ["{ file: any }", "ImagePayload"],
  createAudioMessage: ["{ file: any }", "AudioPayload"],
  createVideoMessage: ["{ file: any }", "VideoPayload"],
  createCustomMessage: ["Partial<CustomPayload>", "CustomPayload"],
  createFaceMessage: ["FacePayload", "FacePayload"],
  createFileMessage: ["{ file: any }", "FilePayload"],
  createLocationMessage: ["LocationPayload", "LocationPayload"],
  createMergerMessage: ["{ messageList: Message[]; title: string; abstractList: string[]; compatibleText: string }", "MergerPayload"],
  createForwardMessage: ["Message", "any"],
};

/** Functions that the server answers today; all others reject with 3122. A test compares it with what instances do. */
export const BUILT = new Set(
  `login logout destroy on off once registerPlugin setLogLevel createTextMessage createCustomMessage createFaceMessage
  createLocationMessage createImageMessage createAudioMessage createVideoMessage createFileMessage
  sendMessage resendMessage revokeMessage findMessage getMessageList setMessageRead getConversationList
  getConversationProfile getTotalUnreadMessageCount getGroupList getGroupProfile searchGroupByID createGroup joinGroup quitGroup
  dismissGroup getGroupMemberList getGroupOnlineMemberCount handleGroupApplication getMyProfile getUserProfile updateMyProfile
  getBlacklist addToBlacklist removeFromBlacklist deleteConversation pinConversation setMessageRemindType markConversation
  setConversationCustomData getConversationGroupList createConversationGroup deleteConversationGroup renameConversationGroup
  addConversationsToGroup deleteConversationsFromGroup setConversationDraft setAllMessageRead translateText
  createTextAtMessage createMergerMessage downloadMergerMessage createForwardMessage modifyMessage deleteMessage
  setMessageExtensions getMessageExtensions deleteMessageExtensions clearHistoryMessage getMessageListHopping sendMessageReadReceipt
  getMessageReadReceiptList getGroupMessageReadMemberList`.split(/\s+/),
);

function optionTypes({ methods, messageOptions, later }) {
  const seen = new Set(["MESSAGE_OPTIONS"]);
  const out = [];
  for (const parameter of [...methods, ...later].flatMap((method) => method.params)) {
    const name = optionsName(parameter.type);
    if (!name || seen.has(name) || !parameter.fields) continue;
    seen.add(name);
    out.push(`export interface ${pascal(name)} {\n${parameter.fields.map(field).join("\n")}\n}`);
  }
  const message = messageOptions.filter((option) => option.name !== "payload").map(field);
  // The facts have it as a property of messages only.
  message.push("  /** Whether members may attach key/value pairs. */\n  isSupportExtension?: boolean;");
  out.push(`export interface MessageOptions<Payload = any> {\n${message.join("\n")}\n  payload: Payload;\n}`);
  return out.join("\n\n");
}

const optionsName = (type) => /[A-Z][A-Z_]+_OPTIONS/.exec(type)?.[0];
const pascal = (name) => name.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter) => letter.toUpperCase());

function field(it) {
  const about = [it.note && sentence(it.note), it.limit && `Limit: ${it.limit}.`, it.allowed && `One of ${it.allowed.join(", ")}.`];
  if (it.format) about.push(`Format: ${it.format.join(" or ")}.`);
  if (it.default !== undefined) about.push(`Default: ${it.default === "" ? "''" : it.default}.`);
  return `${doc(about.filter(Boolean).join(" "), "  ")}  ${it.name}${it.optional ? "?" : ""}: ${fieldType(it)};`;
}

function fieldType({ name, type, items, format = [], allowed = [] }) {
  if (name === "message") return "Message";
  if (name === "application") return "GroupApplication";
  if (name === "handleAction") return '"Agree" | "Reject" | (string & {})';
  if (format[0]?.startsWith("Record<")) return format[0].replace("integer", "number").replace(",", ", ");
  if (items) return `${items.replaceAll("{key,value}", "CustomField").replace(/, */g, "; ").replace(/: */g, ": ").replaceAll("'", '"')}[]`.replace(/^\{(.*)\}/, "{ $1 }");
  if (type === "Array<TYPES>") return "TypeOption[]";
  if (type === "TYPES") return allowed.some((name) => name.includes("CONV_MARK")) ? "number" : "TypeOption";
  return type.replace("Function", "((progress: number) => void) | Function");
}

function chatSdk({ methods, undeclaredRuntimeMethods, later, meanings }) {
  const all = [
    ...methods,
    ...undeclaredRuntimeMethods.map((method) => ({ ...method, summary: UNDECLARED[method.name] })),
    ...later.map((method) => ({ ...method, summary: LATER[method.name], data: {} })),
  ];
  const entries = all
    .filter((method) => !["on", "off", "once"].includes(method.name))
    .map((method) => {
      const errors = (method.errors ?? []).map((code) => `- ${code} ${meanings.get(code) ?? "see the server's text"}`);
      const about = [
        method.summary,
        method.beforeLogin === "no such function" && "Declared for compatibility only: the function is named downloadMergerMessage.",
        !BUILT.has(method.name) && method.beforeLogin !== "no such function" && "Not built yet: rejects with 3122 once signed in.",
        method.limits && `Limits: ${method.limits}.`,
        ...(method.notes ?? []).filter((note) => !/observed|confirmed|assumed|inferred|superset|consumer/.test(note)).map((note) => sentence(note)),
        method.emits && `Raises ${method.emits.join(", ")}.`,
        errors.length > 0 && `Fails with:\n${errors.join("\n")}`,
      ];
      const optional = method.beforeLogin === "no such function" ? "?" : "";
      return `${doc(about.filter(Boolean).join("\n\n"), "  ")}  ${method.name}${optional}(${parameters(method)}): ${returned(method)};`;
    });
  return `/** An instance: what \`TIM.create\` returns. */\nexport interface ChatSDK {\n${LISTENING}\n\n${entries.join("\n\n")}\n}`;
}

const LISTENING = ["on", "off", "once"]
  .map((name) => {
    const about = {
      on: "Calls the handler at every such event, with `context` as its `this`. Works before login. Throws on a wrong argument.",
      off: "Takes the handler off: the same function, and the same context when one is given.",
      once: "Calls the handler at the next such event only.",
    }[name];
    return (
      `  /** ${about} */\n  ${name}<Name extends keyof EventData>(eventName: Name, handler: (event: TIMEvent<Name>) => void, context?: any): void;\n` +
      `  ${name}(eventName: string, handler: ((event: any) => void) | Function, context?: any): void;`
    );
  })
  .join("\n\n");

const UNDECLARED = {
  downloadMergerMessage: "Fetch the body of a combined message that is kept on the server.",
  getGroupApplicationList: "Join requests that wait for an answer.",
  callExperimentalAPI: "No experimental key is known: rejects with 2905.",
};

/** Functions that the API has since 3.x, and that a conversation list needs. */
const LATER = {
  setConversationDraft:
    "Keep an unsent text in the conversation's draftText, in this instance alone and until it signs out. An empty text is forgotten.",
};

function parameters({ name, params, undeclaredParams = [] }) {
  if (PAYLOADS[name]) return `options: MessageOptions<${PAYLOADS[name][0]}>`;
  return [...params, ...undeclaredParams]
    .map((parameter) => {
      const options = optionsName(parameter.type);
      let type = parameter.type.replace(" | undefined", "");
      if (options) type = type.replace(options, pascal(options));
      if (name === "sendMessage" && parameter.name === "options") type = "SendMessageOptions";
      if (name.endsWith("MessageExtensions") && parameter.name === "extensions") type = "MessageExtension[]";
      if (name === "registerPlugin") type = "object";
      const list = name === "getConversationList" ? "wanted" : parameter.name;
      const listType = "string[] | ConversationFilter";
      return `${list}${parameter.optional ? "?" : ""}: ${name === "getConversationList" ? listType : type}`;
    })
    .join(", ");
}

function returned({ name, async: isAsync, data, result, beforeLogin }) {
  if (PAYLOADS[name]) return `Message<${PAYLOADS[name][1]}>`;
  if (beforeLogin === "no such function") return "Promise<IMResponse<any>>";
  if (!isAsync) return { "Message | null": "Message | null", number: "number" }[result] ?? "void";
  return `Promise<IMResponse<${dataType(data)}>>`;
}

function dataType(data) {
  if (data === undefined || data === null) return "any";
  if (typeof data === "object") {
    const lines = Object.entries(data).map(([key, about]) => {
      const optional = /when |for the|for a|present|with repeatLogin|seen in|\(group\)|\(C2C\)/.test(about) ? "?" : "";
      return `${key}${optional}: ${dataType(about)}`;
    });
    return lines.length > 0 ? `{ ${lines.join("; ")} }` : "{}";
  }
  const list = /^\{([^}]*)\}\[\]/.exec(data);
  if (list) return `{ ${list[1].split(",").map(member).join("; ")} }[]`;
  const plain = /^(Record<string,(?:string|number)>|[A-Za-z]+(?:\[\])?)/.exec(data)?.[1];
  if (data.startsWith("TYPES")) return "string";
  return !plain || ["unknown", "depends"].includes(plain) ? "any" : plain.replace(",", ", ");
}

/** `userID`, `code: 0`: what such a member is, everywhere. */
function member(text) {
  const name = text.split(":")[0].trim();
  return `${name}: ${name === "code" ? "number" : "string"}`;
}

function doc(text, indent) {
  if (!text) return "";
  const lines = text.replaceAll("*/", "* /").split("\n");
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

/** A note as a sentence; a name at its beginning keeps its case. */
const sentence = (text) =>
  `${/^\w*[a-z][A-Z]|^\W/.test(text) ? text : text[0].toUpperCase() + text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
const quoted = (value) => JSON.stringify(value);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of generate()) writeFileSync(here(`../${path}`), text);
}
