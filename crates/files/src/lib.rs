//! What users upload: taken in part by part, looked at, kept in a folder or in a bucket.
//!
//! **Comes in:** bytes in order, under names that this crate makes of numbers. **Goes out:** the same bytes, whole or a range of
//! them; what they really are; smaller pictures. **Never here:** who may, links, HTTP, the clock.
//!
//! A file that comes in grows beside those that are kept (`incoming`), and is moved among them in one step when it is whole and
//! on disk. What is left there when a server starts belongs to nobody, and is removed.

mod incoming;
mod keep;
#[cfg(feature = "s3")]
mod parts;
mod picture;
mod sniff;

pub use incoming::Incoming;
pub use keep::{Bucket, Files, Key, Range, Read, Variant};
pub use picture::{NotAPicture, Picture, Rendition, look};
pub use sniff::{Media, sniff};

/// A file could not be kept, or not be read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The disk.
    #[error("a file could not be written or read: {0}")]
    Io(#[from] std::io::Error),
    /// The folder or the bucket.
    #[error("the files' store failed: {0}")]
    Store(#[from] object_store::Error),
}

/// Short for what every operation answers.
pub(crate) type Result<T> = std::result::Result<T, FilesError>;
