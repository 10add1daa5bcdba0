//! A file that is coming in: it grows on the local disk, whatever it will be kept in.
//!
//! **Comes in:** bytes, in order. **Goes out:** how many there are; the whole on disk. **Never here:** how many there may be.
//!
//! Dropped, it is removed: half a file leaves nothing behind.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use crate::Result;

/// How much of a file its kind is told by.
const HEAD_BYTES: usize = 4096;

/// See the head of the file.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    place: Place,
    received: u64,
}

/// Where it lies; removed with this.
#[derive(Debug)]
struct Place(Option<PathBuf>);

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            // Removing a file waits for the disk's metadata at the most; there is nobody to tell when it fails, and the
            // next start removes it.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Incoming {
    pub(crate) async fn create(path: PathBuf) -> Result<Self> {
        let mut options = File::options();
        options.create_new(true).read(true).write(true);
        #[cfg(unix)]
        options.mode(0o600);
        let file = options.open(&path).await?;
        Ok(Self {
            file,
            place: Place(Some(path)),
            received: 0,
        })
    }

    /// Takes more bytes. After an error, or when it is given up halfway, it is as long as before.
    pub async fn append(&mut self, bytes: &[u8]) -> Result<()> {
        // Invariant: what is written begins where the counted bytes end, whatever an earlier attempt left behind them.
        self.file.seek(SeekFrom::Start(self.received)).await?;
        self.file.write_all(bytes).await?;
        self.file.flush().await?;
        self.received += bytes.len() as u64;
        Ok(())
    }

    /// How many bytes came.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Where it lies until it is kept. Read it after [`Incoming::head`] only.
    pub fn path(&self) -> &Path {
        self.place.0.as_deref().unwrap_or(Path::new(""))
    }

    /// Its first bytes.
    pub async fn head(&mut self) -> Result<Vec<u8>> {
        self.file.set_len(self.received).await?;
        self.file.seek(SeekFrom::Start(0)).await?;
        let mut head = Vec::with_capacity(HEAD_BYTES);
        (&mut self.file)
            .take(HEAD_BYTES as u64)
            .read_to_end(&mut head)
            .await?;
        Ok(head)
    }

    /// Makes sure that it is on disk.
    pub(crate) async fn sync(&self) -> Result<()> {
        // Behind the counted bytes may lie some of an attempt that was given up.
        self.file.set_len(self.received).await?;
        Ok(self.file.sync_all().await?)
    }

    /// It was moved away: there is nothing to be removed.
    pub(crate) fn moved(mut self) {
        self.place.0 = None;
    }
}
