//! Limits of the public service, from service.md 4.1; where it gives two, the larger.
//!
//! Units come last in a name.

/// A userID.
pub const USER_ID_BYTES_MAX: usize = 32;
/// A groupID.
pub const GROUP_ID_BYTES_MAX: usize = 48;
/// A UserSig's text; one of the longest userID takes about 300.
pub const USER_SIG_BYTES_MAX: usize = 2048;
/// A message: its encoded body and its custom data.
pub const MESSAGE_BYTES_MAX: usize = 12 * 1024;
/// A Packet from a client; a whole request stays far below.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// A Packet from the server: larger answers are paged.
pub const SERVER_FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Users named in one @ message.
pub const AT_USERS_MAX: usize = 30;
/// Who alone sees a targeted message.
pub const RECEIVERS_MAX: usize = 50;
/// Messages deleted at once.
pub const DELETED_MAX: usize = 30;
/// A key of a message's extensions.
pub const EXTENSION_KEY_BYTES_MAX: usize = 100;
/// A value of a message's extensions.
pub const EXTENSION_VALUE_BYTES_MAX: usize = 1024;
/// Extensions changed at once.
pub const EXTENSION_WISHES_MAX: usize = 20;
/// Extensions of one message.
pub const EXTENSIONS_MAX: usize = 300;
/// Merged messages inside merged messages.
pub const MERGER_DEPTH_MAX: u32 = 100;
/// Messages merged into one; those kept apart come in so many parts of so many bytes.
pub const MERGED_MAX: usize = 300;
/// See [`MERGED_MAX`].
pub const MERGED_PARTS_MAX: u32 = 128;
/// See [`MERGED_MAX`].
pub const MERGED_PART_BYTES_MAX: usize = 48 * 1024;
/// A group's name.
pub const GROUP_NAME_BYTES_MAX: usize = 100;
/// A group's introduction, and its notice.
pub const GROUP_TEXT_BYTES_MAX: usize = 400;
/// A group's picture link.
pub const GROUP_AVATAR_BYTES_MAX: usize = 500;
/// Words of an application to a group, and of its answer.
pub const GROUP_APPLY_BYTES_MAX: usize = 256;
/// Members taken in when a group is made.
pub const GROUP_CREATE_MEMBERS_MAX: usize = 500;
/// Groups an account may be in.
pub const GROUPS_PER_ACCOUNT_MAX: usize = 3000;
/// Nick, picture link, signature, a custom field's value.
pub const PROFILE_TEXT_BYTES_MAX: usize = 500;
/// The profile's location.
pub const PROFILE_LOCATION_BYTES_MAX: usize = 16;
/// Custom fields of a profile.
pub const PROFILE_CUSTOM_FIELDS_MAX: usize = 20;
/// Accounts on a blacklist, and in one call.
pub const BLACKLIST_MAX: usize = 1000;
/// Profiles asked for at once.
pub const PROFILES_MAX: usize = 100;
/// Conversations sent at login, and the largest page of them.
pub const CONVERSATIONS_PAGE_MAX: usize = 100;
/// Conversations that one request sets something for.
pub const SETTINGS_CONVERSATIONS_MAX: usize = 100;
/// Users whose remind type is set in one call of the app.
pub const REMIND_USERS_MAX: usize = 30;
/// Pinned conversations of an account.
pub const PINNED_MAX: usize = 50;
/// A conversation's custom data.
pub const CONVERSATION_CUSTOM_DATA_BYTES_MAX: usize = 256;
/// Conversation groups of an account.
pub const CONVERSATION_GROUPS_MAX: usize = 20;
/// A conversation group's name.
pub const CONVERSATION_GROUP_NAME_BYTES_MAX: usize = 32;
/// Conversations of an account that have a mark or are in a conversation group.
pub const LABELLED_CONVERSATIONS_MAX: usize = 1000;
/// Conversations and users of an account for which a remind type is set: as many as there may be friends, and groups.
pub const REMIND_TYPES_MAX: usize = 6000;
/// The largest page of history.
pub const MESSAGES_PAGE_MAX: usize = 100;
/// The largest page of group members.
pub const MEMBERS_PAGE_MAX: usize = 100;
/// Timeline changes answered at once.
pub const CHANGES_PAGE_MAX: usize = 200;
/// Changes of one timeline that are replayed; beyond that it is reloaded.
pub const CHANGES_REPLAYED_MAX: u64 = 1000;
/// Events kept in an account's log; a cursor older than that reloads.
pub const EVENTS_KEPT_MAX: u64 = 1000;
/// Conversations that an instance names when it syncs.
pub const HELD_MAX: usize = 1000;
/// Messages of one report of receipts, and of one question about them.
pub const RECEIPTS_MAX: usize = 30;
/// The default of how many days messages are kept.
pub const HISTORY_DAYS: u32 = 7;
/// The largest page of those who read a message.
pub const READERS_PAGE_MAX: usize = 100;
/// The default of how many members a group with receipts may have.
pub const RECEIPT_MEMBERS_MAX: u32 = 200;
/// Conversations of one event that tells of many.
pub const READ_MARKS_MAX: usize = 200;
/// Web instances that the app setting may allow.
pub const WEB_INSTANCES_MAX: u32 = 10;
/// The default time in which a sender may revoke.
pub const REVOKE_LIMIT_S: u32 = 120;
/// A picture or a recording.
pub const PICTURE_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// A video or a file.
pub const FILE_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// A file's name.
pub const FILE_NAME_BYTES_MAX: usize = 512;
/// A link in a message.
pub const LINK_BYTES_MAX: usize = 2048;
