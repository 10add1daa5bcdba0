//! Files: described when a message is made, asked an address for, and put into their message once they are kept.
//!
//! **Comes in:** what is known of a file on this device, and the server's answers. **Goes out:** elements and requests. **Never
//! here:** bytes of files; drivers bring them to the address.

use std::borrow::Cow;
use std::sync::Arc;

use hongyan_protocol::body::Body;
use hongyan_protocol::code::Code;
use hongyan_protocol::file::{FileKind, LINK};
use hongyan_protocol::id::Timestamp;
use hongyan_protocol::limits;
use hongyan_protocol::wire::element::Kind;
use hongyan_protocol::wire::{self, request::Command};

use super::Core;
use super::io::{Answer, CallId, Failure};
use super::message::Message;
use super::request::Then;

/// The endings and media types of pictures; mini-programs call some just "image".
const PICTURES: [&str; 7] = ["jpg", "jpeg", "png", "gif", "bmp", "webp", "image"];
/// Those of videos.
const VIDEOS: [&str; 3] = ["mp4", "mov", "quicktime"];
/// The larger of a picture's smaller sizes.
const LARGE: u32 = 2;

/// A file on this device, as far as it is known before it is read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LocalFile {
    /// Its name; may be empty.
    pub name: String,
    /// Its media type, as its owner says; may be empty.
    pub media_type: String,
    /// In bytes; `None`: not known yet.
    pub size: Option<u64>,
    /// Of a picture or a video's first one; 0: not known.
    pub width: u32,
    /// See [`LocalFile::width`].
    pub height: u32,
    /// How long it plays; 0: not known.
    pub second: u32,
    /// Where an app can show it until it is uploaded; may be empty.
    pub url: String,
    /// A video's picture, if there is one already; may be empty.
    pub snapshot_url: String,
}

/// Which file of a message is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The message's own.
    File,
    /// A video's picture.
    Snapshot,
}

impl LocalFile {
    /// The element of a message with this file.
    ///
    /// Errors: 2108 (empty), 2252, 2352 (a format that such messages do not take), 2253, 2301, 2351, 2402 (too large).
    pub fn element(self, kind: FileKind) -> Result<Kind, Failure> {
        if self.size == Some(0) {
            return Err(Failure::of(Code::FILE_EMPTY));
        }
        let size = self.size.unwrap_or(0);
        if size > kind.bytes_max() {
            return Err(Failure::of(kind.too_large()));
        }
        let uuid = String::new();
        Ok(match kind {
            FileKind::Image => {
                let format = self.format(&PICTURES).ok_or(Failure::of(Code::IMAGE_FORMAT))?;
                let (width, height) = (self.width, self.height);
                let info = |r#type| wire::ImageInfo {
                    r#type,
                    width,
                    height,
                    size,
                    url: self.url.clone(),
                };
                Kind::Image(wire::Image {
                    uuid,
                    format: image_format(format),
                    infos: (0..3).map(info).collect(),
                })
            }
            FileKind::Audio => Kind::Audio(wire::Audio {
                uuid,
                url: self.url,
                size,
                second: self.second,
            }),
            FileKind::Video => {
                let format = self.format(&VIDEOS).ok_or(Failure::of(Code::VIDEO_FORMAT))?;
                Kind::Video(wire::Video {
                    uuid,
                    format: String::from(video_format(format)),
                    url: self.url,
                    size,
                    second: self.second,
                    snapshot_url: self.snapshot_url,
                    snapshot_width: self.width,
                    snapshot_height: self.height,
                })
            }
            FileKind::File => Kind::File(wire::File {
                uuid,
                url: self.url,
                size,
                name: self.name,
            }),
        })
    }

    /// Its format among those that are taken: by its name's ending or by its media type. A file of which neither is known
    /// may be one; the server looks into it.
    fn format(&self, taken: &[&'static str]) -> Option<&'static str> {
        let ending = self.name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let subtype = self.media_type.rsplit('/').next().unwrap_or("");
        if ending.is_empty() && subtype.is_empty() {
            return Some("");
        }
        let known = |it: &str| taken.iter().copied().find(|taken| it.eq_ignore_ascii_case(taken));
        known(ending).or_else(|| known(subtype))
    }
}

/// The number of a picture's format (objects.json, `ImagePayload`), by an ending or a media type.
fn image_format(format: &str) -> u32 {
    match format {
        "jpg" | "jpeg" | "image/jpeg" => 1,
        "gif" | "image/gif" => 2,
        "png" | "image/png" => 3,
        "bmp" | "image/bmp" => 4,
        _ => 255,
    }
}

fn video_format(format: &str) -> &'static str {
    match format {
        "mov" | "quicktime" | "video/quicktime" => "mov",
        _ => "mp4",
    }
}

/// The element with the file that is kept now; what only the sender knows stays.
fn with_stored(element: Kind, part: Part, stored: wire::StoredFile) -> Kind {
    match element {
        Kind::Image(it) => Kind::Image(wire::Image {
            uuid: stored.uuid,
            format: image_format(&stored.media_type),
            infos: if stored.images.is_empty() {
                it.infos
            } else {
                stored.images
            },
        }),
        Kind::Audio(it) => Kind::Audio(wire::Audio {
            uuid: stored.uuid,
            url: stored.url,
            size: stored.size,
            ..it
        }),
        Kind::Video(it) if part == Part::Snapshot => {
            let shown = stored.images.iter().find(|it| it.r#type == LARGE);
            Kind::Video(wire::Video {
                snapshot_url: shown.map_or(stored.url, |it| it.url.clone()),
                snapshot_width: shown.map_or(it.snapshot_width, |it| it.width),
                snapshot_height: shown.map_or(it.snapshot_height, |it| it.height),
                ..it
            })
        }
        Kind::Video(it) => Kind::Video(wire::Video {
            uuid: stored.uuid,
            url: stored.url,
            size: stored.size,
            format: String::from(video_format(&stored.media_type)),
            ..it
        }),
        Kind::File(it) => Kind::File(wire::File {
            uuid: stored.uuid,
            url: stored.url,
            size: stored.size,
            ..it
        }),
        other => other,
    }
}

impl Message {
    /// The kind of its file, when it carries one.
    pub fn file_kind(&self) -> Option<FileKind> {
        self.data.body.first().as_ref().and_then(FileKind::of)
    }
}

impl Core {
    /// Tells where the server is reached over HTTP: `https://im.example.com`, without a slash at its end. Links to files begin
    /// there, unless the server names another place.
    pub fn set_server(&mut self, url: &str) {
        self.server = String::from(url);
    }

    /// Where links to files begin.
    pub fn files_url(&self) -> &str {
        if self.files_url.is_empty() {
            &self.server
        } else {
            &self.files_url
        }
    }

    pub(super) fn begin_upload(
        &mut self,
        now: Timestamp,
        call: CallId,
        kind: FileKind,
        size: u64,
        mut name: String,
    ) {
        if size == 0 {
            return self.out.fail(call, Failure::of(Code::FILE_EMPTY));
        }
        if size > kind.bytes_max() {
            return self.out.fail(call, Failure::of(kind.too_large()));
        }
        // The end says what it is.
        let mut from = name.len().saturating_sub(limits::FILE_NAME_BYTES_MAX);
        while !name.is_char_boundary(from) {
            from += 1;
        }
        name.drain(..from);
        let command = Command::BeginUpload(wire::BeginUpload {
            kind: kind.to_wire() as i32,
            size,
            name,
        });
        self.request(now, command, Then::UploadBegun { call });
    }

    pub(super) fn upload_begun(&mut self, call: CallId, result: wire::BeginUploadResult) {
        let answer = Answer::UploadBegun {
            path: result.path,
            part_bytes: result.part_bytes_max.max(1),
        };
        self.out.answer(call, answer);
    }

    pub(super) fn finish_upload(
        &mut self,
        now: Timestamp,
        call: CallId,
        path: String,
        message: Message,
        part: Part,
    ) {
        let command = Command::FinishUpload(wire::FinishUpload { path });
        let message = Box::new(message);
        self.request(now, command, Then::Uploaded { call, message, part });
    }

    pub(super) fn uploaded(
        &mut self,
        call: CallId,
        mut message: Message,
        part: Part,
        result: wire::FinishUploadResult,
    ) {
        let stored = result.file.unwrap_or_default();
        if let Some(element) = message.data.body.first() {
            message.data.body = Body::of(with_stored(element, part, stored));
        }
        self.out.answer(call, Answer::Message(Arc::new(message)));
    }

    /// A driver could not bring the bytes.
    pub(super) fn fail_upload(&mut self, call: CallId, message: Message, text: String) {
        let code = message
            .file_kind()
            .map_or(Code::SEND_FAILED, FileKind::upload_failed);
        let failure = Failure {
            text: Cow::Owned(text),
            ..Failure::of(code)
        };
        self.send_failed(call, message, failure);
    }
}

/// A link as it is read where the files begin at `base`: whole.
pub fn whole_link(base: &str, link: &str) -> String {
    if link.starts_with(LINK) {
        format!("{base}{link}")
    } else {
        String::from(link)
    }
}

/// A link as it travels: without where the files begin.
pub fn bare_link(base: &str, link: &str) -> String {
    let bare = link.strip_prefix(base).filter(|it| it.starts_with(LINK));
    String::from(bare.unwrap_or(link))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(file: LocalFile, kind: FileKind) -> Code {
        file.element(kind).map_or_else(|it| it.code, |_| Code(0))
    }

    fn file(name: &str, media_type: &str, size: u64) -> LocalFile {
        LocalFile {
            name: String::from(name),
            media_type: String::from(media_type),
            size: Some(size),
            ..LocalFile::default()
        }
    }

    #[test]
    fn what_a_message_does_not_take_is_refused_with_its_code() {
        const MB: u64 = 1024 * 1024;
        for (name, media_type, size, kind, expected) in [
            ("a.jpg", "", 20 * MB, FileKind::Image, Code(0)),
            ("a.JPEG", "", 1, FileKind::Image, Code(0)),
            ("a.webp", "", 1, FileKind::Image, Code(0)),
            ("photo", "image/png", 1, FileKind::Image, Code(0)),
            ("", "", 1, FileKind::Image, Code(0)),
            ("a.svg", "image/svg+xml", 1, FileKind::Image, Code::IMAGE_FORMAT),
            ("a.txt", "text/plain", 1, FileKind::Image, Code::IMAGE_FORMAT),
            ("a.png", "", 20 * MB + 1, FileKind::Image, Code::IMAGE_TOO_LARGE),
            ("a.m4a", "", 20 * MB + 1, FileKind::Audio, Code::AUDIO_TOO_LARGE),
            ("a.anything", "", 1, FileKind::Audio, Code(0)),
            ("a.mp4", "", 100 * MB, FileKind::Video, Code(0)),
            ("a.mov", "video/quicktime", 1, FileKind::Video, Code(0)),
            ("a.avi", "video/x-msvideo", 1, FileKind::Video, Code::VIDEO_FORMAT),
            ("a.mp4", "", 100 * MB + 1, FileKind::Video, Code::VIDEO_TOO_LARGE),
            ("a.html", "text/html", 100 * MB, FileKind::File, Code(0)),
            ("a.zip", "", 100 * MB + 1, FileKind::File, Code::FILE_TOO_LARGE),
            ("a.zip", "", 0, FileKind::File, Code::FILE_EMPTY),
        ] {
            assert_eq!(
                code(file(name, media_type, size), kind),
                expected,
                "{name} {media_type}"
            );
        }
    }

    #[test]
    fn a_link_is_whole_for_the_app_and_bare_on_its_way() {
        let base = "https://im.example/chat";
        let whole = whole_link(base, "/v1/files/00/thumb");
        assert_eq!(whole, "https://im.example/chat/v1/files/00/thumb");
        assert_eq!(bare_link(base, &whole), "/v1/files/00/thumb");
        for other in [
            "https://cdn.example/a.png",
            "blob:https://im.example/chat/v1/files/",
            "",
        ] {
            assert_eq!(whole_link(base, other), other);
            assert_eq!(bare_link(base, other), other);
        }
    }

    #[test]
    fn a_kept_file_fills_its_element_and_leaves_what_the_sender_knows() {
        let stored = wire::StoredFile {
            uuid: String::from("u"),
            url: String::from("/v1/files/u/original.mov"),
            size: 7,
            media_type: String::from("video/quicktime"),
            ..wire::StoredFile::default()
        };
        let video = LocalFile {
            second: 9,
            snapshot_url: String::from("https://a/s.jpg"),
            ..file("a.mp4", "", 7)
        };
        let video = with_stored(video.element(FileKind::Video).unwrap(), Part::File, stored);
        let Kind::Video(video) = video else {
            panic!("a video stays one")
        };
        assert_eq!(
            (video.uuid.as_str(), video.second, video.format.as_str()),
            ("u", 9, "mov")
        );
        assert_eq!(video.snapshot_url, "https://a/s.jpg");
        let picture = wire::StoredFile {
            images: vec![wire::ImageInfo {
                r#type: LARGE,
                width: 1280,
                height: 720,
                url: String::from("/v1/files/p/large.jpg"),
                ..wire::ImageInfo::default()
            }],
            ..wire::StoredFile::default()
        };
        let Kind::Video(video) = with_stored(Kind::Video(video), Part::Snapshot, picture) else {
            panic!("a video stays one")
        };
        assert_eq!(video.snapshot_url, "/v1/files/p/large.jpg");
        assert_eq!(
            (video.snapshot_width, video.snapshot_height, video.size),
            (1280, 720, 7)
        );
    }
}
