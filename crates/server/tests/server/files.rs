//! Files: uploaded in parts, kept, read, and everything that somebody might try with them.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hongyan_protocol::file::FileKind;
use hongyan_protocol::wire::{self, element::Kind, request::Command, response::Result as R};
use hongyan_server::clock;
use prost::Message as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::{Client, TestServer, sent, user_conversation};

const PATIENCE: Duration = Duration::from_secs(20);

/// An answer over HTTP, whatever bytes it has.
pub(crate) struct Got {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    fn received(&self) -> u64 {
        serde_json::from_slice::<serde_json::Value>(&self.body).unwrap()["received"]
            .as_u64()
            .unwrap()
    }
}

pub(crate) async fn http(server: &TestServer, method: &str, path: &str, headers: &str, body: &[u8]) -> Got {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // A server that refuses need not take the rest.
    let _ = stream.write_all(body).await;
    answer(&mut stream).await
}

async fn answer(stream: &mut TcpStream) -> Got {
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    let end = bytes.windows(4).position(|it| it == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    Got {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head,
        body: bytes[end + 4..].to_vec(),
    }
}

async fn begin(client: &mut Client, kind: FileKind, size: usize, name: &str) -> wire::Response {
    client
        .ask(Command::BeginUpload(wire::BeginUpload {
            kind: kind.to_wire().into(),
            size: size as u64,
            name: name.to_owned(),
        }))
        .await
}

pub(crate) async fn address(client: &mut Client, kind: FileKind, size: usize, name: &str) -> String {
    match begin(client, kind, size, name).await.result {
        Some(R::BeginUpload(it)) => it.path,
        other => panic!("no address: {other:?}"),
    }
}

pub(crate) async fn finish(client: &mut Client, path: &str) -> Result<wire::StoredFile, i32> {
    let path = path.to_owned();
    let response = client
        .ask(Command::FinishUpload(wire::FinishUpload { path }))
        .await;
    match response.result {
        Some(R::FinishUpload(it)) => Ok(it.file.unwrap()),
        _ => Err(response.code),
    }
}

pub(crate) async fn upload(
    server: &TestServer,
    client: &mut Client,
    kind: FileKind,
    name: &str,
    bytes: &[u8],
) -> Result<wire::StoredFile, i32> {
    let path = address(client, kind, bytes.len(), name).await;
    assert_eq!(http(server, "PUT", &path, "", bytes).await.status, 200);
    finish(client, &path).await
}

async fn send_file(client: &mut Client, to: &str, random: u32, file: &wire::StoredFile) -> i32 {
    let element = Kind::File(wire::File {
        uuid: file.uuid.clone(),
        url: file.url.clone(),
        size: file.size,
        name: file.name.clone(),
    });
    let request = wire::SendMessage {
        conversation: Some(user_conversation(to)),
        client_time_s: clock::now().seconds() as u32,
        random,
        body: body_of(element),
        ..wire::SendMessage::default()
    };
    client.ask(Command::SendMessage(request)).await.code
}

/// Files under a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let entries = entries.map(|it| it.unwrap().path());
    entries
        .flat_map(|it| if it.is_dir() { files(&it) } else { vec![it] })
        .collect()
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::DynamicImage::new_rgb8(width, height)
        .write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png)
        .unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_uploaded_and_read_in_three_sizes() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let picture = png(1500, 1000);
    let file = upload(&server, &mut alice, FileKind::Image, "a b.png", &picture)
        .await
        .unwrap();
    assert_eq!(
        (file.size, file.media_type.as_str()),
        (picture.len() as u64, "image/png")
    );
    let sizes: Vec<_> = file
        .images
        .iter()
        .map(|it| (it.r#type, it.width, it.height))
        .collect();
    assert_eq!(sizes, [(0, 1500, 1000), (1, 297, 198), (2, 1080, 720)]);
    for (info, media) in file.images.iter().zip(["image/png", "image/jpeg", "image/jpeg"]) {
        let got = http(&server, "GET", &info.url, "", b"").await;
        assert_eq!((got.status, got.header("content-type")), (200, Some(media)));
        assert_eq!(got.body.len() as u64, info.size);
        let read = image::load_from_memory(&got.body).unwrap();
        assert_eq!((read.width(), read.height()), (info.width, info.height));
    }
    let original = http(&server, "GET", &file.url, "", b"").await;
    assert_eq!(original.body, picture);
    assert_eq!(
        original.header("content-disposition"),
        Some("inline; filename*=UTF-8''a%20b.png")
    );
    // Known, and a part.
    let tag = original.header("etag").unwrap();
    let known = http(
        &server,
        "GET",
        &file.url,
        &format!("if-none-match: {tag}\r\n"),
        b"",
    )
    .await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    let part = http(&server, "GET", &file.url, "range: bytes=10-19\r\n", b"").await;
    assert_eq!((part.status, &part.body[..]), (206, &picture[10..20]));
    let total = picture.len();
    assert_eq!(
        part.header("content-range"),
        Some(format!("bytes 10-19/{total}").as_str())
    );
    let beyond = http(
        &server,
        "GET",
        &file.url,
        &format!("range: bytes={total}-\r\n"),
        b"",
    )
    .await;
    assert_eq!(beyond.status, 416);
    let head = http(&server, "HEAD", &file.url, "", b"").await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some(total.to_string().as_str()))
    );
    assert!(head.body.is_empty());
    let metrics = http(&server, "GET", "/metrics", "", b"").await;
    let metrics = String::from_utf8(metrics.body).unwrap();
    assert!(
        metrics.contains("hongyan_uploads_total{code=\"0\"} 1"),
        "{metrics}"
    );
    assert!(metrics.contains("hongyan_downloads_total"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_comes_in_parts_and_goes_on_after_a_cut() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let bytes: Vec<u8> = (0..20_000_000_u32).map(|it| (it / 7) as u8).collect();
    let path = address(&mut alice, FileKind::File, bytes.len(), "large.bin").await;
    // The first part breaks off in the middle.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!("PUT {path}?offset=0 HTTP/1.1\r\nhost: x\r\ncontent-length: 8000000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&bytes[..3_000_000]).await.unwrap();
    drop(stream);
    assert!(finish(&mut alice, &path).await.is_err(), "not all of it is there");
    let mut received = http(&server, "GET", &path, "", b"").await.received();
    assert!(received <= 3_000_000);
    while (received as usize) < bytes.len() {
        let from = received as usize;
        let part = &bytes[from..bytes.len().min(from + 8 * 1024 * 1024)];
        let got = http(&server, "PUT", &format!("{path}?offset={from}"), "", part).await;
        // A part that overlaps with what came meanwhile is told where to go on.
        assert!([200, 409].contains(&got.status), "{}", got.status);
        received = got.received();
    }
    // Once more, as who lost the answer does.
    let again = http(&server, "PUT", &format!("{path}?offset=0"), "", &bytes[..100]).await;
    assert_eq!((again.status, again.received()), (409, bytes.len() as u64));
    let file = finish(&mut alice, &path).await.unwrap();
    assert_eq!(
        finish(&mut alice, &path).await.unwrap(),
        file,
        "asking again is answered the same"
    );
    let got = http(&server, "GET", &file.url, "", b"").await;
    assert!(got.body == bytes);
    assert_eq!(
        got.header("content-disposition"),
        Some("attachment; filename*=UTF-8''large.bin")
    );
    assert_eq!(
        files(&server.folder().join("files/incoming")),
        Vec::<PathBuf>::new()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_connection_takes_over_from_one_that_hangs() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let path = address(&mut alice, FileKind::File, 1000, "a").await;
    let mut hanging = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "PUT {path}?offset=0 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 1000\r\n\r\n"
    );
    hanging.write_all(head.as_bytes()).await.unwrap();
    hanging.write_all(&[1; 10]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let got = http(&server, "PUT", &format!("{path}?offset=0"), "", &[2; 1000]).await;
    assert_eq!((got.status, got.received()), (200, 1000));
    assert_eq!(answer(&mut hanging).await.status, 409);
    let file = finish(&mut alice, &path).await.unwrap();
    assert_eq!(http(&server, "GET", &file.url, "", b"").await.body, [2; 1000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_what_its_bytes_say_and_never_runs_as_a_page_of_ours() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let html = b"<!doctype html><script>alert(document.cookie)</script>";
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    for (kind, name, bytes, code) in [
        (FileKind::Image, "a.png", &html[..], 2252),
        (FileKind::Image, "a.svg", svg, 2252),
        (
            FileKind::Image,
            "a.png",
            b"\x89PNG\r\n\x1a\nand nothing more",
            2252,
        ),
        (FileKind::Video, "a.mp4", html, 2352),
    ] {
        assert_eq!(
            upload(&server, &mut alice, kind, name, bytes).await.unwrap_err(),
            code
        );
    }
    assert_eq!(
        files(&server.folder().join("files")),
        Vec::<PathBuf>::new(),
        "what is refused is gone"
    );
    for (kind, name, bytes) in [
        (FileKind::File, "page.html", &html[..]),
        (FileKind::File, "a.svg", svg),
        (FileKind::Audio, "a.mp3", html),
    ] {
        let file = upload(&server, &mut alice, kind, name, bytes).await.unwrap();
        let got = http(&server, "GET", &file.url, "", b"").await;
        assert_eq!(got.header("content-type"), Some("application/octet-stream"));
        assert!(
            got.header("content-disposition")
                .unwrap()
                .starts_with("attachment")
        );
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        let policy = got.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"));
        assert_eq!(got.header("access-control-allow-origin"), Some("*"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_addresses_are_not_guessed_and_lead_out_of_no_folder() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let one = upload(&server, &mut alice, FileKind::File, "../../x", b"one")
        .await
        .unwrap();
    let two = upload(&server, &mut alice, FileKind::File, "a\r\nset-cookie: b", b"two")
        .await
        .unwrap();
    assert_ne!(one.uuid, two.uuid);
    assert_eq!((one.uuid.len(), two.uuid.len()), (40, 40), "160 random bits");
    assert_eq!(
        http(&server, "GET", &two.url, "", b"").await.header("set-cookie"),
        None
    );
    let missing = one.uuid.replace(|it: char| it.is_ascii_digit(), "a");
    for path in [
        format!("/v1/files/{missing}/original"),
        format!("/v1/files/{}/../../../../etc/passwd", one.uuid),
        format!("/v1/files/{}/..%2f..%2f..%2fhongyan.db", one.uuid),
        format!("/v1/files/{}/incoming", one.uuid),
        "/v1/files/..%2f..%2fhongyan.db/original".to_owned(),
        "/v1/files/%2e%2e/original".to_owned(),
        "/v1/files/incoming/0".to_owned(),
        format!("/v1/files/{}/original", one.uuid.to_uppercase()),
        format!("/v1/uploads/{missing}"),
        "/v1/uploads/..%2f..%2fhongyan.db".to_owned(),
        format!("/v1/uploads/{}", one.uuid),
    ] {
        let got = http(&server, "GET", &path, "", b"").await;
        assert!(got.status == 404 || !got.body.starts_with(b"SQLite"), "{path}");
        let body = String::from_utf8_lossy(&got.body);
        assert!(
            got.status == 404 || body.contains("<!doctype html"),
            "{path}: {} {body}",
            got.status
        );
    }
    assert_eq!(
        http(
            &server,
            "PUT",
            &format!("/v1/uploads/{missing}?offset=0"),
            "",
            b"x"
        )
        .await
        .status,
        404
    );
    for path in files(&server.folder().join("files")) {
        let kept = path.strip_prefix(server.folder().join("files/kept")).unwrap();
        assert_eq!(
            kept.components().count(),
            4,
            "app, first digits, id, size: {kept:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_accounts_address_finishes_nothing_and_a_larger_file_than_granted_is_refused() {
    let server = TestServer::start().await;
    let (mut alice, mut bob) = (server.client("alice").await, server.client("bob").await);
    let path = address(&mut alice, FileKind::File, 10, "a").await;
    assert_eq!(finish(&mut bob, &path).await.unwrap_err(), 2041);
    let got = http(&server, "PUT", &format!("{path}?offset=0"), "", &[1; 11]).await;
    assert_eq!(got.status, 413);
    assert_eq!(got.header("connection"), Some("close"));
    let from = got.received();
    let rest = vec![1; 10 - from as usize];
    assert_eq!(
        http(&server, "PUT", &format!("{path}?offset={from}"), "", &rest)
            .await
            .status,
        200
    );
    assert_eq!(finish(&mut bob, &path).await.unwrap_err(), 2041);
    assert!(finish(&mut alice, &path).await.is_ok());
    for (kind, size, code) in [
        (FileKind::Image, 20 * 1024 * 1024 + 1, 2253),
        (FileKind::File, 100 * 1024 * 1024 + 1, 2402),
        (FileKind::File, 0, 2108),
    ] {
        assert_eq!(begin(&mut alice, kind, size, "a").await.code, code);
    }
    assert_eq!(
        begin(
            &mut server.client_on("x", 1, wire::Platform::Ios).await,
            FileKind::File,
            1,
            "a"
        )
        .await
        .code,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_uploads_a_few_files_at_once_and_what_stops_is_forgotten_and_gone() {
    let server = TestServer::start_with(|it| {
        it.limits.account_uploads_max = 2;
        it.limits.upload_idle = Duration::from_millis(300);
        it.files_unused = Duration::from_millis(500);
    })
    .await;
    let (mut alice, mut bob) = (server.client("alice").await, server.client("bob").await);
    let path = address(&mut alice, FileKind::File, 100, "a").await;
    address(&mut alice, FileKind::File, 100, "b").await;
    assert_eq!(begin(&mut alice, FileKind::File, 100, "c").await.code, 60018);
    assert_eq!(begin(&mut bob, FileKind::File, 100, "c").await.code, 0);
    http(&server, "PUT", &path, "", &[1; 50]).await;
    let incoming = server.folder().join("files/incoming");
    assert_eq!(files(&incoming).len(), 3);
    timeout(PATIENCE, async {
        while !files(&incoming).is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("half files leave nothing behind");
    assert_eq!(http(&server, "GET", &path, "", b"").await.status, 404);
    assert_eq!(finish(&mut alice, &path).await.unwrap_err(), 2041);
    assert_eq!(begin(&mut alice, FileKind::File, 100, "c").await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_brings_bytes_too_slowly_is_given_up_and_may_go_on() {
    let server = TestServer::start_with(|it| it.stall_timeout = Duration::from_millis(200)).await;
    let mut alice = server.client("alice").await;
    let path = address(&mut alice, FileKind::File, 100_000, "a").await;
    let put = |stream: TcpStream, from: u64| {
        let path = path.clone();
        async move {
            let mut stream = stream;
            let length = 100_000 - from;
            let head = format!(
                "PUT {path}?offset={from} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream
        }
    };
    // Nothing at all, and a byte now and then.
    let mut silent = put(TcpStream::connect(server.address).await.unwrap(), 0).await;
    assert_eq!(answer(&mut silent).await.status, 408);
    let dripping = put(TcpStream::connect(server.address).await.unwrap(), 0).await;
    let (mut read, mut write) = dripping.into_split();
    let drip = tokio::spawn(async move {
        while write.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut bytes = Vec::new();
    timeout(PATIENCE, read.read_to_end(&mut bytes))
        .await
        .unwrap()
        .ok();
    drip.abort();
    assert!(
        bytes.starts_with(b"HTTP/1.1 408"),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    let from = http(&server, "GET", &path, "", b"").await.received();
    let rest = vec![b'x'; 100_000 - from as usize];
    assert_eq!(
        http(&server, "PUT", &format!("{path}?offset={from}"), "", &rest)
            .await
            .status,
        200
    );
    assert!(finish(&mut alice, &path).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_when_no_message_refers_to_it_and_stays_when_one_does() {
    let server = TestServer::start_with(|it| it.files_unused = Duration::from_millis(700)).await;
    let (mut alice, _bob) = (server.client("alice").await, server.client("bob").await);
    let kept = upload(&server, &mut alice, FileKind::File, "kept", b"kept")
        .await
        .unwrap();
    let unused = upload(&server, &mut alice, FileKind::Image, "unused.png", &png(400, 300))
        .await
        .unwrap();
    assert_eq!(send_file(&mut alice, "bob", 1, &kept).await, 0);
    goes(&server, &unused).await;
    // Some more rounds.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(http(&server, "GET", &kept.url, "", b"").await.body, b"kept");
    let left = files(&server.folder().join("files"));
    assert_eq!(left.len(), 1, "{left:?}");
}

/// Until a file is gone.
async fn goes(server: &TestServer, file: &wire::StoredFile) {
    timeout(PATIENCE, async {
        while http(server, "GET", &file.url, "", b"").await.status != 404 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("a file that nothing refers to goes");
}

async fn is_there(server: &TestServer, file: &wire::StoredFile) -> bool {
    http(server, "GET", &file.url, "", b"").await.status == 200
}

async fn custom(client: &mut Client, to: &str, random: u32, data: &str, cloud_custom_data: &str) -> u64 {
    let request = wire::SendMessage {
        conversation: Some(user_conversation(to)),
        client_time_s: clock::now().seconds() as u32,
        random,
        body: custom_body(data),
        cloud_custom_data: cloud_custom_data.to_owned(),
        ..wire::SendMessage::default()
    };
    sent(client.ask(Command::SendMessage(request)).await).sequence
}

fn custom_body(data: &str) -> bytes::Bytes {
    let custom = wire::Custom {
        data: data.to_owned(),
        ..wire::Custom::default()
    };
    body_of(Kind::Custom(custom))
}

fn body_of(kind: Kind) -> bytes::Bytes {
    let body = wire::Body {
        elements: vec![wire::Element { kind: Some(kind) }],
    };
    body.encode_to_vec().into()
}

/// Files that [`goes`] waits for are as old as those that have to stay, or younger.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_a_profile_or_a_group_stays_for_as_long_as_it_is_shown() {
    let server = TestServer::start_with(|it| it.files_unused = Duration::from_secs(2)).await;
    let mut alice = server.client("alice").await;
    let mut files = Vec::new();
    for name in ["profile", "group", "unused"] {
        let file = upload(&server, &mut alice, FileKind::File, name, name.as_bytes()).await;
        let file = file.unwrap();
        match name {
            "profile" => show(&mut alice, &format!("https://im.example{}", file.url)).await,
            "group" => {
                let group = wire::CreateGroup {
                    name: "team".to_owned(),
                    avatar: file.url.clone(),
                    ..wire::CreateGroup::default()
                };
                assert_eq!(alice.ask(Command::CreateGroup(group)).await.code, 0);
            }
            _ => {}
        }
        files.push(file);
    }
    goes(&server, &files[2]).await;
    assert!(is_there(&server, &files[0]).await && is_there(&server, &files[1]).await);
    let other = upload(&server, &mut alice, FileKind::File, "other", b"other")
        .await
        .unwrap();
    show(&mut alice, &other.url).await;
    goes(&server, &files[0]).await;
    assert!(is_there(&server, &files[1]).await && is_there(&server, &other).await);
}

async fn show(client: &mut Client, avatar: &str) {
    let change = wire::UpdateProfile {
        avatar: Some(avatar.to_owned()),
        ..wire::UpdateProfile::default()
    };
    assert_eq!(client.ask(Command::UpdateProfile(change)).await.code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_keeps_what_it_links_to_now_also_in_custom_data() {
    let server = TestServer::start_with(|it| it.files_unused = Duration::from_secs(2)).await;
    let (mut alice, _bob) = (server.client("alice").await, server.client("bob").await);
    let mut files = Vec::new();
    for name in ["before", "beside", "after"] {
        let file = upload(&server, &mut alice, FileKind::File, name, name.as_bytes()).await;
        files.push(file.unwrap());
        // Each is referred to before it could be swept.
        match name {
            "before" => drop(custom(&mut alice, "bob", 1, &files[0].url, "").await),
            "beside" => drop(custom(&mut alice, "bob", 2, "-", &files[1].url).await),
            _ => {
                let modify = wire::ModifyMessage {
                    conversation: Some(user_conversation("bob")),
                    sequence: 1,
                    edits: 0,
                    body: custom_body(&files[2].url),
                    cloud_custom_data: String::new(),
                };
                assert_eq!(alice.ask(Command::ModifyMessage(modify)).await.code, 0);
            }
        }
    }
    goes(&server, &files[0]).await;
    assert!(is_there(&server, &files[1]).await && is_there(&server, &files[2]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_messages_that_nobody_sent_go_and_those_that_are_passed_on_stay_with_their_files() {
    let server = TestServer::start_with(|it| it.files_unused = Duration::from_secs(2)).await;
    let mut alice = server.client("alice").await;
    let (mut bob, _carol) = (server.client("bob").await, server.client("carol").await);
    let mut kept = Vec::new();
    for name in ["sent", "never"] {
        let file = upload(&server, &mut alice, FileKind::File, name, name.as_bytes()).await;
        let file = file.unwrap();
        let message = wire::MergedMessage {
            body: custom_body(&file.url),
            ..wire::MergedMessage::default()
        };
        let messages = wire::MergedMessages {
            messages: vec![message],
        };
        let put = wire::PutMerged {
            key: bytes::Bytes::new(),
            part: 0,
            parts: 1,
            messages: messages.encode_to_vec().into(),
        };
        let Some(R::PutMerged(put)) = alice.ask(Command::PutMerged(put)).await.result else {
            panic!("not kept")
        };
        if name == "sent" {
            send_merger(&mut alice, "bob", &put.key).await;
        }
        kept.push((file, put.key));
    }
    let (sent, never) = (&kept[0], &kept[1]);
    send_merger(&mut bob, "carol", &sent.1).await;
    goes(&server, &never.0).await;
    let get = async |client: &mut Client, key: &bytes::Bytes| {
        let key = key.clone();
        client.ask(Command::GetMerged(wire::GetMerged { key })).await.code
    };
    assert_ne!(
        get(&mut alice, &never.1).await,
        0,
        "its merged messages went before it"
    );
    assert_eq!(get(&mut bob, &sent.1).await, 0);
    assert!(is_there(&server, &sent.0).await);
}

async fn send_merger(client: &mut Client, to: &str, key: &bytes::Bytes) {
    let merger = wire::Merger {
        title: "title".to_owned(),
        depth: 1,
        download_key: key.clone(),
        ..wire::Merger::default()
    };
    let request = wire::SendMessage {
        conversation: Some(user_conversation(to)),
        client_time_s: clock::now().seconds() as u32,
        random: 1,
        body: body_of(Kind::Merger(merger)),
        ..wire::SendMessage::default()
    };
    sent(client.ask(Command::SendMessage(request)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_files_of_a_server_that_ended_are_removed_and_kept_ones_stay() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let kept = upload(&server, &mut alice, FileKind::File, "kept", b"kept")
        .await
        .unwrap();
    let path = address(&mut alice, FileKind::File, 100, "half").await;
    http(&server, "PUT", &path, "", &[1; 50]).await;
    drop(alice);
    let folder = server.stop().await;
    std::fs::write(folder.path().join("files/incoming/left"), "behind").unwrap();
    let server = TestServer::start_in(folder, |_| {}).await;
    assert_eq!(
        files(&server.folder().join("files/incoming")),
        Vec::<PathBuf>::new()
    );
    assert_eq!(
        http(&server, "PUT", &format!("{path}?offset=50"), "", &[1; 50])
            .await
            .status,
        404
    );
    assert_eq!(http(&server, "GET", &kept.url, "", b"").await.body, b"kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_anywhere_may_upload_and_read() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    let path = address(&mut alice, FileKind::File, 1, "a").await;
    let asked = "origin: https://app.example\r\naccess-control-request-method: PUT\r\n";
    let got = http(&server, "OPTIONS", &path, asked, b"").await;
    assert_eq!(
        (got.status, got.header("access-control-allow-origin")),
        (204, Some("*"))
    );
    assert!(
        got.header("access-control-allow-methods")
            .unwrap()
            .contains("PUT")
    );
    assert!(got.header("access-control-allow-credentials").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_a_page_of_the_senders_own_device_is_refused() {
    let server = TestServer::start().await;
    let (mut alice, _bob) = (server.client("alice").await, server.client("bob").await);
    let local = wire::StoredFile {
        url: "blob:https://app.example/1".to_owned(),
        ..wire::StoredFile::default()
    };
    assert_eq!(send_file(&mut alice, "bob", 1, &local).await, 90002);
    let elsewhere = wire::StoredFile {
        url: "https://cdn.example/a.pdf".to_owned(),
        ..wire::StoredFile::default()
    };
    assert_eq!(send_file(&mut alice, "bob", 2, &elsewhere).await, 0);
}
