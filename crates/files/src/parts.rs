//! Sending a file to a bucket in parts, of which none stays there when this machine dies halfway.
//!
//! **Comes in:** a whole file on the local disk, and its path in the bucket. **Goes out:** the same in the bucket. **Never
//! here:** what the file is.
//!
//! A bucket keeps the parts of an upload that was neither completed nor aborted, unseen and paid for. So an upload is noted on
//! the local disk before its first part, and what is noted when a server starts is aborted. (A machine that dies between the
//! bucket's answer and the note leaves an upload without parts. Whoever may lose the disk needs a rule of the bucket:
//! README.)

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::{TryStreamExt as _, stream};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path as At;
use object_store::{Error, MultipartId};
use parking_lot::Mutex;
use tokio::io::AsyncReadExt as _;

use crate::{FilesError, Result};

/// What is read from the local disk at once, and sent as one part.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Parts of one file that are on their way at the same time.
const PARTS_MAX: usize = 2;

/// A bucket that takes files in parts.
pub(crate) struct Parts {
    bucket: Arc<dyn MultipartStore>,
    /// A file for each upload that is under way: its path in the bucket, and its name there.
    notes: PathBuf,
    /// Notes of uploads that nobody goes on with.
    left: Mutex<Vec<PathBuf>>,
}

impl Parts {
    /// With what an earlier start left in the folder, which is made when it is not there.
    pub(crate) fn new(bucket: Arc<dyn MultipartStore>, notes: PathBuf) -> Result<Self> {
        crate::keep::make_private(&notes)?;
        let left = std::fs::read_dir(&notes)?.map(|it| Ok(it?.path()));
        let left = Mutex::new(left.collect::<Result<_>>()?);
        Ok(Self { bucket, notes, left })
    }

    /// Sends a file. It is whole in the bucket when this is ready, and after an error there is nothing of it.
    pub(crate) async fn send(&self, from: &Path, to: &At) -> Result<()> {
        let id = self.bucket.create_multipart(to).await?;
        // A path of a kept file is made of numbers and is used once.
        let note = self.notes.join(to.as_ref().replace('/', "-"));
        let sent = match write_note(&note, to, &id).await {
            Ok(()) => self.send_parts(from, to, &id).await,
            Err(error) => Err(error),
        };
        if sent.is_err() && abort(&*self.bucket, to, &id).await.is_err() {
            // To be tried again.
            self.left.lock().push(note);
            return sent;
        }
        let _ = tokio::fs::remove_file(note).await;
        sent
    }

    async fn send_parts(&self, from: &Path, to: &At, id: &MultipartId) -> Result<()> {
        let file = tokio::fs::File::open(from).await?;
        let parts = stream::try_unfold((file, 0), |(mut file, number)| async move {
            let mut part = Vec::with_capacity(PART_BYTES);
            (&mut file).take(PART_BYTES as u64).read_to_end(&mut part).await?;
            Ok::<_, FilesError>((!part.is_empty()).then_some(((number, part), (file, number + 1))))
        });
        let sent = parts
            .map_ok(|(number, part)| async move {
                Ok::<_, FilesError>(self.bucket.put_part(to, id, number, part.into()).await?)
            })
            .try_buffered(PARTS_MAX);
        let parts: Vec<PartId> = sent.try_collect().await?;
        self.bucket.complete_multipart(to, id, parts).await?;
        Ok(())
    }

    /// Aborts what nobody goes on with; how many uploads that were. What cannot be aborted now is tried again next time.
    pub(crate) async fn abort_left(&self) -> Result<usize> {
        let mut count = 0;
        loop {
            let Some(note) = self.left.lock().last().cloned() else {
                return Ok(count);
            };
            // One that cannot be read was torn by the crash, before its first part.
            if let Some((at, id)) = read_note(&note).await? {
                abort(&*self.bucket, &at, &id).await?;
                count += 1;
            }
            tokio::fs::remove_file(&note).await?;
            self.left.lock().retain(|it| *it != note);
        }
    }
}

/// One that is not there was completed or aborted before.
async fn abort(bucket: &dyn MultipartStore, at: &At, id: &MultipartId) -> Result<()> {
    match bucket.abort_multipart(at, id).await {
        Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn write_note(note: &Path, at: &At, id: &MultipartId) -> Result<()> {
    let (note, text) = (note.to_owned(), format!("{at}\n{id}\n"));
    let written = tokio::task::spawn_blocking(move || {
        let mut file = std::fs::File::create(note)?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        file.sync_all()
    });
    Ok(written.await.map_err(std::io::Error::other)??)
}

async fn read_note(note: &Path) -> Result<Option<(At, MultipartId)>> {
    let text = tokio::fs::read_to_string(note).await?;
    let read = text
        .strip_suffix('\n')
        .and_then(|it| it.split_once('\n'))
        .map(|(at, id)| (At::from(at), id.to_owned()));
    Ok(read)
}
