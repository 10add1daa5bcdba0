//! What a file is, by its first bytes: never by its name, and never by what its sender says.
//!
//! **Comes in:** the head of a file. **Goes out:** one of the kinds that a browser may show, or none.

/// What may be shown. Everything else is offered for download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Media {
    Jpeg,
    Png,
    Gif,
    Webp,
    Bmp,
    Mp4,
    QuickTime,
    Mp3,
    M4a,
    Aac,
    Amr,
    Wav,
    Ogg,
    Flac,
    Webm,
}

impl Media {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Bmp => "image/bmp",
            Self::Mp4 => "video/mp4",
            Self::QuickTime => "video/quicktime",
            Self::Mp3 => "audio/mpeg",
            Self::M4a => "audio/mp4",
            Self::Aac => "audio/aac",
            Self::Amr => "audio/amr",
            Self::Wav => "audio/wav",
            Self::Ogg => "audio/ogg",
            Self::Flac => "audio/flac",
            Self::Webm => "video/webm",
        }
    }

    /// How its names end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Bmp => "bmp",
            Self::Mp4 => "mp4",
            Self::QuickTime => "mov",
            Self::Mp3 => "mp3",
            Self::M4a => "m4a",
            Self::Aac => "aac",
            Self::Amr => "amr",
            Self::Wav => "wav",
            Self::Ogg => "ogg",
            Self::Flac => "flac",
            Self::Webm => "webm",
        }
    }

    /// The kind whose names end like this.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.extension() == extension)
    }

    const ALL: [Self; 15] = [
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::Webp,
        Self::Bmp,
        Self::Mp4,
        Self::QuickTime,
        Self::Mp3,
        Self::M4a,
        Self::Aac,
        Self::Amr,
        Self::Wav,
        Self::Ogg,
        Self::Flac,
        Self::Webm,
    ];

    /// Whether it is a picture.
    pub const fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Gif | Self::Webp | Self::Bmp)
    }

    /// Whether it is one of the videos that messages may carry.
    pub const fn is_video(self) -> bool {
        matches!(self, Self::Mp4 | Self::QuickTime)
    }
}

/// See the head of the file.
pub fn sniff(head: &[u8]) -> Option<Media> {
    let at = |from: usize, bytes: &[u8]| head.get(from..from + bytes.len()) == Some(bytes);
    Some(match head {
        _ if at(0, b"\xff\xd8\xff") => Media::Jpeg,
        _ if at(0, b"\x89PNG\r\n\x1a\n") => Media::Png,
        _ if at(0, b"GIF87a") || at(0, b"GIF89a") => Media::Gif,
        _ if at(0, b"RIFF") && at(8, b"WEBP") => Media::Webp,
        _ if at(0, b"RIFF") && at(8, b"WAVE") => Media::Wav,
        // Two letters are little: the header's own size has to be one of those that there are.
        _ if at(0, b"BM") && matches!(head.get(14), Some(12 | 40 | 52 | 56 | 64 | 108 | 124)) => Media::Bmp,
        _ if at(4, b"ftypqt  ") => Media::QuickTime,
        _ if at(4, b"ftypM4A") || at(4, b"ftypM4B") => Media::M4a,
        _ if at(4, b"ftyp") => Media::Mp4,
        // Old recorders write no `ftyp` box.
        _ if at(4, b"moov") || at(4, b"mdat") || at(4, b"wide") => Media::QuickTime,
        _ if at(0, b"ID3") => Media::Mp3,
        _ if at(0, b"#!AMR") => Media::Amr,
        _ if at(0, b"OggS") => Media::Ogg,
        _ if at(0, b"fLaC") => Media::Flac,
        _ if at(0, b"\x1a\x45\xdf\xa3") => Media::Webm,
        // A frame's first eleven bits are set; the layer tells them apart.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => Media::Aac,
        [0xff, second, ..] if second & 0xe0 == 0xe0 && second & 0x06 != 0 => Media::Mp3,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        for (head, media) in [
            (&b"\xff\xd8\xff\xe0"[..], Some(Media::Jpeg)),
            (b"\x89PNG\r\n\x1a\n....", Some(Media::Png)),
            (b"GIF89a", Some(Media::Gif)),
            (b"RIFF....WEBPVP8 ", Some(Media::Webp)),
            (b"RIFF....WAVEfmt ", Some(Media::Wav)),
            (b"\0\0\0\x20ftypisom", Some(Media::Mp4)),
            (b"\0\0\0\x14ftypqt  ", Some(Media::QuickTime)),
            (b"\0\0\0\x20ftypM4A ", Some(Media::M4a)),
            (b"ID3\x03", Some(Media::Mp3)),
            (b"\xff\xfb\x90", Some(Media::Mp3)),
            (b"\xff\xf1\x50", Some(Media::Aac)),
            (b"#!AMR\n", Some(Media::Amr)),
            (b"<!doctype html><script>", None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", None),
            (b"%PDF-1.7", None),
            (b"BM is how this text begins", None),
            (b"", None),
            (b"\xff", None),
        ] {
            assert_eq!(sniff(head), media, "{head:?}");
        }
    }

    #[test]
    fn an_extension_is_read_as_it_was_written() {
        for media in Media::ALL {
            assert_eq!(Media::of_extension(media.extension()), Some(media));
        }
        assert_eq!(Media::of_extension("html"), None);
    }
}
