//! Pictures in the sizes that the API promises: 720 and 198 pixels at the shorter side.
//!
//! **Comes in:** a file on the local disk. **Goes out:** its measures, and the smaller pictures. **Never here:** waiting: this
//! takes time, and belongs on a thread that may.
//!
//! A picture of a few bytes may unfold to gigabytes. Its head is believed only to refuse it: what is unfolded is bounded, and a
//! picture beyond the bound is kept as it is, without smaller ones.

use std::io::Cursor;
use std::path::Path;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageFormat, ImageReader, Limits};

/// Of the larger picture.
const LARGE_SIDE: u32 = 720;
/// Of the smaller one.
const THUMB_SIDE: u32 = 198;
/// What is unfolded at the most, in pixels: 160 MB.
const PIXELS_MAX: u64 = 40_000_000;
/// What decoding may take at the most.
const BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A picture and what was made of it.
#[derive(Debug)]
pub struct Picture {
    /// As it is shown, turned as its camera was held.
    pub width: u32,
    /// See [`Picture::width`].
    pub height: u32,
    /// `None`: the original serves.
    pub large: Option<Rendition>,
    /// `None`: the original serves.
    pub thumb: Option<Rendition>,
}

/// A smaller picture.
#[derive(Debug)]
pub struct Rendition {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// JPEG, or PNG where something shines through.
    pub bytes: Bytes,
    /// Whether it is a PNG.
    pub is_png: bool,
}

/// It begins like a picture, and is none.
#[derive(Debug, thiserror::Error)]
#[error("the picture cannot be read")]
pub struct NotAPicture;

/// Looks at a picture and makes the smaller ones.
pub fn look(path: &Path) -> Result<Picture, NotAPicture> {
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|_| NotAPicture)?;
    let format = reader.format().ok_or(NotAPicture)?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(BYTES_MAX);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|_| NotAPicture)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(NotAPicture);
    }
    let orientation = decoder
        .orientation()
        .unwrap_or(image::metadata::Orientation::NoTransforms);
    if u64::from(width) * u64::from(height) > PIXELS_MAX || decoder.total_bytes() > BYTES_MAX {
        return Ok(Picture {
            width,
            height,
            large: None,
            thumb: None,
        });
    }
    let mut image = DynamicImage::from_decoder(decoder).map_err(|_| NotAPicture)?;
    image.apply_orientation(orientation);
    let (width, height) = (image.width(), image.height());
    // What moves would stand still; the original goes on moving.
    let moves = matches!(format, ImageFormat::Gif | ImageFormat::WebP);
    let smaller = shrunk(&image, LARGE_SIDE, false);
    let thumb = shrunk(smaller.as_ref().unwrap_or(&image), THUMB_SIDE, true);
    let large = smaller.filter(|_| !moves);
    Ok(Picture {
        width,
        height,
        large: large.and_then(|it| encoded(&it, 85)),
        thumb: thumb.and_then(|it| encoded(&it, 80)),
    })
}

/// With this shorter side; `None`: it has no longer one.
fn shrunk(image: &DynamicImage, side: u32, is_small: bool) -> Option<DynamicImage> {
    let (width, height) = (image.width(), image.height());
    let shorter = width.min(height);
    if shorter <= side {
        return None;
    }
    let scaled = |length: u32| {
        let length = u64::from(length) * u64::from(side) / u64::from(shorter);
        u32::try_from(length).unwrap_or(u32::MAX).max(1)
    };
    let (width, height) = (scaled(width), scaled(height));
    Some(match is_small {
        true => image.resize_exact(width, height, FilterType::Triangle),
        false => image.thumbnail_exact(width, height),
    })
}

/// `None`: it could not be written, and the original serves.
fn encoded(image: &DynamicImage, quality: u8) -> Option<Rendition> {
    let is_png = image.color().has_alpha() && shines_through(image);
    let mut bytes = Vec::new();
    let written = match is_png {
        true => image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png),
        false => JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&image.to_rgb8()),
    };
    written.ok()?;
    Some(Rendition {
        width: image.width(),
        height: image.height(),
        bytes: bytes.into(),
        is_png,
    })
}

fn shines_through(image: &DynamicImage) -> bool {
    image.to_rgba8().pixels().any(|it| it.0[3] < u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn on_disk(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn written(image: &DynamicImage, format: ImageFormat) -> tempfile::NamedTempFile {
        let mut bytes = Vec::new();
        image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        on_disk(&bytes)
    }

    #[test]
    fn a_picture_gets_its_two_smaller_sizes() {
        let file = written(&DynamicImage::new_rgb8(1600, 900), ImageFormat::Jpeg);
        let picture = look(file.path()).unwrap();
        assert_eq!((picture.width, picture.height), (1600, 900));
        let (large, thumb) = (picture.large.unwrap(), picture.thumb.unwrap());
        assert_eq!((large.width, large.height), (1280, 720));
        assert_eq!((thumb.width, thumb.height), (352, 198));
        assert!(!thumb.is_png && crate::sniff(&thumb.bytes) == Some(crate::Media::Jpeg));
    }

    #[test]
    fn a_small_picture_serves_in_every_size_and_what_shines_through_stays_so() {
        let small = look(written(&DynamicImage::new_rgb8(100, 50), ImageFormat::Png).path()).unwrap();
        assert!(small.large.is_none() && small.thumb.is_none());
        let glass = look(written(&DynamicImage::new_rgba8(300, 400), ImageFormat::Png).path()).unwrap();
        assert!(glass.large.is_none());
        assert!(glass.thumb.unwrap().is_png);
    }

    #[test]
    fn what_moves_keeps_its_original_as_the_large_one() {
        let gif = look(written(&DynamicImage::new_rgb8(800, 800), ImageFormat::Gif).path()).unwrap();
        assert!(gif.large.is_none() && gif.thumb.is_some());
    }

    /// A decompression bomb: its head promises more than is ever unfolded.
    #[test]
    fn a_picture_that_would_unfold_to_gigabytes_is_kept_without_smaller_ones() {
        let mut bytes = Vec::new();
        DynamicImage::new_luma8(1, 1)
            .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
            .unwrap();
        // The measures stand behind the signature and the name of the first chunk, their checksum behind them.
        bytes[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
        let checksum = crc(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
        let picture = look(on_disk(&bytes).path()).unwrap();
        assert_eq!((picture.width, picture.height), (60_000, 60_000));
        assert!(picture.large.is_none() && picture.thumb.is_none());
    }

    #[test]
    fn what_only_begins_like_a_picture_is_none_and_never_a_panic() {
        for bytes in [
            &b"\x89PNG\r\n\x1a\n"[..],
            b"\xff\xd8\xff\xe0",
            b"GIF89a",
            b"BM",
            b"",
            b"RIFF\x04\0\0\0WEBP",
        ] {
            assert!(look(on_disk(bytes).path()).is_err(), "{bytes:?}");
        }
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |it, _| {
                if it & 1 == 1 {
                    it >> 1 ^ 0xedb8_8320
                } else {
                    it >> 1
                }
            })
        })
    }
}
