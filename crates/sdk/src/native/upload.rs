//! Files of programs: brought to the server part by part, and put into their messages.
//!
//! **Comes in:** a message with a file, and where its bytes are. **Goes out:** the same message with the file that the server
//! keeps, and how far it is. **Never here:** what a message takes, and what becomes of it; the core knows.

use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hongyan_fetch::{Answer as Fetched, FetchError, Request, fetch};
use hongyan_protocol::code::Code;
use hongyan_protocol::file::FileKind;
use hongyan_protocol::id::ConversationId;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::{Tim, unexpected};
use crate::core::{Answer, Call, Draft, Failure, LocalFile, Message, Part, SendOptions, whole_link};

/// A part that is larger has no advantage; this much of a file is in memory at once.
const PART_BYTES_MAX: u64 = 1024 * 1024;
const PART_TIME_MAX: Duration = Duration::from_secs(60);
/// What a server has to say of a part.
const ANSWER_BYTES_MAX: usize = 4096;
/// Attempts in a row that bring nothing on. With the pauses between them, half a minute.
const FAILURES_MAX: u32 = 6;
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// An address that is not good any more is asked for anew this often.
const ADDRESSES_MAX: u32 = 3;

/// Where a file's bytes are.
#[derive(Debug, Clone)]
pub enum FileSource {
    /// In memory.
    Bytes {
        /// How the file is called.
        name: String,
        /// All of it.
        bytes: Bytes,
    },
    /// On disk; called like it is there.
    Path(PathBuf),
}

/// How an attempt ended that brought not all.
enum Stopped {
    /// The address is not good any more.
    Gone,
    /// In words.
    Failed(String),
}

impl FileSource {
    fn name(&self) -> String {
        match self {
            Self::Bytes { name, .. } => name.clone(),
            Self::Path(path) => name_of(path),
        }
    }

    async fn size(&self) -> Result<u64, Failure> {
        match self {
            Self::Bytes { bytes, .. } => Ok(bytes.len() as u64),
            Self::Path(path) => match tokio::fs::metadata(path).await {
                Ok(about) => Ok(about.len()),
                Err(_) => Err(Failure::new(Code::FILE_MISSING, "the file cannot be read")),
            },
        }
    }

    async fn read(&self, from: u64, to: u64) -> std::io::Result<Bytes> {
        match self {
            Self::Bytes { bytes, .. } => {
                let (from, to) = (from as usize, to as usize);
                Ok(bytes.slice(from.min(bytes.len())..to.min(bytes.len())))
            }
            Self::Path(path) => {
                let mut file = tokio::fs::File::open(path).await?;
                file.seek(SeekFrom::Start(from)).await?;
                let mut bytes = Vec::with_capacity((to - from) as usize);
                file.take(to - from).read_to_end(&mut bytes).await?;
                Ok(bytes.into())
            }
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |it| it.to_string_lossy().into_owned())
}

impl Tim {
    /// Makes a message with a file, without uploading it. `second`: how long a sound or a video plays, 0 when not known.
    ///
    /// Errors: 2108 (empty), 2252, 2352 (a format that such messages do not take), 2253, 2301, 2351, 2402 (too large),
    /// 2401 (cannot be read).
    pub async fn create_file_message(
        &self,
        conversation: ConversationId,
        kind: FileKind,
        file: &FileSource,
        second: u32,
    ) -> Result<Message, Failure> {
        let local = LocalFile {
            name: file.name(),
            size: Some(file.size().await?),
            second,
            ..LocalFile::default()
        };
        let element = local.element(kind)?;
        self.create_message(Draft::of(conversation, element)).await
    }

    /// Uploads a message's file; `progress` is told how far it is, from 0 to 1. The message that is returned is to be sent.
    ///
    /// Goes on after cuts, for half a minute each. Errors carry the message, its status `Fail`: 2041, 2252, 2352, 60018,
    /// and 2100, 2300, 2350, 2400 by the file's kind; it may be uploaded again.
    pub async fn upload(
        &self,
        message: Message,
        file: &FileSource,
        progress: impl FnMut(f64) + Send,
    ) -> Result<Message, Failure> {
        self.upload_part(message, Part::File, file, progress).await
    }

    /// Uploads a picture of a message's video.
    ///
    /// Errors: as [`Tim::upload`].
    pub async fn upload_snapshot(&self, message: Message, picture: &FileSource) -> Result<Message, Failure> {
        self.upload_part(message, Part::Snapshot, picture, |_| ()).await
    }

    /// Makes a message with a file, uploads it and sends it.
    ///
    /// Errors: as [`Tim::create_file_message`], [`Tim::upload`] and [`Tim::send_message`].
    pub async fn send_file(
        &self,
        conversation: ConversationId,
        kind: FileKind,
        file: &FileSource,
        progress: impl FnMut(f64) + Send,
    ) -> Result<Arc<Message>, Failure> {
        let message = self.create_file_message(conversation, kind, file, 0).await?;
        let message = self.upload(message, file, progress).await?;
        self.send_message(message, SendOptions::default()).await
    }

    /// A link of a message, whole: messages carry links to files as paths of their server.
    pub async fn link(&self, link: &str) -> Result<String, Failure> {
        let link = link.to_owned();
        self.ask(move |core, _| whole_link(core.files_url(), &link)).await
    }

    async fn upload_part(
        &self,
        message: Message,
        part: Part,
        file: &FileSource,
        mut progress: impl FnMut(f64) + Send,
    ) -> Result<Message, Failure> {
        let kind = match part {
            Part::File => message.file_kind().ok_or(Failure::of(Code::NOT_A_MESSAGE))?,
            Part::Snapshot => FileKind::Image,
        };
        let size = file.size().await?;
        let mut addresses = 0;
        let path = loop {
            let name = file.name();
            let begun = self.call(Call::BeginUpload { kind, size, name }).await?;
            let Answer::UploadBegun { path, part_bytes } = begun else {
                return Err(unexpected());
            };
            let step = u64::from(part_bytes).min(PART_BYTES_MAX);
            addresses += 1;
            match self.bring(&path, file, size, step, &mut progress).await {
                Ok(()) => break path,
                Err(Stopped::Gone) if addresses < ADDRESSES_MAX => {}
                Err(stopped) => {
                    let text = match stopped {
                        Stopped::Gone => String::from("the upload's address is not good any more"),
                        Stopped::Failed(text) => text,
                    };
                    self.call(Call::FailUpload { message, text }).await?;
                    return Err(unexpected());
                }
            }
        };
        match self.call(Call::FinishUpload { path, message, part }).await? {
            Answer::Message(message) => Ok(Arc::unwrap_or_clone(message)),
            _ => Err(unexpected()),
        }
    }

    async fn bring(
        &self,
        path: &str,
        file: &FileSource,
        size: u64,
        step: u64,
        progress: &mut (impl FnMut(f64) + Send),
    ) -> Result<(), Stopped> {
        let url = format!("{}{path}", self.inner.http);
        let (mut received, mut failures) = (0, 0);
        while received < size {
            let from = received;
            let read = file.read(from, size.min(from + step)).await;
            let bytes = read.map_err(|error| Stopped::Failed(format!("the file cannot be read: {error}")))?;
            if bytes.is_empty() {
                return Err(Stopped::Failed(String::from("the file became shorter")));
            }
            let put = ask(hyper::Method::PUT, &format!("{url}?offset={from}"), bytes).await;
            match &put {
                Ok(answer) if answer.status == 404 => return Err(Stopped::Gone),
                Ok(answer) if answer.status == 413 => {
                    return Err(Stopped::Failed(String::from("the server does not take as much")));
                }
                _ => {}
            }
            if let Some(now) = put.ok().as_ref().and_then(received_of) {
                received = now.min(size);
            }
            if received > from {
                failures = 0;
                progress(received as f64 / size as f64);
                continue;
            }
            failures += 1;
            if failures >= FAILURES_MAX {
                return Err(Stopped::Failed(format!(
                    "the upload came to a halt at {received} of {size} bytes"
                )));
            }
            tokio::time::sleep((PAUSE_MIN * 2_u32.pow(failures - 1)).min(PAUSE_MAX)).await;
            // What was sent before a cut may have come.
            match ask(hyper::Method::GET, &url, Bytes::new()).await {
                Ok(answer) if answer.status == 404 => return Err(Stopped::Gone),
                Ok(answer) => received = received_of(&answer).unwrap_or(received).min(size),
                Err(_) => {}
            }
        }
        Ok(())
    }
}

async fn ask(method: hyper::Method, url: &str, body: Bytes) -> Result<Fetched, FetchError> {
    fetch(Request {
        method,
        url,
        headers: &[],
        body,
        time_max: PART_TIME_MAX,
        answer_bytes_max: ANSWER_BYTES_MAX,
    })
    .await
}

/// The number in `{"received": N}`.
fn received_of(answer: &Fetched) -> Option<u64> {
    let text = std::str::from_utf8(&answer.body).ok()?;
    let (_, rest) = text.split_once("\"received\":")?;
    let rest = rest.trim_start();
    let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_the_server_is_stands_in_its_answer() {
        let read = |body: &'static str| {
            received_of(&Fetched {
                status: 200,
                body: body.into(),
            })
        };
        assert_eq!(read("{\"received\":17}"), Some(17));
        assert_eq!(read("{ \"received\": 17, \"more\": 1 }"), Some(17));
        for bad in [
            "",
            "{}",
            "<html>",
            "{\"received\":\"17\"}",
            "{\"received\":99999999999999999999}",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
