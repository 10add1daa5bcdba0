//! The core's outputs as JavaScript values, under the public names (spec/objects.json, spec/events.json).
//!
//! **Comes in:** outputs, messages, conversations, groups, profiles. **Goes out:** plain objects. **Never here:** which output
//! follows from what.

use hongyan_protocol::body::Body;
use hongyan_protocol::conversation::ConversationState;
use hongyan_protocol::group::{self, Group, GroupMember};
use hongyan_protocol::id::{ConversationId, UserId};
use hongyan_protocol::limits;
use hongyan_protocol::message as wired;
use hongyan_protocol::profile::{AdminForbidType, AllowType, Gender, Profile};
use hongyan_protocol::receipt::Receipt;
use hongyan_protocol::settings::{self, RemindType, SettingsChange};
use hongyan_protocol::wire::{self, element::Kind};
use hongyan_sdk::core::{
    Answer, Event, Failure, GroupView, HopNext, Joined, Message, Output, ReadReceipt, for_show,
    is_read_by_peer,
};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

use crate::download_key;
use crate::links::whole;
use crate::object::Object;

pub(crate) fn output(output: Output) -> JsValue {
    let it = Object::new();
    match output {
        Output::Open => it.text("kind", "open"),
        Output::Close { code, reason } => it
            .text("kind", "close")
            .number("code", f64::from(code))
            .text("reason", reason),
        Output::Send(bytes) => {
            let bytes = Uint8Array::from(bytes.as_ref());
            it.text("kind", "send").value("bytes", &bytes.into())
        }
        Output::WakeAt(at) => it.text("kind", "wakeAt").number("atMs", at.0 as f64),
        Output::Sleep => it.text("kind", "sleep"),
        Output::Answer { call, answer } => it
            .text("kind", "answer")
            .number("call", f64::from(call))
            .value("data", &self::answer(answer)),
        Output::Failure { call, failure } => {
            let it = it
                .text("kind", "failure")
                .number("call", f64::from(call))
                .number("code", f64::from(failure.code.0))
                .text("message", &failure.text);
            match &failure.message {
                Some(message) => it.value("data", &one("message", &self::message(message))),
                None => it,
            }
        }
        Output::Event(event) => {
            let (name, data) = self::event(event);
            it.text("kind", "event").text("name", name).value("data", &data)
        }
        Output::Log { level, text } => it
            .text("kind", "log")
            .number("level", f64::from(level as u8))
            .text("text", &text),
    }
    .build()
}

pub(crate) fn failure(failure: &Failure) -> JsValue {
    Object::new()
        .number("code", f64::from(failure.code.0))
        .text("message", &failure.text)
        .build()
}

fn answer(answer: Answer) -> JsValue {
    let it = Object::new();
    match answer {
        Answer::Done => it,
        Answer::LoggedIn { repeat } => {
            let info = if repeat {
                "logged in already; this login changed nothing"
            } else {
                ""
            };
            it.text("actionStatus", "OK")
                .number("errorCode", 0.0)
                .text("errorInfo", info)
                .flag("repeatLogin", repeat)
        }
        Answer::Message(message) => it.value("message", &self::message(&message)),
        Answer::Revoked {
            key,
            revoker,
            message,
        } => {
            let message = match message {
                Some(message) => self::message(&message),
                None => Object::new()
                    .text("ID", &key.to_string())
                    .flag("isRevoked", true)
                    .text("revoker", revoker.as_str())
                    .build(),
            };
            it.value("message", &message)
        }
        Answer::MessagesDeleted(messages) => {
            let list = messages.into_iter().map(|(key, message)| match message {
                Some(message) => self::message(&message),
                None => deleted(key),
            });
            it.list("messageList", list.collect())
        }
        Answer::Extensions(list) => {
            let list = list.iter().map(|outcome| {
                let it = Object::new()
                    .text("key", &outcome.key)
                    .text("value", &outcome.value);
                match outcome.code {
                    Some(code) => it.number("code", f64::from(code.0)),
                    None => it,
                }
                .build()
            });
            it.list("extensions", list.collect())
        }
        Answer::Messages { messages, next } => it
            .list("messageList", messages.iter().map(|it| message(it)).collect())
            .text(
                "nextReqMessageID",
                &next.map(|it| it.to_string()).unwrap_or_default(),
            )
            .flag("isCompleted", next.is_none()),
        Answer::Conversations {
            conversations,
            complete,
        } => it
            .list(
                "conversationList",
                conversations.iter().map(|it| conversation(it)).collect(),
            )
            .flag("isSyncCompleted", complete),
        Answer::Hopped { messages: list, next } => {
            let it = it
                .value("messageList", &messages(&list))
                .flag("isCompleted", next.is_none());
            match next {
                Some(HopNext::Sequence(sequence)) => it.number("nextMessageSeq", sequence.0 as f64),
                Some(HopNext::Time(time)) => it.number("nextMessageTime", time),
                None => it,
            }
        }
        Answer::Receipts {
            conversation,
            asked,
            receipts,
        } => {
            let changed = asked
                .iter()
                .map(|key| match receipts.iter().find(|it| it.key == *key) {
                    Some(receipt) => changed_receipt(&conversation, receipt),
                    None => Object::new().text("ID", &key.to_string()).build(),
                });
            it.list("messageList", changed.collect())
        }
        Answer::Readers {
            key,
            unread,
            users: list,
            cursor,
        } => {
            let empty = || users(&[]);
            let (read, unread) = match unread {
                false => (users(&list), empty()),
                true => (empty(), users(&list)),
            };
            it.text("messageID", &key.to_string())
                .flag("isCompleted", cursor.is_none())
                .text("cursor", &cursor.unwrap_or_default())
                .value("readUserIDList", &read)
                .value("unreadUserIDList", &unread)
        }
        Answer::Conversation(state) => it.value("conversation", &conversation(&state)),
        Answer::SettingChanged {
            conversation,
            change,
            group,
        } => match (change, group) {
            (SettingsChange::Remind(_), Some(group)) => it.value("group", &group_view(&group)),
            _ => it.text("conversationID", &conversation.to_string()),
        },
        Answer::SettingsChanged {
            done,
            refused,
            change,
        } => settled(it, &done, &refused, &change),
        Answer::ConversationGroups(names) => return names_of(&names),
        Answer::Drafted(conversation) => it.text("conversationID", &conversation.to_string()),
        Answer::Groups(groups) => it.list("groupList", groups.iter().map(group_view).collect()),
        Answer::Group(group) => it.value("group", &group_view(&group)),
        Answer::GroupCreated(group) => it
            .value("group", &group_view(&group))
            .list("overLimitUserIDList", Array::new()),
        Answer::Joined(joined) => match joined {
            Joined::Success(group) => it
                .text("status", "JoinedSuccess")
                .value("group", &group_view(&group)),
            Joined::Already(group) => it
                .text("status", "AlreadyInGroup")
                .value("group", &group_view(&group)),
            Joined::WaitsForApproval => it.text("status", "WaitAdminApproval"),
        },
        Answer::GroupLeft(group) => it.text("groupID", group.as_str()),
        Answer::Members { members, next_offset } => it
            .list("memberList", members.iter().map(member).collect())
            .number("offset", f64::from(next_offset)),
        Answer::Profile(it) => return profile(&it),
        Answer::Profiles(list) => return list.iter().map(profile).collect::<Array>().into(),
        Answer::Users(list) => return users(&list),
        Answer::Translated(texts) => {
            let texts = texts.iter().map(|it| JsValue::from_str(it));
            it.list("translatedTextList", texts.collect())
        }
        Answer::UploadBegun { path, part_bytes } => {
            it.text("path", &path).number("partBytes", f64::from(part_bytes))
        }
    }
    .build()
}

fn event(event: Event) -> (&'static str, JsValue) {
    match event {
        Event::Ready => ("sdkStateReady", JsValue::UNDEFINED),
        Event::NotReady => ("sdkStateNotReady", JsValue::UNDEFINED),
        Event::Destroyed => ("sdkDestroy", JsValue::UNDEFINED),
        Event::Reloaded => ("sdkReload", JsValue::UNDEFINED),
        Event::MessageReceived(list) => ("onMessageReceived", messages(&list)),
        Event::MessageModified(list) => ("onMessageModified", messages(&list)),
        Event::MessageRevoked(list) => ("onMessageRevoked", messages(&list)),
        Event::MessageDeleted(keys) => {
            let list: Array = keys.into_iter().map(deleted).collect();
            ("messageDeleted", list.into())
        }
        Event::MessageExtensionsUpdated { message, extensions } => {
            let list = extensions.iter().map(|(key, value)| {
                let it = Object::new().text("key", key).text("value", value);
                it.build()
            });
            let data = Object::new()
                .text("messageID", &message.key().to_string())
                .list("extensions", list.collect())
                .build();
            ("onMessageExtensionsUpdated", data)
        }
        Event::MessageExtensionsDeleted { message, keys } => {
            let data = Object::new()
                .text("messageID", &message.key().to_string())
                .list("keyList", keys.iter().map(|it| JsValue::from_str(it)).collect())
                .build();
            ("onMessageExtensionsDeleted", data)
        }
        Event::MessageReadByPeer(list) => ("onMessageReadByPeer", messages(&list)),
        Event::MessageReadReceiptReceived(list) => {
            let records: Array = list.iter().map(receipt_record).collect();
            let changed = list
                .iter()
                .map(|it| changed_receipt(&it.conversation, &it.receipt));
            let data = Object::new()
                .list("records", records)
                .list("messageList", changed.collect())
                .build();
            ("onMessageReadReceiptReceived", data)
        }
        Event::ConversationListUpdated(list) => {
            let list: Array = list.iter().map(|it| conversation(it)).collect();
            ("onConversationListUpdated", list.into())
        }
        Event::TotalUnreadCountUpdated(count) => (
            "onTotalUnreadMessageCountUpdated",
            JsValue::from_f64(count as f64),
        ),
        Event::ConversationGroupListUpdated(names) => ("onConversationGroupListUpdated", names_of(&names)),
        Event::ConversationInGroupUpdated { name, conversations } => {
            let list = conversations.iter().map(|it| conversation(it)).collect();
            let data = Object::new()
                .text("groupName", &name)
                .list("conversationList", list);
            ("onConversationInGroupUpdated", data.build())
        }
        Event::GroupListUpdated(list) => {
            let list: Array = list.iter().map(group_view).collect();
            ("onGroupListUpdated", list.into())
        }
        Event::GroupNoticeReceived {
            operation,
            message: it,
        } => {
            let data = Object::new()
                .number("type", f64::from(operation))
                .value("message", &message(&it))
                .build();
            ("receiveGroupSystemNotice", data)
        }
        Event::ProfileUpdated(list) => {
            let list: Array = list.iter().map(profile).collect();
            ("onProfileUpdated", list.into())
        }
        Event::BlacklistUpdated(list) => ("blacklistUpdated", users(&list)),
        Event::KickedOut(reason) => ("kickedOut", one("type", &JsValue::from_str(reason.public()))),
        Event::NetStateChanged(state) => ("netStateChange", one("state", &JsValue::from_str(state.public()))),
        Event::Error(it) => ("error", failure(&it)),
    }
}

/// `ReadReceiptInfo`; empty when nothing is known.
fn receipt_info(conversation: &ConversationId, receipt: Option<&Receipt>) -> JsValue {
    let it = Object::new();
    match (conversation, receipt) {
        (_, None) => it,
        (ConversationId::Group(_), Some(receipt)) => it
            .number("readCount", receipt.read_count as f64)
            .number("unreadCount", receipt.unread_count as f64),
        (_, Some(receipt)) => it
            .flag("isPeerRead", receipt.read_count > 0)
            .number("timestamp", receipt.time.seconds() as f64),
    }
    .build()
}

/// What changes on the app's message.
fn changed_receipt(conversation: &ConversationId, receipt: &Receipt) -> JsValue {
    Object::new()
        .text("ID", &receipt.key.to_string())
        .value("readReceiptInfo", &receipt_info(conversation, Some(receipt)))
        .build()
}

/// `ReadReceipt`.
fn receipt_record(it: &ReadReceipt) -> JsValue {
    let record = Object::new().text("messageID", &it.receipt.key.to_string());
    match &it.conversation {
        ConversationId::Group(group) => record
            .text("groupID", group.as_str())
            .number("readCount", it.receipt.read_count as f64)
            .number("unreadCount", it.receipt.unread_count as f64),
        ConversationId::C2c(peer) => record
            .text("userID", peer.as_str())
            .flag("isPeerRead", it.receipt.read_count > 0),
        ConversationId::System => record,
    }
    .build()
}

pub(crate) fn message(message: &Message) -> JsValue {
    let data = &message.data;
    let element = data.body.first();
    // A notice of a group is "to" that group, as apps expect it.
    let to = match (&element, &message.data.to) {
        (Some(Kind::GroupNotice(notice)), _) => notice.group_id.as_str(),
        (_, wired::Target::User(user) | wired::Target::System(user)) => user.as_str(),
        (_, wired::Target::Group(group)) => group.as_str(),
    };
    let at_users = match &element {
        Some(Kind::Text(text)) => text.at_user_ids.iter().map(|it| JsValue::from_str(it)).collect(),
        _ => Array::new(),
    };
    let mut revoker = JsValue::NULL;
    if let Some(user) = &data.revoker {
        revoker = JsValue::from_str(user.as_str());
    }
    Object::new()
        .text("ID", &data.key.to_string())
        .text("type", type_of(element.as_ref()))
        .value("payload", &payload(element.as_ref(), 0))
        .text("conversationID", &message.conversation.to_string())
        .text("conversationType", conversation_type(&message.conversation))
        .text("to", to)
        .text("from", data.from.as_str())
        .text("flow", if message.is_own { "out" } else { "in" })
        .number("time", data.time.seconds() as f64)
        .text("status", message.status.public())
        .flag("isRevoked", message.is_revoked())
        .value("revoker", &revoker)
        .text("priority", data.priority.public())
        .text("nick", &data.nick)
        .text("avatar", &data.avatar)
        .text("nameCard", &data.name_card)
        .flag("isPeerRead", message.is_peer_read)
        .list("atUserList", at_users)
        .text("cloudCustomData", &data.cloud_custom_data)
        .flag("isDeleted", message.is_deleted)
        .flag("isModified", message.is_modified)
        .flag("needReadReceipt", data.flags.need_read_receipt)
        .value(
            "readReceiptInfo",
            &receipt_info(&message.conversation, message.receipt.as_ref()),
        )
        .flag("isBroadcastMessage", false)
        .flag("isSupportExtension", data.flags.support_extension)
        .value("receiverList", &users(&data.receivers))
        .number("sequence", data.sequence.0 as f64)
        .number("random", f64::from(data.key.random))
        .number("clientTime", f64::from(data.key.client_time_s))
        // What `modifyMessage` tells the server, so that nobody's change is lost.
        .number("edits", f64::from(data.edits))
        .build()
}

fn conversation(state: &ConversationState) -> JsValue {
    let last = last_message(state.last_message.as_ref(), is_read_by_peer(state));
    let it = Object::new()
        .text("conversationID", &state.id.to_string())
        .text("type", conversation_type(&state.id))
        .number("unreadCount", state.shown_unread() as f64)
        .value("lastMessage", &last)
        .list("groupAtInfoList", mentions(state))
        .text("remark", "")
        .flag("isPinned", state.settings.is_pinned)
        .text("messageRemindType", settings::remind_public(state.remind()))
        .list("markList", marks(state.settings.marks))
        .text("customData", &state.settings.custom_data)
        .value("conversationGroupList", &names_of(&state.settings.groups))
        .text("draftText", &state.draft);
    let it = match &state.peer {
        Some(peer) => it.value("userProfile", &profile(peer)),
        None => it,
    };
    match &state.group {
        Some(group) => it.value("groupProfile", &self::group(group, &last, state.remind())),
        None => it,
    }
    .build()
}

/// The unread messages that mention this account or all.
fn mentions(state: &ConversationState) -> Array {
    let ConversationId::Group(group) = &state.id else {
        return Array::new();
    };
    let mentions = state.mentions.iter().map(|it| {
        let kind = match (it.me, it.all) {
            (true, true) => 3.0,
            (_, true) => 2.0,
            _ => 1.0,
        };
        Object::new()
            .text("groupID", group.as_str())
            .number("messageSequence", it.sequence.0 as f64)
            .list("atTypeArray", [JsValue::from_f64(kind)].iter().collect())
            .build()
    });
    mentions.collect()
}

fn last_message(message: Option<&wired::Message>, is_peer_read: bool) -> JsValue {
    let Some(data) = message else {
        return Object::new()
            .number("lastTime", 0.0)
            .number("lastSequence", 0.0)
            .text("fromAccount", "")
            .text("messageForShow", "")
            .value("payload", &JsValue::NULL)
            .text("type", "")
            .flag("isRevoked", false)
            .flag("isPeerRead", false)
            .text("nick", "")
            .text("nameCard", "")
            .value("revoker", &JsValue::NULL)
            .build();
    };
    let element = data.body.first();
    let mut revoker = JsValue::NULL;
    if let Some(user) = &data.revoker {
        revoker = JsValue::from_str(user.as_str());
    }
    Object::new()
        .number("lastTime", data.time.seconds() as f64)
        .number("lastSequence", data.sequence.0 as f64)
        .text("fromAccount", data.from.as_str())
        .text("messageForShow", &for_show(data))
        .value("payload", &payload(element.as_ref(), 0))
        .text("type", type_of(element.as_ref()))
        .flag("isRevoked", data.revoker.is_some())
        .flag("isPeerRead", is_peer_read)
        .text("nick", &data.nick)
        .text("nameCard", &data.name_card)
        .value("revoker", &revoker)
        .build()
}

fn group_view(view: &GroupView) -> JsValue {
    let last = view.conversation.as_ref().and_then(|it| it.last_message.as_ref());
    let remind = view.conversation.as_ref().map(|it| it.remind());
    let remind = remind.unwrap_or_else(|| settings::remind_default(view.group.kind));
    group(&view.group, &last_message(last, false), remind)
}

fn group(group: &Group, last_message: &JsValue, remind: RemindType) -> JsValue {
    let me = Object::new().text("messageRemindType", settings::remind_public(remind));
    let me = match &group.self_info {
        Some(it) => me
            .text("role", group::role_public(it.role))
            .number("joinTime", it.joined.seconds() as f64)
            .text("nameCard", &it.name_card),
        None => me.text("role", "").number("joinTime", 0.0).text("nameCard", ""),
    };
    Object::new()
        .text("groupID", group.id.as_str())
        .text("name", &group.name)
        .text("avatar", &group.avatar)
        .text("type", group::type_public(group.kind))
        .text("introduction", &group.introduction)
        .text("notification", &group.notification)
        .text("ownerID", group.owner.as_ref().map_or("", UserId::as_str))
        .number("createTime", group.created.seconds() as f64)
        .number("infoSequence", group.info_sequence as f64)
        .number("lastInfoTime", group.last_info.seconds() as f64)
        .value("selfInfo", &me.build())
        .value("lastMessage", last_message)
        .number("nextMessageSeq", group.last_sequence.next().0 as f64)
        .number("memberCount", f64::from(group.member_count))
        .number("maxMemberCount", f64::from(group.member_count_max))
        .flag("muteAllMembers", group.mute_all_members)
        .text("joinOption", group::join_option_public(group.join_option))
        .text("inviteOption", "")
        .list("groupCustomField", Array::new())
        .flag("isSupportTopic", false)
        .build()
}

fn member(member: &GroupMember) -> JsValue {
    Object::new()
        .text("userID", member.user_id.as_str())
        .text("avatar", &member.avatar)
        .text("nick", &member.nick)
        .text("role", group::role_public(member.role))
        .number("joinTime", member.joined.seconds() as f64)
        .text("nameCard", &member.name_card)
        .number("muteUntil", member.mute_until.seconds() as f64)
        .list("memberCustomField", Array::new())
        .build()
}

fn profile(profile: &Profile) -> JsValue {
    let custom = profile.custom_fields.iter().map(|(key, value)| {
        let field = Object::new().text("key", key).text("value", value);
        field.build()
    });
    Object::new()
        .text("userID", profile.user_id.as_str())
        .text("nick", &profile.nick)
        .text(
            "gender",
            match profile.gender {
                Gender::Unknown => "Gender_Type_Unknown",
                Gender::Female => "Gender_Type_Female",
                Gender::Male => "Gender_Type_Male",
            },
        )
        .number("birthday", f64::from(profile.birthday))
        .text("location", &profile.location)
        .text("selfSignature", &profile.self_signature)
        .text(
            "allowType",
            match profile.allow_type {
                AllowType::AllowAny => "AllowType_Type_AllowAny",
                AllowType::NeedConfirm => "AllowType_Type_NeedConfirm",
                AllowType::DenyAny => "AllowType_Type_DenyAny",
            },
        )
        .number("language", f64::from(profile.language))
        .text("avatar", &profile.avatar)
        .number("messageSettings", f64::from(profile.message_settings))
        .text(
            "adminForbidType",
            match profile.admin_forbid_type {
                AdminForbidType::None => "AdminForbid_Type_None",
                AdminForbidType::SendOut => "AdminForbid_Type_SendOut",
            },
        )
        .number("level", f64::from(profile.level))
        .number("role", f64::from(profile.role))
        .number("lastUpdatedNumber", profile.updated.0 as f64)
        .list("profileCustomField", custom.collect())
        .build()
}

fn type_of(element: Option<&Kind>) -> &'static str {
    match element {
        Some(Kind::Text(_)) => "TIMTextElem",
        Some(Kind::Custom(_)) | None => "TIMCustomElem",
        Some(Kind::Face(_)) => "TIMFaceElem",
        Some(Kind::Location(_)) => "TIMLocationElem",
        Some(Kind::Image(_)) => "TIMImageElem",
        Some(Kind::Audio(_)) => "TIMSoundElem",
        Some(Kind::Video(_)) => "TIMVideoFileElem",
        Some(Kind::File(_)) => "TIMFileElem",
        Some(Kind::Merger(_)) => "TIMRelayElem",
        Some(Kind::GroupTip(_)) => "TIMGroupTipElem",
        Some(Kind::GroupNotice(_)) => "TIMGroupSystemNoticeElem",
    }
}

/// `level`: how many mergers are around it.
fn payload(element: Option<&Kind>, level: u32) -> JsValue {
    let it = Object::new();
    match element {
        Some(Kind::Text(text)) => it.text("text", &text.text),
        Some(Kind::Custom(custom)) => it
            .text("data", &custom.data)
            .text("description", &custom.description)
            .text("extension", &custom.extension),
        Some(Kind::Face(face)) => it.number("index", f64::from(face.index)).text("data", &face.data),
        Some(Kind::Location(location)) => it
            .text("description", &location.description)
            .number("latitude", location.latitude)
            .number("longitude", location.longitude),
        Some(Kind::Image(image)) => {
            let infos = image.infos.iter().map(|it| {
                Object::new()
                    .number("type", f64::from(it.r#type))
                    .number("width", f64::from(it.width))
                    .number("height", f64::from(it.height))
                    .number("size", it.size as f64)
                    .text("url", &whole(&it.url))
                    .build()
            });
            it.text("uuid", &image.uuid)
                .number("imageFormat", f64::from(image.format))
                .list("imageInfoArray", infos.collect())
        }
        Some(Kind::Audio(audio)) => it
            .text("uuid", &audio.uuid)
            .text("url", &whole(&audio.url))
            .number("size", audio.size as f64)
            .number("second", f64::from(audio.second)),
        Some(Kind::Video(video)) => it
            .text("videoFormat", &video.format)
            .number("videoSecond", f64::from(video.second))
            .number("videoSize", video.size as f64)
            .text("videoUrl", &whole(&video.url))
            .text("videoUUID", &video.uuid)
            .text("snapshotUrl", &whole(&video.snapshot_url))
            .number("snapshotWidth", f64::from(video.snapshot_width))
            .number("snapshotHeight", f64::from(video.snapshot_height)),
        Some(Kind::File(file)) => it
            .text("uuid", &file.uuid)
            .text("fileName", &file.name)
            .text("fileUrl", &whole(&file.url))
            .number("fileSize", file.size as f64),
        Some(Kind::Merger(merger)) => {
            let is_beyond = level >= limits::MERGER_DEPTH_MAX;
            let shown = if is_beyond {
                &[]
            } else {
                merger.messages.as_slice()
            };
            let key = match merger.download_key.is_empty() {
                true => String::new(),
                false => download_key::write(&merger.download_key, merger.depth),
            };
            it.text("downloadKey", &key)
                .list("messageList", shown.iter().map(|it| merged(it, level)).collect())
                .text("title", &merger.title)
                .list(
                    "abstractList",
                    merger.abstracts.iter().map(|it| JsValue::from_str(it)).collect(),
                )
                .text("compatibleText", &merger.compatible_text)
                .flag("layersOverLimit", is_beyond)
        }
        Some(Kind::GroupTip(tip)) => {
            let members = tip.members.iter().map(|it| {
                Object::new()
                    .text("userID", &it.user_id)
                    .text("nick", &it.nick)
                    .text("avatar", &it.avatar)
                    .build()
            });
            it.number("operationType", f64::from(tip.operation))
                .text("operatorID", &tip.operator_id)
                .list(
                    "userIDList",
                    tip.user_ids.iter().map(|it| JsValue::from_str(it)).collect(),
                )
                .number("groupJoinType", f64::from(tip.join_type))
                .number("memberCount", f64::from(tip.member_count))
                .value("newGroupProfile", &Object::new().build())
                .list("memberList", members.collect())
        }
        Some(Kind::GroupNotice(notice)) => {
            let group = Object::new()
                .text("groupID", &notice.group_id)
                .text("name", &notice.group_name)
                .text("type", &notice.group_type)
                .text("avatar", &notice.group_avatar);
            it.number("operationType", f64::from(notice.operation))
                .text("operatorID", &notice.operator_id)
                .value("groupProfile", &group.build())
                .text("userDefinedField", if notice.operation == 255 { &notice.text } else { "" })
                .text("handleMessage", &notice.text)
                // As a text: it is a 64-bit number.
                .text("application", &notice.application.to_string())
        }
        // Of a newer sender.
        None => it,
    }
    .build()
}

/// A message inside a merged one.
fn merged(message: &wire::MergedMessage, level: u32) -> JsValue {
    let body = Body::trusted(message.body.clone()).all();
    let parts = body.iter().map(|it| {
        Object::new()
            .text("type", type_of(Some(it)))
            .value("payload", &payload(Some(it), level + 1))
            .build()
    });
    Object::new()
        .text("ID", &message.id)
        .text("from", &message.from)
        .text("nick", &message.nick)
        .text("avatar", &message.avatar)
        .number("time", message.time_s as f64)
        .list("messageBody", parts.collect())
        .text("cloudCustomData", &message.cloud_custom_data)
        .build()
}

fn conversation_type(id: &ConversationId) -> &'static str {
    match id {
        ConversationId::C2c(_) => "C2C",
        ConversationId::Group(_) => "GROUP",
        ConversationId::System => hongyan_protocol::id::SYSTEM,
    }
}

/// For which conversations something was set, under the names of the function that set it.
fn settled(
    it: Object,
    done: &[ConversationId],
    refused: &[(ConversationId, Failure)],
    change: &SettingsChange,
) -> Object {
    let id = |it: &ConversationId| it.to_string();
    let ids = || done.iter().map(|it| JsValue::from_str(&id(it))).collect();
    let failures = |key: &str, name: &dyn Fn(&ConversationId) -> String| {
        let failed = refused.iter().map(|(conversation, why)| {
            Object::new()
                .text(key, &name(conversation))
                .number("code", f64::from(why.code.0))
                .text("message", &why.text)
                .build()
        });
        failed.collect()
    };
    let user = |it: &ConversationId| match it {
        ConversationId::C2c(user) => user.as_str().to_owned(),
        other => other.to_string(),
    };
    match change {
        SettingsChange::Deleted { .. } => it.list("conversationIDList", ids()),
        SettingsChange::Remind(_) => it
            .list(
                "successUserIDList",
                done.iter()
                    .map(|it| one("userID", &JsValue::from_str(&user(it))))
                    .collect(),
            )
            .list("failureUserIDList", failures("userID", &user)),
        _ => it
            .list("successConversationIDList", ids())
            .list("failureConversationIDList", failures("conversationID", &id)),
    }
}

fn marks(set: u64) -> Array {
    let bits = (0..64).map(|bit| 1_u64 << bit).filter(|mark| set & mark != 0);
    // Exact: a power of two.
    bits.map(|mark| JsValue::from_f64(mark as f64)).collect()
}

fn names_of(names: &[String]) -> JsValue {
    names
        .iter()
        .map(|it| JsValue::from_str(it))
        .collect::<Array>()
        .into()
}

fn messages(list: &[std::sync::Arc<Message>]) -> JsValue {
    list.iter().map(|it| message(it)).collect::<Array>().into()
}

/// A message of which only this is known.
fn deleted(key: wired::MessageKey) -> JsValue {
    let it = Object::new().text("ID", &key.to_string());
    it.flag("isDeleted", true).build()
}

fn users(list: &[UserId]) -> JsValue {
    list.iter()
        .map(|it| JsValue::from_str(it.as_str()))
        .collect::<Array>()
        .into()
}

fn one(name: &str, value: &JsValue) -> JsValue {
    Object::new().value(name, value).build()
}
