//! The gateway: from a TCP connection to HTTP, and from HTTP to a session's socket.
//!
//! **Comes in:** connections. **Goes out:** requests to the router, and WebSockets to sessions. **Never here:** frames.
//!
//! Bounds: the number of open connections, the time that a TLS handshake or a request's head may take, and the time that a
//! client may leave an answer untaken.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tower::ServiceExt as _;

use crate::session::{self, socket::Socket};
use crate::shared::{Permit, Shared};
use crate::tls::Tls;

/// A request's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Who sent a request; part of every request that the router sees.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    /// It came over TLS.
    pub(crate) secure: bool,
    permit: Permit,
}

#[cfg(any(test, feature = "fuzzing"))]
impl Client {
    /// One that came over no connection.
    pub(crate) fn nobody(shared: &Shared) -> Option<Self> {
        Some(Self {
            address: IpAddr::from([127, 0, 0, 1]),
            secure: false,
            permit: Arc::new(shared.sockets.clone().try_acquire_owned().ok()?),
        })
    }
}

/// Takes connections until the server stops.
pub(crate) async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    router: Router,
    tls: Option<Arc<Tls>>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stopped() => return,
        };
        match accepted {
            Ok((stream, address)) => {
                let Ok(permit) = shared.sockets.clone().try_acquire_owned() else {
                    tracing::warn!(client.address = %address.ip(), "a connection was refused: there are too many");
                    continue;
                };
                let connection = serve(
                    stream,
                    address,
                    Arc::new(permit),
                    shared.clone(),
                    router.clone(),
                    tls.clone(),
                );
                tokio::spawn(connection);
            }
            Err(error) => {
                // Out of file descriptors, mostly: wait until somebody leaves.
                tracing::error!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    address: SocketAddr,
    permit: Permit,
    shared: Arc<Shared>,
    router: Router,
    tls: Option<Arc<Tls>>,
) {
    // Frames are joined before they are written; waiting for more helps nobody.
    let _ = stream.set_nodelay(true);
    let secure = tls.is_some();
    let head_timeout = shared.config.head_timeout;
    let link = match tls {
        None => Link::Plain(stream),
        Some(tls) => match timeout(head_timeout, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => Link::Tls(Box::new(stream)),
            Ok(Err(error)) => {
                tracing::debug!(client.address = %address.ip(), %error, "a TLS handshake failed");
                return;
            }
            Err(_) => return,
        },
    };
    let stream = Stream {
        link,
        patience: Some(shared.config.stall_timeout),
        stalled: None,
    };
    let client = Client {
        // An IPv4 client of a socket that takes both looks like itself.
        address: address.ip().to_canonical(),
        secure,
        permit,
    };
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(client.clone());
        router.clone().oneshot(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = shared.stopped() => {
            connection.as_mut().graceful_shutdown();
            timeout(shared.config.close_grace, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = result {
        tracing::debug!(client.address = %address.ip(), %error, "a connection broke");
    }
}

/// `/v1/ws`: from here on it is a session. Apps may be served from anywhere, so any origin may connect: what lets a
/// client in is its UserSig and nothing that a browser adds by itself.
pub(crate) async fn upgrade(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    let headers = request.headers();
    let is_websocket = has_token(headers, header::CONNECTION, "upgrade")
        && has_token(headers, header::UPGRADE, "websocket")
        && has_token(headers, header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers
        .get(header::SEC_WEBSOCKET_KEY)
        .map(|it| derive_accept_key(it.as_bytes()));
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let client = request.extensions_mut().remove::<Client>();
    let (true, Some(key), Some(upgrade), Some(client)) = (is_websocket, key, upgrade, client) else {
        let headers = [
            (header::UPGRADE, "websocket"),
            (header::SEC_WEBSOCKET_VERSION, "13"),
        ];
        return (StatusCode::UPGRADE_REQUIRED, headers, "this is a WebSocket\n").into_response();
    };
    tokio::spawn(async move {
        let upgraded = match upgrade.await {
            Ok(upgraded) => upgraded,
            Err(error) => {
                tracing::debug!(client.address = %client.address, %error, "an upgrade failed");
                return;
            }
        };
        let Ok(parts) = upgraded.downcast::<TokioIo<Stream>>() else {
            tracing::error!("an upgraded connection is of another kind than those that were taken");
            return;
        };
        let mut stream = parts.io.into_inner();
        // From here on it is heartbeats that tell who is there.
        stream.patience = None;
        let socket = Socket::new(stream, &parts.read_buf);
        // The buffer of HTTP is many times larger than what a session keeps.
        drop(parts.read_buf);
        // A task of its own, because this one holds room for all of the above as long as it lives.
        tokio::spawn(session::run(shared, socket, client.address, client.permit));
    });
    let headers = [
        (header::CONNECTION, "upgrade"),
        (header::UPGRADE, "websocket"),
        (header::SEC_WEBSOCKET_ACCEPT, key.as_str()),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn has_token(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let mut values = headers.get_all(name).iter().filter_map(|it| it.to_str().ok());
    values.any(|value| value.split(',').any(|it| it.trim().eq_ignore_ascii_case(token)))
}

/// A client's connection. While it speaks HTTP, a client that takes nothing of an answer is given up: it would hold its
/// place for as long as it likes.
pub(crate) struct Stream {
    link: Link,
    /// How long it may take nothing; `None`: for ever.
    patience: Option<Duration>,
    /// Since something waits to be taken: when that is given up.
    stalled: Option<Pin<Box<Sleep>>>,
}

enum Link {
    /// Bare.
    Plain(TcpStream),
    /// Inside TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Fails when what is written was not taken for too long.
    fn in_time<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let Some(patience) = self.patience else {
            return Poll::Pending;
        };
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        stalled
            .as_mut()
            .poll(context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().link {
            Link::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Link::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        let written = match &mut stream.link {
            Link::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Link::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        };
        stream.in_time(context, written)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        let flushed = match &mut stream.link {
            Link::Plain(stream) => Pin::new(stream).poll_flush(context),
            Link::Tls(stream) => Pin::new(stream).poll_flush(context),
        };
        stream.in_time(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        let shut = match &mut stream.link {
            Link::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Link::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        };
        stream.in_time(context, shut)
    }
}
