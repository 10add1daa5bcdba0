//! TLS with a certificate of the test's own.

use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use hongyan_protocol::frame;
use hongyan_server::config::TlsFiles;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::support::TestServer;

#[tokio::test]
async fn a_websocket_runs_inside_tls_and_cookies_are_secure_there() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles {
        cert: folder.path().join("cert.pem"),
        key: folder.path().join("key.pem"),
    };
    std::fs::write(&files.cert, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    let server = TestServer::start_with(|it| it.tls = Some(files)).await;

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let name = ServerName::try_from("localhost").unwrap();

    let stream = TcpStream::connect(server.address).await.unwrap();
    let stream = connector.connect(name.clone(), stream).await.unwrap();
    let (mut socket, _) = client_async("wss://localhost/v1/ws", stream).await.unwrap();
    socket.send(Message::Binary(frame::ping(5))).await.unwrap();
    let answer = socket.next().await.unwrap().unwrap();
    assert_eq!(answer, Message::Binary(frame::pong(5)));

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let stream = TcpStream::connect(server.address).await.unwrap();
    let mut stream = connector.connect(name, stream).await.unwrap();
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
}
