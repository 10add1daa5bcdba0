//! The floor: what the same bytes cost between the same sockets without login, rules and storage.
//!
//! Sockets are paired in the order of connecting. A message goes to the other of the pair, or to all others, as it came; an
//! answer of the usual size goes back to its sender.
//!
//! There are two of it. The *bare* relay writes each frame that it read by itself and at once. The one that *joins* writes
//! with one call what waits for a socket, as our server does.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::client::{Socket, WRITE_BUFFER_BYTES};

/// As large as the answer to SendMessage with its frame around it.
const ANSWER: &[u8] = &[0; 32];
const QUEUE_MAX: usize = 1024;

/// What the relay does.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Options {
    /// To all others instead of to the other of a pair.
    #[arg(long)]
    pub(crate) broadcast: bool,
    /// Write with one call what waits for a socket, instead of each frame by itself.
    #[arg(long)]
    pub(crate) join: bool,
}

/// The ways into the sockets, by the order of connecting. A relay lives for one measurement: none is taken away.
type Sockets = Arc<Mutex<HashMap<u64, Way>>>;

/// Relays until it is killed.
pub(crate) async fn serve(options: Options) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let sockets = Sockets::default();
    for number in 0_u64.. {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(relay(stream, number, sockets.clone(), options));
    }
    Ok(())
}

async fn relay(stream: TcpStream, number: u64, sockets: Sockets, options: Options) -> Result<()> {
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(if options.join { WRITE_BUFFER_BYTES } else { 0 });
    let (sink, mut source) = accept_async_with_config(stream, Some(config)).await?.split();
    let way = Way::into(sink, options.join);
    sockets.lock().await.insert(number, way.clone());
    let mut others: Vec<Way> = Vec::new();
    while let Some(Ok(Message::Binary(bytes))) = source.next().await {
        // Who sends does so after all have connected.
        if others.is_empty() {
            let sockets = sockets.lock().await;
            let mine = |it: &u64| {
                if options.broadcast {
                    *it != number
                } else {
                    *it == number ^ 1
                }
            };
            others = sockets
                .iter()
                .filter(|(it, _)| mine(it))
                .map(|(_, it)| it.clone())
                .collect();
        }
        for other in &others {
            other.send(bytes.clone()).await;
        }
        way.send(Bytes::from_static(ANSWER)).await;
    }
    Ok(())
}

/// How bytes get into a socket.
#[derive(Clone)]
enum Way {
    /// Without a queue.
    Bare(Arc<Mutex<SplitSink<Socket, Message>>>),
    Joining(mpsc::Sender<Bytes>),
}

impl Way {
    fn into(mut sink: SplitSink<Socket, Message>, join: bool) -> Self {
        if !join {
            return Self::Bare(Arc::new(Mutex::new(sink)));
        }
        let (sender, mut queue) = mpsc::channel::<Bytes>(QUEUE_MAX);
        tokio::spawn(async move {
            while let Some(bytes) = queue.recv().await {
                sink.feed(Message::Binary(bytes)).await?;
                while let Ok(bytes) = queue.try_recv() {
                    sink.feed(Message::Binary(bytes)).await?;
                }
                sink.flush().await?;
            }
            anyhow::Ok(())
        });
        Self::Joining(sender)
    }

    /// What is for a socket that is gone is gone.
    async fn send(&self, bytes: Bytes) {
        match self {
            Self::Bare(sink) => drop(sink.lock().await.send(Message::Binary(bytes)).await),
            Self::Joining(queue) => drop(queue.send(bytes).await),
        }
    }
}
