//! A file is there whole: it is looked at, kept and noted.
//!
//! What it is, is told by its bytes alone. A picture is made smaller on a thread of its own, a few at a time.

use std::sync::Arc;

use bytes::Bytes;
use hongyan_domain::file::finish::finish;
use hongyan_files::{Files, Incoming, Key, Media, Picture, Rendition, Variant, look, sniff};
use hongyan_protocol::code::Code;
use hongyan_protocol::file::{FileKind, LINK};
use hongyan_protocol::wire;
use hongyan_storage::model::FileRecord;
use prost::Message as _;

use super::{Upload, Uploads};
use crate::clock;
use crate::refused::Refused;

pub(super) async fn settle(uploads: Arc<Uploads>, upload: Arc<Upload>, incoming: Incoming) {
    let Some(files) = uploads.files.clone() else {
        return;
    };
    let settled = keep(&uploads, &upload, incoming, &files).await;
    let kept = settled.as_ref().map(|it| it.size).map_err(|it| it.code);
    uploads.metrics.uploaded(kept);
    if settled.is_err()
        && let Err(error) = files.remove(upload.account.app, upload.id).await
    {
        tracing::error!(%error, "what was kept of a failed upload could not be removed");
    }
    upload.touch();
    upload.outcome.send_replace(Some(settled));
}

async fn keep(
    uploads: &Uploads,
    upload: &Upload,
    mut incoming: Incoming,
    files: &Files,
) -> Result<wire::StoredFile, Refused> {
    let kind = upload.wish.kind;
    let failed = |error: hongyan_files::FilesError| {
        tracing::error!(%error, "an upload could not be kept");
        Refused::new(kind.upload_failed(), kind.upload_failed().text())
    };
    let media = sniff(&incoming.head().await.map_err(failed)?);
    match kind {
        FileKind::Image if !media.is_some_and(Media::is_picture) => return Err(format(Code::IMAGE_FORMAT)),
        FileKind::Video if !media.is_some_and(Media::is_video) => return Err(format(Code::VIDEO_FORMAT)),
        _ => {}
    }
    let picture = match kind {
        FileKind::Image => Some(look_at(uploads, incoming.path().to_owned()).await?),
        FileKind::Audio | FileKind::Video | FileKind::File => None,
    };
    let key = |variant| Key {
        app: upload.account.app,
        id: upload.id,
        variant,
    };
    files
        .keep(incoming, key(Variant::Original))
        .await
        .map_err(failed)?;
    let mut file = wire::StoredFile {
        uuid: upload.id.to_string(),
        url: link(upload, Variant::Original, media.map(Media::extension)),
        size: upload.wish.size,
        media_type: media
            .map_or("application/octet-stream", Media::media_type)
            .to_owned(),
        name: upload.wish.name.clone(),
        kind: kind.to_wire() as i32,
        images: Vec::new(),
    };
    let mut size = upload.wish.size;
    if let Some(picture) = picture {
        let original = wire::ImageInfo {
            r#type: 0,
            width: picture.width,
            height: picture.height,
            size: file.size,
            url: file.url.clone(),
        };
        let thumb = Smaller(1, Variant::Thumb, picture.thumb);
        let large = Smaller(2, Variant::Large, picture.large);
        file.images.push(original.clone());
        for Smaller(r#type, variant, rendition) in [thumb, large] {
            let Some(it) = rendition else {
                file.images.push(wire::ImageInfo {
                    r#type,
                    ..original.clone()
                });
                continue;
            };
            size += it.bytes.len() as u64;
            file.images.push(wire::ImageInfo {
                r#type,
                width: it.width,
                height: it.height,
                size: it.bytes.len() as u64,
                url: link(upload, variant, Some(if it.is_png { "png" } else { "jpg" })),
            });
            files.put(it.bytes, key(variant)).await.map_err(failed)?;
        }
    }
    let record = FileRecord {
        id: upload.id,
        app: upload.account.app,
        account: upload.account.id,
        size,
        created: clock::now(),
        stored: Bytes::from(file.encode_to_vec()),
    };
    finish(&*uploads.store, kind, record).await?;
    Ok(file)
}

/// `TYPES`' number of a size, and what was made of it.
struct Smaller(u32, Variant, Option<Rendition>);

async fn look_at(uploads: &Uploads, path: std::path::PathBuf) -> Result<Picture, Refused> {
    let _one = uploads.looking.acquire().await;
    // One that panics is a picture that cannot be read.
    let looked = tokio::task::spawn_blocking(move || look(&path)).await;
    match looked {
        Ok(Ok(picture)) => Ok(picture),
        Ok(Err(_)) | Err(_) => Err(format(Code::IMAGE_FORMAT)),
    }
}

fn format(code: Code) -> Refused {
    Refused::new(code, code.text())
}

fn link(upload: &Upload, variant: Variant, extension: Option<&str>) -> String {
    let (id, name) = (upload.id, variant.name());
    match extension {
        Some(extension) => format!("{LINK}{id}/{name}.{extension}"),
        None => format!("{LINK}{id}/{name}"),
    }
}
