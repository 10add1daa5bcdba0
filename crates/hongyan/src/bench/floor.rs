//! The floor: what the same bytes cost between the same sockets without login, rules and storage.
//!
//! Sockets are paired in the order of connecting. A message goes to the other of the pair, or to all others, as it came; an
//! answer of the usual size goes back to its sender.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Result;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::client::WRITE_BUFFER_BYTES;

/// As large as the answer to SendMessage with its frame around it.
const ANSWER: &[u8] = &[0; 32];
const QUEUE_MAX: usize = 1024;

/// What the relay does.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Options {
    /// To all others instead of to the other of a pair.
    #[arg(long)]
    broadcast: bool,
}

/// The sockets' queues, by the order of connecting.
type Sockets = Arc<Mutex<HashMap<u64, mpsc::Sender<Bytes>>>>;

/// Relays until it is killed.
pub(crate) async fn serve(options: Options) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let sockets = Sockets::default();
    for number in 0_u64.. {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(relay(stream, number, sockets.clone(), options.broadcast));
    }
    Ok(())
}

async fn relay(stream: TcpStream, number: u64, sockets: Sockets, broadcast: bool) -> Result<()> {
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(WRITE_BUFFER_BYTES);
    let (mut sink, mut source) = accept_async_with_config(stream, Some(config)).await?.split();
    let (sender, mut queue) = mpsc::channel::<Bytes>(QUEUE_MAX);
    sockets.lock().await.insert(number, sender.clone());
    let writer = tokio::spawn(async move {
        while let Some(bytes) = queue.recv().await {
            sink.feed(Message::Binary(bytes)).await?;
            while let Ok(bytes) = queue.try_recv() {
                sink.feed(Message::Binary(bytes)).await?;
            }
            sink.flush().await?;
        }
        anyhow::Ok(())
    });
    let mut others: Vec<mpsc::Sender<Bytes>> = Vec::new();
    while let Some(Ok(Message::Binary(bytes))) = source.next().await {
        // Who sends does so after all have connected.
        if others.is_empty() {
            let sockets = sockets.lock().await;
            let mine = |it: &u64| {
                if broadcast {
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
            let _ = other.send(bytes.clone()).await;
        }
        let _ = sender.send(Bytes::from_static(ANSWER)).await;
    }
    writer.abort();
    Ok(())
}
