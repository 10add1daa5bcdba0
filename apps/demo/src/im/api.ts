/**
 * The part of the public tim-js-sdk API that this app uses, in strict types.
 *
 * It says how little an app needs, and what its tests' stand-in has to have; that the SDK has it too, `sdk.ts` lets the compiler check.
 * **Comes in:** nothing. **Goes out:** types. **Never here:** code, or a name that the public API lacks.
 */
import type { TypeName as Name } from "tim-js-sdk";

/** What `import TIM from "tim-js-sdk"` gives. */
export interface TimStatic {
  create(options: { SDKAppID: number }): Tim | null;
  EVENT: Record<EventName, string>;
  TYPES: Record<TypeName, string | number>;
  VERSION: string;
}

export type EventName =
  | "SDK_READY"
  | "SDK_NOT_READY"
  | "SDK_RELOAD"
  | "MESSAGE_RECEIVED"
  | "MESSAGE_MODIFIED"
  | "MESSAGE_REVOKED"
  | "MESSAGE_READ_BY_PEER"
  | "MESSAGE_READ_RECEIPT_RECEIVED"
  | "CONVERSATION_LIST_UPDATED"
  | "TOTAL_UNREAD_MESSAGE_COUNT_UPDATED"
  | "CONVERSATION_GROUP_LIST_UPDATED"
  | "GROUP_LIST_UPDATED"
  | "PROFILE_UPDATED"
  | "BLACKLIST_UPDATED"
  | "KICKED_OUT"
  | "ERROR"
  | "NET_STATE_CHANGE";

export type TypeName =
  | "MSG_TEXT"
  | "MSG_IMAGE"
  | "MSG_AUDIO"
  | "MSG_VIDEO"
  | "MSG_FILE"
  | "MSG_FACE"
  | "MSG_LOCATION"
  | "MSG_MERGER"
  | "MSG_CUSTOM"
  | "MSG_AT_ALL"
  | "MSG_GRP_TIP"
  | "MSG_GRP_SYS_NOTICE"
  | "CONV_C2C"
  | "CONV_GROUP"
  | "CONV_SYSTEM"
  | "CONV_MARK_TYPE_STAR"
  | "CONV_MARK_TYPE_UNREAD"
  | "CONV_MARK_TYPE_HIDE"
  | "MSG_REMIND_ACPT_AND_NOTE"
  | "MSG_REMIND_ACPT_NOT_NOTE"
  | "READ_ALL_MSG"
  | "GRP_WORK"
  | "GRP_PUBLIC"
  | "GRP_MEETING"
  | "GRP_COMMUNITY"
  | "NET_STATE_CONNECTED"
  | "NET_STATE_CONNECTING"
  | "NET_STATE_DISCONNECTED";

export interface Tim {
  on(event: string, handler: (event: TimEvent) => void): void;
  off(event: string, handler: (event: TimEvent) => void): void;
  setLogLevel(level: number): void;
  registerPlugin(plugins: Record<string, unknown>): void;
  login(options: { userID: string; userSig: string }): Promise<Answer<unknown>>;
  logout(): Promise<Answer<unknown>>;
  destroy(): Promise<unknown>;

  createTextMessage(options: NewMessage<{ text: string }>): SdkMessage;
  createTextAtMessage(options: NewMessage<{ text: string; atUserList: string[] }>): SdkMessage;
  createCustomMessage(options: NewMessage<{ data: string; description: string; extension: string }>): SdkMessage;
  createImageMessage(options: NewMessage<{ file: File }>): SdkMessage;
  createAudioMessage(options: NewMessage<{ file: File }>): SdkMessage;
  createVideoMessage(options: NewMessage<{ file: File }>): SdkMessage;
  createFileMessage(options: NewMessage<{ file: File }>): SdkMessage;
  createFaceMessage(options: NewMessage<{ index: number; data: string }>): SdkMessage;
  createLocationMessage(options: NewMessage<{ description: string; latitude: number; longitude: number }>): SdkMessage;
  createMergerMessage(
    options: NewMessage<{ messageList: SdkMessage[]; title: string; abstractList: string[]; compatibleText: string }>,
  ): SdkMessage;
  createForwardMessage(options: NewMessage<SdkMessage>): SdkMessage;
  downloadMergerMessage(message: SdkMessage): Promise<unknown>;
  sendMessage(message: SdkMessage): Promise<Answer<{ message: SdkMessage }>>;
  resendMessage(message: SdkMessage): Promise<Answer<{ message: SdkMessage }>>;
  revokeMessage(message: SdkMessage): Promise<Answer<unknown>>;
  modifyMessage(message: SdkMessage): Promise<Answer<{ message: SdkMessage }>>;
  deleteMessage(messageList: SdkMessage[]): Promise<Answer<unknown>>;
  translateText(options: {
    sourceTextList: string[];
    sourceLanguage: string;
    targetLanguage: string;
  }): Promise<Answer<{ translatedTextList: string[] }>>;
  sendMessageReadReceipt(messageList: SdkMessage[]): Promise<Answer<unknown>>;
  getMessageReadReceiptList(messageList: SdkMessage[]): Promise<Answer<unknown>>;
  getGroupMessageReadMemberList(options: {
    message: SdkMessage;
    cursor: string;
    filter: number;
    count: number;
  }): Promise<Answer<{ cursor: string; isCompleted: boolean; readUserIDList?: string[]; unreadUserIDList?: string[] }>>;
  getMessageListHopping(options: {
    conversationID: string;
    sequence?: number;
    time?: number;
    direction?: number;
  }): Promise<Answer<{ messageList: SdkMessage[]; nextMessageSeq?: number; nextMessageTime?: number; isCompleted: boolean }>>;
  findMessage(messageID: string): SdkMessage | null;
  getMessageList(options: { conversationID: string; nextReqMessageID?: string }): Promise<
    Answer<{ messageList: SdkMessage[]; nextReqMessageID: string; isCompleted: boolean }>
  >;
  setMessageRead(options: { conversationID: string }): Promise<Answer<unknown>>;

  getConversationList(): Promise<Answer<{ conversationList: SdkConversation[] }>>;
  getConversationProfile(conversationID: string): Promise<Answer<{ conversation: SdkConversation }>>;
  getTotalUnreadMessageCount(): number;
  setAllMessageRead(options: { scope: string }): Promise<Answer<unknown>>;
  pinConversation(options: { conversationID: string; isPinned: boolean }): Promise<Answer<unknown>>;
  setMessageRemindType(options: { groupID?: string; userIDList?: string[]; messageRemindType: string }): Promise<Answer<unknown>>;
  markConversation(options: { conversationIDList: string[]; markType: number; enableMark: boolean }): Promise<Answer<Outcomes>>;
  setConversationCustomData(options: { conversationIDList: string[]; customData: string }): Promise<Answer<Outcomes>>;
  deleteConversation(conversationID: string): Promise<Answer<unknown>>;
  clearHistoryMessage(conversationID: string): Promise<Answer<unknown>>;
  getConversationGroupList(): Promise<Answer<string[]>>;
  createConversationGroup(options: { conversationIDList: string[]; groupName: string }): Promise<Answer<Outcomes>>;
  renameConversationGroup(options: { oldName: string; newName: string }): Promise<Answer<unknown>>;
  deleteConversationGroup(groupName: string): Promise<Answer<unknown>>;
  addConversationsToGroup(options: { conversationIDList: string[]; groupName: string }): Promise<Answer<Outcomes>>;
  deleteConversationsFromGroup(options: { conversationIDList: string[]; groupName: string }): Promise<Answer<Outcomes>>;

  createGroup(options: {
    name: string;
    type: string;
    groupID?: string;
    joinOption?: string;
    memberList?: { userID: string }[];
  }): Promise<Answer<{ group: SdkGroup }>>;
  joinGroup(options: { groupID: string; applyMessage?: string }): Promise<Answer<{ status: string; group?: SdkGroup }>>;
  quitGroup(groupID: string): Promise<Answer<unknown>>;
  dismissGroup(groupID: string): Promise<Answer<unknown>>;
  getGroupList(): Promise<Answer<{ groupList: SdkGroup[] }>>;
  getGroupProfile(options: { groupID: string }): Promise<Answer<{ group: SdkGroup }>>;
  searchGroupByID(groupID: string): Promise<Answer<{ group: SdkGroup }>>;
  getGroupMemberList(options: { groupID: string; count: number; offset: number }): Promise<Answer<{ memberList: SdkGroupMember[] }>>;
  handleGroupApplication(options: {
    handleAction: "Agree" | "Reject";
    handleMessage?: string;
    message: SdkMessage;
  }): Promise<Answer<unknown>>;

  getMyProfile(): Promise<Answer<SdkProfile>>;
  updateMyProfile(options: Partial<SdkProfile>): Promise<Answer<SdkProfile>>;
  getUserProfile(options: { userIDList: string[] }): Promise<Answer<SdkProfile[]>>;
  getBlacklist(): Promise<Answer<string[]>>;
  addToBlacklist(options: { userIDList: string[] }): Promise<Answer<string[]>>;
  removeFromBlacklist(options: { userIDList: string[] }): Promise<Answer<string[]>>;
}

export interface Answer<T> {
  code: number;
  data: T;
}

export interface TimEvent {
  name: string;
  data?: unknown;
}

/** What a call rejects with: an Error with these keys of its own. */
export interface TimError extends Error {
  code: number;
}

/** What calls about several conversations answer: each has its own luck. */
export interface Outcomes {
  failureConversationIDList: { conversationID: string; code: number; message: string }[];
}

export interface NewMessage<Payload> {
  to: string;
  conversationType: string;
  payload: Payload;
  cloudCustomData?: string;
  needReadReceipt?: boolean;
  onProgress?: (progress: number) => void;
}

export interface SdkMessage {
  ID: string;
  type: Name;
  payload: unknown;
  conversationID: string;
  conversationType: Name;
  to: string;
  from: string;
  flow: string;
  time: number;
  status: string;
  isRevoked: boolean;
  isPeerRead: boolean;
  isDeleted: boolean;
  isModified: boolean;
  isBroadcastMessage: boolean;
  nick: string;
  avatar: string;
  nameCard: string;
  priority: Name;
  atUserList: string[];
  cloudCustomData: string;
  needReadReceipt: boolean;
  readReceiptInfo: { readCount?: number; unreadCount?: number; isPeerRead?: boolean };
  sequence?: number;
}

export interface SdkConversation {
  conversationID: string;
  type: string;
  unreadCount: number;
  lastMessage?: {
    lastTime: number;
    fromAccount: string;
    isRevoked: boolean;
    isPeerRead: boolean;
    messageForShow: string;
    type: string;
    payload: unknown;
    nick: string;
    nameCard: string;
    lastSequence?: number;
  };
  userProfile?: Partial<SdkProfile>;
  groupProfile?: Partial<SdkGroup>;
  remark?: string;
  isPinned?: boolean;
  messageRemindType?: string;
  markList?: number[];
  customData?: string;
  conversationGroupList?: string[];
  groupAtInfoList?: { messageSequence: number; atTypeArray: number[] }[];
}

export interface SdkGroup {
  groupID: string;
  name: string;
  avatar: string;
  type: string;
  introduction: string;
  notification: string;
  ownerID: string;
  memberCount: number;
  joinOption: string;
  selfInfo?: { role?: string };
}

export interface SdkGroupMember {
  userID: string;
  avatar: string;
  nick: string;
  nameCard: string;
  role: string;
}

export interface SdkProfile {
  userID: string;
  nick: string;
  gender: string;
  selfSignature: string;
  avatar: string;
}
