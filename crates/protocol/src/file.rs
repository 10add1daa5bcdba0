//! Files: their kinds, what a kind allows, and the links by which messages name them.
//!
//! **Comes in:** the wire's numbers, texts, encoded bodies. **Goes out:** kinds, ids, codes. **Never here:** bytes of files, and
//! where they are kept.

use std::fmt;

use crate::code::Code;
use crate::limits;
use crate::wire::{self, element::Kind};

/// How every link to a file of this service begins.
pub const LINK: &str = "/v1/files/";

/// What a file is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum FileKind {
    Image,
    Audio,
    Video,
    File,
}

impl FileKind {
    /// Takes the wire's number.
    pub fn from_wire(number: i32) -> Option<Self> {
        match wire::FileKind::try_from(number) {
            Ok(wire::FileKind::Image) => Some(Self::Image),
            Ok(wire::FileKind::Audio) => Some(Self::Audio),
            Ok(wire::FileKind::Video) => Some(Self::Video),
            Ok(wire::FileKind::File) => Some(Self::File),
            _ => None,
        }
    }

    /// The wire's number.
    pub const fn to_wire(self) -> wire::FileKind {
        match self {
            Self::Image => wire::FileKind::Image,
            Self::Audio => wire::FileKind::Audio,
            Self::Video => wire::FileKind::Video,
            Self::File => wire::FileKind::File,
        }
    }

    /// The kind of the file that a message carries.
    pub const fn of(element: &Kind) -> Option<Self> {
        match element {
            Kind::Image(_) => Some(Self::Image),
            Kind::Audio(_) => Some(Self::Audio),
            Kind::Video(_) => Some(Self::Video),
            Kind::File(_) => Some(Self::File),
            _ => None,
        }
    }

    /// How large it may be at the most.
    pub const fn bytes_max(self) -> u64 {
        match self {
            Self::Image | Self::Audio => limits::PICTURE_BYTES_MAX,
            Self::Video | Self::File => limits::FILE_BYTES_MAX,
        }
    }

    /// The code of one that is larger.
    pub const fn too_large(self) -> Code {
        match self {
            Self::Image => Code::IMAGE_TOO_LARGE,
            Self::Audio => Code::AUDIO_TOO_LARGE,
            Self::Video => Code::VIDEO_TOO_LARGE,
            Self::File => Code::FILE_TOO_LARGE,
        }
    }

    /// The code of one that could not be uploaded. Pictures have none of their own.
    pub const fn upload_failed(self) -> Code {
        match self {
            Self::Image => Code::SEND_FAILED,
            Self::Audio => Code::AUDIO_UPLOAD_FAILED,
            Self::Video => Code::VIDEO_UPLOAD_FAILED,
            Self::File => Code::FILE_UPLOAD_FAILED,
        }
    }
}

/// Names a file: 160 bits drawn at random, so that nobody guesses a link.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub [u8; FileId::BYTES]);

impl FileId {
    /// How many.
    pub const BYTES: usize = 20;
    const DIGITS: usize = 2 * Self::BYTES;

    /// Reads its text, 40 lowercase hexadecimal digits.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() != Self::DIGITS {
            return None;
        }
        let mut bytes = [0; Self::BYTES];
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

const fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A link lets its holder read: it is not printed.
impl fmt::Debug for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileId")
    }
}

/// The files that an encoded body links to, whatever kind of element names them: each once, at most `max` of them.
pub fn links(body: &[u8], max: usize) -> Vec<FileId> {
    let mut found = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(LINK.len()).position(|it| it == LINK.as_bytes()) {
        rest = &rest[at + LINK.len()..];
        if let Some(id) = rest.get(..FileId::DIGITS).and_then(FileId::parse)
            && !found.contains(&id)
        {
            if found.len() == max {
                break;
            }
            found.push(id);
        }
    }
    found
}

/// Whether the links of a file's element lead to where a reader may be led. Other elements have none.
pub(crate) fn has_good_links(element: &Kind) -> bool {
    match element {
        Kind::Image(it) => !it.infos.is_empty() && it.infos.iter().all(|it| is_link(&it.url)),
        Kind::Audio(it) => is_link(&it.url),
        Kind::Video(it) => is_link(&it.url) && (it.snapshot_url.is_empty() || is_link(&it.snapshot_url)),
        Kind::File(it) => is_link(&it.url),
        _ => true,
    }
}

/// A path of this service, or a whole address of the web; nothing that a page would run.
fn is_link(url: &str) -> bool {
    let leads = [LINK, "https://", "http://"].iter().any(|it| url.starts_with(it));
    leads
        && url.len() <= limits::LINK_BYTES_MAX
        && !url.contains(|it: char| it.is_whitespace() || it.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Body;

    const ID: &str = "00112233445566778899aabbccddeeff01234567";

    fn file(url: &str) -> Kind {
        Kind::File(wire::File {
            url: url.to_owned(),
            ..wire::File::default()
        })
    }

    #[test]
    fn an_id_is_read_as_it_was_written_and_nothing_else_is_one() {
        let id = FileId::parse(ID.as_bytes()).unwrap();
        assert_eq!(id.to_string(), ID);
        for bad in [
            "",
            "00",
            &ID[1..],
            &ID.to_uppercase(),
            &format!("{ID}0"),
            &ID.replace('0', "/"),
        ] {
            assert_eq!(FileId::parse(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn links_are_found_in_every_kind_of_element_and_each_counts_once() {
        let other = ID.replace('0', "1");
        let text = format!(
            "see {LINK}{ID}/original and https://im.example{LINK}{other}/file {LINK}{ID}/thumb {LINK}12"
        );
        let body = Body::of(Kind::Text(wire::Text {
            text,
            at_user_ids: Vec::new(),
        }));
        let found = |max| {
            links(body.bytes(), max)
                .iter()
                .map(FileId::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(found(10), [ID, &other]);
        assert_eq!(found(1), [ID]);
        assert_eq!(links(b"/v1/files/", 10), []);
    }

    #[test]
    fn a_files_link_leads_to_this_service_or_the_web_and_nowhere_else() {
        let parse = |url: &str| Body::parse(Body::of(file(url)).bytes().clone());
        for good in [
            &format!("{LINK}{ID}/file"),
            "https://cdn.example/a.pdf",
            "http://10.0.0.1/a",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        let long = format!("https://{}", "x".repeat(limits::LINK_BYTES_MAX));
        for bad in [
            "",
            "blob:http://a/b",
            "javascript:alert(1)",
            "data:text/html,x",
            "//evil.example",
            "https://a b",
            &long,
        ] {
            assert_eq!(parse(bad).unwrap_err().code, Code::MESSAGE_BODY_INVALID, "{bad}");
        }
        let image = Body::of(Kind::Image(wire::Image::default()));
        assert!(Body::parse(image.bytes().clone()).is_err());
    }
}
