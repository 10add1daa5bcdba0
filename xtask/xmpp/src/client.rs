//! A client as thin as XMPP allows: one socket, no roster, no TLS, so that the server is what is measured.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

use crate::scan::Scanner;
use crate::stanza;

/// What a server may take for one step of a login or a registration.
const STEP_MAX: Duration = Duration::from_secs(30);
/// Read at once. What waits longer is joined by the kernel.
const READ_BYTES: usize = 16 * 1024;
/// Streams that register accounts, one account after the other.
const REGISTRARS: usize = 16;

/// A logged-in connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    scanner: Scanner,
}

impl Client {
    /// Connects and opens the stream.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("connecting")?;
        stream.set_nodelay(true)?;
        let scanner = Scanner::default();
        let mut client = Self { stream, scanner };
        client.ask(&stanza::open(), b"stream:features").await?;
        Ok(client)
    }

    /// Logs a user in and says that he is there.
    pub(crate) async fn login(address: SocketAddr, user: &str) -> Result<Self> {
        let login = async {
            let mut client = Self::connect(address).await?;
            client.ask(&stanza::auth(user), b"success").await?;
            client.ask(&stanza::open(), b"stream:features").await?;
            client.ask(stanza::BIND, b"iq").await?;
            // The server sends it back to its own.
            client.ask(stanza::PRESENCE, b"presence").await?;
            client.scanner.shrink();
            Ok(client)
        };
        let client: Result<Self> = login.await;
        client.with_context(|| format!("the login of {user}"))
    }

    /// Writes, and waits for the next stanza of a name.
    pub(crate) async fn ask(&mut self, text: &str, name: &[u8]) -> Result<Vec<u8>> {
        let asked = async {
            self.stream.write_all(text.as_bytes()).await?;
            loop {
                while let Some(it) = self.scanner.next() {
                    if stanza::is_error(it.bytes) || it.name == b"failure" {
                        bail!("refused: {}", String::from_utf8_lossy(it.bytes));
                    }
                    if it.name == name {
                        return Ok(it.bytes.to_vec());
                    }
                }
                more(&mut self.stream, &mut self.scanner).await?;
            }
        };
        let limited = tokio::time::timeout(STEP_MAX, asked).await;
        limited.with_context(|| format!("no <{}>", String::from_utf8_lossy(name)))?
    }

    /// Writing and reading apart.
    pub(crate) fn split(self) -> (tokio::net::tcp::OwnedWriteHalf, Reader) {
        let (stream, sink) = self.stream.into_split();
        let scanner = self.scanner;
        (sink, Reader { stream, scanner })
    }
}

/// The reading half of a connection.
#[derive(Debug)]
pub(crate) struct Reader {
    stream: OwnedReadHalf,
    /// What has come; take the stanzas out of it before reading again.
    pub(crate) scanner: Scanner,
}

impl Reader {
    /// Waits for more bytes. Nothing is lost when it is dropped before.
    pub(crate) async fn more(&mut self) -> Result<()> {
        more(&mut self.stream, &mut self.scanner).await
    }
}

async fn more(stream: &mut (impl tokio::io::AsyncRead + Unpin), scanner: &mut Scanner) -> Result<()> {
    ensure!(!scanner.is_overfull(), "the server sends a stanza without an end");
    let space = scanner.space();
    space.reserve(READ_BYTES);
    let read = stream.read_buf(space).await.context("reading the socket")?;
    ensure!(read > 0, "the server closed the socket");
    Ok(())
}

/// Registers accounts, a few streams at once.
pub(crate) async fn register(address: SocketAddr, users: &[String]) -> Result<()> {
    let share = users.len().div_ceil(REGISTRARS).max(1);
    stream::iter(users.chunks(share))
        .map(|users| async move {
            let mut client = Client::connect(address).await?;
            for user in users {
                let registered = client.ask(&stanza::register(user), b"iq").await;
                match registered {
                    // An earlier run on the same server registered it.
                    Err(error) if error.to_string().contains("<conflict ") => {}
                    other => drop(other.with_context(|| format!("registering {user}"))?),
                }
            }
            anyhow::Ok(())
        })
        .buffer_unordered(REGISTRARS)
        .try_collect()
        .await
}
