/**
 * An SDK and a service in memory, for tests of the app and for looking at it without a server (`npm run dev:fake`).
 *
 * **Goes out:** the part of the public API that the app uses, with its objects changed in place and its events, as the real one does.
 * **Never here:** more rules of the service than the app's tests need.
 */
import type {
  Answer, EventName, NewMessage, Outcomes, SdkConversation, SdkGroup, SdkMessage, SdkProfile, Tim, TimEvent, TimStatic, TypeName,
} from "../src/im/api";

const EVENT: Record<EventName, string> = {
  SDK_READY: "sdkStateReady",
  SDK_NOT_READY: "sdkStateNotReady",
  SDK_RELOAD: "sdkReload",
  MESSAGE_RECEIVED: "onMessageReceived",
  MESSAGE_MODIFIED: "onMessageModified",
  MESSAGE_REVOKED: "onMessageRevoked",
  MESSAGE_READ_BY_PEER: "onMessageReadByPeer",
  MESSAGE_READ_RECEIPT_RECEIVED: "onMessageReadReceiptReceived",
  CONVERSATION_GROUP_LIST_UPDATED: "onConversationGroupListUpdated",
  CONVERSATION_LIST_UPDATED: "onConversationListUpdated",
  TOTAL_UNREAD_MESSAGE_COUNT_UPDATED: "onTotalUnreadMessageCountUpdated",
  GROUP_LIST_UPDATED: "onGroupListUpdated",
  PROFILE_UPDATED: "onProfileUpdated",
  BLACKLIST_UPDATED: "blacklistUpdated",
  KICKED_OUT: "kickedOut",
  ERROR: "error",
  NET_STATE_CHANGE: "netStateChange",
};

const TYPES: Record<TypeName, string | number> = {
  MSG_TEXT: "TIMTextElem",
  MSG_IMAGE: "TIMImageElem",
  MSG_AUDIO: "TIMSoundElem",
  MSG_VIDEO: "TIMVideoFileElem",
  MSG_FILE: "TIMFileElem",
  MSG_FACE: "TIMFaceElem",
  MSG_LOCATION: "TIMLocationElem",
  MSG_MERGER: "TIMRelayElem",
  MSG_AT_ALL: "__kImSDK_MesssageAtALL__",
  CONV_MARK_TYPE_STAR: 1,
  CONV_MARK_TYPE_UNREAD: 2,
  CONV_MARK_TYPE_HIDE: 8,
  MSG_REMIND_ACPT_AND_NOTE: "AcceptAndNotify",
  MSG_REMIND_ACPT_NOT_NOTE: "AcceptNotNotify",
  READ_ALL_MSG: "readAllMessage",
  MSG_CUSTOM: "TIMCustomElem",
  MSG_GRP_TIP: "TIMGroupTipElem",
  MSG_GRP_SYS_NOTICE: "TIMGroupSystemNoticeElem",
  CONV_C2C: "C2C",
  CONV_GROUP: "GROUP",
  CONV_SYSTEM: "@TIM#SYSTEM",
  GRP_WORK: "Private",
  GRP_PUBLIC: "Public",
  GRP_MEETING: "ChatRoom",
  GRP_COMMUNITY: "Community",
  NET_STATE_CONNECTED: "connected",
  NET_STATE_CONNECTING: "connecting",
  NET_STATE_DISCONNECTED: "disconnected",
};

const PAGE = 15;

/** One account's side of the fake service. */
export class FakeTim implements Tim {
  readonly calls: string[] = [];
  /** Rejections that wait for a call of this name. */
  readonly failures = new Map<keyof Tim, { code: number; message: string }>();
  readonly profiles = new Map<string, SdkProfile>();
  readonly groups = new Map<string, SdkGroup>();
  readonly memberIDs = new Map<string, string[]>();
  readonly histories = new Map<string, SdkMessage[]>();
  /** IDs of the messages that the app sent receipts for. */
  readonly receipts: string[] = [];
  folders: string[] = [];
  conversations: SdkConversation[] = [];
  blacklist: string[] = [];
  userID = "";
  /** While set, sending waits for it. */
  slow: Promise<void> | null = null;

  private readonly handlers = new Map<string, Set<(event: TimEvent) => void>>();
  private count = 0;

  on(event: string, handler: (event: TimEvent) => void): void {
    const handlers = this.handlers.get(event) ?? new Set();
    this.handlers.set(event, handlers.add(handler));
  }

  off(event: string, handler: (event: TimEvent) => void): void {
    this.handlers.get(event)?.delete(handler);
  }

  /** Raises an event, as the service would cause it. */
  emit(name: EventName, data?: unknown): void {
    for (const handler of this.handlers.get(EVENT[name]) ?? []) handler({ name: EVENT[name], data });
  }

  setLogLevel(): void {}

  async login({ userID }: { userID: string; userSig: string }): Promise<Answer<unknown>> {
    await this.act("login");
    this.userID = userID;
    this.profile(userID);
    queueMicrotask(() => this.emit("SDK_READY"));
    return ok({});
  }

  async logout(): Promise<Answer<unknown>> {
    await this.act("logout");
    this.emit("SDK_NOT_READY");
    return ok({});
  }

  async destroy(): Promise<unknown> {
    return this.act("destroy");
  }

  registerPlugin(): void {}

  createTextMessage(options: NewMessage<{ text: string }>): SdkMessage {
    return this.message({ ...options, type: "TIMTextElem" });
  }

  createTextAtMessage(options: NewMessage<{ text: string; atUserList: string[] }>): SdkMessage {
    const { text, atUserList } = options.payload;
    return Object.assign(this.message({ ...options, payload: { text }, type: "TIMTextElem" }), { atUserList });
  }

  createCustomMessage(options: NewMessage<{ data: string; description: string; extension: string }>): SdkMessage {
    return this.message({ ...options, type: "TIMCustomElem" });
  }

  createFaceMessage(options: NewMessage<{ index: number; data: string }>): SdkMessage {
    return this.message({ ...options, type: "TIMFaceElem" });
  }

  createLocationMessage(options: NewMessage<{ description: string; latitude: number; longitude: number }>): SdkMessage {
    return this.message({ ...options, type: "TIMLocationElem" });
  }

  createImageMessage(options: NewMessage<{ file: File }>): SdkMessage {
    return this.uploaded(options, "TIMImageElem", (url, { size }) => ({
      uuid: "u", imageFormat: 255, imageInfoArray: [0, 1, 2].map((type) => ({ type, url, size, width: 640, height: 480 })),
    }));
  }

  createAudioMessage(options: NewMessage<{ file: File }>): SdkMessage {
    return this.uploaded(options, "TIMSoundElem", (url, { size }) => ({ uuid: "u", url, size, second: 3 }));
  }

  createVideoMessage(options: NewMessage<{ file: File }>): SdkMessage {
    return this.uploaded(options, "TIMVideoFileElem", (videoUrl, { size }) => ({ videoUUID: "u", videoUrl, videoSize: size, videoSecond: 5, snapshotUrl: "", snapshotWidth: 640, snapshotHeight: 360 }));
  }

  createFileMessage(options: NewMessage<{ file: File }>): SdkMessage {
    return this.uploaded(options, "TIMFileElem", (fileUrl, { size, name }) => ({ uuid: "u", fileUrl, fileName: name, fileSize: size }));
  }

  createForwardMessage({ payload, ...options }: NewMessage<SdkMessage>): SdkMessage {
    return this.message({ ...options, payload: payload.payload, type: payload.type });
  }

  createMergerMessage(
    options: NewMessage<{ messageList: SdkMessage[]; title: string; abstractList: string[]; compatibleText: string }>,
  ): SdkMessage {
    const { messageList, ...words } = options.payload;
    const entries = messageList.map(({ ID, nick, avatar, from, time, type, payload, cloudCustomData }) => ({
      ID, nick, avatar, from, time, cloudCustomData, messageBody: [{ type, payload }],
    }));
    const payload = { ...words, messageList: entries, downloadKey: "", layersOverLimit: false };
    return this.message({ ...options, payload, type: "TIMRelayElem" });
  }

  async downloadMergerMessage(message: SdkMessage): Promise<unknown> {
    await this.act("downloadMergerMessage");
    return message;
  }

  async modifyMessage(message: SdkMessage): Promise<Answer<{ message: SdkMessage }>> {
    await this.act("modifyMessage");
    message.isModified = true;
    this.relist();
    return ok({ message });
  }

  async deleteMessage(messageList: SdkMessage[]): Promise<Answer<unknown>> {
    await this.act("deleteMessage");
    for (const message of messageList) message.isDeleted = true;
    return ok({ messageList });
  }

  async translateText({ sourceTextList }: { sourceTextList: string[] }): Promise<Answer<{ translatedTextList: string[] }>> {
    await this.act("translateText");
    return ok({ translatedTextList: sourceTextList.map((text) => `(${text})`) });
  }

  async sendMessageReadReceipt(messageList: SdkMessage[]): Promise<Answer<unknown>> {
    await this.act("sendMessageReadReceipt");
    this.receipts.push(...messageList.map(({ ID }) => ID));
    return ok({});
  }

  async getMessageReadReceiptList(messageList: SdkMessage[]): Promise<Answer<unknown>> {
    await this.act("getMessageReadReceiptList");
    return ok({ messageList });
  }

  async getGroupMessageReadMemberList({ message, filter }: { message: SdkMessage; filter: number }) {
    await this.act("getGroupMessageReadMemberList");
    const others = (this.memberIDs.get(message.to) ?? []).filter((userID) => userID !== message.from);
    const read = message.readReceiptInfo.readCount ?? 0;
    return ok({ cursor: "", isCompleted: true, ...(filter === 0 ? { readUserIDList: others.slice(0, read) } : { unreadUserIDList: others.slice(read) }) });
  }

  async getMessageListHopping(options: { conversationID: string; sequence?: number; time?: number; direction?: number }) {
    await this.act("getMessageListHopping");
    const { conversationID, sequence, time = 0, direction = 0 } = options;
    const all = this.histories.get(conversationID) ?? [];
    const at = (message: SdkMessage) => (sequence === undefined ? message.time >= time : (message.sequence ?? 0) >= sequence);
    const from = all.findIndex(at);
    const messageList = direction === 0 ? all.slice(Math.max(0, from - PAGE + 1), from + 1) : all.slice(from, from + PAGE);
    const edge = direction === 0 ? messageList[0] : messageList.at(-1);
    const isCompleted = direction === 0 ? edge === all[0] : edge === all.at(-1);
    return ok({ messageList, isCompleted, nextMessageSeq: edge?.sequence ?? 0, nextMessageTime: edge?.time ?? 0 });
  }

  findMessage(ID: string): SdkMessage | null {
    return [...this.histories.values()].flat().find((message) => message.ID === ID) ?? null;
  }

  async setAllMessageRead(): Promise<Answer<unknown>> {
    await this.act("setAllMessageRead");
    return this.change(this.conversations.map(({ conversationID }) => conversationID), (it) => (it.unreadCount = 0));
  }

  async pinConversation({ conversationID, isPinned }: { conversationID: string; isPinned: boolean }): Promise<Answer<unknown>> {
    await this.act("pinConversation");
    return this.change([conversationID], (it) => (it.isPinned = isPinned));
  }

  async setMessageRemindType(options: { groupID?: string; userIDList?: string[]; messageRemindType: string }): Promise<Answer<unknown>> {
    await this.act("setMessageRemindType");
    const ids = options.groupID ? [`GROUP${options.groupID}`] : (options.userIDList ?? []).map((userID) => `C2C${userID}`);
    return this.change(ids, (it) => (it.messageRemindType = options.messageRemindType));
  }

  async markConversation({ conversationIDList, markType, enableMark }: { conversationIDList: string[]; markType: number; enableMark: boolean }) {
    await this.act("markConversation");
    return this.change(conversationIDList, (it) => {
      const others = (it.markList ?? []).filter((mark) => mark !== markType);
      it.markList = enableMark ? [...others, markType] : others;
    });
  }

  async setConversationCustomData({ conversationIDList, customData }: { conversationIDList: string[]; customData: string }) {
    await this.act("setConversationCustomData");
    return this.change(conversationIDList, (it) => (it.customData = customData));
  }

  async deleteConversation(conversationID: string): Promise<Answer<unknown>> {
    await this.act("deleteConversation");
    this.conversations = this.conversations.filter((it) => it.conversationID !== conversationID);
    this.histories.delete(conversationID);
    this.relist();
    return ok({ conversationID });
  }

  async clearHistoryMessage(conversationID: string): Promise<Answer<unknown>> {
    await this.act("clearHistoryMessage");
    this.histories.delete(conversationID);
    return this.change([conversationID], (it) => delete it.lastMessage);
  }

  async getConversationGroupList(): Promise<Answer<string[]>> {
    await this.act("getConversationGroupList");
    return ok(this.folders);
  }

  async createConversationGroup({ conversationIDList, groupName }: { conversationIDList: string[]; groupName: string }) {
    await this.act("createConversationGroup");
    this.refolder([...this.folders, groupName]);
    return this.addConversationsToGroup({ conversationIDList, groupName });
  }

  async renameConversationGroup({ oldName, newName }: { oldName: string; newName: string }): Promise<Answer<unknown>> {
    await this.act("renameConversationGroup");
    this.refolder(this.folders.map((name) => (name === oldName ? newName : name)));
    return ok({});
  }

  async deleteConversationGroup(groupName: string): Promise<Answer<unknown>> {
    await this.act("deleteConversationGroup");
    this.refolder(this.folders.filter((name) => name !== groupName));
    return ok({});
  }

  async addConversationsToGroup({ conversationIDList, groupName }: { conversationIDList: string[]; groupName: string }) {
    return this.change(conversationIDList, (it) => (it.conversationGroupList = [...(it.conversationGroupList ?? []), groupName]));
  }

  async deleteConversationsFromGroup({ conversationIDList, groupName }: { conversationIDList: string[]; groupName: string }) {
    return this.change(conversationIDList, (it) => (it.conversationGroupList = (it.conversationGroupList ?? []).filter((name) => name !== groupName)));
  }

  private refolder(folders: string[]): void {
    this.folders = folders;
    this.emit("CONVERSATION_GROUP_LIST_UPDATED", folders);
  }

  private change(ids: readonly string[], how: (conversation: SdkConversation) => unknown): Answer<Outcomes> {
    for (const conversation of this.conversations) if (ids.includes(conversation.conversationID)) how(conversation);
    this.relist();
    return ok({ failureConversationIDList: [] });
  }

  private uploaded(options: NewMessage<{ file: File }>, type: SdkMessage["type"], payload: (url: string, file: File) => unknown): SdkMessage {
    const { file } = options.payload;
    options.onProgress?.(0.4);
    return this.message({ ...options, type, payload: payload(URL.createObjectURL(file), file) });
  }

  async sendMessage(message: SdkMessage): Promise<Answer<{ message: SdkMessage }>> {
    try {
      await this.act("sendMessage");
      await this.slow;
    } catch (error) {
      message.status = "fail";
      throw error;
    }
    message.status = "success";
    this.keep(message);
    return ok({ message });
  }

  async resendMessage(message: SdkMessage): Promise<Answer<{ message: SdkMessage }>> {
    await this.act("resendMessage");
    return this.sendMessage(message);
  }

  async revokeMessage(message: SdkMessage): Promise<Answer<unknown>> {
    await this.act("revokeMessage");
    message.isRevoked = true;
    this.relist();
    return ok({});
  }

  async getMessageList({
    conversationID,
    nextReqMessageID,
  }: {
    conversationID: string;
    nextReqMessageID?: string;
  }): Promise<Answer<{ messageList: SdkMessage[]; nextReqMessageID: string; isCompleted: boolean }>> {
    await this.act("getMessageList");
    const all = this.histories.get(conversationID) ?? [];
    const end = nextReqMessageID ? all.findIndex(({ ID }) => ID === nextReqMessageID) : all.length;
    const start = Math.max(0, end - PAGE);
    return ok({ messageList: all.slice(start, end), nextReqMessageID: all[start]?.ID ?? "", isCompleted: start === 0 });
  }

  async setMessageRead({ conversationID }: { conversationID: string }): Promise<Answer<unknown>> {
    await this.act("setMessageRead");
    const conversation = this.conversations.find((entry) => entry.conversationID === conversationID);
    if (conversation) conversation.unreadCount = 0;
    this.relist();
    return ok({});
  }

  async getConversationList(): Promise<Answer<{ conversationList: SdkConversation[] }>> {
    await this.act("getConversationList");
    return ok({ conversationList: this.conversations });
  }

  async getConversationProfile(conversationID: string): Promise<Answer<{ conversation: SdkConversation }>> {
    await this.act("getConversationProfile");
    return ok({ conversation: this.conversation(conversationID) });
  }

  getTotalUnreadMessageCount(): number {
    return this.conversations.reduce((sum, { conversationID, unreadCount }) => (conversationID === "@TIM#SYSTEM" ? sum : sum + unreadCount), 0);
  }

  async createGroup(options: {
    name: string;
    type: string;
    joinOption?: string;
    memberList?: { userID: string }[];
  }): Promise<Answer<{ group: SdkGroup }>> {
    await this.act("createGroup");
    const group = this.group(`@TGS#${++this.count}`, options.name, options.type);
    group.ownerID = this.userID;
    this.memberIDs.set(group.groupID, [this.userID, ...(options.memberList ?? []).map(({ userID }) => userID)]);
    group.memberCount = this.memberIDs.get(group.groupID)!.length;
    this.conversation(`GROUP${group.groupID}`);
    this.emit("GROUP_LIST_UPDATED", [...this.groups.values()]);
    this.relist();
    return ok({ group });
  }

  async joinGroup({ groupID }: { groupID: string }): Promise<Answer<{ status: string; group?: SdkGroup }>> {
    await this.act("joinGroup");
    if (groupID.includes("ask")) return ok({ status: "WaitAdminApproval" });
    return ok({ status: "JoinedSuccess", group: this.group(groupID, groupID, "Public") });
  }

  async quitGroup(groupID: string): Promise<Answer<unknown>> {
    await this.act("quitGroup");
    this.groups.delete(groupID);
    this.emit("GROUP_LIST_UPDATED", [...this.groups.values()]);
    return ok({ groupID });
  }

  async dismissGroup(groupID: string): Promise<Answer<unknown>> {
    await this.act("dismissGroup");
    this.groups.delete(groupID);
    this.emit("GROUP_LIST_UPDATED", [...this.groups.values()]);
    return ok({ groupID });
  }

  async getGroupList(): Promise<Answer<{ groupList: SdkGroup[] }>> {
    await this.act("getGroupList");
    return ok({ groupList: [...this.groups.values()] });
  }

  async getGroupProfile({ groupID }: { groupID: string }): Promise<Answer<{ group: SdkGroup }>> {
    await this.act("getGroupProfile");
    const group = this.groups.get(groupID);
    if (!group) throw failure(10010, "no such group");
    return ok({ group });
  }

  async searchGroupByID(groupID: string): Promise<Answer<{ group: SdkGroup }>> {
    await this.act("searchGroupByID");
    return this.getGroupProfile({ groupID });
  }

  async getGroupMemberList({ groupID, count, offset }: { groupID: string; count: number; offset: number }) {
    await this.act("getGroupMemberList");
    const ids = this.memberIDs.get(groupID) ?? [];
    return ok({
      memberList: ids.slice(offset, offset + count).map((userID) => ({
        userID,
        nick: this.profile(userID).nick,
        avatar: "",
        nameCard: "",
        role: userID === this.groups.get(groupID)?.ownerID ? "Owner" : "Member",
      })),
    });
  }

  async handleGroupApplication(): Promise<Answer<unknown>> {
    await this.act("handleGroupApplication");
    return ok({});
  }

  async getMyProfile(): Promise<Answer<SdkProfile>> {
    await this.act("getMyProfile");
    return ok(this.profile(this.userID));
  }

  async updateMyProfile(change: Partial<SdkProfile>): Promise<Answer<SdkProfile>> {
    await this.act("updateMyProfile");
    const profile = Object.assign(this.profile(this.userID), change);
    this.emit("PROFILE_UPDATED", [profile]);
    return ok(profile);
  }

  async getUserProfile({ userIDList }: { userIDList: string[] }): Promise<Answer<SdkProfile[]>> {
    await this.act("getUserProfile");
    return ok(userIDList.flatMap((userID) => this.profiles.get(userID) ?? []));
  }

  async getBlacklist(): Promise<Answer<string[]>> {
    await this.act("getBlacklist");
    return ok(this.blacklist);
  }

  async addToBlacklist({ userIDList }: { userIDList: string[] }): Promise<Answer<string[]>> {
    await this.act("addToBlacklist");
    this.blacklist = [...this.blacklist, ...userIDList];
    this.emit("BLACKLIST_UPDATED", this.blacklist);
    return ok(userIDList);
  }

  async removeFromBlacklist({ userIDList }: { userIDList: string[] }): Promise<Answer<string[]>> {
    await this.act("removeFromBlacklist");
    this.blacklist = this.blacklist.filter((userID) => !userIDList.includes(userID));
    this.emit("BLACKLIST_UPDATED", this.blacklist);
    return ok(userIDList);
  }

  // ---- what a test arranges

  profile(userID: string, nick = ""): SdkProfile {
    const known = this.profiles.get(userID);
    if (known) return known;
    const profile = { userID, nick, gender: "Gender_Type_Unknown", selfSignature: "", avatar: "" };
    this.profiles.set(userID, profile);
    return profile;
  }

  group(groupID: string, name: string, type: string): SdkGroup {
    const known = this.groups.get(groupID);
    if (known) return known;
    const group: SdkGroup = {
      groupID,
      name,
      type,
      avatar: "",
      introduction: "",
      notification: "",
      ownerID: "",
      memberCount: 0,
      joinOption: "FreeAccess",
    };
    this.groups.set(groupID, group);
    return group;
  }

  /** A message that the service kept, without telling the app. */
  stored(from: string, conversationID: string, payload: unknown, options: { time?: number; type?: string } = {}): SdkMessage {
    const isGroup = conversationID.startsWith("GROUP");
    const message = this.message({
      to: isGroup ? conversationID.slice(5) : this.userID,
      conversationType: isGroup ? "GROUP" : conversationID === "@TIM#SYSTEM" ? conversationID : "C2C",
      payload,
      type: options.type ?? "TIMTextElem",
    });
    Object.assign(message, {
      from,
      flow: from === this.userID ? "out" : "in",
      conversationID,
      status: "success",
      nick: this.profiles.get(from)?.nick ?? "",
      time: options.time ?? message.time,
    });
    this.keep(message);
    return message;
  }

  /** Somebody writes, and the app hears of it. */
  receive(from: string, conversationID: string, payload: unknown, options: { time?: number; type?: string } = {}): SdkMessage {
    const message = this.stored(from, conversationID, payload, options);
    this.conversation(conversationID).unreadCount += 1;
    this.emit("MESSAGE_RECEIVED", [message]);
    this.relist();
    return message;
  }

  conversation(conversationID: string): SdkConversation {
    const known = this.conversations.find((entry) => entry.conversationID === conversationID);
    if (known) return known;
    const target = conversationID.replace(/^(C2C|GROUP)/, "");
    const group = this.groups.get(target);
    const conversation: SdkConversation = {
      conversationID,
      type: conversationID.startsWith("C2C") ? "C2C" : conversationID.startsWith("GROUP") ? "GROUP" : "@TIM#SYSTEM",
      unreadCount: 0,
      ...(conversationID.startsWith("C2C") ? { userProfile: this.profile(target) } : group ? { groupProfile: group } : {}),
    };
    this.conversations = [conversation, ...this.conversations];
    return conversation;
  }

  /** Tells the app of the conversations as they are. */
  relist(): void {
    for (const conversation of this.conversations) {
      const last = this.histories.get(conversation.conversationID)?.at(-1);
      if (last) {
        conversation.lastMessage = {
          lastTime: last.time,
          fromAccount: last.from,
          isRevoked: last.isRevoked,
          isPeerRead: last.isPeerRead,
          messageForShow: "",
          type: last.type,
          payload: last.payload,
          nick: last.nick,
          nameCard: "",
        };
      }
    }
    this.conversations = [...this.conversations].sort((a, b) => Number(b.isPinned ?? false) - Number(a.isPinned ?? false) || (b.lastMessage?.lastTime ?? 0) - (a.lastMessage?.lastTime ?? 0));
    this.emit("CONVERSATION_LIST_UPDATED", this.conversations);
    this.emit("TOTAL_UNREAD_MESSAGE_COUNT_UPDATED", this.getTotalUnreadMessageCount());
  }

  private message(options: { to: string; conversationType: string; payload: unknown; type: string; cloudCustomData?: string; needReadReceipt?: boolean }): SdkMessage {
    return {
      ID: `m${++this.count}`,
      type: options.type as SdkMessage["type"],
      payload: options.payload,
      to: options.to,
      conversationType: options.conversationType as SdkMessage["conversationType"],
      conversationID: `${options.conversationType}${options.to}`,
      from: this.userID,
      flow: "out",
      time: Math.floor(Date.now() / 1000),
      status: "unSend",
      isRevoked: false,
      isPeerRead: false,
      isDeleted: false,
      isModified: false,
      isBroadcastMessage: false,
      priority: "Normal",
      atUserList: [],
      cloudCustomData: options.cloudCustomData ?? "",
      needReadReceipt: options.needReadReceipt ?? false,
      readReceiptInfo: {},
      nick: "",
      avatar: "",
      nameCard: "",
    };
  }

  private keep(message: SdkMessage): void {
    const history = this.histories.get(message.conversationID) ?? [];
    this.histories.set(message.conversationID, history);
    if (!history.includes(message)) history.push(message);
    this.conversation(message.conversationID);
    if (message.flow === "out") this.relist();
  }

  private async act(name: keyof Tim): Promise<void> {
    this.calls.push(name);
    const waiting = this.failures.get(name);
    if (waiting) {
      this.failures.delete(name);
      throw failure(waiting.code, waiting.message);
    }
  }
}

/** The SDK's default export over one fake account. */
export function fakeSdk(tim: FakeTim): TimStatic {
  return { create: ({ SDKAppID }) => (Number.isInteger(SDKAppID) ? tim : null), EVENT, TYPES, VERSION: "fake" };
}

function ok<T>(data: T): Answer<T> {
  return { code: 0, data };
}

function failure(code: number, message: string): Error {
  return Object.assign(new Error(message), { code, data: {} });
}

/** For `npm run dev:fake`: the page's own fake, reachable from the browser's console and from scripts that take pictures. */
const shown = new FakeTim();
(globalThis as { fakeTim?: FakeTim }).fakeTim = shown;
export default fakeSdk(shown);
