/**
 * The public API in types. Made by `npm run generate` from `spec/`; edit neither by hand.
 *
 * The functions, constants and objects are those of tim-js-sdk 2.x. A function whose description says so is declared but
 * not built yet: it rejects with 3122 once signed in.
 */

/** What `import TIM from "tim-js-sdk"` gives: a value, and the types `TIM.TYPES` and `TIM.EVENT`. */
declare namespace TIM {
  /**
   * Makes the instance of an app; for the same SDKAppID always the same one, until it is destroyed.
   *
   * Null, with an explanation on the console, when the SDKAppID is not a positive whole number (a numeric string will do).
   */
  function create(options: CreateOptions): ChatSDK;

  /** The names of events, to give to `on`, `once` and `off`. */
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

/** Which conversations of the list `getConversationList` answers; what is left out asks for nothing. */
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
   * Where the Hongyan server is: `https://im.example.com`, `wss://…` or `host:port`. When left out: the page's
   * `<meta name="hongyan-server" content="…">`, the global `HONGYAN_SERVER`, in Node the environment variable of that
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
}

export interface EventNames {
  /** Instance became usable after login. */
  SDK_READY: "sdkStateReady";
  /** Instance became unusable (logout, kick, destroy). */
  SDK_NOT_READY: "sdkStateNotReady";
  /** Instance was destroyed. */
  SDK_DESTROY: "sdkDestroy";
  /** New C2C, group, tip or system messages from elsewhere. */
  MESSAGE_RECEIVED: "onMessageReceived";
  /** Messages were modified; match by ID. */
  MESSAGE_MODIFIED: "onMessageModified";
  /** Messages were recalled. */
  MESSAGE_REVOKED: "onMessageRevoked";
  /** C2C peer read the conversation. */
  MESSAGE_READ_BY_PEER: "onMessageReadByPeer";
  /** Read receipts for own messages arrived. */
  MESSAGE_READ_RECEIPT_RECEIVED: "onMessageReadReceiptReceived";
  /** Extensions of one message were set. */
  MESSAGE_EXTENSIONS_UPDATED: "onMessageExtensionsUpdated";
  /** Extensions of one message were deleted. */
  MESSAGE_EXTENSIONS_DELETED: "onMessageExtensionsDeleted";
  /** Conversation list changed. */
  CONVERSATION_LIST_UPDATED: "onConversationListUpdated";
  /** Total unread count changed. */
  TOTAL_UNREAD_MESSAGE_COUNT_UPDATED: "onTotalUnreadMessageCountUpdated";
  /** Conversation groups changed. */
  CONVERSATION_GROUP_LIST_UPDATED: "onConversationGroupListUpdated";
  /** Members of one conversation group changed. */
  CONVERSATION_IN_GROUP_UPDATED: "onConversationInGroupUpdated";
  /** Joined groups changed. */
  GROUP_LIST_UPDATED: "onGroupListUpdated";
  /** Deprecated since 2.6.0; MESSAGE_RECEIVED replaces it. */
  GROUP_SYSTEM_NOTICE_RECEIVED: "receiveGroupSystemNotice";
  /** Attributes of one group changed. */
  GROUP_ATTRIBUTES_UPDATED: "groupAttributesUpdated";
  /** One counter of one group changed. */
  GROUP_COUNTER_UPDATED: "onGroupCounterUpdated";
  /** A topic was created. */
  TOPIC_CREATED: "onTopicCreated";
  /** Topics were deleted. */
  TOPIC_DELETED: "onTopicDeleted";
  /** A topic changed. */
  TOPIC_UPDATED: "onTopicUpdated";
  /** Own or friend profile changed. */
  PROFILE_UPDATED: "onProfileUpdated";
  /** Status of self, friends or subscribed users changed. */
  USER_STATUS_UPDATED: "onUserStatusUpdated";
  /** Blacklist changed. */
  BLACKLIST_UPDATED: "blacklistUpdated";
  /** Friend list changed. */
  FRIEND_LIST_UPDATED: "onFriendListUpdated";
  /** Friend groups changed. */
  FRIEND_GROUP_LIST_UPDATED: "onFriendGroupListUpdated";
  /** Friend requests changed. */
  FRIEND_APPLICATION_LIST_UPDATED: "onFriendApplicationListUpdated";
  /** This instance was signed out by the service. */
  KICKED_OUT: "kickedOut";
  /** An error outside any rejected call. */
  ERROR: "error";
  /** Connection state changed. */
  NET_STATE_CHANGE: "netStateChange";
  /** Instance re-entered a ready state after a long disconnect (added 2.7.7). */
  SDK_RELOAD: "sdkReload";
}

export interface TypeValues {
  MSG_TEXT: "TIMTextElem";
  MSG_IMAGE: "TIMImageElem";
  MSG_SOUND: "TIMSoundElem";
  MSG_AUDIO: "TIMSoundElem";
  MSG_FILE: "TIMFileElem";
  MSG_FACE: "TIMFaceElem";
  MSG_VIDEO: "TIMVideoFileElem";
  MSG_GEO: "TIMLocationElem";
  MSG_LOCATION: "TIMLocationElem";
  MSG_GRP_TIP: "TIMGroupTipElem";
  MSG_GRP_SYS_NOTICE: "TIMGroupSystemNoticeElem";
  MSG_CUSTOM: "TIMCustomElem";
  MSG_MERGER: "TIMRelayElem";
  MSG_PRIORITY_HIGH: "High";
  MSG_PRIORITY_NORMAL: "Normal";
  MSG_PRIORITY_LOW: "Low";
  MSG_PRIORITY_LOWEST: "Lowest";
  CONV_C2C: "C2C";
  CONV_GROUP: "GROUP";
  CONV_TOPIC: "TOPIC";
  CONV_SYSTEM: "@TIM#SYSTEM";
  CONV_AT_ME: 1;
  CONV_AT_ALL: 2;
  CONV_AT_ALL_AT_ME: 3;
  CONV_MARK_TYPE_STAR: 1;
  CONV_MARK_TYPE_UNREAD: 2;
  CONV_MARK_TYPE_FOLD: 4;
  CONV_MARK_TYPE_HIDE: 8;
  GRP_PRIVATE: "Private";
  GRP_WORK: "Private";
  GRP_PUBLIC: "Public";
  GRP_CHATROOM: "ChatRoom";
  GRP_MEETING: "ChatRoom";
  GRP_AVCHATROOM: "AVChatRoom";
  GRP_COMMUNITY: "Community";
  GRP_MBR_ROLE_OWNER: "Owner";
  GRP_MBR_ROLE_ADMIN: "Admin";
  GRP_MBR_ROLE_MEMBER: "Member";
  GRP_MBR_ROLE_CUSTOM: "Custom";
  GRP_TIP_MBR_JOIN: 1;
  GRP_TIP_MBR_QUIT: 2;
  GRP_TIP_MBR_KICKED_OUT: 3;
  GRP_TIP_MBR_SET_ADMIN: 4;
  GRP_TIP_MBR_CANCELED_ADMIN: 5;
  GRP_TIP_GRP_PROFILE_UPDATED: 6;
  GRP_TIP_MBR_PROFILE_UPDATED: 7;
  GRP_TIP_BAN_AVCHATROOM_MEMBER: 10;
  GRP_TIP_UNBAN_AVCHATROOM_MEMBER: 11;
  MSG_REMIND_ACPT_AND_NOTE: "AcceptAndNotify";
  MSG_REMIND_ACPT_NOT_NOTE: "AcceptNotNotify";
  MSG_REMIND_DISCARD: "Discard";
  GENDER_UNKNOWN: "Gender_Type_Unknown";
  GENDER_FEMALE: "Gender_Type_Female";
  GENDER_MALE: "Gender_Type_Male";
  KICKED_OUT_MULT_ACCOUNT: "multipleAccount";
  KICKED_OUT_MULT_DEVICE: "multipleDevice";
  KICKED_OUT_USERSIG_EXPIRED: "userSigExpired";
  KICKED_OUT_REST_API: "REST_API_Kick";
  ALLOW_TYPE_ALLOW_ANY: "AllowType_Type_AllowAny";
  ALLOW_TYPE_NEED_CONFIRM: "AllowType_Type_NeedConfirm";
  ALLOW_TYPE_DENY_ANY: "AllowType_Type_DenyAny";
  FORBID_TYPE_NONE: "AdminForbid_Type_None";
  FORBID_TYPE_SEND_OUT: "AdminForbid_Type_SendOut";
  JOIN_OPTIONS_FREE_ACCESS: "FreeAccess";
  JOIN_OPTIONS_NEED_PERMISSION: "NeedPermission";
  JOIN_OPTIONS_DISABLE_APPLY: "DisableApply";
  JOIN_STATUS_SUCCESS: "JoinedSuccess";
  JOIN_STATUS_ALREADY_IN_GROUP: "AlreadyInGroup";
  JOIN_STATUS_WAIT_APPROVAL: "WaitAdminApproval";
  INVITE_OPTIONS_DISABLE_INVITE: "DisableInvite";
  INVITE_OPTIONS_NEED_PERMISSION: "NeedPermission";
  INVITE_OPTIONS_FREE_ACCESS: "FreeAccess";
  GRP_PROFILE_OWNER_ID: "ownerID";
  GRP_PROFILE_CREATE_TIME: "createTime";
  GRP_PROFILE_LAST_INFO_TIME: "lastInfoTime";
  GRP_PROFILE_MEMBER_NUM: "memberNum";
  GRP_PROFILE_MAX_MEMBER_NUM: "maxMemberNum";
  GRP_PROFILE_JOIN_OPTION: "joinOption";
  GRP_PROFILE_INVITE_OPTION: "inviteOption";
  GRP_PROFILE_INTRODUCTION: "introduction";
  GRP_PROFILE_NOTIFICATION: "notification";
  GRP_PROFILE_MUTE_ALL_MBRS: "muteAllMembers";
  SNS_ADD_TYPE_SINGLE: "Add_Type_Single";
  SNS_ADD_TYPE_BOTH: "Add_Type_Both";
  SNS_DELETE_TYPE_SINGLE: "Delete_Type_Single";
  SNS_DELETE_TYPE_BOTH: "Delete_Type_Both";
  SNS_APPLICATION_TYPE_BOTH: "Pendency_Type_Both";
  SNS_APPLICATION_SENT_TO_ME: "Pendency_Type_ComeIn";
  SNS_APPLICATION_SENT_BY_ME: "Pendency_Type_SendOut";
  SNS_APPLICATION_AGREE: "Response_Action_Agree";
  SNS_APPLICATION_AGREE_AND_ADD: "Response_Action_AgreeAndAdd";
  SNS_CHECK_TYPE_BOTH: "CheckResult_Type_Both";
  SNS_CHECK_TYPE_SINGLE: "CheckResult_Type_Single";
  SNS_TYPE_NO_RELATION: "CheckResult_Type_NoRelation";
  SNS_TYPE_A_WITH_B: "CheckResult_Type_AWithB";
  SNS_TYPE_B_WITH_A: "CheckResult_Type_BWithA";
  SNS_TYPE_BOTH_WAY: "CheckResult_Type_BothWay";
  NET_STATE_CONNECTED: "connected";
  NET_STATE_CONNECTING: "connecting";
  NET_STATE_DISCONNECTED: "disconnected";
  MSG_AT_ALL: "__kImSDK_MesssageAtALL__";
  READ_ALL_C2C_MSG: "readAllC2CMessage";
  READ_ALL_GROUP_MSG: "readAllGroupMessage";
  READ_ALL_MSG: "readAllMessage";
  USER_STATUS_UNKNOWN: 0;
  USER_STATUS_ONLINE: 1;
  USER_STATUS_OFFLINE: 2;
  USER_STATUS_UNLOGINED: 3;
}

/** One chat message. */
export interface Message<Payload = any> {
  /** Since 2.18.0 joined as senderTinyID-clientTime-random with hyphens; stable across send. */
  ID: string;
  /** TYPES.MSG_*. */
  type: TypeName;
  /** One of the *Payload objects. */
  payload: Payload;
  /** C2C${id}, GROUP${id} or @TIM#SYSTEM. */
  conversationID: string;
  /** TYPES.CONV_C2C|CONV_GROUP|CONV_SYSTEM. */
  conversationType: TypeName;
  /** userID, groupID or topicID. */
  to: string;
  /** Sender userID. */
  from: string;
  /** In|out. */
  flow: string;
  /** Seconds. */
  time: number;
  /** unSend|success|fail. */
  status: string;
  /** Default false. */
  isRevoked: boolean;
  /** TYPES.MSG_PRIORITY_*, default Normal. */
  priority: TypeName;
  /** Sender nickname. */
  nick: string;
  /** Sender picture URL. */
  avatar: string;
  /** C2C only, default false. */
  isPeerRead: boolean;
  /** Sender name card, group only. */
  nameCard: string;
  /** Mentioned userIDs. */
  atUserList: string[];
  /** Default ''. */
  cloudCustomData: string;
  /** Default false. */
  isDeleted: boolean;
  /** Default false. */
  isModified: boolean;
  /** Default false. */
  needReadReceipt: boolean;
  /** ReadReceiptInfo. */
  readReceiptInfo: ReadReceiptInfo;
  /** AVChatRoom broadcast, default false. */
  isBroadcastMessage: boolean;
  isSupportExtension?: boolean;
  receiverList?: string[];
  sequence?: number;
  random?: number;
  revoker?: string;
}

/** One entry inside a combined message. */
export interface SimplifiedMessage {
  /** Since 2.21.2. */
  ID: string;
  nick: string;
  avatar: string;
  from: string;
  /** Array of {type, payload}-like parts (part shape unknown). */
  messageBody: any[];
  /** Seconds. */
  time: number;
  cloudCustomData: string;
}

/** One conversation row. */
export interface Conversation {
  /** C2C${id}, GROUP${id} or @TIM#SYSTEM. */
  conversationID: string;
  /** TYPES.CONV_*. */
  type: TypeName;
  /** 0 for AVChatRoom; Meeting counted since 2.12.1. */
  unreadCount: number;
  /** LastMessage. */
  lastMessage: LastMessage;
  /** Group conversations only. */
  groupProfile: Group;
  /** C2C only. */
  userProfile: Profile;
  /** GroupAtInfo[]. */
  groupAtInfoList: GroupAtInfo[];
  /** C2C with a friend that has a remark. */
  remark: string;
  isPinned: boolean;
  /** TYPES.MSG_REMIND_*. */
  messageRemindType: TypeName;
  /** Numbers, TYPES.CONV_MARK_TYPE_* or custom. */
  markList: number[];
  /** '' when unset. */
  customData: string;
  /** Group names. */
  conversationGroupList: string[];
  draftText?: string;
}

/** One group. */
export interface Group {
  /** Generated ids start with @TGS#. */
  groupID: string;
  name: string;
  avatar: string;
  /** TYPES.GRP_*. */
  type: TypeName;
  introduction: string;
  notification: string;
  ownerID: string;
  /** Declared string, documented as a number of seconds. */
  createTime: string;
  /** Grows on every profile change. */
  infoSequence: number;
  /** Seconds. */
  lastInfoTime: number;
  /** GroupSelfInfo. */
  selfInfo: GroupSelfInfo;
  /** LastMessage; only lastTime set when the group is not in the conversation list. */
  lastMessage: LastMessage;
  /** Next message sequence, starts at 1. */
  nextMessageSeq: number;
  /** Replaces memberNum since 2.8.0. */
  memberCount: number;
  /** Replaces maxMemberNum since 2.8.0. */
  maxMemberCount: number;
  muteAllMembers: boolean;
  /** TYPES.JOIN_OPTIONS_*. */
  joinOption: TypeName;
  /** TYPES.INVITE_OPTIONS_*, since 2.27.0. */
  inviteOption: TypeName;
  /** CustomField[]. */
  groupCustomField: CustomField[];
  /** Community with topics. */
  isSupportTopic: boolean;
}

/** One user profile. */
export interface Profile {
  /** Unknown users may come back as @TLS#NOT_FOUND (consumer). */
  userID: string;
  /** <=500 bytes. */
  nick: string;
  /** TYPES.GENDER_*. */
  gender: TypeName;
  /** Uint32 yyyymmdd. */
  birthday: number;
  /** <=16 bytes. */
  location: string;
  /** <=500 bytes. */
  selfSignature: string;
  /** TYPES.ALLOW_TYPE_*. */
  allowType: TypeName;
  language: number;
  /** <=500 bytes. */
  avatar: string;
  /** 0|1. */
  messageSettings: number;
  /** TYPES.FORBID_TYPE_*. */
  adminForbidType: TypeName;
  level: number;
  role: number;
  /** Local time of last update. */
  lastUpdatedNumber: number;
  /** CustomField[]. */
  profileCustomField: CustomField[];
}

/** One friend record. */
export interface Friend {
  userID: string;
  remark: string;
  /** Friend group names. */
  groupList: string[];
  /** AddSource_Type_*. */
  source: string;
  wording: string;
  /** Profile. */
  profile: Profile;
  /** CustomField[]. */
  friendCustomField: CustomField[];
}

/** One friend request. */
export interface FriendApplication {
  userID: string;
  avatar: string;
  nick: string;
  /** Seconds. */
  time: number;
  source: string;
  wording: string;
  /** TYPES.SNS_APPLICATION_SENT_TO_ME|SENT_BY_ME. */
  type: TypeName;
}

/** One friend group. */
export interface FriendGroup {
  name: string;
  userIDList: string[];
  /** Member count. */
  count: number;
}

/** One group member. */
export interface GroupMember {
  userID: string;
  avatar: string;
  nick: string;
  /** TYPES.GRP_MBR_ROLE_*. */
  role: string;
  /** Seconds. */
  joinTime: number;
  nameCard: string;
  /** Seconds; muted while in the future. */
  muteUntil: number;
  /** CustomField[]. */
  memberCustomField: CustomField[];
}

/** One topic of a community. */
export interface Topic {
  topicID: string;
  topicName: string;
  avatar: string;
  introduction: string;
  notification: string;
  unreadCount: number;
  muteAllMembers: boolean;
  customData: string;
  /** GroupAtInfo[]. */
  groupAtInfoList: GroupAtInfo[];
  /** LastMessage. */
  lastMessage: LastMessage;
  /** Shape unknown; carries own mute and remind settings. */
  selfInfo: any;
}

/** Key/value pair of profile, friend, group and member custom fields. */
export interface CustomField {
  key: string;
  value: string;
}

/** Conversation.lastMessage. */
export interface LastMessage {
  nick: string;
  nameCard: string;
  /** Seconds. */
  lastTime: number;
  /** Declared as string in the UIKit engine. */
  lastSequence: number;
  fromAccount: string;
  isRevoked: boolean;
  /** C2C, since 2.20.0. */
  isPeerRead: boolean;
  /** Display text, or a bracketed type label. */
  messageForShow: string;
  type: TypeName;
  payload: any;
  /** Later package. */
  revoker?: string | null;
}

/** One mention in Conversation.groupAtInfoList. */
export interface GroupAtInfo {
  groupID: string;
  messageSequence: number;
  /** TYPES.CONV_AT_ME|CONV_AT_ALL|CONV_AT_ALL_AT_ME. */
  atTypeArray: number[];
}

/** Group.selfInfo. */
export interface GroupSelfInfo {
  role: TypeName;
  messageRemindType: TypeName;
  joinTime?: number;
  nameCard?: string;
  userID?: string;
  memberCustomField?: CustomField[];
}

/** Message.readReceiptInfo. */
export interface ReadReceiptInfo {
  /** Group. */
  readCount?: number;
  /** Group. */
  unreadCount?: number;
  /** C2C. */
  isPeerRead?: boolean;
  /** C2C, later package. */
  timestamp?: number;
}

/** Item of MESSAGE_READ_RECEIPT_RECEIVED. */
export interface ReadReceipt {
  messageID: string;
  groupID?: string;
  readCount?: number;
  unreadCount?: number;
  userID?: string;
  isPeerRead?: boolean;
}

/** Status record. */
export interface UserStatus {
  userID: string;
  /** TYPES.USER_STATUS_*. */
  statusType: number;
  customStatus: string;
}

/** Message extension entry. */
export interface MessageExtension {
  key: string;
  value: string;
  /** 23001 conflict, in set/delete results. */
  code?: number;
}

/** Item of getGroupApplicationList. */
export interface GroupApplication {
  /** userID. */
  applicant: string;
  applicantNick: string;
  groupID: string;
  groupName: string;
  /** 0 join request, 2 invitation. */
  applicationType: number;
  /** Invited user when applicationType is 2. */
  userID?: string;
  note: string;
}

/** Second argument of sendMessage. */
export interface SendMessageOptions {
  /** Default false; no roaming, no unread; not AVChatRoom. */
  onlineUserOnly?: boolean;
  offlinePushInfo?: OfflinePushInfo;
  /** Not together with onlineUserOnly. */
  messageControlInfo?: MessageControlInfo;
}

/** Offline push settings. */
export interface OfflinePushInfo {
  /** Default false. */
  disablePush?: boolean;
  /** Default true. */
  disableVoipPush?: boolean;
  title?: string;
  description?: string;
  extension?: string;
  ignoreIOSBadge?: boolean;
  androidOPPOChannelID?: string;
}

/** Unread and preview control. */
export interface MessageControlInfo {
  /** Default false. */
  excludedFromUnreadCount?: boolean;
  /** Default false. */
  excludedFromLastMessage?: boolean;
  excludedFromContentModeration?: boolean;
}

/** payload of MSG_TEXT. */
export interface TextPayload {
  text: string;
}

/** payload of MSG_IMAGE. */
export interface ImagePayload {
  uuid: string;
  /** 1 jpg/jpeg, 2 gif, 3 png, 4 bmp, 255 other. */
  imageFormat: number;
  imageInfoArray: ImageInfo[];
}

/** One rendition. */
export interface ImageInfo {
  width: number;
  height: number;
  url: string;
  /** Bytes. */
  size: number;
  /** 0 original, 1 198p, 2 720p. */
  type: number;
}

/** payload of MSG_AUDIO. */
export interface AudioPayload {
  uuid: string;
  url: string;
  /** Bytes. */
  size: number;
  second: number;
}

/** payload of MSG_VIDEO. */
export interface VideoPayload {
  videoFormat: string;
  /** Integer. */
  videoSecond: number;
  /** Bytes. */
  videoSize: number;
  videoUrl: string;
  videoUUID: string;
  snapshotUrl: string;
  snapshotWidth: number;
  snapshotHeight: number;
}

/** payload of MSG_FILE. */
export interface FilePayload {
  uuid: string;
  fileName: string;
  fileUrl: string;
  /** Bytes. */
  fileSize: number;
}

/** payload of MSG_CUSTOM. */
export interface CustomPayload {
  data: string;
  description: string;
  extension: string;
}

/** payload of MSG_FACE. */
export interface FacePayload {
  index: number;
  data: string;
}

/** payload of MSG_LOCATION. */
export interface LocationPayload {
  description: string;
  latitude: number;
  longitude: number;
}

/** payload of MSG_MERGER. */
export interface MergerPayload {
  /** '' when the body is inline. */
  downloadKey: string;
  messageList: SimplifiedMessage[];
  title: string;
  abstractList: string[];
  compatibleText: string;
  /** Default false. */
  layersOverLimit: boolean;
}

/** payload of MSG_GRP_TIP. */
export interface GroupTipPayload {
  /** TYPES.GRP_TIP_*. */
  operationType: number;
  operatorID: string;
  userIDList: string[];
  /** 0 none, 1 requested, 2 invited. */
  groupJoinType?: number;
  /** Changed group fields, also groupCustomField. */
  newGroupProfile?: any;
  memberList?: GroupTipMember[];
}

/** Item of GroupTipPayload.memberList. */
export interface GroupTipMember {
  userID: string;
  /** Seconds. */
  muteTime?: number;
  nick?: string;
  avatar?: string;
  /** Ban seconds. */
  duration?: number;
  reason?: string;
}

/** payload of MSG_GRP_SYS_NOTICE. */
export interface GroupSystemNoticePayload {
  /** 1 join requested, 2 approved, 3 refused, 4 removed, 5 dissolved, 6 created, 7 invited, 8 left, 9 admin set, 10 admin cleared, 11 reclaimed, 12 invited and must answer, 13 invitation accepted, 14 invitation refused, 15 read state synced, 20 remind type synced, 21 banned, 22 unbanned, 23 invitation by a member, 255 custom. */
  operationType: number;
  operatorID: string;
  groupProfile: any;
  userDefinedField: string;
  handleMessage: any;
  messageRemindType?: TypeName;
}

/** What `event.data` is, by the event's name. */
export interface EventData {
  sdkStateReady: undefined;
  sdkStateNotReady: undefined;
  sdkDestroy: undefined;
  /** only the affected items */
  onMessageReceived: Message[];
  /** only the affected items */
  onMessageModified: Message[];
  /** only the affected items */
  onMessageRevoked: Message[];
  /** only the affected items */
  onMessageReadByPeer: Message[];
  /** only the affected items */
  onMessageReadReceiptReceived: ReadReceipt[];
  onMessageExtensionsUpdated: {messageID: string;  extensions: {key: string; value: string}[]};
  onMessageExtensionsDeleted: {messageID: string;  keyList: string[]};
  /** whole list, replaces the previous one */
  onConversationListUpdated: Conversation[];
  onTotalUnreadMessageCountUpdated: number;
  /** whole list, replaces the previous one */
  onConversationGroupListUpdated: string[];
  onConversationInGroupUpdated: {groupName: string;  conversationList: Conversation[]};
  /** whole list, replaces the previous one */
  onGroupListUpdated: Group[];
  receiveGroupSystemNotice: { type: number; message: Message<GroupSystemNoticePayload> };
  /** whole map, replaces the previous one */
  groupAttributesUpdated: {groupID: string;  groupAttributes: Record<string, string>};
  onGroupCounterUpdated: {groupID: string;  key: string;  value: number};
  onTopicCreated: {groupID: string;  topicID: string};
  onTopicDeleted: {groupID: string;  topicIDList: string[]};
  onTopicUpdated: {groupID: string;  topic: Topic};
  /** only the affected items */
  onProfileUpdated: Profile[];
  /** only the affected items */
  onUserStatusUpdated: UserStatus[];
  /** whole list, replaces the previous one */
  blacklistUpdated: string[];
  /** whole list, replaces the previous one */
  onFriendListUpdated: Friend[];
  /** whole list, replaces the previous one */
  onFriendGroupListUpdated: FriendGroup[];
  /** whole list, replaces the previous one */
  onFriendApplicationListUpdated: {friendApplicationList: FriendApplication[];  unreadCount: number};
  kickedOut: { type: string };
  error: { code: number; message: string };
  netStateChange: { state: string };
  sdkReload: undefined;
}

/** What a handler gets. */
export interface TIMEvent<Name extends keyof EventData = keyof EventData> {
  name: Name;
  data: EventData[Name];
}

export interface LoginOptions {
  /** Limit: <=32 bytes, printable ASCII (7003 on native). */
  userID: string;
  /** Signature string issued by the app server. */
  userSig: string;
}

export interface TranslateTextOptions {
  sourceTextList: string[];
  /** Language code or 'auto'. */
  sourceLanguage: string;
  targetLanguage: string;
}

export interface GetMessageListOptions {
  /** Format: C2C${userID} or GROUP${groupID} or GROUP${topicID} or @TIM#SYSTEM. */
  conversationID: string;
  /** Omit on first page; then value returned by previous page. */
  nextReqMessageID?: string;
}

export interface GetMessageListHoppingOptions {
  /** Format: C2C${userID} or GROUP${groupID} or GROUP${topicID}. */
  conversationID: string;
  /** Start sequence, group/topic only. */
  sequence?: number;
  /** Start server time in seconds, one-to-one only. */
  time?: number;
  /** 0 older, 1 newer. One of 0, 1. Default: 0. */
  direction?: number;
}

export interface SetMessageReadOptions {
  /** Format: C2C${userID} or GROUP${groupID} or GROUP${topicID} or @TIM#SYSTEM. */
  conversationID: string;
}

export interface GetGroupMessageReadMemberListOptions {
  message: Message;
  /** String; guides use '' for the first page. Default: ''. */
  cursor: string;
  /** 0 read, 1 unread. One of 0, 1. Default: 0. */
  filter: number;
  /** Limit: <=100. */
  count: number;
}

export interface DeleteConversationOptions {
  /** Limit: <=100. */
  conversationIDList: string[];
  /** Default: true. */
  clearHistoryMessage?: boolean;
}

export interface PinConversationOptions {
  /** Limit: at most 50 pinned conversations. Format: C2C${userID} or GROUP${groupID}. */
  conversationID: string;
  isPinned: boolean;
}

export interface SetAllMessageReadOptions {
  /** Guides allow omitting options altogether. One of TYPES.READ_ALL_C2C_MSG, TYPES.READ_ALL_GROUP_MSG, TYPES.READ_ALL_MSG. Default: TYPES.READ_ALL_MSG. */
  scope: TypeOption;
}

export interface SetMessageRemindTypeOptions {
  /** Group or topic id; exclusive with userIDList. */
  groupID?: string;
  /** Limit: <=30. */
  userIDList?: string[];
  /** One of TYPES.MSG_REMIND_ACPT_AND_NOTE, TYPES.MSG_REMIND_ACPT_NOT_NOTE, TYPES.MSG_REMIND_DISCARD. */
  messageRemindType: TypeOption;
}

export interface SetConversationCustomDataOptions {
  conversationIDList: string[];
  /** Empty string clears. Limit: <=256 bytes. */
  customData: string;
}

export interface MarkConversationOptions {
  conversationIDList: string[];
  /** One of TYPES.CONV_MARK_TYPE_STAR, TYPES.CONV_MARK_TYPE_UNREAD, TYPES.CONV_MARK_TYPE_FOLD, TYPES.CONV_MARK_TYPE_HIDE, 2**n for 32<=n<64. */
  markType: number;
  enableMark: boolean;
}

export interface CreateConversationGroupOptions {
  conversationIDList: string[];
  /** Limit: 1..32 bytes; at most 20 conversation groups. */
  groupName: string;
}

export interface RenameConversationGroupOptions {
  oldName: string;
  /** Limit: <=32 bytes. */
  newName: string;
}

export interface AddConversationsToGroupOptions {
  conversationIDList: string[];
  /** Limit: 1..32 bytes. */
  groupName: string;
}

export interface DeleteConversationsFromGroupOptions {
  conversationIDList: string[];
  /** Limit: 1..32 bytes. */
  groupName: string;
}

export interface GetUserProfileOptions {
  /** Limit: first 100 used, rest dropped. */
  userIDList: string[];
}

export interface UpdateMyProfileOptions {
  /** Limit: <=500 bytes. */
  nick?: string;
  /** Limit: <=500 bytes. */
  avatar?: string;
  /** One of TYPES.GENDER_UNKNOWN, TYPES.GENDER_FEMALE, TYPES.GENDER_MALE. */
  gender?: TypeOption;
  /** Limit: <=500 bytes. */
  selfSignature?: string;
  /** One of TYPES.ALLOW_TYPE_ALLOW_ANY, TYPES.ALLOW_TYPE_NEED_CONFIRM, TYPES.ALLOW_TYPE_DENY_ANY. */
  allowType?: TypeOption;
  /** Uint32, yyyymmdd. */
  birthday?: number;
  /** Limit: <=16 bytes. */
  location?: string;
  language?: number;
  /** 0 accept, 1 refuse messages. One of 0, 1. */
  messageSettings?: number;
  /** One of TYPES.FORBID_TYPE_NONE, TYPES.FORBID_TYPE_SEND_OUT. Default: TYPES.FORBID_TYPE_NONE. */
  adminForbidType?: TypeOption;
  level?: number;
  role?: number;
  /** Key prefix Tag_Profile_Custom_. */
  profileCustomField?: { key: string; value: string }[];
}

export interface AddToBlocklistListOptions {
  /** Limit: <=1000; blacklist size <=1000. */
  userIDList: string[];
}

export interface RemoveFromBlocklistListOptions {
  /** Limit: <=1000. */
  userIDList: string[];
}

export interface SetSelfStatusOptions {
  /** Empty string clears. */
  customStatus: string;
}

export interface GetUserStatusOptions {
  /** Limit: <=500. */
  userIDList: string[];
}

export interface SubscribeUserStatusOptions {
  /** Limit: <=100. */
  userIDList: string[];
}

export interface UnsubscribeUserStatusOptions {
  /** Undefined or [] means all. Limit: <=100. */
  userIDList?: string[] | undefined;
}

export interface AddFriendOptions {
  to: string;
  /** Limit: keyword letters, <=8 bytes. Format: AddSource_Type_${keyword}. */
  source: string;
  /** Limit: <=256 bytes. */
  wording?: string;
  /** One of TYPES.SNS_ADD_TYPE_SINGLE, TYPES.SNS_ADD_TYPE_BOTH. Default: TYPES.SNS_ADD_TYPE_BOTH. */
  type?: TypeOption;
  /** Limit: <=96 bytes. */
  remark?: string;
  /** Limit: <=30 bytes. */
  groupName?: string;
}

export interface DeleteFriendOptions {
  /** Limit: <=100. */
  userIDList: string[];
  /** One of TYPES.SNS_DELETE_TYPE_SINGLE, TYPES.SNS_DELETE_TYPE_BOTH. Default: TYPES.SNS_DELETE_TYPE_BOTH. */
  type?: TypeOption;
}

export interface CheckFriendOptions {
  /** Limit: <=1000. */
  userIDList: string[];
  /** Declared required, guides treat as optional. One of TYPES.SNS_CHECK_TYPE_SINGLE, TYPES.SNS_CHECK_TYPE_BOTH. Default: TYPES.SNS_CHECK_TYPE_BOTH. */
  type: TypeOption;
}

export interface GetFriendProfileOptions {
  userIDList: string[];
}

export interface UpdateFriendOptions {
  userID: string;
  /** Limit: <=96 bytes. */
  remark?: string;
  /** Key prefix Tag_SNS_Custom_. */
  friendCustomField?: { key: string; value: string }[];
}

export interface AcceptFriendApplicationOptions {
  userID: string;
  /** Limit: <=96 bytes. */
  remark?: string;
  /** One of TYPES.SNS_APPLICATION_AGREE, TYPES.SNS_APPLICATION_AGREE_AND_ADD. */
  type: TypeOption;
}

export interface RefuseFriendApplicationOptions {
  userID: string;
}

export interface DeleteFriendApplicationOptions {
  userID: string;
  /** One of TYPES.SNS_APPLICATION_SENT_TO_ME, TYPES.SNS_APPLICATION_SENT_BY_ME. */
  type: TypeOption;
}

export interface CreateFriendGroupOptions {
  /** Limit: <=30 bytes. */
  name: string;
  userIDList: string[];
}

export interface DeleteFriendGroupOptions {
  name: string;
}

export interface AddToFriendGroupOptions {
  name: string;
  userIDList: string[];
}

export interface RemoveFromFriendGroupOptions {
  name: string;
  userIDList: string[];
}

export interface RenameFriendGroupOptions {
  oldName: string;
  /** Limit: <=30 bytes. */
  newName: string;
}

export interface GetGroupListOptions {
  /** One of TYPES.GRP_PROFILE_OWNER_ID, TYPES.GRP_PROFILE_CREATE_TIME, TYPES.GRP_PROFILE_LAST_INFO_TIME, TYPES.GRP_PROFILE_MEMBER_NUM, TYPES.GRP_PROFILE_MAX_MEMBER_NUM, TYPES.GRP_PROFILE_JOIN_OPTION, TYPES.GRP_PROFILE_INVITE_OPTION, TYPES.GRP_PROFILE_INTRODUCTION, TYPES.GRP_PROFILE_NOTIFICATION, TYPES.GRP_PROFILE_MUTE_ALL_MBRS. */
  groupProfileFilter: TypeOption[];
}

export interface GetGroupProfileOptions {
  groupID: string;
  groupCustomFieldFilter?: string[];
}

export interface CreateGroupOptions {
  /** Limit: <=30 bytes (2.x); <=100 bytes in later pages. */
  name: string;
  /** One of TYPES.GRP_WORK, TYPES.GRP_PUBLIC, TYPES.GRP_MEETING, TYPES.GRP_AVCHATROOM, TYPES.GRP_COMMUNITY. Default: TYPES.GRP_WORK. */
  type: TypeOption;
  /** Generated when omitted. Limit: <=48 bytes printable ASCII; must not start with @TGS# (communities start with @TGS#_). */
  groupID?: string;
  /** Limit: <=240 bytes. */
  introduction?: string;
  /** Limit: <=300 bytes. */
  notification?: string;
  /** Limit: <=100 bytes (2.x); <=500 bytes in later pages. */
  avatar?: string;
  /** Default: Work 200, Public 2000, Meeting 10000, AVChatRoom unlimited. */
  maxMemberNum?: number;
  /** Fixed for Work (disabled), Meeting and AVChatRoom (free). One of TYPES.JOIN_OPTIONS_FREE_ACCESS, TYPES.JOIN_OPTIONS_NEED_PERMISSION, TYPES.JOIN_OPTIONS_DISABLE_APPLY. */
  joinOption?: TypeOption;
  /** Since 2.27.0; not for AVChatRoom. One of TYPES.INVITE_OPTIONS_FREE_ACCESS, TYPES.INVITE_OPTIONS_NEED_PERMISSION, TYPES.INVITE_OPTIONS_DISABLE_INVITE. */
  inviteOption?: TypeOption;
  /** Limit: <=500; not for AVChatRoom. */
  memberList?: { userID: string; role?: "Admin"; memberCustomField?: CustomField[] }[];
  groupCustomField?: { key: string; value: string }[];
}

export interface UpdateGroupProfileOptions {
  groupID: string;
  /** Limit: <=30 bytes (2.x). */
  name?: string;
  /** Limit: <=100 bytes (2.x). */
  avatar?: string;
  /** Limit: <=240 bytes. */
  introduction?: string;
  /** Limit: <=300 bytes. */
  notification?: string;
  muteAllMembers?: boolean;
  /** One of TYPES.JOIN_OPTIONS_FREE_ACCESS, TYPES.JOIN_OPTIONS_NEED_PERMISSION, TYPES.JOIN_OPTIONS_DISABLE_APPLY. */
  joinOption?: TypeOption;
  /** One of TYPES.INVITE_OPTIONS_FREE_ACCESS, TYPES.INVITE_OPTIONS_NEED_PERMISSION, TYPES.INVITE_OPTIONS_DISABLE_INVITE. */
  inviteOption?: TypeOption;
  groupCustomField?: { key: string; value: string }[];
}

export interface JoinGroupOptions {
  groupID: string;
  applyMessage?: string;
  /** One of TYPES.GRP_PUBLIC, TYPES.GRP_MEETING, TYPES.GRP_AVCHATROOM, TYPES.GRP_COMMUNITY. */
  type?: TypeOption;
}

export interface ChangeGroupOwnerOptions {
  groupID: string;
  newOwnerID: string;
}

export interface HandleGroupApplicationOptions {
  /** One of Agree, Reject. */
  handleAction: "Agree" | "Reject" | (string & {});
  handleMessage?: string;
  /** System notice Message; give this or application. */
  message?: Message;
  /** Item of getGroupApplicationList().data.applicationList. */
  application?: GroupApplication;
}

export interface InitGroupAttributeOptions {
  groupID: string;
  /** Limit: <=16 keys; key <=32 bytes; value <=4 KB; total <=16 KB. Format: Record<string,string>. */
  groupAttributes: Record<string, string>;
}

export interface SetGroupAttributeOptions {
  groupID: string;
  /** Limit: <=16 keys; key <=32 bytes; value <=4 KB; total <=16 KB. Format: Record<string,string>. */
  groupAttributes: Record<string, string>;
}

export interface DeleteGroupAttributeOptions {
  groupID: string;
  /** [] means all. */
  keyList: string[];
}

export interface GetGroupAttributeOptions {
  groupID: string;
  /** [] means all. */
  keyList: string[];
}

export interface SetGroupCounterOptions {
  groupID: string;
  /** Limit: <=20 keys per group; key <=128; value int64. Format: Record<string,integer>. */
  counters: Record<string, number>;
}

export interface IncreaseGroupCounterOptions {
  groupID: string;
  key: string;
  /** Delta; missing key starts at 0. */
  value: number;
}

export interface DecreaseGroupCounterOptions {
  groupID: string;
  key: string;
  /** Delta; missing key starts at 0. */
  value: number;
}

export interface GetGroupCountersOptions {
  groupID: string;
  /** Omit for all. */
  keyList?: string[];
}

export interface GetGroupMemberListOptions {
  groupID: string;
  /** Limit: <=100 (larger is cut to 100). Default: 15. */
  count?: number;
  /** Community groups use a string cursor in later versions. Default: 0. */
  offset?: number;
  /** Custom mark >=1000, AVChatRoom only. */
  filter?: number;
}

export interface GetGroupMemberProfileOptions {
  groupID: string;
  /** Limit: first 50 used, rest dropped. */
  userIDList: string[];
  memberCustomFieldFilter?: string[];
}

export interface AddGroupMemberOptions {
  groupID: string;
  /** Limit: <=500 by declaration; later guide says 20 per call. */
  userIDList: string[];
}

export interface DeleteGroupMemberOptions {
  groupID: string;
  /** Limit: <=20 per call (later reference). */
  userIDList: string[];
  reason?: string;
  /** Seconds >0, AVChatRoom ban only. */
  duration?: number;
}

export interface SetGroupMemberMuteTimeOptions {
  /** Group or topic id. */
  groupID: string;
  userID: string;
  /** Seconds; 0 unmutes. */
  muteTime: number;
}

export interface SetGroupMemberRoleOptions {
  groupID: string;
  userID: string;
  /** Custom for Community only. One of TYPES.GRP_MBR_ROLE_ADMIN, TYPES.GRP_MBR_ROLE_MEMBER, TYPES.GRP_MBR_ROLE_CUSTOM. */
  role: TypeOption;
}

export interface SetGroupMemberNameCardOptions {
  groupID: string;
  /** Limit: <=50 bytes. */
  nameCard: string;
  /** Default: current user. */
  userID?: string;
}

export interface SetGroupMemberCustomFieldOptions {
  groupID: string;
  memberCustomField: { key: string; value: string }[];
  /** Default: current user. */
  userID?: string;
}

export interface MarkGroupMemberListOptions {
  groupID: string;
  /** Limit: <=500. */
  userIDList: string[];
  /** Limit: >=1000; <=10 distinct marks per AVChatRoom. */
  markType: number;
  enableMark: boolean;
}

export interface CreateTopicInCommunicationOptions {
  groupID: string;
  topicName: string;
  /** Generated when omitted. Format: ${groupID}@TOPIC#_${suffix}. */
  topicID?: string;
  avatar?: string;
  notification?: string;
  introduction?: string;
  customData?: string;
}

export interface DeleteTopicFromCommunicationOptions {
  groupID: string;
  /** Omit for all. */
  topicIDList?: string[] | undefined;
}

export interface UpdateTopicProfileOptions {
  groupID: string;
  topicID: string;
  topicName?: string;
  avatar?: string;
  notification?: string;
  introduction?: string;
  customData?: string;
  muteAllMembers?: boolean;
}

export interface GetTopicListOptions {
  groupID: string;
  /** Omit for all. */
  topicIDList?: string[] | undefined;
}

export interface SetConversationDraftOptions {
  conversationID: string;
  draftText: string;
}

export interface MessageOptions<Payload = any> {
  to: string;
  /** One of TYPES.CONV_C2C, TYPES.CONV_GROUP. */
  conversationType: TypeOption;
  /** One of TYPES.MSG_PRIORITY_HIGH, TYPES.MSG_PRIORITY_NORMAL, TYPES.MSG_PRIORITY_LOW, TYPES.MSG_PRIORITY_LOWEST. Default: TYPES.MSG_PRIORITY_NORMAL. */
  priority?: TypeOption;
  cloudCustomData?: string;
  /** Default: false. */
  needReadReceipt?: boolean;
  /** Limit: <=50; group targeted message; not Community/AVChatRoom. */
  receiverList?: string[];
  /** Called with upload progress for image/audio/video/file. */
  onProgress?: ((progress: number) => void) | Function;
  /** Whether members may attach key/value pairs. */
  isSupportExtension?: boolean;
  payload: Payload;
}

/** An instance: what `TIM.create` returns. */
export interface ChatSDK {
  /** Calls the handler at every such event, with `context` as its `this`. Works before login. Throws on a wrong argument. */
  on<Name extends keyof EventData>(eventName: Name, handler: (event: TIMEvent<Name>) => void, context?: any): void;
  on(eventName: string, handler: ((event: any) => void) | Function, context?: any): void;

  /** Takes the handler off: the same function, and the same context when one is given. */
  off<Name extends keyof EventData>(eventName: Name, handler: (event: TIMEvent<Name>) => void, context?: any): void;
  off(eventName: string, handler: ((event: any) => void) | Function, context?: any): void;

  /** Calls the handler at the next such event only. */
  once<Name extends keyof EventData>(eventName: Name, handler: (event: TIMEvent<Name>) => void, context?: any): void;
  once(eventName: string, handler: ((event: any) => void) | Function, context?: any): void;

  /**
   * Sign in; readiness is announced later by SDK_READY.
   *
   * Raises SDK_READY.
   *
   * Fails with:
   * - 2025 sign-in repeated while one is running
   * - 2801 request timed out (on mini programs check the allowed domains)
   * - 60020 service not available, plan missing or expired
   * - 70001 signature expired
   * - 70003 signature malformed
   * - 70009 signature does not verify with the app key
   * - 70013 userID differs from the one in the signature
   * - 70014 SDKAppID differs from the one in the signature
   * - 70016 verification key not found
   * - 70020 SDKAppID not found
   */
  login(options: LoginOptions): Promise<IMResponse<{ errorCode?: number; repeatLogin?: boolean; errorInfo?: string }>>;

  /**
   * Sign out this instance only and drop in-memory data.
   *
   * Data is an empty object.
   *
   * Raises SDK_NOT_READY.
   *
   * Fails with:
   * - 2024 not signed in
   */
  logout(): Promise<IMResponse<{}>>;

  /**
   * Sign out, close the connection, free the instance.
   *
   * Fails with:
   * - 2024 not signed in
   */
  destroy(): Promise<IMResponse<any>>;

  /** Register plugins by well-known key. */
  registerPlugin(options: object): void;

  /** Set log verbosity 0..4 (0 verbose, 1 release, 2 warnings, 3 errors, 4 silent). */
  setLogLevel(level: number): void;

  /**
   * Build a text message.
   *
   * Accepts receiverList for a targeted group message (2.23.1+).
   *
   * Fails with:
   * - 2024 not signed in
   */
  createTextMessage(options: MessageOptions<TextPayload>): Message<TextPayload>;

  /**
   * Build a group text message that mentions members.
   *
   * Group only.
   *
   * receiverList not supported.
   *
   * Result type is MSG_TEXT with atUserList set.
   *
   * Fails with:
   * - 2024 not signed in
   * - 10053 more than 30 mentions
   */
  createTextAtMessage(options: MessageOptions<TextPayload & { atUserList: string[] }>): Message<TextPayload>;

  /**
   * Build an image message.
   *
   * Limits: <=20 MB; jpg jpeg png gif bmp image webp.
   *
   * Fails with:
   * - 2024 not signed in
   * - 2040 upload plugin not registered
   * - 2251 no image chosen
   * - 2252 image format not allowed
   * - 2253 image above 20 MB
   */
  createImageMessage(options: MessageOptions<{ file: any }>): Message<ImagePayload>;

  /**
   * Build an audio message.
   *
   * Limits: <=20 MB.
   *
   * Fails with:
   * - 2024 not signed in
   * - 2040 upload plugin not registered
   * - 2300 audio upload failed
   * - 2301 audio above 20 MB
   */
  createAudioMessage(options: MessageOptions<{ file: any }>): Message<AudioPayload>;

  /**
   * Build a video message.
   *
   * Limits: <=100 MB; mp4 (mov since 2.23.1).
   *
   * Fails with:
   * - 2024 not signed in
   * - 2040 upload plugin not registered
   * - 2350 video upload failed
   * - 2351 video above the size limit (100 MB; older pages 20 MB)
   * - 2352 video format not allowed
   */
  createVideoMessage(options: MessageOptions<{ file: any }>): Message<VideoPayload>;

  /**
   * Build an app-defined message.
   *
   * Fails with:
   * - 2024 not signed in
   */
  createCustomMessage(options: MessageOptions<Partial<CustomPayload>>): Message<CustomPayload>;

  /**
   * Build an emoji message.
   *
   * Fails with:
   * - 2024 not signed in
   */
  createFaceMessage(options: MessageOptions<FacePayload>): Message<FacePayload>;

  /**
   * Build a file message.
   *
   * Limits: <=100 MB, not empty.
   *
   * Fails with:
   * - 2024 not signed in
   * - 2040 upload plugin not registered
   * - 2400 file upload failed
   * - 2401 no file chosen
   * - 2402 file above 100 MB
   * - 2108 file is empty
   */
  createFileMessage(options: MessageOptions<{ file: any }>): Message<FilePayload>;

  /**
   * Build a location message.
   *
   * Fails with:
   * - 2024 not signed in
   */
  createLocationMessage(options: MessageOptions<LocationPayload>): Message<LocationPayload>;

  /**
   * Build a combined message from several messages.
   *
   * Messages that failed to send are refused.
   *
   * Nesting <=100 levels.
   *
   * Fails with:
   * - 2024 not signed in
   * - 8005 combined messages nested too deep
   */
  createMergerMessage(options: MessageOptions<{ messageList: Message[]; title: string; abstractList: string[]; compatibleText: string }>): Message<MergerPayload>;

  /**
   * Declared name for fetching the body of a combined message kept in the cloud.
   *
   * Declared for compatibility only: the function is named downloadMergerMessage.
   *
   * Declared as returning Message with MESSAGE_OPTIONS; the shipped name is downloadMergerMessage(message) and it returns a Promise.
   *
   * Fails with:
   * - 2450 not a combined message
   * - 2451 combined-message key invalid
   * - 2452 combined-message download failed
   */
  downloadMergeMessage?(options: MessageOptions): Promise<IMResponse<any>>;

  /**
   * Build a copy of a message for a new target.
   *
   * Group tips and system notices cannot be forwarded.
   *
   * Fails with:
   * - 2024 not signed in
   * - 2453 message type cannot be forwarded
   */
  createForwardMessage(options: MessageOptions<Message>): Message<any>;

  /**
   * Send a built message.
   *
   * Does not raise MESSAGE_RECEIVED on the sending instance.
   *
   * onlineUserOnly and messageControlInfo are mutually exclusive.
   *
   * Body <=12 KB.
   *
   * Fails with:
   * - 2024 not signed in
   * - 2100 message send failed
   * - 2101 not in the AVChatRoom, cannot send to it
   * - 2105 argument is not a Message
   * - 2106 conversation type must be C2C or GROUP
   * - 2109 listener or callback of the app threw
   * - 2115 group supports topics, send to a topic instead
   * - 20003 sender or receiver invalid or unknown
   * - 20006 blocked by before-send callback
   * - 20007 blocked by the receiver blacklist
   * - 20009 not friends in either direction
   * - 20010 sender is not on the receiver friend list
   * - 20011 receiver is not on the sender friend list
   * - 20012 sender is muted
   * - 10007 no permission or not supported by group type
   * - 10010 group does not exist or was dissolved
   * - 10016 blocked by app callback
   * - 10017 sender muted
   * - 10023 group message rate exceeded
   * - 80001 text blocked by content check
   * - 80002 message body above 12 KB
   * - 80004 image blocked by content check
   * - 10060 group too large for read receipts
   * - 10061 online-only messages have no receipt
   */
  sendMessage(message: Message, options?: SendMessageOptions): Promise<IMResponse<{ message: Message }>>;

  /**
   * Recall a sent message; isRevoked becomes true.
   *
   * Default window 2 minutes.
   *
   * Fails with:
   * - 2110 recall failed
   * - 20016 recall window passed
   * - 20022 message to recall does not exist
   * - 20023 message already recalled
   * - 10030 message to recall does not exist
   * - 10031 recall window passed
   * - 10032 message cannot be recalled
   * - 10033 group type has no recall
   */
  revokeMessage(message: Message): Promise<IMResponse<any>>;

  /**
   * Send a failed message again.
   *
   * Fails with:
   * - 2100 message send failed
   */
  resendMessage(message: Message): Promise<IMResponse<{ message: Message }>>;

  /**
   * Delete messages for the current user; isDeleted becomes true.
   *
   * Limits: <=30 (first 30 used), one conversation, 1 call per second.
   *
   * The peer and other members keep theirs.
   *
   * Not for AVChatRoom or system notices.
   *
   * Fails with:
   * - 2111 delete failed
   * - 2116 system notices cannot be deleted
   * - 10035 AVChatRoom messages cannot be deleted
   * - 20018 internal error while deleting
   */
  deleteMessage(messageList: Message[]): Promise<IMResponse<{ messageList: Message[] }>>;

  /**
   * Machine-translate texts.
   *
   * Fails with:
   * - 2117 text translation failed
   */
  translateText(options: TranslateTextOptions): Promise<IMResponse<{ translatedTextList: string[] }>>;

  /**
   * Add or change key/value pairs on a sent message.
   *
   * Limits: key <=100 bytes, value <=1 KB, <=20 per call, <=300 per message.
   *
   * Message must have isSupportExtension true and status success.
   *
   * Item code 23001 marks a conflict.
   *
   * Not AVChatRoom.
   *
   * Raises MESSAGE_EXTENSIONS_UPDATED.
   *
   * Fails with:
   * - 23001 message extension conflict
   */
  setMessageExtensions(message: Message, extensions: MessageExtension[]): Promise<IMResponse<{ extensions: { code: number; key: string; value: string }[] }>>;

  /** Read key/value pairs of a message. */
  getMessageExtensions(message: Message, keyList?: string[]): Promise<IMResponse<{ extensions: { key: string; value: string }[] }>>;

  /**
   * Remove keys, or all when keyList is omitted.
   *
   * Raises MESSAGE_EXTENSIONS_DELETED.
   *
   * Fails with:
   * - 23001 message extension conflict
   */
  deleteMessageExtensions(message: Message, keyList?: string[]): Promise<IMResponse<{ extensions: { code: number; key: string; value: string }[] }>>;

  /**
   * Change payload or cloudCustomData of a sent message.
   *
   * Text, custom, location, face payloads; cloudCustomData for any type since 2.21.0.
   *
   * On 2480 error.data.message holds the latest message.
   *
   * Random, sequence and time must stay unchanged.
   *
   * Both sides get MESSAGE_MODIFIED.
   *
   * Raises MESSAGE_MODIFIED.
   *
   * Fails with:
   * - 2480 message modified by someone else meanwhile
   * - 2481 AVChatRoom messages cannot be modified
   * - 20026 message to modify does not exist
   * - 20027 message version conflict
   */
  modifyMessage(message: Message): Promise<IMResponse<{ message: Message }>>;

  /**
   * Page backwards through a conversation.
   *
   * Limits: 15 per page.
   *
   * Not for AVChatRoom.
   *
   * Fails with:
   * - 2503 conversationID invalid
   * - 2500 conversation not found
   */
  getMessageList(options: GetMessageListOptions): Promise<IMResponse<{ messageList: Message[]; nextReqMessageID: string; isCompleted: boolean }>>;

  /**
   * Jump to a sequence (group) or time (C2C) and read from there.
   *
   * Limits: guides list an undeclared option count: default 15, max 15.
   */
  getMessageListHopping(options: GetMessageListHoppingOptions): Promise<IMResponse<{ messageList: Message[]; nextMessageSeq?: number; nextMessageTime?: number; isCompleted: boolean }>>;

  /**
   * Clear the unread count of one conversation and report it read.
   *
   * The C2C peer gets MESSAGE_READ_BY_PEER.
   */
  setMessageRead(options: SetMessageReadOptions): Promise<IMResponse<any>>;

  /**
   * Send read receipts for received messages.
   *
   * Limits: <=30, one conversation.
   *
   * Unread count unchanged.
   *
   * Sender gets MESSAGE_READ_RECEIPT_RECEIVED.
   *
   * Not Community or AVChatRoom.
   *
   * Fails with:
   * - 2114 no message in the list needs a receipt
   * - 10060 group too large for read receipts
   * - 10061 online-only messages have no receipt
   * - 10062 no receipt info for the message
   */
  sendMessageReadReceipt(messageList: Message[]): Promise<IMResponse<any>>;

  /**
   * Fetch receipt info of own messages.
   *
   * One conversation.
   *
   * Fails with:
   * - 10062 no receipt info for the message
   */
  getMessageReadReceiptList(messageList: Message[]): Promise<IMResponse<{ messageList: Message[] }>>;

  /**
   * Page members who have or have not read a group message.
   *
   * Fails with:
   * - 10062 no receipt info for the message
   */
  getGroupMessageReadMemberList(options: GetGroupMessageReadMemberListOptions): Promise<IMResponse<{ cursor: string; isCompleted: boolean; messageID: string; readUserIDList?: string[]; unreadUserIDList?: string[] }>>;

  /**
   * Look up a locally held message.
   *
   * Synchronous; Message or null when signed in.
   *
   * Fails with:
   * - 2024 not signed in
   */
  findMessage(messageID: string): Message | null;

  /**
   * Get locally synchronised conversations.
   *
   * Empty array before the first sync.
   *
   * Cloud keeps 100 recent conversations by default.
   */
  getConversationList(wanted?: string[] | ConversationFilter): Promise<IMResponse<{ conversationList: Conversation[]; isSyncCompleted: boolean }>>;

  /**
   * Get one conversation with full profile; creates it if absent.
   *
   * Fails with:
   * - 2500 conversation not found
   * - 2502 unknown conversation type
   * - 2503 conversationID invalid
   */
  getConversationProfile(conversationID: string): Promise<IMResponse<{ conversation: Conversation }>>;

  /**
   * Delete one (string) or many (object) conversations.
   *
   * History is cleared too unless clearHistoryMessage is false.
   *
   * Fails with:
   * - 2500 conversation not found
   * - 2503 conversationID invalid
   */
  deleteConversation(conversationID: string | DeleteConversationOptions): Promise<IMResponse<{ conversationID?: string; conversationIDList?: string[] }>>;

  /**
   * Erase a conversation history locally and in the cloud, keep the conversation.
   *
   * unreadCount becomes 0 and lastMessage is emptied.
   *
   * Not for topics.
   */
  clearHistoryMessage(conversationID: string): Promise<IMResponse<any>>;

  /**
   * Pin or unpin; list is re-sorted.
   *
   * Raises CONVERSATION_LIST_UPDATED.
   *
   * Fails with:
   * - 51012 pinned conversation limit reached
   */
  pinConversation(options: PinConversationOptions): Promise<IMResponse<{ conversationID: string }>>;

  /**
   * Mark all conversations of a scope as read.
   *
   * Fails with:
   * - 2112 mark-all-read failed
   */
  setAllMessageRead(options: SetAllMessageReadOptions): Promise<IMResponse<any>>;

  /**
   * Set mute mode of a group, topic or several C2C peers.
   *
   * Data of the group form not documented.
   *
   * Raises CONVERSATION_LIST_UPDATED.
   */
  setMessageRemindType(options: SetMessageRemindTypeOptions): Promise<IMResponse<{ successUserIDList?: { userID: string }[]; failureUserIDList?: { userID: string; code: number; message: string }[] }>>;

  /**
   * Sum of unread counts.
   *
   * Synchronous number.
   *
   * Excludes muted conversations and the system conversation.
   *
   * Fails with:
   * - 2024 not signed in
   */
  getTotalUnreadMessageCount(): number;

  /**
   * Attach custom data to conversations.
   *
   * Raises CONVERSATION_LIST_UPDATED.
   */
  setConversationCustomData(options: SetConversationCustomDataOptions): Promise<IMResponse<{ successConversationIDList: string[]; failureConversationIDList: { conversationID: string; code: number; message: string }[] }>>;

  /**
   * Set or clear a mark on conversations.
   *
   * A mark changes no other behaviour.
   *
   * Raises CONVERSATION_LIST_UPDATED.
   */
  markConversation(options: MarkConversationOptions): Promise<IMResponse<{ successConversationIDList: string[]; failureConversationIDList: { conversationID: string; code: number; message: string }[] }>>;

  /** List conversation group names. */
  getConversationGroupList(): Promise<IMResponse<string[]>>;

  /**
   * Create a named conversation group.
   *
   * Raises CONVERSATION_LIST_UPDATED, CONVERSATION_GROUP_LIST_UPDATED.
   *
   * Fails with:
   * - 51010 conversation group limit reached
   * - 51011 conversation group name above 32 bytes
   */
  createConversationGroup(options: CreateConversationGroupOptions): Promise<IMResponse<{ successConversationIDList: string[]; failureConversationIDList: { conversationID: string; code: number; message: string }[] }>>;

  /**
   * Delete a conversation group by name.
   *
   * Raises CONVERSATION_LIST_UPDATED, CONVERSATION_GROUP_LIST_UPDATED.
   *
   * Fails with:
   * - 51009 conversation group does not exist
   */
  deleteConversationGroup(groupName: string): Promise<IMResponse<any>>;

  /**
   * Rename a conversation group.
   *
   * Raises CONVERSATION_LIST_UPDATED, CONVERSATION_GROUP_LIST_UPDATED.
   *
   * Fails with:
   * - 51009 conversation group does not exist
   * - 51011 conversation group name above 32 bytes
   */
  renameConversationGroup(options: RenameConversationGroupOptions): Promise<IMResponse<any>>;

  /**
   * Add conversations to a group.
   *
   * Raises CONVERSATION_GROUP_LIST_UPDATED.
   *
   * Fails with:
   * - 51008 too many marked or grouped conversations
   * - 51009 conversation group does not exist
   */
  addConversationsToGroup(options: AddConversationsToGroupOptions): Promise<IMResponse<{ successConversationIDList: string[]; failureConversationIDList: { conversationID: string; code: number; message: string }[] }>>;

  /**
   * Remove conversations from a group.
   *
   * Raises CONVERSATION_GROUP_LIST_UPDATED.
   *
   * Fails with:
   * - 51009 conversation group does not exist
   */
  deleteConversationsFromGroup(options: DeleteConversationsFromGroupOptions): Promise<IMResponse<{ successConversationIDList: string[]; failureConversationIDList: { conversationID: string; code: number; message: string }[] }>>;

  /** Own profile. */
  getMyProfile(): Promise<IMResponse<Profile>>;

  /**
   * Profiles of given users.
   *
   * Fails with:
   * - 40003 account not known
   */
  getUserProfile(options: GetUserProfileOptions): Promise<IMResponse<Profile[]>>;

  /**
   * Change own profile fields.
   *
   * Raises PROFILE_UPDATED.
   *
   * Fails with:
   * - 2721 profile parameter invalid
   * - 2722 no profile field to update
   * - 40008 field not writable
   * - 40601 field value above 500 bytes
   * - 80001 text blocked by content check
   */
  updateMyProfile(options: UpdateMyProfileOptions): Promise<IMResponse<Profile>>;

  /** Own blacklist. */
  getBlacklist(): Promise<IMResponse<string[]>>;

  /**
   * Block users.
   *
   * By default blocking ends a friendship both ways.
   *
   * Raises BLACKLIST_UPDATED.
   *
   * Fails with:
   * - 2742 cannot block self
   * - 30013 blacklist limit reached
   */
  addToBlacklist(options: AddToBlocklistListOptions): Promise<IMResponse<string[]>>;

  /**
   * Unblock users.
   *
   * Raises BLACKLIST_UPDATED.
   */
  removeFromBlacklist(options: RemoveFromBlocklistListOptions): Promise<IMResponse<string[]>>;

  /**
   * Set own custom status.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises USER_STATUS_UPDATED.
   */
  setSelfStatus(options: SetSelfStatusOptions): Promise<IMResponse<{ userID: string; statusType: number; customStatus: string }>>;

  /**
   * Read online and custom status.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Limits: 20 calls per 5 s for others.
   *
   * Fails with:
   * - 72001 user status not enabled
   */
  getUserStatus(options: GetUserStatusOptions): Promise<IMResponse<{ successUserList: UserStatus[]; failureUserList: { userID: string; code: number; message: string }[] }>>;

  /**
   * Subscribe to status changes.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 72001 user status not enabled
   */
  subscribeUserStatus(options: SubscribeUserStatusOptions): Promise<IMResponse<{ failureUserList: { userID: string; code: number; message: string }[] }>>;

  /**
   * Cancel status subscriptions.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 72001 user status not enabled
   */
  unsubscribeUserStatus(options: UnsubscribeUserStatusOptions): Promise<IMResponse<{ failureUserList: { userID: string; code: number; message: string }[] }>>;

  /**
   * Cached friend list.
   *
   * Not built yet: rejects with 3122 once signed in.
   */
  getFriendList(): Promise<IMResponse<Friend[]>>;

  /**
   * Ask to become friends.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * 30539 arrives as a success with data.code.
   *
   * Raises FRIEND_LIST_UPDATED, FRIEND_APPLICATION_LIST_UPDATED.
   *
   * Fails with:
   * - 30009 user may not send friend requests
   * - 30010 own friend limit reached
   * - 30014 peer friend limit reached
   * - 30515 peer is on own blacklist
   * - 30516 peer refuses all requests
   * - 30525 own account is on the peer blacklist
   */
  addFriend(options: AddFriendOptions): Promise<IMResponse<{ code: number }>>;

  /**
   * Remove friends.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises FRIEND_LIST_UPDATED.
   *
   * Fails with:
   * - 31704 not a friend, cannot delete
   */
  deleteFriend(options: DeleteFriendOptions): Promise<IMResponse<{ successUserIDList: { userID: string }[]; failureUserIDList: { userID: string; code: number; message: string }[] }>>;

  /**
   * Check friendship direction.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Single check yields only NO_RELATION or A_WITH_B.
   */
  checkFriend(options: CheckFriendOptions): Promise<IMResponse<{ successUserIDList: { userID: string; code: number; relation: string }[]; failureUserIDList: { userID: string; code: number; message: string }[] }>>;

  /**
   * Friend records with profile and custom fields.
   *
   * Not built yet: rejects with 3122 once signed in.
   */
  getFriendProfile(options: GetFriendProfileOptions): Promise<IMResponse<{ friendList: Friend[]; failureUserIDList: { userID: string; code: number; message: string }[] }>>;

  /**
   * Change remark or custom fields.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2700 not a friend
   */
  updateFriend(options: UpdateFriendOptions): Promise<IMResponse<Friend>>;

  /**
   * Cached friend requests.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Empty while own allowType accepts anyone.
   */
  getFriendApplicationList(): Promise<IMResponse<{ friendApplicationList: FriendApplication[]; unreadCount: number }>>;

  /**
   * Accept a request.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2716 friend request does not exist
   * - 30614 friend request does not exist
   */
  acceptFriendApplication(options: AcceptFriendApplicationOptions): Promise<IMResponse<any>>;

  /**
   * Refuse a request.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2716 friend request does not exist
   * - 30614 friend request does not exist
   */
  refuseFriendApplication(options: RefuseFriendApplicationOptions): Promise<IMResponse<any>>;

  /**
   * Delete a request record.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2716 friend request does not exist
   * - 31804 pending request does not exist
   */
  deleteFriendApplication(options: DeleteFriendApplicationOptions): Promise<IMResponse<any>>;

  /**
   * Mark requests as read.
   *
   * Not built yet: rejects with 3122 once signed in.
   */
  setFriendApplicationRead(): Promise<IMResponse<any>>;

  /**
   * Cached friend groups.
   *
   * Not built yet: rejects with 3122 once signed in.
   */
  getFriendGroupList(): Promise<IMResponse<FriendGroup[]>>;

  /**
   * Create a friend group.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * One guide sample reads these from imResponse itself; the other samples use imResponse.data.
   *
   * Raises FRIEND_GROUP_LIST_UPDATED.
   *
   * Fails with:
   * - 2710 friend group exists
   * - 30011 friend group limit reached
   */
  createFriendGroup(options: CreateFriendGroupOptions): Promise<IMResponse<{ friendGroup: FriendGroup; failureUserIDList: { userID: string; code: number; message: string }[] }>>;

  /**
   * Delete a friend group.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises FRIEND_GROUP_LIST_UPDATED.
   *
   * Fails with:
   * - 2711 friend group does not exist
   */
  deleteFriendGroup(options: DeleteFriendGroupOptions): Promise<IMResponse<FriendGroup>>;

  /**
   * Put friends in a group.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises FRIEND_GROUP_LIST_UPDATED.
   *
   * Fails with:
   * - 2711 friend group does not exist
   */
  addToFriendGroup(options: AddToFriendGroupOptions): Promise<IMResponse<{ friendGroup: FriendGroup; failureUserIDList: { userID: string; code: number; message: string }[] }>>;

  /**
   * Take friends out of a group.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises FRIEND_GROUP_LIST_UPDATED.
   *
   * Fails with:
   * - 2711 friend group does not exist
   */
  removeFromFriendGroup(options: RemoveFromFriendGroupOptions): Promise<IMResponse<{ friendGroup: FriendGroup; failureUserIDList: { userID: string; code: number; message: string }[] }>>;

  /**
   * Rename a friend group.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises FRIEND_GROUP_LIST_UPDATED.
   *
   * Fails with:
   * - 2710 friend group exists
   * - 2711 friend group does not exist
   */
  renameFriendGroup(options: RenameFriendGroupOptions): Promise<IMResponse<FriendGroup>>;

  /**
   * Joined groups (not AVChatRoom, not topic communities).
   *
   * Items are basic unless fields are requested.
   */
  getGroupList(options?: GetGroupListOptions): Promise<IMResponse<{ groupList: Group[] }>>;

  /**
   * One group in detail.
   *
   * Fails with:
   * - 10010 group does not exist or was dissolved
   * - 10015 group does not exist or was dissolved (second code)
   * - 10007 no permission or not supported by group type
   */
  getGroupProfile(options: GetGroupProfileOptions): Promise<IMResponse<{ group: Group }>>;

  /**
   * Create a group.
   *
   * AVChatRoom still needs joinGroup.
   *
   * Fails with:
   * - 2600 group type invalid
   * - 2602 groupID invalid
   * - 10021 groupID in use
   * - 10025 groupID in use by the same owner
   * - 10036 AVChatRoom quota reached
   * - 10037 per-user group quota reached
   * - 80001 text blocked by content check
   */
  createGroup(options: CreateGroupOptions): Promise<IMResponse<{ group: Group; overLimitUserIDList: string[] }>>;

  /**
   * Owner dissolves a group.
   *
   * Work groups cannot be dissolved.
   *
   * The conversation stays in the local list (2.20.1+).
   *
   * Fails with:
   * - 2622 Work groups cannot be dissolved
   * - 2681 owner only
   * - 10007 no permission or not supported by group type
   */
  dismissGroup(groupID: string): Promise<IMResponse<{ groupID: string }>>;

  /**
   * Change group profile, mute-all, join and invite options.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Members get a GRP_TIP_GRP_PROFILE_UPDATED tip.
   *
   * Fails with:
   * - 10007 no permission or not supported by group type
   * - 10010 group does not exist or was dissolved
   * - 80001 text blocked by content check
   */
  updateGroupProfile(options: UpdateGroupProfileOptions): Promise<IMResponse<{ group: Group }>>;

  /**
   * Ask to join a group.
   *
   * Only method that works without login, for AVChatRoom visitors.
   *
   * Joining a second AVChatRoom leaves the first.
   *
   * Fails with:
   * - 2601 Work groups cannot be joined by request
   * - 2660 join failed
   * - 2662 sign in before joining a non-AVChatRoom group
   * - 10007 no permission or not supported by group type
   * - 10010 group does not exist or was dissolved
   * - 10013 already a member
   * - 10014 group full
   */
  joinGroup(options: JoinGroupOptions): Promise<IMResponse<{ status: string; group?: Group }>>;

  /**
   * Leave a group.
   *
   * Owners may only leave Work groups.
   *
   * Fails with:
   * - 2623 not a member of the group
   * - 10009 owner cannot leave
   */
  quitGroup(groupID: string): Promise<IMResponse<{ groupID: string }>>;

  /**
   * Find a group by id.
   *
   * Work groups are not searchable.
   *
   * Fails with:
   * - 2603 group not found
   * - 10010 group does not exist or was dissolved
   * - 10015 group does not exist or was dissolved (second code)
   */
  searchGroupByID(groupID: string): Promise<IMResponse<{ group: Group }>>;

  /**
   * Online members of an AVChatRoom.
   *
   * Other types give 0.
   *
   * Call at most once per 5-10 s.
   */
  getGroupOnlineMemberCount(groupID: string): Promise<IMResponse<{ memberCount: number }>>;

  /**
   * Transfer ownership.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2620 AVChatRoom ownership cannot change
   * - 2621 owner cannot transfer to self
   * - 2681 owner only
   * - 10007 no permission or not supported by group type
   */
  changeGroupOwner(options: ChangeGroupOwnerOptions): Promise<IMResponse<{ group: Group }>>;

  /**
   * Approve or reject a join request.
   *
   * Fails with:
   * - 10024 request already handled
   * - 10013 already a member
   */
  handleGroupApplication(options: HandleGroupApplicationOptions): Promise<IMResponse<{ group: Group }>>;

  /**
   * Replace all group attributes.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * AVChatRoom only in old versions; other types since 2.25.0.
   *
   * Raises GROUP_ATTRIBUTES_UPDATED.
   *
   * Fails with:
   * - 2641 group attributes not available for this group type
   * - 2642 join the AVChatRoom before using attributes
   * - 10045 attribute key above 32 bytes
   * - 10046 attribute value too long
   * - 10047 more than 16 attributes
   * - 10048 attributes above total size
   * - 10049 attribute writes too frequent
   * - 10056 attribute write conflict, read again first
   */
  initGroupAttributes(options: InitGroupAttributeOptions): Promise<IMResponse<{ groupAttributes: Record<string, string> }>>;

  /**
   * Set some group attributes.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises GROUP_ATTRIBUTES_UPDATED.
   *
   * Fails with:
   * - 2641 group attributes not available for this group type
   * - 2642 join the AVChatRoom before using attributes
   * - 10045 attribute key above 32 bytes
   * - 10046 attribute value too long
   * - 10047 more than 16 attributes
   * - 10048 attributes above total size
   * - 10049 attribute writes too frequent
   * - 10056 attribute write conflict, read again first
   */
  setGroupAttributes(options: SetGroupAttributeOptions): Promise<IMResponse<{ groupAttributes: Record<string, string> }>>;

  /**
   * Delete some or all attributes.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises GROUP_ATTRIBUTES_UPDATED.
   *
   * Fails with:
   * - 10050 attribute to delete does not exist
   * - 10056 attribute write conflict, read again first
   */
  deleteGroupAttributes(options: DeleteGroupAttributeOptions): Promise<IMResponse<{ keyList: string[] }>>;

  /**
   * Read some or all attributes.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2642 join the AVChatRoom before using attributes
   */
  getGroupAttributes(options: GetGroupAttributeOptions): Promise<IMResponse<{ groupAttributes: Record<string, string> }>>;

  /**
   * Set counters.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Limits: 20 calls per 5 s over the three write calls.
   *
   * Raises GROUP_COUNTER_UPDATED.
   *
   * Fails with:
   * - 2996 called too often
   * - 10063 more than 20 counters
   */
  setGroupCounters(options: SetGroupCounterOptions): Promise<IMResponse<{ counters: Record<string, number> }>>;

  /**
   * Add to a counter.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises GROUP_COUNTER_UPDATED.
   *
   * Fails with:
   * - 2996 called too often
   * - 10063 more than 20 counters
   */
  increaseGroupCounter(options: IncreaseGroupCounterOptions): Promise<IMResponse<{ groupID: string; key: string; value: number }>>;

  /**
   * Subtract from a counter.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises GROUP_COUNTER_UPDATED.
   *
   * Fails with:
   * - 2996 called too often
   * - 10063 more than 20 counters
   */
  decreaseGroupCounter(options: DecreaseGroupCounterOptions): Promise<IMResponse<{ groupID: string; key: string; value: number }>>;

  /**
   * Read counters.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Limits: 20 calls per 5 s.
   *
   * Fails with:
   * - 2996 called too often
   */
  getGroupCounters(options: GetGroupCountersOptions): Promise<IMResponse<{ counters: Record<string, number> }>>;

  /**
   * Page members.
   *
   * Fails with:
   * - 10007 no permission or not supported by group type
   * - 10010 group does not exist or was dissolved
   */
  getGroupMemberList(options: GetGroupMemberListOptions): Promise<IMResponse<{ memberList: GroupMember[]; offset?: number }>>;

  /**
   * Members by id.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2687 operation not supported in AVChatRoom
   */
  getGroupMemberProfile(options: GetGroupMemberProfileOptions): Promise<IMResponse<{ memberList: GroupMember[] }>>;

  /**
   * Add users to a group.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2661 AVChatRoom members cannot be added
   * - 10007 no permission or not supported by group type
   * - 10019 account does not exist
   */
  addGroupMember(options: AddGroupMemberOptions): Promise<IMResponse<{ successUserIDList: string[]; failureUserIDList: string[]; existedUserIDList: string[]; overLimitUserIDList: string[]; group: Group }>>;

  /**
   * Remove members; in AVChatRoom this bans for duration.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2681 owner only
   * - 2686 ban duration invalid
   * - 10007 no permission or not supported by group type
   */
  deleteGroupMember(options: DeleteGroupMemberOptions): Promise<IMResponse<{ group: Group; userIDList: string[] }>>;

  /**
   * Mute or unmute one member.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2685 cannot mute self
   * - 10004 parameter invalid
   * - 10007 no permission or not supported by group type
   */
  setGroupMemberMuteTime(options: SetGroupMemberMuteTimeOptions): Promise<IMResponse<{ group: Group; member: GroupMember }>>;

  /**
   * Change a member role.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2681 owner only
   * - 2682 roles cannot be set in Work or AVChatRoom
   * - 2683 role value invalid
   * - 2684 own role cannot be set
   */
  setGroupMemberRole(options: SetGroupMemberRoleOptions): Promise<IMResponse<{ group: Group; member: GroupMember }>>;

  /**
   * Change a member name card.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2687 operation not supported in AVChatRoom
   * - 10007 no permission or not supported by group type
   */
  setGroupMemberNameCard(options: SetGroupMemberNameCardOptions): Promise<IMResponse<{ group: Group; member: GroupMember }>>;

  /**
   * Change member custom fields.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2687 operation not supported in AVChatRoom
   */
  setGroupMemberCustomField(options: SetGroupMemberCustomFieldOptions): Promise<IMResponse<{ group: Group; member: GroupMember }>>;

  /**
   * Set or clear marks on AVChatRoom members.
   *
   * Not built yet: rejects with 3122 once signed in.
   */
  markGroupMemberList(options: MarkGroupMemberListOptions): Promise<IMResponse<{ successUserIDList: string[]; failureUserIDList: string[] }>>;

  /**
   * Joined topic communities.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 11000 community not enabled
   */
  getJoinedCommunityList(): Promise<IMResponse<{ groupList: Group[] }>>;

  /**
   * Create a topic.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises TOPIC_CREATED.
   *
   * Fails with:
   * - 11000 community not enabled
   * - 3021 topic id invalid
   */
  createTopicInCommunity(options: CreateTopicInCommunicationOptions): Promise<IMResponse<{ topicID: string }>>;

  /**
   * Delete topics.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises TOPIC_DELETED.
   */
  deleteTopicFromCommunity(options: DeleteTopicFromCommunicationOptions): Promise<IMResponse<{ successTopicList: { topicID: string }[]; failureTopicList: { topicID: string; code: number; message: string }[] }>>;

  /**
   * Change a topic.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Raises TOPIC_UPDATED.
   */
  updateTopicProfile(options: UpdateTopicProfileOptions): Promise<IMResponse<{ topic: Topic }>>;

  /**
   * Read topics.
   *
   * Not built yet: rejects with 3122 once signed in.
   */
  getTopicList(options: GetTopicListOptions): Promise<IMResponse<{ successTopicList: Topic[]; failureTopicList: { topicID: string; code: number; message: string }[] }>>;

  /**
   * Fetch the body of a combined message that is kept on the server.
   *
   * Needed when payload.downloadKey is not empty.
   *
   * Fails with:
   * - 2450 not a combined message
   * - 2451 combined-message key invalid
   * - 2452 combined-message download failed
   */
  downloadMergerMessage(message: Message): Promise<IMResponse<Message>>;

  /**
   * Join requests that wait for an answer.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Since 2.24.0.
   */
  getGroupApplicationList(): Promise<IMResponse<{ applicationList: GroupApplication[] }>>;

  /**
   * No experimental key is known: rejects with 2905.
   *
   * Not built yet: rejects with 3122 once signed in.
   *
   * Fails with:
   * - 2024 not signed in
   */
  callExperimentalAPI(key: string, param?: any): Promise<IMResponse<any>>;

  /** Keep an unsent text in the conversation's draftText, in this instance alone and until it signs out. An empty text is forgotten. */
  setConversationDraft(options: SetConversationDraftOptions): Promise<IMResponse<{}>>;
}

export { TIM };
export default TIM;
