//! One WebSocket, in a task of its own.
//!
//! **Comes in:** where to connect, bytes to send. **Goes out:** that it opened, what it received, that it closed. **Never
//! here:** what the bytes mean, and when to connect again.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use hongyan_protocol::limits;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

/// Messages that wait to be written; the socket counts as broken beyond that.
const WRITES_WAITING_MAX: usize = 1024;
/// How long a good-bye may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// The close code of a socket that broke without one.
const ABNORMAL: u16 = 1006;

type Stream = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

/// What a socket has to tell.
pub(super) enum News {
    Opened,
    Message(Bytes),
    Closed { code: u16, reason: String },
}

/// The near end of a socket. Dropping it closes the socket, after what was given has been written.
pub(super) struct Socket {
    pub(super) id: u64,
    writes: mpsc::Sender<Bytes>,
}

impl Socket {
    pub(super) fn open(id: u64, url: String, tell: mpsc::Sender<(u64, News)>) -> Self {
        let (writes, waiting) = mpsc::channel(WRITES_WAITING_MAX);
        tokio::spawn(run(id, url, waiting, tell));
        Self { id, writes }
    }

    /// Whether there is room for it.
    pub(super) fn send(&self, bytes: Bytes) -> bool {
        self.writes.try_send(bytes).is_ok()
    }
}

/// The address of the WebSocket at a server; `None` when that is no address.
pub(super) fn url(server: &str) -> Option<String> {
    let (scheme, rest) = server.trim().split_once("://")?;
    let scheme = match scheme {
        "ws" | "http" => "ws",
        "wss" | "https" => "wss",
        _ => return None,
    };
    let (host, path) = match rest.split_once('/') {
        Some((host, path)) => (host, path),
        None => (rest, ""),
    };
    if host.is_empty() || host.contains(char::is_whitespace) {
        return None;
    }
    let path = if path.is_empty() { "v1/ws" } else { path };
    Some(format!("{scheme}://{host}/{path}"))
}

/// Where the same server is reached over HTTP: `wss://host/prefix/v1/ws` → `https://host/prefix`.
pub(super) fn http_url(url: &str) -> String {
    let url = url.strip_suffix("/v1/ws").unwrap_or(url);
    format!("http{}", url.strip_prefix("ws").unwrap_or(url))
}

async fn run(id: u64, url: String, mut writes: mpsc::Receiver<Bytes>, tell: mpsc::Sender<(u64, News)>) {
    if url.starts_with("wss:") {
        // Only the first one counts; a program may have chosen its own before.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits::SERVER_FRAME_BYTES_MAX))
        .max_frame_size(Some(limits::SERVER_FRAME_BYTES_MAX));
    let connected = tokio::select! {
        connected = connect_async_with_config(url, Some(config), true) => connected,
        // The core gave it up.
        () = tell_when_dropped(&mut writes) => return,
    };
    let closed = match connected {
        Ok((stream, _)) => {
            let _ = tell.send((id, News::Opened)).await;
            exchange(id, stream, &mut writes, &tell).await
        }
        Err(error) => News::Closed {
            code: ABNORMAL,
            reason: error.to_string(),
        },
    };
    let _ = tell.send((id, closed)).await;
}

/// Reads and writes until one side has had enough.
async fn exchange(
    id: u64,
    mut stream: Stream,
    writes: &mut mpsc::Receiver<Bytes>,
    tell: &mpsc::Sender<(u64, News)>,
) -> News {
    loop {
        let result = tokio::select! {
            bytes = writes.recv() => match bytes {
                Some(bytes) => write(&mut stream, bytes, writes).await,
                None => {
                    let _ = timeout(CLOSE_LIMIT, stream.close(None)).await;
                    return News::Closed { code: 1000, reason: String::new() };
                }
            },
            message = stream.next() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    let _ = tell.send((id, News::Message(bytes))).await;
                    Ok(())
                }
                Some(Ok(Message::Text(text))) => {
                    let _ = tell.send((id, News::Message(text.into()))).await;
                    Ok(())
                }
                Some(Ok(Message::Close(frame))) => {
                    let _ = timeout(CLOSE_LIMIT, stream.close(None)).await;
                    return match frame {
                        Some(frame) => News::Closed {
                            code: frame.code.into(),
                            reason: frame.reason.to_string(),
                        },
                        None => News::Closed { code: ABNORMAL, reason: String::new() },
                    };
                }
                Some(Ok(_)) => Ok(()),
                Some(Err(error)) => Err(error),
                None => return News::Closed { code: ABNORMAL, reason: String::new() },
            },
        };
        if let Err(error) = result {
            return News::Closed {
                code: ABNORMAL,
                reason: error.to_string(),
            };
        }
    }
}

/// Writes a message and all that wait behind it, and flushes once.
async fn write(
    stream: &mut Stream,
    bytes: Bytes,
    writes: &mut mpsc::Receiver<Bytes>,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    stream.feed(Message::Binary(bytes)).await?;
    while let Ok(bytes) = writes.try_recv() {
        stream.feed(Message::Binary(bytes)).await?;
    }
    stream.flush().await
}

/// Before the socket is open nothing is sent, so that anything received here is the end.
async fn tell_when_dropped(writes: &mut mpsc::Receiver<Bytes>) {
    writes.recv().await;
}

#[cfg(test)]
mod tests {
    use super::url;

    #[test]
    fn a_server_may_be_named_in_any_of_four_ways() {
        for (server, expected) in [
            ("ws://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/ws"),
            ("https://im.example.org", "wss://im.example.org/v1/ws"),
            ("http://im.example.org/", "ws://im.example.org/v1/ws"),
            ("wss://im.example.org/im/v1/ws", "wss://im.example.org/im/v1/ws"),
        ] {
            assert_eq!(url(server).as_deref(), Some(expected));
        }
        for bad in ["", "im.example.org", "ftp://im.example.org", "ws://", "ws://a b"] {
            assert_eq!(url(bad), None);
        }
    }
}
