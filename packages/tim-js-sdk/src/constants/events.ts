/** The names of events, as `TIM.EVENT` has them. Made by `npm run generate` from `spec/`; edit neither by hand. */
export const EVENT = {
  /** Instance became usable after login. */
  SDK_READY: "sdkStateReady",
  /** Instance became unusable (logout, kick, destroy). */
  SDK_NOT_READY: "sdkStateNotReady",
  /** Instance was destroyed. */
  SDK_DESTROY: "sdkDestroy",
  /** New C2C, group, tip or system messages from elsewhere. */
  MESSAGE_RECEIVED: "onMessageReceived",
  /** Messages were modified; match by ID. */
  MESSAGE_MODIFIED: "onMessageModified",
  /** Messages were recalled. */
  MESSAGE_REVOKED: "onMessageRevoked",
  /** C2C peer read the conversation. */
  MESSAGE_READ_BY_PEER: "onMessageReadByPeer",
  /** Read receipts for own messages arrived. */
  MESSAGE_READ_RECEIPT_RECEIVED: "onMessageReadReceiptReceived",
  /** Extensions of one message were set. */
  MESSAGE_EXTENSIONS_UPDATED: "onMessageExtensionsUpdated",
  /** Extensions of one message were deleted. */
  MESSAGE_EXTENSIONS_DELETED: "onMessageExtensionsDeleted",
  /** Conversation list changed. */
  CONVERSATION_LIST_UPDATED: "onConversationListUpdated",
  /** Total unread count changed. */
  TOTAL_UNREAD_MESSAGE_COUNT_UPDATED: "onTotalUnreadMessageCountUpdated",
  /** Conversation groups changed. */
  CONVERSATION_GROUP_LIST_UPDATED: "onConversationGroupListUpdated",
  /** Members of one conversation group changed. */
  CONVERSATION_IN_GROUP_UPDATED: "onConversationInGroupUpdated",
  /** Joined groups changed. */
  GROUP_LIST_UPDATED: "onGroupListUpdated",
  /** Deprecated since 2.6.0; MESSAGE_RECEIVED replaces it. */
  GROUP_SYSTEM_NOTICE_RECEIVED: "receiveGroupSystemNotice",
  /** Attributes of one group changed. */
  GROUP_ATTRIBUTES_UPDATED: "groupAttributesUpdated",
  /** One counter of one group changed. */
  GROUP_COUNTER_UPDATED: "onGroupCounterUpdated",
  /** A topic was created. */
  TOPIC_CREATED: "onTopicCreated",
  /** Topics were deleted. */
  TOPIC_DELETED: "onTopicDeleted",
  /** A topic changed. */
  TOPIC_UPDATED: "onTopicUpdated",
  /** Own or friend profile changed. */
  PROFILE_UPDATED: "onProfileUpdated",
  /** Status of self, friends or subscribed users changed. */
  USER_STATUS_UPDATED: "onUserStatusUpdated",
  /** Blacklist changed. */
  BLACKLIST_UPDATED: "blacklistUpdated",
  /** Friend list changed. */
  FRIEND_LIST_UPDATED: "onFriendListUpdated",
  /** Friend groups changed. */
  FRIEND_GROUP_LIST_UPDATED: "onFriendGroupListUpdated",
  /** Friend requests changed. */
  FRIEND_APPLICATION_LIST_UPDATED: "onFriendApplicationListUpdated",
  /** This instance was signed out by the service. */
  KICKED_OUT: "kickedOut",
  /** An error outside any rejected call. */
  ERROR: "error",
  /** Connection state changed. */
  NET_STATE_CHANGE: "netStateChange",
  /** Instance re-entered a ready state after a long disconnect (added 2.7.7). */
  SDK_RELOAD: "sdkReload",
};
