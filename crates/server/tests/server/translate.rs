//! Texts in another language, by a provider on this machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hongyan_protocol::code::Code;
use hongyan_sdk::{Options, Tim};
use hongyan_server::manage::DEFAULT_APP;
use hongyan_server::translate::{Provider, find_provider, put_provider};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::console::Owner;
use crate::support::TestServer;

/// A provider that speaks LibreTranslate's API: it answers each text in capitals, behind the languages and the key.
struct Stub {
    url: String,
    running_max: Arc<AtomicUsize>,
}

impl Stub {
    async fn start(wait: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/api/", listener.local_addr().unwrap());
        let running = Arc::new(AtomicUsize::new(0));
        let running_max = Arc::new(AtomicUsize::new(0));
        let most = running_max.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (running, most) = (running.clone(), most.clone());
                tokio::spawn(async move {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let mut request = Vec::new();
                    let body = loop {
                        let mut bytes = [0; 8192];
                        let count = stream.read(&mut bytes).await.unwrap();
                        request.extend_from_slice(&bytes[..count]);
                        let text = String::from_utf8_lossy(&request).into_owned();
                        if let Some((head, body)) = text.split_once("\r\n\r\n")
                            && let Ok(body) = serde_json::from_str::<serde_json::Value>(body)
                        {
                            assert!(head.starts_with("POST /api/translate HTTP/1.1"), "{head}");
                            break body;
                        }
                    };
                    tokio::time::sleep(wait).await;
                    let said = |it: &str| {
                        let (from, to) = (&body["source"], &body["target"]);
                        let key = body["api_key"].as_str().unwrap_or("-");
                        format!(
                            "{}>{} {key} {}",
                            from.as_str().unwrap(),
                            to.as_str().unwrap(),
                            it.to_uppercase()
                        )
                    };
                    let texts: Vec<_> = body["q"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|it| it.as_str().unwrap())
                        .collect();
                    let answer = match texts[0] {
                        "fail" => (400, json!({ "error": "Invalid api key" }).to_string()),
                        "garbage" => (200, "<html>".to_owned()),
                        "large" => (200, "x".repeat(600 * 1024)),
                        "fewer" => (200, json!({ "translatedText": [] }).to_string()),
                        "redirect" => (302, String::new()),
                        "hang" => std::future::pending().await,
                        _ => {
                            let texts: Vec<_> = texts.into_iter().map(said).collect();
                            (200, json!({ "translatedText": texts }).to_string())
                        }
                    };
                    let (status, text) = answer;
                    let length = text.len();
                    let location = "location: http://127.0.0.1:1/\r\n";
                    let head = format!("HTTP/1.1 {status} x\r\n{location}content-length: {length}\r\n\r\n");
                    running.fetch_sub(1, Ordering::SeqCst);
                    let _ = stream.write_all((head + &text).as_bytes()).await;
                });
            }
        });
        Self { url, running_max }
    }
}

async fn program(server: &TestServer, user: &str) -> Tim {
    let tim = Tim::new(Options::new(DEFAULT_APP, format!("http://{}", server.address))).unwrap();
    tim.login_until_ready(user, server.sign(user)).await.unwrap();
    tim
}

async fn translated(tim: &Tim, text: &str) -> Result<Vec<String>, Code> {
    let texts = vec![text.to_owned()];
    tim.translate_text(texts, "auto", "zh")
        .await
        .map_err(|it| it.code)
}

/// Proves `translateText`.
#[tokio::test(flavor = "multi_thread")]
async fn texts_are_translated_by_the_provider_that_the_owner_named_and_by_nobody_before() {
    let server = TestServer::start().await;
    let provider = Stub::start(Duration::ZERO).await;
    let alice = program(&server, "alice").await;
    assert_eq!(translated(&alice, "hello").await, Err(Code::TRANSLATE_FAILED));
    let owner = Owner::sign_in(&server, &server.password).await;
    let path = format!("/apps/{DEFAULT_APP}/translate");
    let none = owner.ask("GET", &path, &json!(null)).await.json();
    assert_eq!(none, json!({ "url": "", "hasKey": false }));
    let named = json!({ "url": provider.url, "key": "secret" });
    let shown = owner.ask("PUT", &path, &named).await;
    assert_eq!(shown.json(), json!({ "url": provider.url, "hasKey": true }));
    assert!(!shown.body.contains("secret"));
    let texts = vec!["hello".to_owned(), "wild goose".to_owned()];
    assert_eq!(
        alice.translate_text(texts, "en", "zh").await.unwrap(),
        ["en>zh secret HELLO", "en>zh secret WILD GOOSE"]
    );
    assert_eq!(
        alice.translate_text(Vec::new(), "en", "zh").await.unwrap(),
        Vec::<String>::new()
    );
    // The key stays with its address, and goes with it.
    owner.ask("PUT", &path, &json!({ "url": provider.url })).await;
    assert_eq!(translated(&alice, "a").await.unwrap(), ["auto>zh secret A"]);
    let elsewhere = provider.url.trim_end_matches('/');
    owner.ask("PUT", &path, &json!({ "url": elsewhere })).await;
    assert_eq!(translated(&alice, "a").await.unwrap(), ["auto>zh - A"]);
    for bad in [
        "ftp://a",
        "javascript:alert(1)",
        "http://a b",
        "file:///etc/passwd",
    ] {
        assert_eq!(
            owner.ask("PUT", &path, &json!({ "url": bad })).await.status,
            422,
            "{bad}"
        );
    }
    owner.ask("PUT", &path, &json!({ "url": "" })).await;
    assert_eq!(translated(&alice, "a").await, Err(Code::TRANSLATE_FAILED));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_hangs_or_floods_is_an_error_and_holds_up_nobody() {
    let server = TestServer::start().await;
    let provider = Stub::start(Duration::from_millis(100)).await;
    let named = Provider {
        url: provider.url.clone(),
        key: String::new(),
    };
    assert!(
        !format!(
            "{:?}",
            Provider {
                key: "secret".to_owned(),
                ..named.clone()
            }
        )
        .contains("secret")
    );
    put_provider(&*server.store, DEFAULT_APP, &named).await.unwrap();
    assert_eq!(
        find_provider(&*server.store, DEFAULT_APP).await.unwrap(),
        Some(named)
    );
    let alice = program(&server, "alice").await;
    for text in ["fail", "garbage", "large", "fewer", "redirect"] {
        assert_eq!(
            translated(&alice, text).await,
            Err(Code::TRANSLATE_FAILED),
            "{text}"
        );
    }
    let long = "x".repeat(33 * 1024);
    assert_eq!(translated(&alice, &long).await, Err(Code::TRANSLATE_FAILED));
    let many = alice.translate_text(vec!["a".to_owned(); 101], "en", "zh").await;
    assert_eq!(many.unwrap_err().code, Code::TRANSLATE_FAILED);
    let hanging = translated(&alice, "hang");
    let others = async {
        let all = (0..40).map(|it| alice.translate_text(vec![it.to_string()], "en", "zh"));
        let all = futures_util::future::join_all(all).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
    };
    let (hung, ()) = timeout(
        Duration::from_secs(20),
        futures_util::future::join(hanging, others),
    )
    .await
    .expect("nobody waits for long");
    assert_eq!(hung, Err(Code::TRANSLATE_FAILED));
    assert!(provider.running_max.load(Ordering::SeqCst) <= 16);
}
