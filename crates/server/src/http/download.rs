//! Files that were uploaded: `GET /v1/files/ID/SIZE`, whole or a range of them.
//!
//! **Comes in:** a link. **Goes out:** the file, as what it is by its bytes. **Never here:** who may; a link holds 160 random
//! bits, and whoever has it may read.
//!
//! Invariant: nothing that was uploaded runs as a page of ours. Only pictures, sounds and videos are shown, by the type that
//! their bytes have; everything else is offered for download; and every answer is shut in by its policy.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hongyan_files::{Key, Media, Range, Variant};
use hongyan_protocol::file::{FileId, FileKind};
use hongyan_protocol::wire;
use prost::Message as _;

use super::upload::for_pages_of_anywhere;
use crate::shared::Shared;

/// What is shown runs nothing and asks for nothing.
const POLICY: &str =
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";
/// A link never leads to something else; when its file is removed, nobody shows it any more.
const CACHING: &str = "public, max-age=2592000, immutable";

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/{id}/{variant}", get(read))
        .layer(from_fn(for_pages_of_anywhere))
}

async fn read(
    State(shared): State<Arc<Shared>>,
    Path((id, variant)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let name = variant.split('.').next().unwrap_or_default();
    let (Some(id), Some(variant)) = (FileId::parse(id.as_bytes()), Variant::from_name(name)) else {
        return missing();
    };
    let record = match shared.context.store.find_file(id).await {
        Ok(Some(record)) => record,
        Ok(None) => return missing(),
        Err(error) => {
            tracing::error!(%error, "a file could not be looked up");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let (Some(files), Ok(file)) = (
        shared.context.uploads.files(),
        wire::StoredFile::decode(record.stored.clone()),
    ) else {
        return missing();
    };
    let shown = Shown::of(&file, variant);
    let tag = format!("\"{id}-{}\"", shown.variant.name());
    let Ok(tag) = HeaderValue::try_from(tag) else {
        return missing();
    };
    let mut response = StatusCode::OK.into_response();
    let out = response.headers_mut();
    out.insert(header::ETAG, tag.clone());
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHING));
    out.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    out.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("cross-origin"),
    );
    out.insert(header::CONTENT_TYPE, shown.media_type);
    out.insert(header::CONTENT_DISPOSITION, shown.disposition);
    if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let wanted = headers.get(header::RANGE).and_then(|it| it.to_str().ok());
    // A part of something else would fit nowhere.
    let wanted = wanted.filter(|_| headers.get(header::IF_RANGE).is_none_or(|it| *it == tag));
    let range = match wanted.map_or(Wanted::All, |it| wanted_range(it, shown.size)) {
        Wanted::All => None,
        Wanted::Part(range) => Some(range),
        Wanted::Nothing => {
            let all = HeaderValue::try_from(format!("bytes */{}", shown.size));
            let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
            if let Ok(all) = all {
                response.headers_mut().insert(header::CONTENT_RANGE, all);
            }
            return response;
        }
    };
    let length = range.as_ref().map_or(shown.size, |it| it.end - it.start);
    if let Some(range) = &range {
        let text = format!("bytes {}-{}/{}", range.start, range.end - 1, shown.size);
        if let Ok(text) = HeaderValue::try_from(text) {
            response.headers_mut().insert(header::CONTENT_RANGE, text);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length.into());
    if method == Method::HEAD {
        return response;
    }
    let key = Key {
        app: record.app,
        id,
        variant: shown.variant,
    };
    match files.read(key, range).await {
        Ok(Some(read)) => {
            shared.metrics.downloaded(length);
            *response.body_mut() = Body::from_stream(read.bytes);
            response
        }
        Ok(None) => missing(),
        Err(error) => {
            tracing::error!(%error, "a file could not be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "there is no such file\n").into_response()
}

/// How a file is shown in one of its sizes.
struct Shown {
    variant: Variant,
    size: u64,
    media_type: HeaderValue,
    disposition: HeaderValue,
}

impl Shown {
    fn of(file: &wire::StoredFile, variant: Variant) -> Self {
        let number = match variant {
            Variant::Original => 0,
            Variant::Thumb => 1,
            Variant::Large => 2,
        };
        let smaller = file
            .images
            .iter()
            .find(|it| it.r#type == number && it.url != file.url);
        let (variant, size, media_type) = match smaller {
            Some(it) => {
                let media = it.url.rsplit('.').next().and_then(Media::of_extension);
                (variant, it.size, media.map_or("", Media::media_type))
            }
            None => (Variant::Original, file.size, file.media_type.as_str()),
        };
        let is_shown = FileKind::from_wire(file.kind) != Some(FileKind::File)
            && ["image/", "audio/", "video/"]
                .iter()
                .any(|it| media_type.starts_with(it));
        let octets = HeaderValue::from_static("application/octet-stream");
        Self {
            variant,
            size,
            media_type: match is_shown {
                true => HeaderValue::try_from(media_type).unwrap_or(octets),
                false => octets,
            },
            disposition: disposition(is_shown, &file.name),
        }
    }
}

/// With the file's name, by which it is saved.
fn disposition(is_shown: bool, name: &str) -> HeaderValue {
    let kind = if is_shown { "inline" } else { "attachment" };
    let mut text = String::from(kind);
    if !name.is_empty() {
        text.push_str("; filename*=UTF-8''");
        for byte in name.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => text.push(char::from(byte)),
                _ => {
                    use std::fmt::Write as _;
                    let _ = write!(text, "%{byte:02X}");
                }
            }
        }
    }
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"))
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(Range),
    /// Beyond the end.
    Nothing,
}

/// Reads `Range`. What is not understood, and more than one part, is answered with the whole.
fn wanted_range(text: &str, size: u64) -> Wanted {
    let Some((first, last)) = text
        .strip_prefix("bytes=")
        .and_then(|it| it.trim().split_once('-'))
    else {
        return Wanted::All;
    };
    let range = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Ok(first), Err(_)) if last.is_empty() => first..size,
        (Err(_), Ok(last)) if first.is_empty() => size.saturating_sub(last)..size,
        _ => return Wanted::All,
    };
    if range.start < range.end {
        Wanted::Part(range)
    } else {
        Wanted::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_a_part_of_the_file_or_the_whole_or_beyond_it() {
        for (text, wanted) in [
            ("bytes=0-0", Wanted::Part(0..1)),
            ("bytes=0-", Wanted::Part(0..100)),
            ("bytes=10-19", Wanted::Part(10..20)),
            ("bytes=90-1000", Wanted::Part(90..100)),
            ("bytes=-10", Wanted::Part(90..100)),
            ("bytes=-1000", Wanted::Part(0..100)),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-4", Wanted::All),
            ("bytes=0-1,5-6", Wanted::All),
            ("bytes=a-b", Wanted::All),
            ("bytes=-", Wanted::All),
            ("lines=0-1", Wanted::All),
            ("bytes=0-18446744073709551615", Wanted::Part(0..100)),
        ] {
            assert_eq!(wanted_range(text, 100), wanted, "{text}");
        }
    }

    #[test]
    fn only_media_are_shown_and_a_name_is_no_header_of_its_own() {
        let mut file = wire::StoredFile {
            media_type: "image/png".to_owned(),
            kind: wire::FileKind::Image as i32,
            name: "a\"b\r\nx: y 中.png".to_owned(),
            ..wire::StoredFile::default()
        };
        let shown = Shown::of(&file, Variant::Thumb);
        assert_eq!(shown.media_type, "image/png");
        assert_eq!(
            shown.disposition,
            "inline; filename*=UTF-8''a%22b%0D%0Ax%3A%20y%20%E4%B8%AD.png"
        );
        file.kind = wire::FileKind::File as i32;
        let shown = Shown::of(&file, Variant::Original);
        assert_eq!(shown.media_type, "application/octet-stream");
        assert!(shown.disposition.to_str().unwrap().starts_with("attachment;"));
        file.kind = wire::FileKind::Audio as i32;
        file.media_type = "text/html".to_owned();
        assert_eq!(
            Shown::of(&file, Variant::Original).media_type,
            "application/octet-stream"
        );
    }
}
