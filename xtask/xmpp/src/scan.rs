//! Stanzas in a stream of bytes, found without building a tree.
//!
//! **Comes in:** bytes, cut anywhere. **Goes out:** one whole child of the stream at a time, with its name. **Never here:**
//! what a stanza means. Enough for what servers write to these clients: no element inside another of the same name, no
//! CDATA, no comments.

/// The bytes that have come and are not used up.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    bytes: Vec<u8>,
    used: usize,
}

/// One child of the stream, or the stream's own opening or closing tag.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stanza<'a> {
    /// With its prefix, as it is written.
    pub(crate) name: &'a [u8],
    /// From `<` to `>`.
    pub(crate) bytes: &'a [u8],
}

/// What may be incomplete at most: a stream that sends no whole stanza in so many bytes is broken.
const INCOMPLETE_MAX: usize = 1 << 20;

impl Scanner {
    /// Where the next bytes are read to. What was used up makes place first.
    pub(crate) fn space(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.used);
        self.used = 0;
        &mut self.bytes
    }

    /// Whether more is waiting than one stanza may have.
    pub(crate) fn is_overfull(&self) -> bool {
        self.bytes.len() - self.used > INCOMPLETE_MAX
    }

    /// Frees the memory of a connection that is idle.
    pub(crate) fn shrink(&mut self) {
        self.space().shrink_to_fit();
    }

    /// The next whole stanza.
    pub(crate) fn next(&mut self) -> Option<Stanza<'_>> {
        let rest = &self.bytes[self.used..];
        let start = rest.iter().position(|byte| *byte == b'<')?;
        let rest = &rest[start..];
        let name = name(rest);
        let head = 1 + tag_end(rest)?;
        let has_content =
            rest[head - 2] != b'/' && !matches!(name, b"stream:stream" | b"/stream:stream" | b"?xml");
        let length = if has_content {
            head + content_end(&rest[head..], name)?
        } else {
            head
        };
        let from = self.used + start;
        self.used = from + length;
        let name_length = name.len();
        let bytes = &self.bytes[from..self.used];
        Some(Stanza {
            name: &bytes[1..=name_length],
            bytes,
        })
    }
}

/// The name of the tag that begins here.
fn name(tag: &[u8]) -> &[u8] {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'>';
    let end = tag.iter().position(ends).unwrap_or(tag.len());
    let name = &tag[1..end];
    // `<presence/>`
    name.strip_suffix(b"/").unwrap_or(name)
}

/// Where the tag's `>` is; those within quotes are its attributes'.
fn tag_end(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    for (place, byte) in tag.iter().enumerate() {
        match (quote, *byte) {
            (None, b'>') => return Some(place),
            (None, b'\'' | b'"') => quote = Some(*byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

/// The length up to and with the closing tag of this name.
fn content_end(content: &[u8], name: &[u8]) -> Option<usize> {
    let mut place = 0;
    loop {
        place += content[place..].iter().position(|byte| *byte == b'<')?;
        let tag = &content[place..];
        if let Some(after) = tag.strip_prefix(b"</").and_then(|it| it.strip_prefix(name)) {
            match after.first()? {
                b'>' => return Some(place + name.len() + 3),
                byte if byte.is_ascii_whitespace() => return Some(place + tag_end(tag)? + 1),
                _ => {}
            }
        }
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and texts of all stanzas, when the bytes come in pieces of this size.
    fn all(text: &str, piece: usize) -> Vec<(String, String)> {
        let mut scanner = Scanner::default();
        let mut found = Vec::new();
        for bytes in text.as_bytes().chunks(piece) {
            scanner.space().extend_from_slice(bytes);
            while let Some(stanza) = scanner.next() {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                found.push((text(stanza.name), text(stanza.bytes)));
            }
        }
        found
    }

    #[test]
    fn stanzas_are_the_same_wherever_the_bytes_are_cut() {
        let parts = [
            ("?xml", "<?xml version='1.0'?>"),
            (
                "stream:stream",
                "<stream:stream id='1' xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'>",
            ),
            (
                "stream:features",
                "<stream:features><bind xmlns='b'/><sm xmlns='urn:xmpp:sm:3'/></stream:features>",
            ),
            ("a", "<a h='1' xmlns='urn:xmpp:sm:3'/>"),
            (
                "message",
                "<message to='b@x' id='/>'><archived by=\"a > b\"/><body>1:2:x</body></message>",
            ),
            ("presence", "<presence/>"),
            ("a", "<a><abbr>x</abbr></a >"),
            ("/stream:stream", "</stream:stream>"),
        ];
        let text: String = parts.map(|(_, text)| text).join("\n");
        for piece in 1..text.len() {
            let found = all(&text, piece);
            let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(found, parts, "in pieces of {piece}");
        }
    }

    #[test]
    fn half_a_stanza_is_none() {
        assert!(all("<message><body>1:2:x</body></messag", 7).is_empty());
        assert!(all("<presence from='a>", 5).is_empty());
        assert!(all("<", 1).is_empty());
        assert!(all(" \n", 1).is_empty());
    }

    #[test]
    fn a_stream_that_never_ends_a_stanza_is_noticed() {
        let mut scanner = Scanner::default();
        scanner.space().extend_from_slice(b"<message><body>");
        assert!(scanner.next().is_none());
        assert!(!scanner.is_overfull());
        scanner.space().extend(std::iter::repeat_n(b'x', INCOMPLETE_MAX));
        assert!(scanner.next().is_none());
        assert!(scanner.is_overfull());
    }
}
