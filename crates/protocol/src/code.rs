//! Public error codes: the numbers that apps compare (spec/errors.json, service.md 6), with our words for people.
//!
//! A code is added here when the first operation needs it, under the name that its operation uses.

use std::fmt;

/// A public code of the API. 0 is success and never an error.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub i32);

macro_rules! codes {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        impl Code {
            $(#[doc = $text] pub const $name: Self = Self($number);)*

            /// Every code that this project gives.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What it means, in words for people, lowercase and without a full stop.
            pub const fn text(self) -> &'static str {
                match self.0 {
                    $($number => $text,)*
                    _ => "an error without a description",
                }
            }
        }
    };
}

codes! {
    NOT_LOGGED_IN = 2024, "log in first";
    LOGIN_RUNNING = 2025, "a login is already running";
    UPLOAD_PLUGIN_MISSING = 2040, "register tim-upload-plugin first";
    UPLOAD_ADDRESS_MISSING = 2041, "there is no address for the upload";
    SEND_FAILED = 2100, "the message could not be sent";
    NOT_A_MESSAGE = 2105, "the argument is not a Message";
    CONVERSATION_TYPE_INVALID = 2106, "the conversation type must be C2C or GROUP";
    LISTENER_THREW = 2109, "a listener of the app threw";
    REVOKE_FAILED = 2110, "the message could not be revoked";
    FILE_EMPTY = 2108, "the file is empty";
    NO_RECEIPT_WANTED = 2114, "no message in the list wants a receipt";
    READ_ALL_FAILED = 2112, "the conversations could not be marked as read";
    TRANSLATE_FAILED = 2117, "the texts could not be translated";
    IMAGE_MISSING = 2251, "no picture was chosen";
    IMAGE_FORMAT = 2252, "the picture is none of jpg, jpeg, png, gif, bmp and webp";
    IMAGE_TOO_LARGE = 2253, "the picture is too large";
    AUDIO_UPLOAD_FAILED = 2300, "the recording could not be uploaded";
    AUDIO_TOO_LARGE = 2301, "the recording is too large";
    VIDEO_UPLOAD_FAILED = 2350, "the video could not be uploaded";
    VIDEO_TOO_LARGE = 2351, "the video is too large";
    VIDEO_FORMAT = 2352, "the video is neither mp4 nor mov";
    FILE_UPLOAD_FAILED = 2400, "the file could not be uploaded";
    FILE_MISSING = 2401, "no file was chosen";
    FILE_TOO_LARGE = 2402, "the file is too large";
    FILE_URL_MISSING = 2403, "the file has no link";
    DELETE_FAILED = 2111, "the messages could not be deleted";
    NOTICE_NOT_DELETED = 2116, "system notices cannot be deleted";
    NOT_A_MERGER = 2450, "the message is no merged message";
    MERGER_KEY_INVALID = 2451, "the key of the merged message is not valid";
    MERGER_NOT_LOADED = 2452, "the merged message could not be loaded";
    NOT_FORWARDED = 2453, "a message of this type cannot be forwarded";
    MODIFY_CONFLICT = 2480, "somebody else modified the message before";
    MODIFY_UNSUPPORTED = 2481, "messages of this group type cannot be modified";
    CONVERSATION_NOT_FOUND = 2500, "the conversation does not exist";
    USER_OR_GROUP_NOT_FOUND = 2501, "the user or group does not exist";
    CONVERSATION_ID_INVALID = 2503, "the conversationID is not valid";
    GROUP_TYPE_INVALID = 2600, "the group type is not valid";
    WORK_GROUP_JOIN = 2601, "a Work group cannot be joined by request";
    SDK_GROUP_ID_INVALID = 2602, "the groupID is not valid";
    GROUP_NOT_FOUND = 2603, "the group does not exist";
    WORK_GROUP_DISMISS = 2622, "a Work group cannot be dissolved";
    NOT_A_MEMBER = 2623, "not a member of the group";
    JOIN_NEEDS_LOGIN = 2662, "log in before joining a group";
    PROFILE_PARAMETER = 2721, "the profile's parameter is not valid";
    PROFILE_NOTHING = 2722, "there is no profile field to update";
    BLACKLIST_SELF = 2742, "one cannot block oneself";
    NETWORK_ERROR = 2800, "the network failed";
    TIMED_OUT = 2801, "the server did not answer in time";
    NO_NETWORK = 2805, "there is no network";
    UNCAUGHT = 2903, "an unexpected error";
    INVALID_STATE = 2905, "not valid in this state";
    TOO_OFTEN = 2996, "called too often";
    NOT_READY = 2999, "the SDK is not ready; wait for SDK_READY";
    NOT_READY_LOGGING_IN = 3000, "the SDK is not ready: the login is under way";
    NOT_READY_LOGIN_FAILED = 3001, "the SDK is not ready: the login failed";
    NOT_READY_KICKED_DEVICE = 3002, "the SDK is not ready: kicked by another device";
    NOT_READY_KICKED_INSTANCE = 3003, "the SDK is not ready: kicked by another instance";
    NOT_READY_USERSIG_EXPIRED = 3004, "the SDK is not ready: the UserSig expired";
    NOT_READY_LOGGED_OUT = 3005, "the SDK is not ready: logged out";
    NOT_READY_KICKED_BY_SERVER = 3006, "the SDK is not ready: kicked by the server";
    NOT_ENABLED = 3122, "this ability is not enabled";
    MERGER_TOO_DEEP = 8005, "merged messages are nested too deep";
    GROUP_INTERNAL = 10002, "internal error, try again";
    GROUP_PARAMETER = 10004, "a parameter is not valid";
    GROUP_TOO_MANY_ACCOUNTS = 10005, "too many accounts in one request";
    GROUP_FORBIDDEN = 10007, "no permission, or not possible for this group type";
    GROUP_OWNER_CANNOT_LEAVE = 10009, "the owner cannot leave the group";
    GROUP_GONE = 10010, "the group does not exist or was dissolved";
    GROUP_ALREADY_IN = 10013, "already a member of the group";
    GROUP_FULL = 10014, "the group is full";
    GROUP_ID_INVALID = 10015, "the groupID is not valid";
    GROUP_MUTED = 10017, "the sender is muted in the group";
    GROUP_ACCOUNT_UNKNOWN = 10019, "an account does not exist";
    GROUP_ID_TAKEN = 10021, "the groupID is in use";
    GROUP_RATE = 10023, "more messages in the group than allowed";
    GROUP_HANDLED = 10024, "the application was already handled";
    GROUP_ID_TAKEN_BY_OWNER = 10025, "the groupID is in use by a group of the same owner";
    GROUP_MESSAGE_MISSING = 10030, "the message to revoke does not exist";
    GROUP_REVOKE_TOO_LATE = 10031, "the time to revoke has passed";
    GROUP_REVOKE_FORBIDDEN = 10032, "this message cannot be revoked";
    GROUP_REVOKE_UNSUPPORTED = 10033, "this group type knows no revoking";
    GROUP_QUOTA = 10037, "the account is in as many groups as it may be";
    GROUP_MEMBER_QUOTA = 10038, "the group would have more members than allowed";
    GROUP_DELETE_UNSUPPORTED = 10035, "messages of this group type cannot be deleted";
    GROUP_NOTHING_TO_DELETE = 10052, "the message to delete does not exist";
    GROUP_TOO_MANY_AT = 10053, "more than 30 users are mentioned";
    RECEIPT_GROUP_TOO_LARGE = 10060, "the group is too large for read receipts";
    RECEIPT_ONLINE_ONLY = 10061, "on-line-only messages have no receipt";
    RECEIPT_MISSING = 10062, "the message has no receipt";
    REQUEST_MALFORMED = 20001, "the request is malformed";
    RECEIVER_UNKNOWN = 20003, "the sender or the receiver does not exist";
    MESSAGE_INTERNAL = 20005, "internal error, try again";
    BLOCKED_BY_RECEIVER = 20007, "the receiver blocked the sender";
    SENDER_MUTED = 20012, "the sender is muted";
    REVOKE_TOO_LATE = 20016, "the time to revoke has passed";
    REVOKE_MISSING = 20022, "the message to revoke does not exist";
    REVOKE_REPEATED = 20023, "the message was already revoked";
    MODIFY_MISSING = 20026, "the message to modify does not exist";
    EXTENSION_CONFLICT = 23001, "somebody else changed the extension before";
    EXTENSION_UNSUPPORTED = 23002, "the message takes no extensions";
    EXTENSION_MISSING = 23004, "the message of the extensions does not exist";
    RELATION_PARAMETER = 30001, "a parameter is not valid";
    RELATION_ACCOUNT_UNKNOWN = 30003, "an account does not exist";
    RELATION_INTERNAL = 30006, "internal error, try again";
    BLACKLIST_FULL = 30013, "the blacklist is full";
    PROFILE_INVALID = 40001, "a parameter is not valid";
    PROFILE_ACCOUNT_UNKNOWN = 40003, "an account does not exist";
    PROFILE_INTERNAL = 40006, "internal error, try again";
    PROFILE_TAG_UNKNOWN = 40009, "there is no such field";
    PROFILE_VALUE_TOO_LONG = 40601, "a field's value is above 500 bytes";
    PROFILE_VALUE_INVALID = 40605, "a standard field's value is not valid";
    CONVERSATION_PARAMETER = 50002, "a parameter is not valid";
    CONVERSATION_INTERNAL = 50004, "internal error, try again";
    CONVERSATION_COUNT_INVALID = 51006, "a request names 1 to 100 conversations";
    CONVERSATION_GROUP_FORBIDDEN = 51007, "only members have a conversation with the group";
    TOO_MANY_LABELLED = 51008, "at most 1000 conversations have a mark or are in a conversation group";
    CONVERSATION_GROUP_MISSING = 51009, "the conversation group does not exist";
    TOO_MANY_CONVERSATION_GROUPS = 51010, "at most 20 conversation groups are kept";
    CONVERSATION_GROUP_NAME_TOO_LONG = 51011, "the conversation group's name is above 32 bytes";
    TOO_MANY_PINNED = 51012, "at most 50 conversations are pinned";
    COMMAND_UNKNOWN = 60009, "the server does not know this command";
    TOO_MANY_REQUESTS = 60018, "too many requests";
    OVERLOADED = 60022, "the server is overloaded, try again";
    USERSIG_EXPIRED = 70001, "the UserSig expired";
    USERSIG_EMPTY = 70002, "the UserSig is empty";
    USERSIG_MALFORMED = 70003, "the UserSig is malformed";
    USERSIG_INVALID = 70009, "the UserSig does not verify with the app's key";
    USERSIG_OTHER_USER = 70013, "the UserSig is another user's";
    USERSIG_OTHER_APP = 70014, "the UserSig is another app's";
    APP_KEY_MISSING = 70016, "the app has no key";
    APP_UNKNOWN = 70020, "the SDKAppID does not exist";
    TOO_MANY_LOGIN_FAILURES = 70050, "too many failed logins, try again in a minute";
    ACCOUNT_UNKNOWN = 70107, "the account does not exist";
    ACCOUNT_PARAMETER = 70402, "a parameter is not valid";
    ACCOUNT_INTERNAL = 70500, "internal error, try again";
    MESSAGE_TOO_LONG = 80002, "the message is above 12 KB";
    MESSAGE_JSON = 90001, "the message's body cannot be read";
    MESSAGE_BODY_INVALID = 90002, "the message's body is not valid";
    MESSAGE_TIME_INVALID = 90006, "the message's time is not valid";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.0, self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes that errors.json does not list stand in service.md 6.
    const FROM_SERVICE_MD: [i32; 3] = [23002, 23004, 70002];

    #[test]
    fn every_code_is_a_public_one() {
        let facts: serde_json::Value =
            serde_json::from_str(include_str!("../../../spec/errors.json")).unwrap();
        let known: Vec<i64> = facts["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["code"].as_i64().unwrap())
            .collect();
        for code in Code::ALL {
            assert!(
                known.contains(&i64::from(code.0)) || FROM_SERVICE_MD.contains(&code.0),
                "{code:?}"
            );
        }
    }
}
