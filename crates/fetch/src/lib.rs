//! One HTTP request as a client: bounded in time and in size.
//!
//! **Comes in:** an address, headers, a body. **Goes out:** the answer. **Never here:** redirects, which nobody follows; cookies;
//! connections that are kept: each request has one of its own.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::{Method, Uri, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// `GET`, `PUT` …
    pub method: Method,
    /// `http://` or `https://`, whole.
    pub url: &'a str,
    /// Beside those that every request has.
    pub headers: &'a [(header::HeaderName, &'a str)],
    /// May be empty.
    pub body: Bytes,
    /// From the connection to the last byte of the answer.
    pub time_max: Duration,
    /// Of the answer's body.
    pub answer_bytes_max: usize,
}

/// What was answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The number of its status.
    pub status: u16,
    /// Its body.
    pub body: Bytes,
}

/// No whole answer came.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Not an address of the web, or not a header.
    #[error("the request is none: {0}")]
    Invalid(&'static str),
    /// It took longer than it may.
    #[error("no answer came in time")]
    TimedOut,
    /// The answer is larger than it may be.
    #[error("the answer is too large")]
    TooLarge,
    /// The connection could not be made, or broke.
    #[error("the connection failed: {0}")]
    Broken(String),
}

/// Asks, and waits for the whole answer.
pub async fn fetch(request: Request<'_>) -> Result<Answer, FetchError> {
    let time_max = request.time_max;
    let answer = tokio::time::timeout(time_max, ask(request)).await;
    answer.unwrap_or(Err(FetchError::TimedOut))
}

async fn ask(request: Request<'_>) -> Result<Answer, FetchError> {
    let uri: Uri = request
        .url
        .parse()
        .map_err(|_| FetchError::Invalid("the address"))?;
    let host = uri.host().ok_or(FetchError::Invalid("the address has no host"))?;
    let host = host.trim_matches(|it| it == '[' || it == ']');
    let is_secure = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(FetchError::Invalid("the address is neither http nor https")),
    };
    let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    let authority = uri.authority().map_or("", |it| it.as_str());
    // Whoever is named before the host is nobody's business but the address's.
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let target = uri.path_and_query().map_or("/", |it| it.as_str());
    let mut built = hyper::Request::builder()
        .method(request.method)
        .uri(target)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, concat!("hongyan/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close");
    for (name, value) in request.headers {
        built = built.header(name, *value);
    }
    let built = built
        .body(Full::new(request.body))
        .map_err(|_| FetchError::Invalid("a header"))?;
    let stream = TcpStream::connect((host, port)).await.map_err(broken)?;
    let _ = stream.set_nodelay(true);
    if is_secure {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| FetchError::Invalid("the host"))?;
        let connector = TlsConnector::from(tls()?);
        let stream = connector.connect(name, stream).await.map_err(broken)?;
        exchange(stream, built, request.answer_bytes_max).await
    } else {
        exchange(stream, built, request.answer_bytes_max).await
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: hyper::Request<Full<Bytes>>,
    bytes_max: usize,
) -> Result<Answer, FetchError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let work = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), bytes_max).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => FetchError::TooLarge,
            false => broken(error),
        })?;
        Ok(Answer {
            status,
            body: body.to_bytes(),
        })
    };
    // The connection moves only while somebody waits for it; it ends with this.
    let mut connection = std::pin::pin!(connection);
    let mut work = std::pin::pin!(work);
    tokio::select! {
        biased;
        answer = work.as_mut() => answer,
        ended = connection.as_mut() => match ended {
            // All is read already, and waits to be taken.
            Ok(()) => work.await,
            Err(error) => Err(broken(error)),
        },
    }
}

fn broken(error: impl std::fmt::Display) -> FetchError {
    FetchError::Broken(error.to_string())
}

/// The system's certificates, read once.
fn tls() -> Result<Arc<ClientConfig>, FetchError> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(broken)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(CONFIG.get_or_init(|| Arc::new(config)).clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// Answers one request with these bytes; tells what was asked.
    async fn server(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/a?b=c", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 4096];
            let count = stream.read(&mut bytes).await.unwrap();
            stream.write_all(answer).await.unwrap();
            if answer.is_empty() {
                std::future::pending::<()>().await;
            }
            String::from_utf8_lossy(&bytes[..count]).into_owned()
        });
        (url, asked)
    }

    fn get(url: &str) -> Request<'_> {
        Request {
            method: Method::GET,
            url,
            headers: &[(header::ACCEPT, "text/plain")],
            body: Bytes::new(),
            time_max: Duration::from_secs(5),
            answer_bytes_max: 10,
        }
    }

    #[tokio::test]
    async fn an_answer_is_taken_whole_whatever_its_status() {
        let (url, asked) = server(b"HTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nthere").await;
        let answer = fetch(get(&url)).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (404, &b"there"[..]));
        let asked = asked.await.unwrap();
        assert!(
            asked.starts_with("GET /a?b=c HTTP/1.1\r\n") && asked.contains("accept: text/plain"),
            "{asked}"
        );
    }

    #[tokio::test]
    async fn what_is_too_large_too_late_or_no_answer_is_an_error() {
        let (url, _asked) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\nhello there").await;
        assert!(matches!(fetch(get(&url)).await, Err(FetchError::TooLarge)));
        let (url, asked) = server(b"").await;
        let soon = Request {
            time_max: Duration::from_millis(100),
            ..get(&url)
        };
        assert!(matches!(fetch(soon).await, Err(FetchError::TimedOut)));
        asked.abort();
        let (url, _asked) = server(b"SSH-2.0-OpenSSH\r\n").await;
        assert!(matches!(fetch(get(&url)).await, Err(FetchError::Broken(_))));
        for bad in ["", "127.0.0.1", "/a", "ftp://127.0.0.1/", "file:///etc/passwd"] {
            assert!(
                matches!(fetch(get(bad)).await, Err(FetchError::Invalid(_))),
                "{bad}"
            );
        }
    }
}
