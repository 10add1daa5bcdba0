//! TLS with a certificate of the test's own.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use hongyan_protocol::frame;
use hongyan_server::config::TlsFiles;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::support::TestServer;

/// A certificate of its own for `localhost`, written to files, and a client that trusts nothing else.
fn certify(files: &TlsFiles) -> TlsConnector {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(&files.cert, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn connect(server: &TestServer, connector: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    connector.connect(name, stream).await
}

fn files(folder: &TempDir) -> TlsFiles {
    TlsFiles {
        cert: folder.path().join("cert.pem"),
        key: folder.path().join("key.pem"),
    }
}

#[tokio::test]
async fn a_websocket_runs_inside_tls_and_cookies_are_secure_there() {
    let folder = tempfile::tempdir().unwrap();
    let connector = certify(&files(&folder));
    let server = TestServer::start_with(|it| it.tls = Some(files(&folder))).await;

    let stream = connect(&server, &connector).await.unwrap();
    let (mut socket, _) = client_async("wss://localhost/v1/ws", stream).await.unwrap();
    socket.send(Message::Binary(frame::ping(5))).await.unwrap();
    let answer = socket.next().await.unwrap().unwrap();
    assert_eq!(answer, Message::Binary(frame::pong(5)));

    let mut stream = connect(&server, &connector).await.unwrap();
    let body = serde_json::json!({ "password": server.password }).to_string();
    let request = format!(
        "POST /console/api/login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("; Secure"), "{answer}");

    // What does not speak TLS is not answered, and disturbs nobody.
    let plain = TcpStream::connect(server.address).await.unwrap();
    assert!(client_async("ws://localhost/v1/ws", plain).await.is_err());
    connect(&server, &connector).await.unwrap();
}

#[tokio::test]
async fn a_tls_handshake_that_does_not_come_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let connector = certify(&files(&folder));
    let server = TestServer::start_with(|it| {
        it.tls = Some(files(&folder));
        it.head_timeout = std::time::Duration::from_millis(200);
    })
    .await;
    // Nothing, and the beginning of a greeting.
    for beginning in [&b""[..], &[0x16, 0x03, 0x01, 0x02, 0x00]] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(beginning).await.unwrap();
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        let ended = tokio::time::timeout(std::time::Duration::from_secs(5), ended).await;
        assert!(ended.is_ok(), "still open");
    }
    connect(&server, &connector).await.unwrap();
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_while_the_server_runs_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let old = certify(&files(&folder));
    let server = TestServer::start_with(|it| it.tls = Some(files(&folder))).await;
    let new = certify(&files(&folder));
    assert!(connect(&server, &new).await.is_err());
    server.reload_tls().unwrap();
    connect(&server, &new).await.unwrap();
    assert!(connect(&server, &old).await.is_err());

    std::fs::write(files(&folder).cert, "no certificate").unwrap();
    assert!(server.reload_tls().is_err());
    connect(&server, &new).await.unwrap();
}
