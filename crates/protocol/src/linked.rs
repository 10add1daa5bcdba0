//! What a message, a profile, a group, or merged messages link to, and thereby keep.
//!
//! **Comes in:** what is about to be kept, encoded or as texts. **Goes out:** the names of files, and of merged messages that are
//! kept apart. **Never here:** for how long.
//!
//! A file's link is found wherever it stands: in a file's element, in a custom one, in an app's own data, in a picture's address.

use bytes::Bytes;
use prost::Message as _;

use crate::file::{FileId, links};
use crate::wire::{self, element::Kind};
use crate::{limits, merger};

/// No more links fit into what may be so long; each is at least 50 bytes.
const LINKS_MAX: usize = limits::MERGED_PART_BYTES_MAX / 50 + 1;

/// Something that is there for as long as something links to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Linked {
    /// An uploaded file.
    File(FileId),
    /// Merged messages that are kept apart.
    Merged([u8; merger::KEY_BYTES]),
}

impl Linked {
    /// Its name; a file's is longer than a key, so that none is taken for the other.
    pub const fn name(&self) -> &[u8] {
        match self {
            Self::File(id) => &id.0,
            Self::Merged(key) => key,
        }
    }
}

/// What a message links to: by its body, and by the app's text beside it. Each once.
pub fn of_message(body: &Bytes, cloud_custom_data: &str) -> Vec<Linked> {
    let mut found = of_files(body);
    add(&mut found, of_files(cloud_custom_data.as_bytes()));
    add(&mut found, of_keys(vec![body.clone()]));
    found
}

/// What a part of merged messages links to.
pub fn of_part(content: &Bytes) -> Vec<Linked> {
    let mut found = of_files(content);
    let part = wire::MergedMessages::decode(content.clone()).unwrap_or_default();
    let bodies = part.messages.into_iter().map(|it| it.body);
    add(&mut found, of_keys(bodies.collect()));
    found
}

/// What texts link to, or a profile's encoded form.
pub fn of_texts<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Vec<Linked> {
    let mut found = Vec::new();
    for text in texts {
        add(&mut found, of_files(text.as_ref()));
    }
    found
}

/// Whether something links to a file; quick, since most does not.
pub fn links_to_files(bytes: &[u8]) -> bool {
    !links(bytes, 1).is_empty()
}

fn of_files(bytes: &[u8]) -> Vec<Linked> {
    links(bytes, LINKS_MAX).into_iter().map(Linked::File).collect()
}

/// The keys of mergers, also of those inside others; without recursion, as the head of [`merger`] wants it.
fn of_keys(mut waiting: Vec<Bytes>) -> Vec<Linked> {
    let mut found = Vec::new();
    while let Some(body) = waiting.pop() {
        for element in wire::Body::decode(body).unwrap_or_default().elements {
            if let Some(Kind::Merger(merger)) = element.kind {
                found.extend(merger.download_key.as_ref().try_into().ok().map(Linked::Merged));
                waiting.extend(merger.messages.into_iter().map(|it| it.body));
            }
        }
    }
    found
}

fn add(found: &mut Vec<Linked>, more: Vec<Linked>) {
    for it in more {
        if !found.contains(&it) {
            found.push(it);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Body;

    fn file(digit: u8) -> (Linked, String) {
        let id = FileId([digit * 17; 20]);
        (
            Linked::File(id),
            format!("https://im.example/v1/files/{id}/original"),
        )
    }

    fn merged(body: &Body, cloud_custom_data: String) -> wire::MergedMessage {
        wire::MergedMessage {
            body: body.bytes().clone(),
            cloud_custom_data,
            ..wire::MergedMessage::default()
        }
    }

    fn merger(messages: Vec<wire::MergedMessage>, key: &'static [u8]) -> Body {
        Body::of(Kind::Merger(wire::Merger {
            messages,
            download_key: Bytes::from_static(key),
            ..wire::Merger::default()
        }))
    }

    #[test]
    fn a_custom_body_and_the_text_beside_a_message_link_to_files() {
        let (one, two) = (file(1), file(2));
        let body = Body::of(Kind::Custom(wire::Custom {
            data: format!("{{\"a\":\"{}\",\"b\":\"{}\"}}", one.1, one.1),
            ..wire::Custom::default()
        }));
        assert_eq!(of_message(body.bytes(), &two.1), [one.0, two.0]);
        assert_eq!(of_message(body.bytes(), &one.1), [one.0]);
        assert_eq!(of_texts([two.1.as_str(), "", one.1.as_str()]), [two.0, one.0]);
    }

    #[test]
    fn a_merger_links_to_what_is_kept_apart_and_to_all_that_is_in_it_however_deep() {
        let (picture, beside) = (file(1), file(2));
        let key = Linked::Merged([7; 16]);
        let text = Body::of(Kind::Text(wire::Text {
            text: picture.1,
            ..wire::Text::default()
        }));
        let apart = merger(Vec::new(), &[7; 16]);
        let inner = merger(vec![merged(&text, beside.1), merged(&apart, String::new())], b"");
        let outer = merger(vec![merged(&inner, String::new())], b"");
        let mut all = vec![picture.0, beside.0, key];
        assert_eq!(of_message(outer.bytes(), ""), all);
        let part = wire::MergedMessages {
            messages: vec![merged(&outer, String::new())],
        };
        assert_eq!(of_part(&part.encode_to_vec().into()), all);
        assert_eq!(of_message(apart.bytes(), ""), [key]);
        // Nothing in what cannot be read, but a link in it is one.
        all.truncate(1);
        let broken = Bytes::from(format!("\u{ff}{}", file(1).1));
        assert_eq!(of_part(&broken), all);
    }
}
