//! What fuzzing calls here, and the short run of it that needs no fuzzer. See `hongyan_protocol::fuzzing`.
//!
//! **Comes in:** any bytes. **Goes out:** nothing; whoever calls looks whether it comes back. **Never here:** in what is
//! shipped.
//!
//! The store is in memory and does not fail, so an answer that calls itself internal is a fault as much as a panic is.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use bytes::Bytes;
use futures_util::stream;
use hongyan_domain::file::begin::Wish;
use hongyan_protocol::code::Code;
use hongyan_protocol::file::FileKind;
use hongyan_protocol::id::UserId;
use hongyan_protocol::wire::{self, frame::Kind, request::Command};
use hongyan_protocol::{frame, limits};
use hongyan_storage::{SqliteStore, Store as _};
use prost::Message as _;
use tower::ServiceExt as _;

use crate::command::testing::{self, World, message, to_group, to_user};
use crate::command::{Caller, LoginRefused};
use crate::config::{Config, FilesAt};
use crate::gateway::Client;
use crate::server::share;
use crate::session::frames::hear;
use crate::session::socket::{self, Message};
use crate::shared::Shared;
use crate::{clock, http};

/// Requests of one input that are carried out.
const REQUESTS_MAX: usize = 16;
const INTERNAL: [Code; 6] = [
    Code::ACCOUNT_INTERNAL,
    Code::CONVERSATION_INTERNAL,
    Code::GROUP_INTERNAL,
    Code::MESSAGE_INTERNAL,
    Code::PROFILE_INTERNAL,
    Code::RELATION_INTERNAL,
];
const TOKEN: &str = "the token of fuzzing";
/// What is in the file that is there.
const FILE: &[u8] = b"Forty bytes of a text that nobody needs.";
/// What the upload that is on its way is to have.
const UPLOAD_BYTES: u64 = 100;

/// A message on a session's socket: bound and taken apart. The same bytes as they would come from the connection: what
/// they say does not depend on the pieces in which they come.
pub fn heard(bytes: &[u8]) {
    let whole = socket::decoded(bytes, bytes.len());
    assert_eq!(whole, socket::decoded(bytes, 3), "in pieces of three");
    let binary = Message::Binary(Bytes::copy_from_slice(bytes));
    if let Ok(frames) = hear(Ok(binary)) {
        assert!(frames.len() <= 1024, "the number of frames is bounded");
    }
}

/// The requests of a message, carried out one after the other for callers who know each other and share a group; an even
/// id is the group's owner's. Each is answered: never a panic, never an internal failure, never too long.
pub fn commands(bytes: &[u8]) {
    let Ok(frames) = frame::decode(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    let requests: Vec<wire::Request> = frames
        .into_iter()
        .filter_map(|it| match it.kind {
            Some(Kind::Request(request)) => Some(request),
            _ => None,
        })
        .take(REQUESTS_MAX)
        .collect();
    if requests.is_empty() {
        return;
    }
    run(async {
        let world = World::new().await;
        let (alice, bob) = (world.caller("alice").await, world.caller("bob").await);
        settle(&world, &alice, &bob).await;
        for request in requests {
            let caller = if request.id % 2 == 0 { &alice } else { &bob };
            match request.command {
                Some(Command::Login(login)) => log_in(&world, login).await,
                Some(command) => carry_out(&world, caller, command).await,
                None => {}
            }
        }
    });
}

/// A request to the console's API, or to any other address of the server, by somebody who is signed in: a line with the
/// method and the address, then the body. What is answered is JSON where it should be, and no failure of the server.
pub fn console(bytes: &[u8]) {
    let (line, body) = match bytes.iter().position(|it| *it == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    let line = String::from_utf8_lossy(line);
    let Some((method, path)) = line.split_once(' ') else {
        return;
    };
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("cookie", format!("hongyan_console={TOKEN}"))
        .body(Body::from(body.to_vec()));
    let Ok(mut request) = request else {
        return;
    };
    run(async {
        let (shared, router) = server(None).await;
        request
            .extensions_mut()
            .insert(Client::nobody(&shared).expect("there is room for a connection"));
        let is_api = request.uri().path().starts_with("/console/api/");
        let response = router.oneshot(request).await.expect("a router does not fail");
        let status = response.status();
        assert!(!status.is_server_error(), "{status}");
        let body = to_bytes(response.into_body(), limits::SERVER_FRAME_BYTES_MAX).await;
        let body = body.expect("an answer of a known size");
        if is_api && !body.is_empty() {
            let answer: serde_json::Value = serde_json::from_slice(&body).expect("the API speaks JSON");
            assert!(status.is_success() || answer["code"].is_string(), "{answer}");
        }
    });
}

/// A request for an uploaded file, or to an upload: a line with the method and the address, in which `{file}` and `{ticket}`
/// stand for the one that is there and the one that is on its way; headers, a line each, up to an empty one; the body. What
/// is answered is the file or exactly the part that the answer names, never more than was uploaded, and no failure of the
/// server.
pub fn files(bytes: &[u8]) {
    run(async {
        let folder = tempfile::tempdir().expect("there is room for a small file");
        let (shared, router) = server(Some(FilesAt::Folder(folder.path().to_owned()))).await;
        let (file, _) = upload(&shared, FILE.len() as u64, FILE).await;
        let (_, ticket) = upload(&shared, UPLOAD_BYTES, b"").await;
        let Some(mut request) = file_request(bytes, &file.unwrap_or_default(), &ticket) else {
            return;
        };
        request
            .extensions_mut()
            .insert(Client::nobody(&shared).expect("there is room for a connection"));
        let is_get = request.method() == Method::GET;
        let response = router.oneshot(request).await.expect("a router does not fail");
        let (status, headers) = (response.status(), response.headers().clone());
        assert!(!status.is_server_error(), "{status}");
        let body = to_bytes(response.into_body(), limits::SERVER_FRAME_BYTES_MAX).await;
        let body = body.expect("an answer of a known size");
        let text = |name| headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or("");
        if is_get && headers.contains_key(header::ACCEPT_RANGES) {
            match status {
                StatusCode::OK => assert_eq!(body, FILE),
                StatusCode::PARTIAL_CONTENT => assert_eq!(body, part(text(header::CONTENT_RANGE))),
                _ => assert!(body.is_empty(), "{status}"),
            }
        }
        let upload = shared.context.uploads.find(&ticket).expect("it is on its way");
        assert!(upload.received() <= UPLOAD_BYTES);
    });
}

fn file_request(bytes: &[u8], file: &str, ticket: &str) -> Option<Request> {
    let end = bytes.windows(2).position(|it| it == b"\n\n");
    let (head, body) = match end {
        Some(end) => (&bytes[..end], &bytes[end + 2..]),
        None => (bytes, &[][..]),
    };
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split('\n');
    let (method, address) = lines.next()?.split_once(' ')?;
    let address = address.replace("{file}", file).replace("{ticket}", ticket);
    let mut request = Request::builder()
        .method(method)
        .uri(address)
        .header("host", "localhost");
    for (name, value) in lines.filter_map(|it| it.split_once(": ")) {
        request = request.header(name, value.replace("{file}", file));
    }
    request.body(Body::from(body.to_vec())).ok()
}

/// What `Content-Range` says that an answer is.
fn part(range: &str) -> &'static [u8] {
    let (part, size) = range
        .strip_prefix("bytes ")
        .and_then(|it| it.split_once('/'))
        .expect("a part is named");
    let (first, last) = part.split_once('-').expect("a part is named");
    let number = |text: &str| text.parse::<usize>().expect("places are numbers");
    assert_eq!(number(size), FILE.len());
    &FILE[number(first)..=number(last)]
}

/// Begins an upload of so many bytes and brings some; its file's name when it is whole, and its ticket.
async fn upload(shared: &Shared, size: u64, bytes: &'static [u8]) -> (Option<String>, String) {
    let uploads = &shared.context.uploads;
    let alice = shared
        .context
        .store
        .find_account(testing::APP, &UserId::trusted("alice"))
        .await;
    let account = alice.ok().flatten().expect("alice is there").account;
    let wish = Wish {
        kind: FileKind::File,
        size,
        name: "a file.txt".to_owned(),
    };
    let ticket = uploads.begin(account, wish).await;
    let ticket = ticket.expect("there is room for a small file").to_string();
    let upload = uploads.find(&ticket).expect("it was begun");
    let bytes = stream::iter([Ok::<_, Infallible>(Bytes::from_static(bytes))]);
    uploads.receive(&upload, 0, bytes).await;
    let file = match upload.received() == size {
        true => upload.outcome().await.ok().map(|it| it.uuid),
        false => None,
    };
    (file, ticket)
}

/// A talk and a group to be asked about.
async fn settle(world: &World, alice: &Caller, bob: &Caller) {
    let create = wire::CreateGroup {
        r#type: wire::GroupType::Public.into(),
        name: "team".to_owned(),
        group_id: "team".to_owned(),
        member_ids: vec!["bob".to_owned()],
        ..wire::CreateGroup::default()
    };
    for (caller, command) in [
        (alice, Command::SendMessage(message(to_user("bob"), 1))),
        (alice, Command::CreateGroup(create)),
        (bob, Command::SendMessage(message(to_group("team"), 2))),
    ] {
        world
            .run(caller, command)
            .await
            .expect("what anybody does is done");
    }
}

async fn carry_out(world: &World, caller: &Caller, command: Command) {
    let shown = format!("{command:?}");
    match world.run(caller, command).await {
        Ok((result, events)) => {
            let answer = wire::Response {
                result: Some(result),
                ..wire::Response::default()
            };
            assert!(
                answer.encoded_len() <= limits::SERVER_FRAME_BYTES_MAX,
                "{shown:.200}"
            );
            let _ = format!("{events:?}");
        }
        Err(refused) => {
            assert!(!INTERNAL.contains(&refused.code), "{shown:.200}");
            assert!(!refused.text.is_empty(), "{shown:.200}");
        }
    }
}

/// Nobody comes in by a ticket that the app's key did not make.
async fn log_in(world: &World, login: wire::Login) {
    let user_sig = login.user_sig.clone();
    match world.try_login(login).await {
        Ok(logged_in) => {
            let name = logged_in.caller.account.user_id;
            let app = logged_in.caller.account.app;
            let good =
                hongyan_protocol::usersig::verify(&user_sig, app, name.as_str(), testing::KEY, testing::NOW);
            assert!(good.is_ok());
        }
        Err(LoginRefused::Refused(refused)) => assert!(!INTERNAL.contains(&refused.code)),
        Err(LoginRefused::Kicked(_)) => {}
    }
}

/// A server without a socket, with one app and one account.
async fn server(files: Option<FilesAt>) -> (Arc<Shared>, Router) {
    let store = Arc::new(SqliteStore::in_memory());
    let app = testing::app(hongyan_storage::model::AppSettings::default());
    store.put_app(app).await.expect("a store in memory takes it");
    let alice = UserId::trusted("alice");
    let made = store.put_account(testing::APP, &alice, testing::NOW).await;
    made.expect("a store in memory takes it");
    let config = Config {
        dev: true,
        files,
        ..Config::default()
    };
    let (shared, _) = share(config, store).expect("what it needs is there");
    shared.console.sessions.begin(TOKEN, clock::now());
    let router = http::router(shared.clone());
    (shared, router)
}

fn run(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime of one thread").block_on(work);
}

/// Samples of [`console`]: one for each address.
pub fn console_samples() -> Vec<Vec<u8>> {
    let api = |rest: &str| {
        let (method, rest) = rest.split_once(' ').unwrap_or_default();
        format!("{method} /console/api{rest}").into_bytes()
    };
    let mut samples: Vec<Vec<u8>> = [
        "GET /session",
        "POST /login\n{\"password\":\"guess\"}",
        "POST /logout\n{}",
        "POST /password\n{\"current\":\"guess\",\"new\":\"a long pass phrase\"}",
        "GET /overview",
        "GET /apps",
        "POST /apps\n{\"name\":\"shop\",\"sdkAppID\":1400000007}",
        "PATCH /apps/1400000001\n{\"name\":\"x\",\"settings\":{\"webInstances\":2,\"platformPolicy\":\"dual\",\
         \"revokeLimitS\":60,\"blockedSender\":\"pretend\"}}",
        "POST /apps/1400000001/rotate-key\n{}",
        "GET /apps/1400000001/accounts?query=al&after=a&limit=10",
        "POST /apps/1400000001/usersig\n{\"userID\":\"alice\",\"expireS\":60}",
        "POST /apps/1400000001/kick\n{\"userID\":\"alice\"}",
        "PUT /apps/1400000001/translate\n{\"url\":\"http://127.0.0.1:1\",\"key\":\"k\"}",
    ]
    .map(api)
    .into();
    samples.push(b"POST /dev/usersig\n{\"userID\":\"alice\"}".to_vec());
    samples.push(b"GET /console/apps/1".to_vec());
    samples.push(b"GET /metrics".to_vec());
    samples
}

/// Samples of [`files`]: each kind of question, and what may surprise.
pub fn file_samples() -> Vec<Vec<u8>> {
    [
        "GET /v1/files/{file}/original.bin\n\n",
        "HEAD /v1/files/{file}/thumb.webp\nrange: bytes=1-\n\n",
        "GET /v1/files/{file}/original\nrange: bytes=3-9\n\n",
        "GET /v1/files/{file}/large.png\nrange: bytes=-5\nif-range: \"{file}-original\"\n\n",
        "GET /v1/files/{file}/original\nrange: bytes=40-18446744073709551615\n\n",
        "GET /v1/files/{file}/original\nif-none-match: \"{file}-original\"\n\n",
        "GET /v1/files/00/%2e%2e%2foriginal?x=%00&y=+\n\n",
        "OPTIONS /v1/files/{file}/original\norigin: https://elsewhere.example\n\n",
        "GET /v1/uploads/{ticket}\n\n",
        "PUT /v1/uploads/{ticket}?offset=0\n\nsome bytes of a file",
        "PUT /v1/uploads/{ticket}?offset=7&offset=%31\ncontent-type: text/plain\n\nout of place",
        "PUT /v1/uploads/{ticket}\n\nmore than the one hundred bytes that were asked for, so that the server \
         has to say no to it instead of taking all of it",
    ]
    .map(|it| it.as_bytes().to_vec())
    .into()
}

#[cfg(test)]
mod tests {
    use hongyan_protocol::fuzzing::{frame_samples, short_run};

    use super::*;

    const CRATE: &str = env!("CARGO_MANIFEST_DIR");

    #[test]
    fn no_message_breaks_a_session() {
        short_run(CRATE, "heard", &frame_samples(), 20_000, heard);
    }

    #[test]
    fn no_request_breaks_a_command() {
        short_run(CRATE, "commands", &frame_samples(), 1_000, commands);
    }

    #[test]
    fn no_request_breaks_files_and_uploads() {
        short_run(CRATE, "files", &file_samples(), 400, files);
    }

    /// The samples reach what they are meant to reach: a whole file, and parts of it.
    #[test]
    fn a_request_with_its_placeholders_is_one_of_the_server() {
        let request = file_request(&file_samples()[3], "f1", "t1").unwrap();
        assert_eq!(request.uri(), "/v1/files/f1/large.png");
        assert_eq!(request.headers()["range"], "bytes=-5");
        assert_eq!(request.headers()["if-range"], "\"f1-original\"");
        let request = file_request(&file_samples()[9], "f1", "t1").unwrap();
        assert_eq!(request.uri(), "/v1/uploads/t1?offset=0");
    }

    #[test]
    fn no_request_breaks_the_console() {
        short_run(CRATE, "console", &console_samples(), 1_000, console);
    }
}
