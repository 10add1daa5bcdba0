//! What fuzzing calls here, and the short run of it that needs no fuzzer.
//!
//! **Comes in:** any bytes. **Goes out:** nothing; whoever calls looks whether it comes back. **Never here:** in what is
//! shipped. The programs under `fuzz/` call the same functions with inputs that coverage leads to; the tests call them
//! with samples and what [`mutations`] makes of them, the same in every run.
//!
//! An input that ever broke something lies under its crate's `tests/crashers/<target>/` and is tried first.

use std::path::Path;

use bytes::Bytes;
use prost::Message as _;

use crate::body::Body;
use crate::frame;
use crate::id::{ConversationId, SdkAppId, Timestamp};
use crate::usersig;
use crate::wire;

/// The key under which the samples of [`user_sig`] are good.
pub const KEY: &str = "the key of fuzzing";
/// The app of those samples; their user is `alice`.
pub const APP: SdkAppId = SdkAppId(1_400_000_001);
/// When they were made.
pub const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// A WebSocket message. What was read is written and read again as the same.
pub fn frames(bytes: &[u8]) {
    let Ok(frames) = frame::decode(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    let packet = wire::Packet { frames };
    let again = frame::decode(packet.encode_to_vec().into()).expect("what was written is read");
    assert_eq!(again.len(), packet.frames.len());
    let _ = format!("{packet:?}");
}

/// The body of a message, and the names of conversations. What is taken is taken again as it is, and is shown.
pub fn body(bytes: &[u8]) {
    if let Ok(body) = Body::parse(Bytes::copy_from_slice(bytes)) {
        assert!(body.bytes().len() <= bytes.len());
        let kind = body.first();
        assert!(matches!(
            kind,
            Some(
                wire::element::Kind::Text(_)
                    | wire::element::Kind::Custom(_)
                    | wire::element::Kind::Face(_)
                    | wire::element::Kind::Location(_)
                    | wire::element::Kind::Image(_)
                    | wire::element::Kind::Audio(_)
                    | wire::element::Kind::Video(_)
                    | wire::element::Kind::File(_)
            )
        ));
        assert_eq!(Body::parse(body.bytes().clone()), Ok(body));
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(id) = ConversationId::parse(text)
    {
        assert_eq!(id.to_string(), text);
    }
}

/// A UserSig as it is sent, or, behind a first byte of 0, the document inside one. Nobody but [`KEY`] opens a door.
pub fn user_sig(bytes: &[u8]) {
    let text = match bytes.split_first() {
        Some((0, document)) => usersig::packed(document),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    for now in [Timestamp(0), NOW, Timestamp(u64::MAX)] {
        assert!(usersig::verify(&text, APP, "alice", "another key", now).is_err());
        if let Ok(verified) = usersig::verify(&text, APP, "alice", KEY, now) {
            assert!(verified.expires >= now);
        }
    }
}

/// Samples of [`frames`]: each kind of frame, and several in one message.
pub fn frame_samples() -> Vec<Vec<u8>> {
    let requests = request_samples();
    let mut samples: Vec<Vec<u8>> = requests
        .into_iter()
        .enumerate()
        .map(|(id, command)| {
            let request = wire::Request {
                id: id as u32,
                command: Some(command),
            };
            frame::request(request).to_vec()
        })
        .collect();
    let mut several = frame::ping(1).to_vec();
    several.extend_from_slice(&frame::pong(u32::MAX));
    several.extend_from_slice(&samples[0]);
    samples.push(several);
    samples
}

/// One of each command, with its fields filled.
pub fn request_samples() -> Vec<wire::request::Command> {
    use wire::request::Command;
    use wire::settings_change::Change;
    let user = || {
        let kind = Some(wire::conversation::Kind::UserId("bob".to_owned()));
        Some(wire::Conversation { kind })
    };
    let group = || {
        let kind = Some(wire::conversation::Kind::GroupId("team".to_owned()));
        Some(wire::Conversation { kind })
    };
    let group_id = || "team".to_owned();
    let user_ids = || vec!["bob".to_owned(), "carol".to_owned()];
    let set = |conversations: Vec<Option<wire::Conversation>>, change| {
        Command::ChangeSettings(wire::ChangeSettings {
            conversations: conversations.into_iter().flatten().collect(),
            change: Some(wire::SettingsChange { change: Some(change) }),
            sequences: vec![1],
        })
    };
    let send = |conversation, random| {
        Command::SendMessage(wire::SendMessage {
            conversation,
            client_time_s: NOW.seconds() as u32,
            random,
            body: body_samples()[0].clone().into(),
            cloud_custom_data: "data".to_owned(),
            ..wire::SendMessage::default()
        })
    };
    vec![
        Command::Login(wire::Login {
            sdk_app_id: APP.0,
            user_id: "alice".to_owned(),
            user_sig: usersig::issue(APP, "alice", KEY, NOW, 60),
            platform: wire::Platform::Web.into(),
            instance: vec![1; 16].into(),
            resume: true,
            sdk_version: "1".to_owned(),
        }),
        Command::Logout(wire::Logout {}),
        Command::Sync(wire::Sync {
            pts: 1,
            held: vec![wire::Held {
                conversation: user(),
                version: 1,
                sequence: 1,
            }],
            listed_ms: 1,
            again: true,
        }),
        Command::ListChanges(wire::ListChanges {
            conversation: group(),
            version: 1,
            sequence: 1,
        }),
        send(user(), 1),
        send(group(), 2),
        Command::RevokeMessage(wire::RevokeMessage {
            conversation: user(),
            sequence: 1,
        }),
        Command::ListMessages(wire::ListMessages {
            conversation: group(),
            before: 3,
            count: 20,
            hop: None,
        }),
        Command::ListConversations(wire::ListConversations {
            before_ms: NOW.0,
            count: 20,
        }),
        Command::FindConversation(wire::FindConversation {
            conversation: group(),
        }),
        Command::MarkRead(wire::MarkRead {
            conversation: user(),
            sequence: 1,
        }),
        Command::SendReceipts(wire::SendReceipts {
            conversation: group(),
            sequences: vec![1, 2],
        }),
        Command::ListReceipts(wire::ListReceipts {
            conversation: user(),
            sequences: vec![1],
        }),
        Command::ListReaders(wire::ListReaders {
            conversation: group(),
            sequence: 1,
            unread: true,
            cursor: "1".to_owned(),
            count: 10,
        }),
        Command::MarkAllRead(wire::MarkAllRead {
            scope: wire::ReadScope::C2c.into(),
        }),
        Command::CreateGroup(wire::CreateGroup {
            r#type: wire::GroupType::Public.into(),
            name: "team".to_owned(),
            group_id: group_id(),
            introduction: "about".to_owned(),
            notification: "news".to_owned(),
            avatar: "https://example.com/a.png".to_owned(),
            member_count_max: 10,
            member_ids: user_ids(),
            join_option: wire::JoinOption::NeedPermission.into(),
        }),
        Command::JoinGroup(wire::JoinGroup {
            group_id: group_id(),
            apply_message: "please".to_owned(),
        }),
        Command::HandleGroupApplication(wire::HandleGroupApplication {
            group_id: group_id(),
            application: 1,
            agree: true,
            text: "welcome".to_owned(),
        }),
        Command::QuitGroup(wire::QuitGroup { group_id: group_id() }),
        Command::DismissGroup(wire::DismissGroup { group_id: group_id() }),
        Command::FindGroup(wire::FindGroup { group_id: group_id() }),
        Command::ListGroups(wire::ListGroups {}),
        Command::ListGroupMembers(wire::ListGroupMembers {
            group_id: group_id(),
            offset: 1,
            count: 10,
        }),
        Command::FindProfiles(wire::FindProfiles { user_ids: user_ids() }),
        Command::UpdateProfile(wire::UpdateProfile {
            nick: Some("nick".to_owned()),
            gender: Some(1),
            custom_fields: vec![wire::CustomField {
                key: "Tag_Profile_Custom_a".to_owned(),
                value: "b".to_owned(),
            }],
            ..wire::UpdateProfile::default()
        }),
        Command::ListBlacklist(wire::ListBlacklist {}),
        Command::AddToBlacklist(wire::AddToBlacklist { user_ids: user_ids() }),
        Command::RemoveFromBlacklist(wire::RemoveFromBlacklist { user_ids: user_ids() }),
        set(vec![user(), group()], Change::Pinned(true)),
        set(vec![group()], Change::RemindType(3)),
        set(vec![user()], Change::MarkSet(1 << 63)),
        set(vec![user(), group()], Change::GroupCreated("work".to_owned())),
        set(vec![], Change::GroupRemoved("work".to_owned())),
        set(vec![user()], Change::Deleted(true)),
        Command::TranslateText(wire::TranslateText {
            texts: vec!["hello".to_owned()],
            source: "auto".to_owned(),
            target: "zh".to_owned(),
        }),
        Command::BeginUpload(wire::BeginUpload {
            kind: wire::FileKind::Image.into(),
            size: 1000,
            name: "a.png".to_owned(),
        }),
        Command::FinishUpload(wire::FinishUpload {
            path: "/v1/uploads/00112233445566778899aabbccddeeff01234567".to_owned(),
        }),
    ]
}

/// Samples of [`body`]: one of each element, also those that clients may not make.
pub fn body_samples() -> Vec<Vec<u8>> {
    use wire::element::Kind;
    let kinds = [
        Kind::Text(wire::Text {
            text: "hello".to_owned(),
            at_user_ids: vec!["bob".to_owned()],
        }),
        Kind::Custom(wire::Custom::default()),
        Kind::Face(wire::Face::default()),
        Kind::Location(wire::Location::default()),
        Kind::Image(wire::Image {
            infos: vec![wire::ImageInfo {
                url: "/v1/files/00112233445566778899aabbccddeeff01234567/thumb.jpg".to_owned(),
                ..wire::ImageInfo::default()
            }],
            ..wire::Image::default()
        }),
        Kind::File(wire::File {
            url: "https://example.com/a".to_owned(),
            ..wire::File::default()
        }),
        Kind::GroupTip(wire::GroupTip::default()),
        Kind::GroupNotice(wire::GroupNotice::default()),
    ];
    let bodies = kinds.into_iter().map(|kind| wire::Body {
        elements: vec![wire::Element { kind: Some(kind) }],
    });
    let names = ["C2Cbob", "GROUP@TGS#1", "@TIM#SYSTEM"].map(|it| it.as_bytes().to_vec());
    bodies.map(|it| it.encode_to_vec()).chain(names).collect()
}

/// Samples of [`user_sig`].
pub fn user_sig_samples() -> Vec<Vec<u8>> {
    let ticket = usersig::issue(APP, "alice", KEY, NOW, 60);
    let document = usersig::unpacked(&ticket).expect("a ticket of ours");
    let mut inside = vec![0];
    inside.extend_from_slice(&document);
    vec![ticket.into_bytes(), inside]
}

/// Tries a target with what once broke it, with its samples, and with `count` mutations of them.
///
/// # Panics
/// When the target does. The input is written down first, in hexadecimal and into a file to keep.
pub fn short_run(krate: &str, target: &str, samples: &[Vec<u8>], count: usize, run: impl Fn(&[u8])) {
    for kept in crashers(krate, target) {
        run(&kept);
    }
    for sample in samples {
        run(sample);
    }
    for input in mutations(samples).take(count) {
        let guard = Guard {
            krate,
            target,
            input: &input,
        };
        run(&input);
        std::mem::forget(guard);
    }
}

/// Inputs that once broke a target of a crate. `krate` is that crate's folder.
fn crashers(krate: &str, target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(krate).join("tests/crashers").join(target);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.flatten().map(|it| it.path()).collect();
    paths.sort();
    let kept = paths
        .iter()
        .map(|it| std::fs::read(it).expect("a kept input is readable"));
    kept.collect()
}

/// Tells of its input when the target panics.
struct Guard<'a> {
    krate: &'a str,
    target: &'a str,
    input: &'a [u8],
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let path = std::env::temp_dir().join(format!("hongyan-{}-crash", self.target));
        let _ = std::fs::write(&path, self.input);
        eprintln!(
            "this input broke it; once it is mended, keep it: mv {} {}/tests/crashers/{}/<what it was>",
            path.display(),
            self.krate,
            self.target
        );
    }
}

/// Endless changes of samples, the same in every run: flipped, cut, doubled, spliced, with extreme numbers put in.
pub fn mutations(samples: &[Vec<u8>]) -> impl Iterator<Item = Vec<u8>> {
    /// The lengths and numbers at which programs break: as varints, and the tags of wrong wire types.
    const EXTREMES: [&[u8]; 8] = [
        &[0],
        &[0x7f],
        &[0xff, 0xff, 0xff, 0xff, 0x07],
        &[0xff, 0xff, 0xff, 0xff, 0x0f],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        &[0xf0, 0x9f, 0x92, 0xa9],
        &[0xc0, 0x80],
    ];
    let samples = samples.to_vec();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    std::iter::from_fn(move || {
        let mut input = samples[chance.below(samples.len())].clone();
        for _ in 0..=chance.below(4) {
            let at = chance.below(input.len() + 1);
            match chance.below(8) {
                0 | 1 if at < input.len() => input[at] ^= 1 << chance.below(8),
                2 if at < input.len() => input[at] = chance.below(256) as u8,
                3 => input.truncate(at),
                4 => {
                    let extreme = EXTREMES[chance.below(EXTREMES.len())];
                    let end = (at + chance.below(2)).min(input.len());
                    input.splice(at..end, extreme.iter().copied());
                }
                5 => {
                    let other = &samples[chance.below(samples.len())];
                    let from = chance.below(other.len() + 1);
                    input.truncate(at);
                    input.extend_from_slice(&other[from..]);
                }
                6 => {
                    let end = (at + chance.below(16)).min(input.len());
                    let part = input[at..end].to_vec();
                    input.splice(at..at, part);
                }
                _ => {
                    let end = (at + chance.below(8)).min(input.len());
                    input.drain(at..end);
                }
            }
        }
        Some(input)
    })
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATE: &str = env!("CARGO_MANIFEST_DIR");

    #[test]
    fn no_message_breaks_the_frames() {
        short_run(CRATE, "frames", &frame_samples(), 20_000, frames);
    }

    #[test]
    fn no_bytes_break_the_body() {
        short_run(CRATE, "body", &body_samples(), 20_000, body);
    }

    #[test]
    fn no_ticket_breaks_the_check_or_opens_a_door() {
        short_run(CRATE, "user_sig", &user_sig_samples(), 5_000, user_sig);
    }
}
