//! The public `downloadKey` of a merged message: the key's digits, and how deep the merger is.
//!
//! The second is needed when it is merged again; the payload has no other place for it.

use bytes::Bytes;

/// The text of a key.
pub(crate) fn write(key: &[u8], depth: u32) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(key.len() * 2 + 4);
    for byte in key {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text.push('-');
    text.push_str(&depth.to_string());
    text
}

/// Reads [`write`] back.
pub(crate) fn read(text: &str) -> Option<(Bytes, u32)> {
    let (digits, depth) = text.split_once('-')?;
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut key = Vec::with_capacity(digits.len() / 2);
    for pair in digits.as_bytes().chunks(2) {
        let [high, low] = pair else { return None };
        key.push((digit(*high)? * 16 + digit(*low)?) as u8);
    }
    Some((key.into(), depth.parse().ok()?))
}
