//! One who sends without waiting for each answer, up to a window of unanswered messages.
//!
//! **Comes in:** encoded requests. **Goes out:** the same to the server, many in one system call; how many were answered.
//! A refusal is an error.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::Message;

use super::client::Socket;
use super::wire;

/// What the last answers may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// See the head of the file.
pub(super) struct Sender {
    socket: Socket,
    window: usize,
    unanswered: usize,
    /// Whether answers are frames; the relay's are not.
    framed: bool,
}

impl Sender {
    pub(super) fn new(socket: Socket, window: usize, framed: bool) -> Self {
        Self {
            socket,
            window,
            unanswered: 0,
            framed,
        }
    }

    /// Puts a message into the window, and waits for room there first. It is sent with the others when the window is
    /// full, or by [`Sender::flush`]. Answers how many were answered meanwhile.
    pub(super) async fn send(&mut self, message: Bytes) -> Result<usize> {
        let mut answered = 0;
        while self.unanswered >= self.window {
            self.flush().await?;
            answered += self.answered().await?;
            // What has come already makes room for a whole batch.
            while let Some(more) = self.answered().now_or_never() {
                answered += more?;
            }
        }
        self.socket.feed(Message::Binary(message)).await?;
        self.unanswered += 1;
        Ok(answered)
    }

    /// Sends what was put in.
    pub(super) async fn flush(&mut self) -> Result<()> {
        Ok(self.socket.flush().await?)
    }

    /// Waits for the next message of the server, and answers how many answers it carried. May be given up.
    pub(super) async fn answered(&mut self) -> Result<usize> {
        let answered = match self.socket.next().await.context("the sender's socket ended")?? {
            Message::Binary(bytes) if self.framed => wire::count_answers(&bytes)?,
            Message::Binary(_) => 1,
            Message::Close(frame) => bail!("the server closed the sender's socket: {frame:?}"),
            _ => 0,
        };
        self.unanswered = self.unanswered.saturating_sub(answered);
        Ok(answered)
    }

    /// Sends what was put in and waits until all is answered. Answers how many were answered meanwhile.
    pub(super) async fn drain(mut self) -> Result<usize> {
        self.flush().await?;
        let all = async {
            let mut answered = 0;
            while self.unanswered > 0 {
                answered += self.answered().await?;
            }
            anyhow::Ok(answered)
        };
        let answered = tokio::time::timeout(PATIENCE, all)
            .await
            .context("answers are missing")??;
        let _ = self.socket.close(None).await;
        Ok(answered)
    }
}
