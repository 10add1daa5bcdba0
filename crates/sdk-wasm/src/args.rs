//! Reading the arguments of public functions.
//!
//! **Comes in:** a function's name and its argument object (spec/methods.json), as the face has normalised it. **Goes out:**
//! a `Call` of the core, or the public code of what is wrong. **Never here:** whether the call may be made.

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::conversation::ReadScope;
use hongyan_protocol::file::FileKind;
use hongyan_protocol::group::{self, GroupType};
use hongyan_protocol::id::{ConversationId, GroupId, Sequence, Timestamp, UserId, Version};
use hongyan_protocol::message::{self as wired, MessageFlags, MessageKey, Priority, Target};
use hongyan_protocol::profile::{AdminForbidType, AllowType, Gender};
use hongyan_protocol::settings::{self, SettingsChange};
use hongyan_protocol::wire::{self, element::Kind};
use hongyan_protocol::{Malformed, limits};
use hongyan_sdk::core::{
    Call, ConversationFilter, Core, Draft, Failure, Gate, HopFrom, LocalFile, Message, MessageRef, NewGroup,
    Part, ProfileFields, SendOptions, Status, UserSig, merge,
};
use wasm_bindgen::JsValue;

use crate::download_key;
use crate::links;
use crate::object::{flag, get, items, number, text, text_or_empty, texts};

/// What a public function needs to be let through; `None`: nothing.
pub(crate) fn gate(method: &str) -> Option<Gate> {
    match method {
        "login" | "on" | "off" | "once" | "setLogLevel" | "registerPlugin" => None,
        "logout" => Some(Gate::Logout),
        "destroy" => Some(Gate::Destroy),
        "joinGroup" => Some(Gate::Join),
        "quitGroup" => Some(Gate::Quit),
        "findMessage" | "getTotalUnreadMessageCount" => Some(Gate::LoggedIn),
        _ if method.starts_with("create") && method.ends_with("Message") => Some(Gate::LoggedIn),
        _ => Some(Gate::Ready),
    }
}

pub(crate) fn call(method: &str, args: &JsValue) -> Result<Call, Failure> {
    Ok(match method {
        "login" => Call::Login {
            user_id: text_or_empty(args, "userID"),
            user_sig: UserSig(text_or_empty(args, "userSig")),
        },
        "logout" => Call::Logout,
        "destroy" => Call::Destroy,
        "sendMessage" => Call::SendMessage {
            message: unsent(&get(args, "message"))?,
            options: send_options(&get(args, "options")),
        },
        "resendMessage" => Call::SendMessage {
            message: unsent(&get(args, "message"))?,
            options: SendOptions::default(),
        },
        "modifyMessage" => Call::ModifyMessage {
            message: message(&get(args, "message"))?,
        },
        "deleteMessage" => Call::DeleteMessages {
            messages: message_refs(args)?,
        },
        "clearHistoryMessage" => Call::ClearHistory {
            conversation: conversation(args)?,
        },
        "setMessageExtensions" => Call::SetMessageExtensions {
            message: message_ref(&get(args, "message"))?,
            extensions: items(args, "extensions")
                .iter()
                .map(|it| (text_or_empty(it, "key"), text_or_empty(it, "value")))
                .collect(),
        },
        "getMessageExtensions" => Call::GetMessageExtensions {
            message: message_ref(&get(args, "message"))?,
            keys: texts(args, "keyList"),
        },
        "deleteMessageExtensions" => Call::DeleteMessageExtensions {
            message: message_ref(&get(args, "message"))?,
            keys: Some(texts(args, "keyList")).filter(|it| !it.is_empty()),
        },
        "downloadMergerMessage" => {
            let object = get(args, "message");
            match text_or_empty(&object, "type").as_str() {
                "TIMRelayElem" => Call::DownloadMerger {
                    message: Message {
                        status: Status::Success,
                        ..message(&object)?
                    },
                },
                _ => return Err(Failure::of(Code::NOT_A_MERGER)),
            }
        }
        "revokeMessage" => {
            let message = get(args, "message");
            Call::RevokeMessage {
                conversation: conversation(&message)?,
                key: message_key(&message)?,
                sequence: Sequence(number(&message, "sequence").unwrap_or(0.0) as u64),
            }
        }
        "getMessageList" => Call::GetMessageList {
            conversation: conversation(args)?,
            before: match text(args, "nextReqMessageID").filter(|it| !it.is_empty()) {
                None => None,
                Some(id) => Some(MessageKey::parse(&id).ok_or(Failure::new(
                    Code::INVALID_STATE,
                    "nextReqMessageID is not one that getMessageList gave",
                ))?),
            },
        },
        "setMessageRead" => Call::SetMessageRead {
            conversation: conversation(args)?,
        },
        "getMessageListHopping" => {
            let conversation = conversation(args)?;
            Call::GetMessageListHopping {
                from: match (&conversation, number(args, "sequence"), number(args, "time")) {
                    (ConversationId::Group(_), Some(sequence), _) => {
                        HopFrom::Sequence(Sequence(sequence as u64))
                    }
                    (ConversationId::C2c(_), _, Some(time)) => HopFrom::Time(time),
                    _ => HopFrom::End,
                },
                newer: number(args, "direction") == Some(1.0),
                count: number(args, "count").unwrap_or(15.0) as u32,
                conversation,
            }
        }
        "sendMessageReadReceipt" => Call::SendMessageReadReceipt {
            messages: message_refs(args)?,
        },
        "getMessageReadReceiptList" => Call::GetMessageReadReceiptList {
            messages: message_refs(args)?,
        },
        "getGroupMessageReadMemberList" => Call::GetGroupMessageReadMemberList {
            message: message_ref(&get(args, "message"))?,
            unread: number(args, "filter") == Some(1.0),
            cursor: text_or_empty(args, "cursor"),
            count: number(args, "count").unwrap_or(100.0) as u32,
        },
        "setAllMessageRead" => Call::SetAllMessageRead {
            scope: match text(args, "scope").as_deref() {
                None | Some("readAllMessage") => ReadScope::Unspecified,
                Some("readAllC2CMessage") => ReadScope::C2c,
                Some("readAllGroupMessage") => ReadScope::Groups,
                Some(_) => return Err(Failure::new(Code::READ_ALL_FAILED, "there is no such scope")),
            },
        },
        "getConversationList" => conversation_list(args)?,
        "deleteConversation" => match text(args, "conversationID") {
            Some(_) => Call::ChangeSetting {
                conversation: conversation(args)?,
                change: SettingsChange::Deleted { clear_history: true },
            },
            None => Call::ChangeSettings {
                conversations: conversations(args)?,
                change: SettingsChange::Deleted {
                    clear_history: get(args, "clearHistoryMessage").as_bool().unwrap_or(true),
                },
            },
        },
        "pinConversation" => Call::ChangeSetting {
            conversation: conversation(args)?,
            change: SettingsChange::Pinned(flag(args, "isPinned")),
        },
        "setMessageRemindType" => {
            let remind = settings::remind_from_public(&text_or_empty(args, "messageRemindType"));
            let change = SettingsChange::Remind(remind.ok_or(Failure::new(
                Code::CONVERSATION_PARAMETER,
                "there is no such messageRemindType",
            ))?);
            match text(args, "groupID") {
                Some(_) => Call::ChangeSetting {
                    conversation: ConversationId::Group(group_id(args)?),
                    change,
                },
                None => Call::ChangeSettings {
                    conversations: users(args, Code::CONVERSATION_PARAMETER)?
                        .into_iter()
                        .map(ConversationId::C2c)
                        .collect(),
                    change,
                },
            }
        }
        "markConversation" => {
            let mark = mark(number(args, "markType").unwrap_or(0.0));
            Call::ChangeSettings {
                conversations: conversations(args)?,
                change: match flag(args, "enableMark") {
                    true => SettingsChange::MarkSet(mark),
                    false => SettingsChange::MarkCleared(mark),
                },
            }
        }
        "setConversationCustomData" => Call::ChangeSettings {
            conversations: conversations(args)?,
            change: SettingsChange::CustomData(text_or_empty(args, "customData")),
        },
        "getConversationGroupList" => Call::GetConversationGroupList,
        "createConversationGroup" => Call::ChangeSettings {
            conversations: conversations(args)?,
            change: SettingsChange::GroupCreated(text_or_empty(args, "groupName")),
        },
        "addConversationsToGroup" => Call::ChangeSettings {
            conversations: conversations(args)?,
            change: SettingsChange::GroupEntered(text_or_empty(args, "groupName")),
        },
        "deleteConversationsFromGroup" => Call::ChangeSettings {
            conversations: conversations(args)?,
            change: SettingsChange::GroupLeft(text_or_empty(args, "groupName")),
        },
        "deleteConversationGroup" => Call::ChangeSettings {
            conversations: Vec::new(),
            change: SettingsChange::GroupRemoved(text_or_empty(args, "groupName")),
        },
        "renameConversationGroup" => Call::ChangeSettings {
            conversations: Vec::new(),
            change: SettingsChange::GroupRenamed {
                from: text_or_empty(args, "oldName"),
                to: text_or_empty(args, "newName"),
            },
        },
        "setConversationDraft" => Call::SetConversationDraft {
            conversation: conversation(args)?,
            text: text_or_empty(args, "draftText"),
        },
        "getConversationProfile" => Call::GetConversationProfile {
            conversation: conversation(args)?,
        },
        "getGroupList" => Call::GetGroupList,
        "getGroupProfile" | "searchGroupByID" => Call::GetGroupProfile {
            group: group_id(args)?,
        },
        "createGroup" => Call::CreateGroup(new_group(args)?),
        "joinGroup" => Call::JoinGroup {
            group: group_id(args)?,
            apply_message: text_or_empty(args, "applyMessage"),
        },
        "quitGroup" => Call::QuitGroup {
            group: group_id(args)?,
        },
        "dismissGroup" => Call::DismissGroup {
            group: group_id(args)?,
        },
        "getGroupMemberList" => Call::GetGroupMemberList {
            group: group_id(args)?,
            offset: number(args, "offset").unwrap_or(0.0) as u32,
            count: number(args, "count").unwrap_or(15.0) as u32,
        },
        "handleGroupApplication" => {
            let payload = get(&get(args, "message"), "payload");
            Call::HandleGroupApplication {
                group: group_id(&get(&payload, "groupProfile"))?,
                application: text_or_empty(&payload, "application").parse().unwrap_or(0),
                agree: text_or_empty(args, "handleAction") == "Agree",
                text: text_or_empty(args, "handleMessage"),
            }
        }
        "getMyProfile" => Call::GetMyProfile,
        "getUserProfile" => Call::GetUserProfile {
            users: users(args, Code::PROFILE_ACCOUNT_UNKNOWN)?,
        },
        "updateMyProfile" => Call::UpdateMyProfile(profile_fields(args)?),
        "getBlacklist" => Call::GetBlacklist,
        "addToBlacklist" => Call::AddToBlacklist {
            users: users(args, Code::RELATION_PARAMETER)?,
        },
        "removeFromBlacklist" => Call::RemoveFromBlacklist {
            users: users(args, Code::RELATION_PARAMETER)?,
        },
        "translateText" => Call::TranslateText {
            texts: texts(args, "sourceTextList"),
            source: text_or_empty(args, "sourceLanguage"),
            target: text_or_empty(args, "targetLanguage"),
        },
        // Not functions of the API: the steps of `sendMessage` with a file.
        "beginUpload" => Call::BeginUpload {
            kind: match text_or_empty(args, "part").as_str() {
                "snapshot" => FileKind::Image,
                _ => file_kind(&text_or_empty(args, "type"))?,
            },
            size: number(args, "size").unwrap_or(0.0) as u64,
            name: text_or_empty(args, "name"),
        },
        "finishUpload" => Call::FinishUpload {
            path: text_or_empty(args, "path"),
            message: message(&get(args, "message"))?,
            part: match text_or_empty(args, "part").as_str() {
                "snapshot" => Part::Snapshot,
                _ => Part::File,
            },
        },
        "failUpload" => Call::FailUpload {
            message: message(&get(args, "message"))?,
            text: text_or_empty(args, "text"),
        },
        _ => return Err(Failure::of(Code::NOT_ENABLED)),
    })
}

fn file_kind(r#type: &str) -> Result<FileKind, Failure> {
    Ok(match r#type {
        "TIMImageElem" => FileKind::Image,
        "TIMSoundElem" => FileKind::Audio,
        "TIMVideoFileElem" => FileKind::Video,
        "TIMFileElem" => FileKind::File,
        _ => return Err(Failure::of(Code::NOT_ENABLED)),
    })
}

/// What is known of the file that an app chose; `None`: it chose none.
fn local_file(payload: &JsValue) -> Option<LocalFile> {
    let file = get(payload, "file");
    let count = |name| number(&file, name).unwrap_or(0.0) as u32;
    file.is_object().then(|| LocalFile {
        name: text_or_empty(&file, "name"),
        media_type: text_or_empty(&file, "type"),
        size: number(&file, "size").map(|it| it as u64),
        width: count("width"),
        height: count("height"),
        second: count("second"),
        url: text_or_empty(&file, "url"),
        snapshot_url: text_or_empty(&file, "snapshotUrl"),
    })
}

/// The element of a message to be made from a file.
fn file_element(kind: FileKind, payload: &JsValue) -> Result<Kind, Failure> {
    let none = match kind {
        FileKind::Image => Code::IMAGE_MISSING,
        FileKind::Audio => Code::AUDIO_UPLOAD_FAILED,
        FileKind::Video => Code::VIDEO_UPLOAD_FAILED,
        FileKind::File => Code::FILE_MISSING,
    };
    local_file(payload)
        .ok_or(Failure::new(none, "no file was chosen"))?
        .element(kind)
}

/// The options of a `create…Message` function. `kind` is a message's type, or says that another message is passed on.
pub(crate) fn draft(core: &Core, kind: &str, options: &JsValue) -> Result<Draft, Failure> {
    let payload = get(options, "payload");
    let made = Draft {
        priority: Priority::from_public(&text_or_empty(options, "priority")),
        cloud_custom_data: text_or_empty(options, "cloudCustomData"),
        need_read_receipt: flag(options, "needReadReceipt"),
        support_extension: flag(options, "isSupportExtension"),
        ..Draft::of(to(options)?, Kind::Custom(wire::Custom::default()))
    };
    match kind {
        FORWARDED => {
            let element = Draft::forward(made.conversation.clone(), &known(core, &payload)?)?.element;
            Ok(Draft {
                element,
                receivers: receivers(options)?,
                ..made
            })
        }
        "TIMRelayElem" => {
            let messages: Result<Vec<Message>, Failure> = items(&payload, "messageList")
                .iter()
                .map(|it| known(core, it))
                .collect();
            let merged = Draft::merger(
                made.conversation.clone(),
                &messages?,
                text_or_empty(&payload, "title"),
                texts(&payload, "abstractList"),
                text_or_empty(&payload, "compatibleText"),
            )?;
            Ok(Draft {
                element: merged.element,
                receivers: receivers(options)?,
                ..made
            })
        }
        MENTIONING => Ok(Draft {
            // One that mentions nobody is none; to whom it may be, the core says.
            element: element("TIMTextElem", &payload, 0)?,
            ..made
        }),
        _ => {
            let mut element = match file_kind(kind) {
                Ok(file) => file_element(file, &payload)?,
                Err(_) => element(kind, &payload, 0)?,
            };
            if let Kind::Text(text) = &mut element {
                text.at_user_ids.clear();
            }
            Ok(Draft {
                element,
                receivers: receivers(options)?,
                ..made
            })
        }
    }
}

/// See [`draft`].
const FORWARDED: &str = "forward";
/// See [`draft`].
const MENTIONING: &str = "textAt";

fn receivers(object: &JsValue) -> Result<Vec<UserId>, Failure> {
    let list = texts(object, "receiverList");
    let list = list
        .iter()
        .map(|it| UserId::parse(it, Code::GROUP_PARAMETER).map_err(malformed));
    list.collect()
}

/// A message that is passed on: as it is held, or else as the app has it.
fn known(core: &Core, object: &JsValue) -> Result<Message, Failure> {
    let status = text_or_empty(object, "status");
    match core.find_message(message_key(object)?) {
        Some(held) => Ok(Message::clone(&held)),
        None if matches!(
            text_or_empty(object, "type").as_str(),
            "TIMGroupTipElem" | "TIMGroupSystemNoticeElem"
        ) =>
        {
            Err(Failure::of(Code::NOT_FORWARDED))
        }
        None => Ok(Message {
            status: match status.as_str() {
                "success" => Status::Success,
                "fail" => Status::Fail,
                _ => Status::Unsent,
            },
            ..message(object)?
        }),
    }
}

/// A message that the app has and hands back.
fn message(object: &JsValue) -> Result<Message, Failure> {
    let key = message_key(object)?;
    let conversation = match text(object, "flow").as_deref() {
        // Its conversation is the sender's.
        Some("in") => conversation(object)?,
        _ => to(object)?,
    };
    let mut body = element(&text_or_empty(object, "type"), &get(object, "payload"), 0)?;
    if let Kind::Text(text) = &mut body {
        text.at_user_ids = texts(object, "atUserList");
    }
    let is_own = text(object, "flow").as_deref() != Some("in");
    let receivers = receivers(object)?;
    let data = wired::Message {
        key,
        from: UserId::trusted(text_or_empty(object, "from")),
        to: match &conversation {
            ConversationId::C2c(_) => Target::User(UserId::trusted(text_or_empty(object, "to"))),
            ConversationId::Group(group) => Target::Group(group.clone()),
            ConversationId::System => return Err(Failure::of(Code::CONVERSATION_TYPE_INVALID)),
        },
        sequence: Sequence(number(object, "sequence").unwrap_or(0.0) as u64),
        time: Timestamp(number(object, "time").unwrap_or(0.0) as u64 * 1000),
        body: Body::of(body),
        priority: Priority::from_public(&text_or_empty(object, "priority")),
        flags: MessageFlags {
            need_read_receipt: flag(object, "needReadReceipt"),
            support_extension: flag(object, "isSupportExtension"),
            is_targeted: !receivers.is_empty(),
            ..MessageFlags::default()
        },
        cloud_custom_data: text_or_empty(object, "cloudCustomData"),
        nick: text_or_empty(object, "nick"),
        avatar: text_or_empty(object, "avatar"),
        name_card: text_or_empty(object, "nameCard"),
        revoker: None,
        version: Version(0),
        edits: number(object, "edits").unwrap_or(0.0) as u32,
        receivers,
    };
    Ok(Message {
        data,
        conversation,
        is_own,
        status: Status::Unsent,
        is_peer_read: false,
        is_modified: false,
        receipt: None,
        is_deleted: false,
    })
}

/// A message to be sent: whatever it was before, it has no place yet.
fn unsent(object: &JsValue) -> Result<Message, Failure> {
    let mut message = message(object)?;
    message.data.sequence = Sequence(0);
    Ok(message)
}

/// `level`: how many mergers are around it.
fn element(kind: &str, payload: &JsValue, level: u32) -> Result<Kind, Failure> {
    const BAD: Failure = Failure::new(
        Code::MESSAGE_BODY_INVALID,
        "the payload does not fit the message's type",
    );
    Ok(match kind {
        "TIMTextElem" => Kind::Text(wire::Text {
            text: text(payload, "text").ok_or(BAD)?,
            at_user_ids: texts(payload, "atUserList"),
        }),
        "TIMCustomElem" => Kind::Custom(wire::Custom {
            data: text_or_empty(payload, "data"),
            description: text_or_empty(payload, "description"),
            extension: text_or_empty(payload, "extension"),
        }),
        "TIMFaceElem" => Kind::Face(wire::Face {
            index: number(payload, "index").ok_or(BAD)? as u32,
            data: text_or_empty(payload, "data"),
        }),
        "TIMLocationElem" => Kind::Location(wire::Location {
            description: text_or_empty(payload, "description"),
            longitude: number(payload, "longitude").ok_or(BAD)?,
            latitude: number(payload, "latitude").ok_or(BAD)?,
        }),
        "TIMImageElem" => Kind::Image(wire::Image {
            uuid: text_or_empty(payload, "uuid"),
            format: count(payload, "imageFormat"),
            infos: items(payload, "imageInfoArray")
                .iter()
                .map(|it| wire::ImageInfo {
                    r#type: count(it, "type"),
                    width: count(it, "width"),
                    height: count(it, "height"),
                    size: size(it, "size"),
                    url: link(it, "url"),
                })
                .collect(),
        }),
        "TIMSoundElem" => Kind::Audio(wire::Audio {
            uuid: text_or_empty(payload, "uuid"),
            url: link(payload, "url"),
            size: size(payload, "size"),
            second: count(payload, "second"),
        }),
        "TIMVideoFileElem" => Kind::Video(wire::Video {
            uuid: text_or_empty(payload, "videoUUID"),
            url: link(payload, "videoUrl"),
            size: size(payload, "videoSize"),
            second: count(payload, "videoSecond"),
            format: text_or_empty(payload, "videoFormat"),
            snapshot_url: link(payload, "snapshotUrl"),
            snapshot_width: count(payload, "snapshotWidth"),
            snapshot_height: count(payload, "snapshotHeight"),
        }),
        "TIMFileElem" => Kind::File(wire::File {
            uuid: text_or_empty(payload, "uuid"),
            url: link(payload, "fileUrl"),
            size: size(payload, "fileSize"),
            name: text_or_empty(payload, "fileName"),
        }),
        "TIMRelayElem" => Kind::Merger(merger(payload, level)?),
        _ => return Err(Failure::of(Code::NOT_ENABLED)),
    })
}

fn count(object: &JsValue, name: &str) -> u32 {
    number(object, name).unwrap_or(0.0) as u32
}

fn size(object: &JsValue, name: &str) -> u64 {
    number(object, name).unwrap_or(0.0) as u64
}

fn link(object: &JsValue, name: &str) -> String {
    links::bare(&text_or_empty(object, name))
}

/// A merged message's payload, read back.
fn merger(payload: &JsValue, level: u32) -> Result<wire::Merger, Failure> {
    if level >= limits::MERGER_DEPTH_MAX {
        return Err(Failure::of(Code::MERGER_TOO_DEEP));
    }
    let (title, abstracts) = (text_or_empty(payload, "title"), texts(payload, "abstractList"));
    let compatible_text = text_or_empty(payload, "compatibleText");
    let key = text_or_empty(payload, "downloadKey");
    if !key.is_empty() {
        let (download_key, depth) = download_key::read(&key).ok_or(Failure::of(Code::MERGER_KEY_INVALID))?;
        return Ok(wire::Merger {
            title,
            abstracts,
            compatible_text,
            depth,
            messages: Vec::new(),
            download_key,
        });
    }
    let mut messages = Vec::new();
    for it in items(payload, "messageList") {
        let mut elements = Vec::new();
        for part in items(&it, "messageBody") {
            let kind = element(&text_or_empty(&part, "type"), &get(&part, "payload"), level + 1)?;
            elements.push(kind);
        }
        messages.push(wire::MergedMessage {
            id: text_or_empty(&it, "ID"),
            from: text_or_empty(&it, "from"),
            nick: text_or_empty(&it, "nick"),
            avatar: text_or_empty(&it, "avatar"),
            time_s: number(&it, "time").unwrap_or(0.0) as u64,
            body: Body::of_all(elements).bytes().clone(),
            cloud_custom_data: text_or_empty(&it, "cloudCustomData"),
        });
    }
    merge(messages, title, abstracts, compatible_text)
}

fn send_options(options: &JsValue) -> SendOptions {
    let control = get(options, "messageControlInfo");
    SendOptions {
        online_user_only: flag(options, "onlineUserOnly"),
        excluded_from_unread_count: flag(&control, "excludedFromUnreadCount"),
        excluded_from_last_message: flag(&control, "excludedFromLastMessage"),
    }
}

fn new_group(args: &JsValue) -> Result<NewGroup, Failure> {
    let kind = match text(args, "type") {
        None => GroupType::Work,
        Some(kind) => group::type_from_public(&kind).ok_or(Failure::of(Code::GROUP_TYPE_INVALID))?,
    };
    let id = match text(args, "groupID").filter(|it| !it.is_empty()) {
        None => None,
        Some(_) => Some(group_id(args)?),
    };
    let members = items(args, "memberList");
    let members = members.iter().map(|it| {
        UserId::parse(&text_or_empty(it, "userID"), Code::GROUP_ACCOUNT_UNKNOWN).map_err(malformed)
    });
    Ok(NewGroup {
        kind,
        name: text_or_empty(args, "name"),
        id,
        introduction: text_or_empty(args, "introduction"),
        notification: text_or_empty(args, "notification"),
        avatar: text_or_empty(args, "avatar"),
        member_count_max: number(args, "maxMemberNum").unwrap_or(0.0) as u32,
        join_option: text(args, "joinOption").and_then(|it| group::join_option_from_public(&it)),
        members: members.collect::<Result<_, _>>()?,
    })
}

fn profile_fields(args: &JsValue) -> Result<ProfileFields, Failure> {
    const BAD: Failure = Failure::of(Code::PROFILE_PARAMETER);
    let enumerated = |name, known: &dyn Fn(&str) -> Option<i32>| match text(args, name) {
        None => Ok(None),
        Some(value) => known(&value).map(Some).ok_or(BAD),
    };
    let counted = |name| number(args, name).map(|it| it as u32);
    let custom = items(args, "profileCustomField");
    Ok(ProfileFields {
        nick: text(args, "nick"),
        avatar: text(args, "avatar"),
        gender: enumerated("gender", &|it| {
            Some(match it {
                "Gender_Type_Unknown" => Gender::Unknown as i32,
                "Gender_Type_Female" => Gender::Female as i32,
                "Gender_Type_Male" => Gender::Male as i32,
                _ => return None,
            })
        })?,
        birthday: counted("birthday"),
        location: text(args, "location"),
        self_signature: text(args, "selfSignature"),
        allow_type: enumerated("allowType", &|it| {
            Some(match it {
                "AllowType_Type_AllowAny" => AllowType::AllowAny as i32,
                "AllowType_Type_NeedConfirm" => AllowType::NeedConfirm as i32,
                "AllowType_Type_DenyAny" => AllowType::DenyAny as i32,
                _ => return None,
            })
        })?,
        language: counted("language"),
        message_settings: counted("messageSettings"),
        admin_forbid_type: enumerated("adminForbidType", &|it| {
            Some(match it {
                "AdminForbid_Type_None" => AdminForbidType::None as i32,
                "AdminForbid_Type_SendOut" => AdminForbidType::SendOut as i32,
                _ => return None,
            })
        })?,
        level: counted("level"),
        role: counted("role"),
        custom_fields: custom
            .iter()
            .map(|it| wire::CustomField {
                key: text_or_empty(it, "key"),
                value: text_or_empty(it, "value"),
            })
            .collect(),
    })
}

/// A message that the app hands back.
fn message_ref(message: &JsValue) -> Result<MessageRef, Failure> {
    Ok(MessageRef {
        conversation: conversation(message)?,
        key: message_key(message)?,
        sequence: Sequence(number(message, "sequence").unwrap_or(0.0) as u64),
        is_own: text_or_empty(message, "flow") == "out",
        wants_receipt: flag(message, "needReadReceipt"),
    })
}

fn message_refs(args: &JsValue) -> Result<Vec<MessageRef>, Failure> {
    items(args, "messageList").iter().map(message_ref).collect()
}

fn message_key(message: &JsValue) -> Result<MessageKey, Failure> {
    MessageKey::parse(&text_or_empty(message, "ID")).ok_or(Failure::of(Code::NOT_A_MESSAGE))
}

fn conversation(args: &JsValue) -> Result<ConversationId, Failure> {
    ConversationId::parse(&text_or_empty(args, "conversationID")).map_err(malformed)
}

fn conversations(args: &JsValue) -> Result<Vec<ConversationId>, Failure> {
    let ids = texts(args, "conversationIDList");
    let ids = ids.iter().map(|it| ConversationId::parse(it).map_err(malformed));
    ids.collect()
}

/// The list in its three forms: all, those that are named, those that a filter lets through.
fn conversation_list(args: &JsValue) -> Result<Call, Failure> {
    let ids = conversations(args)?;
    if !ids.is_empty() {
        return Ok(Call::GetConversations { ids });
    }
    let filter = ConversationFilter {
        kind: text(args, "type"),
        group: text(args, "groupName"),
        mark: number(args, "markType").map(mark),
        has_unread: flag(args, "hasUnreadCount"),
        has_group_at: flag(args, "hasGroupAtInfo"),
    };
    Ok(match filter == ConversationFilter::default() {
        true => Call::GetConversationList,
        false => Call::FilterConversationList(filter),
    })
}

/// A mark as JavaScript's numbers have it: powers of two are exact in them. What is none is told as one that there is not.
fn mark(number: f64) -> u64 {
    let mark = number as u64;
    if mark as f64 == number { mark } else { u64::MAX }
}

/// The conversation that `to` and `conversationType` name.
fn to(object: &JsValue) -> Result<ConversationId, Failure> {
    let to = text_or_empty(object, "to");
    match text_or_empty(object, "conversationType").as_str() {
        "C2C" => Ok(ConversationId::C2c(
            UserId::parse(&to, Code::RECEIVER_UNKNOWN).map_err(malformed)?,
        )),
        "GROUP" => Ok(ConversationId::Group(GroupId::parse(&to).map_err(malformed)?)),
        _ => Err(Failure::of(Code::CONVERSATION_TYPE_INVALID)),
    }
}

fn group_id(args: &JsValue) -> Result<GroupId, Failure> {
    GroupId::parse(&text_or_empty(args, "groupID"))
        .map_err(|it| Failure::new(Code::SDK_GROUP_ID_INVALID, it.what))
}

fn users(args: &JsValue, code: Code) -> Result<Vec<UserId>, Failure> {
    let users = texts(args, "userIDList");
    let users = users.iter().map(|it| UserId::parse(it, code).map_err(malformed));
    users.collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
const fn malformed(malformed: Malformed) -> Failure {
    Failure::new(malformed.code, malformed.what)
}
