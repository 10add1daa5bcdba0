//! A client as thin as the wire allows: it speaks frames and keeps no state, so that the server is what is measured.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use hongyan_protocol::code::Code;
use hongyan_protocol::wire::{self, frame, request, response};
use hongyan_protocol::{frame as frames, usersig};
use hongyan_server::clock;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// A WebSocket to the measured server.
pub(crate) type Socket = WebSocketStream<TcpStream>;

/// What is written waits for the flush, up to this: a batch is one system call.
pub(super) const WRITE_BUFFER_BYTES: usize = 64 * 1024;

/// Opens a WebSocket with small buffers, so that ten thousand of them fit into the load generator.
pub(crate) async fn connect(address: &str) -> Result<Socket> {
    let stream = TcpStream::connect(address).await.context("connecting")?;
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(WRITE_BUFFER_BYTES);
    let (socket, _) = client_async_with_config(format!("ws://{address}/v1/ws"), stream, Some(config))
        .await
        .context("the WebSocket's handshake")?;
    Ok(socket)
}

/// Opens a WebSocket and logs a user in.
pub(crate) async fn login(address: &str, key: &str, user_id: &str) -> Result<Socket> {
    let mut socket = connect(address).await?;
    let app = super::process::APP;
    let mut instance = [0_u8; 16];
    instance[..user_id.len().min(16)].copy_from_slice(&user_id.as_bytes()[..user_id.len().min(16)]);
    let login = wire::Login {
        sdk_app_id: app.0,
        user_id: user_id.to_owned(),
        user_sig: usersig::issue(app, user_id, key, clock::now(), 86_400),
        platform: wire::Platform::Web as i32,
        instance: Bytes::copy_from_slice(&instance),
        resume: false,
        sdk_version: "bench".to_owned(),
    };
    let request = wire::Request {
        id: 1,
        command: Some(request::Command::Login(login)),
    };
    socket.send(Message::Binary(frames::request(request))).await?;
    loop {
        for kind in next_frames(&mut socket).await? {
            if let frame::Kind::Response(answer) = kind {
                match answer.result {
                    Some(response::Result::Login(_)) if answer.code == 0 => return Ok(socket),
                    _ => bail!(
                        "the login of {user_id} was refused: {:?} {}",
                        Code(answer.code),
                        answer.text
                    ),
                }
            }
        }
    }
}

/// The frames of the next binary message.
pub(crate) async fn next_frames(socket: &mut Socket) -> Result<Vec<frame::Kind>> {
    loop {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => {
                return Ok(frames::decode(bytes)?
                    .into_iter()
                    .filter_map(|it| it.kind)
                    .collect());
            }
            Some(Ok(Message::Close(frame))) => bail!("the server closed the socket: {frame:?}"),
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error).context("reading the socket"),
            None => bail!("the socket ended"),
        }
    }
}
