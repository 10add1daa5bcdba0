//! The journal's coding: a segment's head, and frames of messages behind it.
//!
//! **Comes in:** messages with their places, or a segment's bytes. **Goes out:** the other of the two. **Never here:**
//! files.
//!
//! All numbers are little-endian. A segment begins with a block of its own:
//!
//! ```text
//! "HONGYANJ" | format: u32 | salt: u32 | order: u64 | crc: u32 | zeros up to the block's end
//! ```
//!
//! and frames follow, each at the beginning of a block and filled up with zeros to the end of its last one, so that no
//! block that was synced is ever written again:
//!
//! ```text
//! "HYJF" | crc: u32 | length: u32 | count: u32 | first: u64 | `count` rows, each with its length before it
//! ```
//!
//! `crc` is a CRC-32 over what comes behind it. It begins with the segment's salt, which nobody outside knows: text of
//! a message cannot pass for a frame. `first` is the position of the first row: the number of messages that the journal
//! ever took before it. A row is a protobuf message ([`Row`]), so that a later program may add to it.

use std::sync::Arc;

use bytes::{Buf as _, BufMut as _, Bytes};
use prost::Message as _;

/// What a disk writes at once. Frames begin at multiples of it.
pub(crate) const BLOCK_BYTES: usize = 4096;
/// A frame is closed when it has become as long as this.
pub(crate) const FRAME_BYTES_MAX: usize = 512 * 1024;

const SEGMENT_MAGIC: &[u8; 8] = b"HONGYANJ";
const FORMAT: u32 = 1;
const SEGMENT_HEAD_BYTES: usize = 28;
const FRAME_MAGIC: &[u8; 4] = b"HYJF";
const FRAME_HEAD_BYTES: usize = 24;
/// What the sum covers begins here.
const FRAME_SUMMED_FROM: usize = 8;

/// A message as it was taken in: the columns of the table `message`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Row {
    /// The packed key: timeline and sequence.
    #[prost(int64, tag = "1")]
    pub(crate) place: i64,
    #[prost(uint64, tag = "2")]
    pub(crate) account: u64,
    #[prost(fixed32, tag = "3")]
    pub(crate) client_time_s: u32,
    #[prost(fixed32, tag = "4")]
    pub(crate) random: u32,
    #[prost(uint64, tag = "5")]
    pub(crate) time_ms: u64,
    #[prost(uint64, tag = "6")]
    pub(crate) version: u64,
    #[prost(uint32, tag = "7")]
    pub(crate) flags: u32,
    #[prost(int32, tag = "8")]
    pub(crate) priority: i32,
    #[prost(bytes = "bytes", tag = "9")]
    pub(crate) cloud_custom_data: Bytes,
    /// The last field: in a frame its bytes are the last of the row.
    #[prost(bytes = "bytes", tag = "100")]
    pub(crate) body: Bytes,
}

/// Messages that were written at once.
#[derive(Debug)]
pub(crate) struct Frame {
    /// The position of the first.
    pub(crate) first: u64,
    pub(crate) rows: Vec<Row>,
    /// About what it takes in memory.
    pub(crate) bytes: usize,
}

impl Frame {
    /// The position behind the last.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.rows.len() as u64
    }
}

/// A frame in the making.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    bytes: Vec<u8>,
    /// Each with where it ends in `bytes`.
    rows: Vec<(Row, usize)>,
}

impl Gathered {
    pub(crate) fn push(&mut self, row: Row) {
        if self.bytes.is_empty() {
            self.bytes.reserve(BLOCK_BYTES * 4);
            self.bytes.resize(FRAME_HEAD_BYTES, 0);
        }
        row.encode_length_delimited(&mut self.bytes)
            .expect("a vector has room for what it is given");
        self.rows.push((row, self.bytes.len()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it is to be closed.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() >= FRAME_BYTES_MAX
    }

    /// Whether a message of this key is in it.
    pub(crate) fn has(&self, account: u64, client_time_s: u32, random: u32) -> bool {
        self.rows
            .iter()
            .any(|(row, _)| (row.account, row.client_time_s, row.random) == (account, client_time_s, random))
    }

    /// The newest of the seconds in the keys.
    pub(crate) fn newest_second(&self) -> u32 {
        self.rows
            .iter()
            .map(|(row, _)| row.client_time_s)
            .max()
            .unwrap_or_default()
    }

    /// The bytes for a segment of this salt: whole blocks.
    pub(crate) fn sealed(&mut self, salt: u32, first: u64) -> &[u8] {
        let length = match self.rows.last() {
            Some((_, end)) => end - FRAME_HEAD_BYTES,
            None => 0,
        };
        self.bytes.resize(FRAME_HEAD_BYTES + length, 0);
        let mut head = &mut self.bytes[..FRAME_HEAD_BYTES];
        head.put_slice(FRAME_MAGIC);
        head.put_u32_le(0);
        head.put_u32_le(u32::try_from(length).expect("a frame is bounded"));
        head.put_u32_le(u32::try_from(self.rows.len()).expect("a frame is bounded"));
        head.put_u64_le(first);
        let crc = sum(salt, &self.bytes[FRAME_SUMMED_FROM..]);
        self.bytes[4..FRAME_SUMMED_FROM].copy_from_slice(&crc.to_le_bytes());
        self.bytes
            .resize(self.bytes.len().next_multiple_of(BLOCK_BYTES), 0);
        &self.bytes
    }

    /// What was written, for the readers. The bodies share the frame's bytes.
    pub(crate) fn into_frame(self, first: u64) -> Arc<Frame> {
        let bytes = Bytes::from(self.bytes);
        let rows: Vec<Row> = self
            .rows
            .into_iter()
            .map(|(row, end)| Row {
                body: match row.body.len() {
                    0 => Bytes::new(),
                    length => bytes.slice(end - length..end),
                },
                // Rarely there; what it is a part of is not to be kept for it.
                cloud_custom_data: Bytes::copy_from_slice(&row.cloud_custom_data),
                ..row
            })
            .collect();
        Arc::new(Frame {
            first,
            bytes: bytes.len() + rows.len() * (size_of::<Row>() + 100),
            rows,
        })
    }
}

/// A segment's first block.
pub(crate) fn segment_head(salt: u32, order: u64) -> Vec<u8> {
    let mut head = Vec::with_capacity(BLOCK_BYTES);
    head.put_slice(SEGMENT_MAGIC);
    head.put_u32_le(FORMAT);
    head.put_u32_le(salt);
    head.put_u64_le(order);
    let crc = sum(0, &head);
    head.put_u32_le(crc);
    head.resize(BLOCK_BYTES, 0);
    head
}

/// What a segment holds.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    /// Where it stands among the segments.
    pub(crate) order: u64,
    /// All that are sound, ascending. The torn end of a crash is not among them; when what is damaged lies before others,
    /// their positions tell that something is missing.
    pub(crate) frames: Vec<Frame>,
}

/// Reads a segment; `None` when it was never used.
///
/// # Errors
/// It is of a format that this program does not know.
pub(crate) fn read_segment(bytes: &Bytes) -> Result<Option<Contents>, u32> {
    let Some(head) = bytes.get(..SEGMENT_HEAD_BYTES) else {
        return Ok(None);
    };
    let (mut summed, mut crc) = head.split_at(SEGMENT_HEAD_BYTES - 4);
    if !summed.starts_with(SEGMENT_MAGIC) || sum(0, summed) != crc.get_u32_le() {
        return Ok(None);
    }
    summed.advance(SEGMENT_MAGIC.len());
    let format = summed.get_u32_le();
    if format != FORMAT {
        return Err(format);
    }
    let salt = summed.get_u32_le();
    let mut contents = Contents {
        order: summed.get_u64_le(),
        frames: Vec::new(),
    };
    let mut at = BLOCK_BYTES;
    while at < bytes.len() {
        at += match read_frame(bytes, at, salt) {
            Some((frame, blocks)) if contents.frames.last().is_none_or(|it| it.end() <= frame.first) => {
                contents.frames.push(frame);
                blocks * BLOCK_BYTES
            }
            _ => BLOCK_BYTES,
        };
    }
    Ok(Some(contents))
}

/// The frame at a place, and how many blocks it takes.
fn read_frame(bytes: &Bytes, at: usize, salt: u32) -> Option<(Frame, usize)> {
    let mut head = bytes.get(at..at + FRAME_HEAD_BYTES)?;
    if !head.starts_with(FRAME_MAGIC) {
        return None;
    }
    head.advance(FRAME_MAGIC.len());
    let (crc, length, count) = (head.get_u32_le(), head.get_u32_le() as usize, head.get_u32_le());
    let first = head.get_u64_le();
    let end = at.checked_add(FRAME_HEAD_BYTES)?.checked_add(length)?;
    let summed = bytes.get(at + FRAME_SUMMED_FROM..end)?;
    if sum(salt, summed) != crc {
        return None;
    }
    let mut frame = Frame {
        first,
        rows: Vec::new(),
        bytes: length,
    };
    let mut rest = bytes.slice(at + FRAME_HEAD_BYTES..end);
    for _ in 0..count {
        frame.rows.push(Row::decode_length_delimited(&mut rest).ok()?);
    }
    frame.bytes += frame.rows.len() * (size_of::<Row>() + 100);
    Some((frame, (end - at).div_ceil(BLOCK_BYTES)))
}

fn sum(salt: u32, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(bytes);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(place: i64, body: &[u8]) -> Row {
        Row {
            place,
            account: 7,
            client_time_s: 1_700_000_000,
            random: 99,
            time_ms: 1_700_000_000_123,
            version: 3,
            flags: 17,
            priority: 2,
            cloud_custom_data: Bytes::from_static(b"custom"),
            body: Bytes::copy_from_slice(body),
        }
    }

    /// A segment of these frames, each of so many rows.
    fn segment(salt: u32, counts: &[usize]) -> (Vec<u8>, Vec<Vec<Row>>) {
        let mut bytes = segment_head(salt, 5);
        let (mut first, mut all) = (100, Vec::new());
        for (number, count) in counts.iter().enumerate() {
            let mut gathered = Gathered::default();
            for it in 0..*count {
                gathered.push(row(it as i64, &vec![number as u8; 900 + it]));
            }
            bytes.extend_from_slice(gathered.sealed(salt, first));
            let frame = gathered.into_frame(first);
            assert_eq!(frame.first, first);
            first = frame.end();
            all.push(frame.rows.clone());
        }
        bytes.resize(bytes.len() + 3 * BLOCK_BYTES, 0);
        (bytes, all)
    }

    fn rows(bytes: Vec<u8>) -> Vec<Vec<Row>> {
        let contents = read_segment(&bytes.into()).unwrap().unwrap();
        assert_eq!(contents.order, 5);
        contents.frames.into_iter().map(|it| it.rows).collect()
    }

    #[test]
    fn frames_read_back_as_they_were_written() {
        let (bytes, all) = segment(1, &[1, 8, 30, 1]);
        assert_eq!(rows(bytes), all);
    }

    #[test]
    fn a_frame_that_is_torn_or_damaged_is_none_and_the_others_are_read() {
        let (bytes, all) = segment(1, &[1, 8, 30]);
        let last = bytes.len() - 3 * BLOCK_BYTES - 100;
        for at in [last, last - BLOCK_BYTES] {
            let mut torn = bytes.clone();
            torn[at] ^= 1;
            // Filled up with zeros a frame ends before its block.
            if at == last && bytes[last] == 0 {
                continue;
            }
            assert_eq!(rows(torn), all[..2].to_vec());
        }
        let mut damaged = bytes;
        damaged[BLOCK_BYTES + 40] ^= 1;
        assert_eq!(rows(damaged), all[1..].to_vec());
    }

    #[test]
    fn a_segment_that_was_never_used_is_none_and_a_newer_format_is_refused() {
        assert!(read_segment(&Bytes::new()).unwrap().is_none());
        assert!(read_segment(&vec![0; 10 * BLOCK_BYTES].into()).unwrap().is_none());
        let mut newer = segment_head(1, 5);
        newer[8] = 2;
        let crc = sum(0, &newer[..SEGMENT_HEAD_BYTES - 4]).to_le_bytes();
        newer[SEGMENT_HEAD_BYTES - 4..SEGMENT_HEAD_BYTES].copy_from_slice(&crc);
        assert_eq!(read_segment(&newer.into()).unwrap_err(), 2);
    }

    #[test]
    fn bytes_of_another_segment_are_no_frame_of_this_one() {
        let (mut bytes, all) = segment(1, &[1]);
        let (other, _) = segment(2, &[1, 1, 1]);
        let end = bytes.len() - 3 * BLOCK_BYTES;
        bytes.truncate(end);
        bytes.extend_from_slice(&other[2 * BLOCK_BYTES..]);
        assert_eq!(rows(bytes), all);
    }
}
