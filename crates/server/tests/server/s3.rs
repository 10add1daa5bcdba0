//! Files in a bucket: a small server on this machine that speaks the few words of S3 that are needed, and keeps objects in
//! memory. It checks that requests are signed, not by what.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use hongyan_protocol::file::FileKind;
use hongyan_server::config::{Bucket, FilesAt};
use tokio::net::TcpListener;

use crate::files::{files, http, png, upload};
use crate::support::TestServer;

#[derive(Default)]
struct Kept {
    objects: HashMap<String, Bytes>,
    /// Parts of objects that are not whole yet.
    parts: HashMap<String, HashMap<u32, Bytes>>,
    multiparts: usize,
    /// Refuses what is to be kept.
    is_full: bool,
    /// Takes parts, and answers nothing.
    is_stuck: bool,
}

type Shared = Arc<Mutex<Kept>>;

async fn answer(
    State(kept): State<Shared>,
    Path(path): Path<String>,
    method: Method,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let response = respond(&mut kept.lock().unwrap(), path, method, &query, &headers, body);
    match response {
        Some(response) => response,
        None => std::future::pending().await,
    }
}

/// `None`: nothing is answered.
fn respond(
    kept: &mut Kept,
    path: String,
    method: Method,
    query: &HashMap<String, String>,
    headers: &HeaderMap,
    body: Bytes,
) -> Option<Response> {
    let signed = headers
        .get(header::AUTHORIZATION)
        .map_or("", |it| it.to_str().unwrap());
    assert!(
        signed.starts_with("AWS4-HMAC-SHA256 Credential=the-key/"),
        "{signed}"
    );
    assert!(path.starts_with("the-bucket/"), "{path}");
    let etag = [(header::ETAG, "\"x\"")];
    Some(match (method, query.get("uploadId")) {
        (Method::PUT | Method::POST, _) if kept.is_full => StatusCode::FORBIDDEN.into_response(),
        (Method::POST, None) => {
            kept.multiparts += 1;
            let id = format!("upload-{}", kept.multiparts);
            kept.parts.insert(id.clone(), HashMap::new());
            format!(
                "<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"
            )
            .into_response()
        }
        (Method::PUT, Some(id)) => {
            let number = query["partNumber"].parse().unwrap();
            kept.parts.get_mut(id).unwrap().insert(number, body);
            if kept.is_stuck {
                return None;
            }
            etag.into_response()
        }
        (Method::POST, Some(id)) => {
            let mut parts: Vec<_> = kept.parts.remove(id).unwrap().into_iter().collect();
            parts.sort_by_key(|it| it.0);
            let whole: Vec<u8> = parts.into_iter().flat_map(|it| it.1).collect();
            kept.objects.insert(path, whole.into());
            "<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>"
                .into_response()
        }
        (Method::DELETE, Some(id)) => match kept.parts.remove(id) {
            Some(_) => StatusCode::NO_CONTENT.into_response(),
            None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchUpload</Code></Error>").into_response(),
        },
        (Method::PUT, None) => {
            kept.objects.insert(path, body);
            etag.into_response()
        }
        (Method::DELETE, None) => {
            kept.objects.remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        (Method::GET, None) => {
            let Some(object) = kept.objects.get(&path).cloned() else {
                let missing = "<Error><Code>NoSuchKey</Code></Error>";
                return Some((StatusCode::NOT_FOUND, missing).into_response());
            };
            let common = [
                (header::ETAG, "\"x\""),
                (header::LAST_MODIFIED, "Tue, 14 Nov 2023 22:13:20 GMT"),
            ];
            let range = headers.get(header::RANGE).and_then(|it| it.to_str().ok());
            let Some((first, last)) = range.and_then(|it| it.strip_prefix("bytes=")?.split_once('-')) else {
                return Some((common, object).into_response());
            };
            let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
            let total = object.len();
            let range = [(header::CONTENT_RANGE, format!("bytes {first}-{last}/{total}"))];
            (
                StatusCode::PARTIAL_CONTENT,
                common,
                range,
                object.slice(first..=last),
            )
                .into_response()
        }
        (other, _) => panic!("{other} is not needed"),
    })
}

async fn bucket() -> (Shared, Bucket) {
    let kept = Shared::default();
    let router = Router::new()
        .route("/{*path}", any(answer))
        .layer(axum::extract::DefaultBodyLimit::disable())
        .with_state(kept.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        // As a server of ours: axum's own is not built in.
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            let service = hyper_util::service::TowerToHyperService::new(router.clone());
            tokio::spawn(
                hyper::server::conn::http1::Builder::new()
                    .serve_connection(hyper_util::rt::TokioIo::new(stream), service),
            );
        }
    });
    let bucket = Bucket {
        name: "the-bucket".to_owned(),
        endpoint,
        region: "here".to_owned(),
        key_id: "the-key".to_owned(),
        secret: "the secret".to_owned(),
    };
    (kept, bucket)
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_kept_in_a_bucket_read_in_ranges_and_removed_from_it() {
    let (kept, bucket) = bucket().await;
    assert!(!format!("{bucket:?}").contains("the secret"));
    let incoming = tempfile::tempdir().unwrap();
    let folder = incoming.path().join("incoming");
    let server = TestServer::start_with(|it| {
        let incoming = folder.clone();
        it.files = Some(FilesAt::Bucket { bucket, incoming });
        it.files_unused = std::time::Duration::from_secs(2);
    })
    .await;
    let mut alice = server.client("alice").await;
    let picture = png(1500, 1000);
    let file = upload(&server, &mut alice, FileKind::Image, "a.png", &picture)
        .await
        .unwrap();
    assert_eq!(
        kept.lock().unwrap().objects.len(),
        3,
        "the original and two smaller ones"
    );
    let got = http(&server, "GET", &file.url, "", b"").await;
    assert!(got.status == 200 && got.body == picture);
    let part = http(&server, "GET", &file.url, "range: bytes=5-9\r\n", b"").await;
    assert_eq!((part.status, &part.body[..]), (206, &picture[5..10]));
    // Larger than a part.
    let large: Vec<u8> = (0..20_000_000_u32).map(|it| it as u8).collect();
    let path = crate::files::address(&mut alice, FileKind::File, large.len(), "l").await;
    for (at, piece) in large.chunks(8 * 1024 * 1024).enumerate() {
        let from = at * 8 * 1024 * 1024;
        let put = http(&server, "PUT", &format!("{path}?offset={from}"), "", piece).await;
        assert_eq!(put.status, 200);
    }
    let file = crate::files::finish(&mut alice, &path).await.unwrap();
    assert!(http(&server, "GET", &file.url, "", b"").await.body == large);
    assert_eq!(
        files(&folder),
        Vec::<std::path::PathBuf>::new(),
        "nothing stays on this machine"
    );
    // A bucket that takes nothing fails the upload, and leaves nothing behind.
    let before = kept.lock().unwrap().objects.len();
    kept.lock().unwrap().is_full = true;
    let refused = upload(&server, &mut alice, FileKind::File, "b", b"bytes").await;
    assert_eq!(refused.unwrap_err(), 2400);
    {
        let mut kept = kept.lock().unwrap();
        assert_eq!(kept.objects.len(), before);
        assert!(kept.parts.is_empty());
        kept.is_full = false;
    }
    // No message refers to any of them.
    for _ in 0..200 {
        if kept.lock().unwrap().objects.is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("files that nobody needs stay in the bucket");
}

/// As after a crash: the parts are in the bucket, and nobody completes or aborts them.
#[tokio::test(flavor = "multi_thread")]
async fn parts_of_a_file_whose_sending_broke_off_are_removed_from_the_bucket_by_the_next_start() {
    let (kept, bucket) = bucket().await;
    kept.lock().unwrap().is_stuck = true;
    let incoming = tempfile::tempdir().unwrap();
    let (before, after) = (incoming.path().join("before"), incoming.path().join("after"));
    let start = async |folder: &std::path::Path| {
        TestServer::start_with(|it| {
            let (bucket, incoming) = (bucket.clone(), folder.to_owned());
            it.files = Some(FilesAt::Bucket { bucket, incoming });
            it.files_unused = std::time::Duration::from_millis(200);
        })
        .await
    };
    let server = start(&before).await;
    let mut alice = server.client("alice").await;
    let path = crate::files::address(&mut alice, FileKind::File, 5, "a").await;
    let put = http(&server, "PUT", &path, "", b"bytes").await;
    assert_eq!(put.status, 200);
    let is_soon = async |is: &dyn Fn() -> bool| {
        for _ in 0..400 {
            if is() {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        false
    };
    let has_part = || kept.lock().unwrap().parts.values().any(|it| !it.is_empty());
    assert!(is_soon(&has_part).await, "a part is there");
    // What this machine has on its disk at that moment.
    std::fs::create_dir_all(after.join("under-way")).unwrap();
    let notes = files(&before.join("under-way"));
    assert_eq!(notes.len(), 1);
    for note in &notes {
        let to = after.join("under-way").join(note.file_name().unwrap());
        std::fs::copy(note, to).unwrap();
    }
    // And one that was completed before it was forgotten.
    std::fs::write(after.join("under-way/done"), "kept/1/2/3/original\nupload-9\n").unwrap();
    let _server = start(&after).await;
    let is_free = || kept.lock().unwrap().parts.is_empty() && files(&after.join("under-way")).is_empty();
    assert!(is_soon(&is_free).await, "parts stay in the bucket");
}
