//! Health, numbers, web apps, signing in development.

use hongyan_protocol::usersig;
use hongyan_server::{clock, manage};

use crate::support::{TestServer, text_to};

#[tokio::test]
async fn health_and_numbers_are_told() {
    let server = TestServer::start().await;
    let mut alice = server.client("alice").await;
    server.client("bob").await;
    alice.ask(text_to("bob", 1, "hello")).await;
    let health = server.http("GET", "/healthz", &[], "").await;
    assert_eq!((health.status, health.body.as_str()), (200, "ok"));
    let metrics = server.http("GET", "/metrics", &[], "").await;
    for line in [
        "hongyan_sessions{platform=\"web\"}",
        "hongyan_logins_total{code=\"0\"} 2",
        "hongyan_requests_total{command=\"send_message\",code=\"0\"} 1",
        "hongyan_messages_appended_total 1",
    ] {
        assert!(metrics.body.contains(line), "{line} in\n{}", metrics.body);
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_not_healthy() {
    let server = TestServer::start().await;
    server.store.close().await.unwrap();
    assert_eq!(server.http("GET", "/healthz", &[], "").await.status, 503);
}

#[tokio::test]
async fn the_web_apps_are_served_with_their_policies() {
    let server = TestServer::start().await;
    let demo = server.http("GET", "/", &[], "").await;
    assert_eq!(demo.status, 200);
    assert_eq!(demo.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(demo.header("x-content-type-options"), Some("nosniff"));
    let policy = demo.header("content-security-policy").unwrap();
    assert!(policy.contains("'wasm-unsafe-eval'"));
    let console = server.http("GET", "/console/apps/1", &[], "").await;
    let policy = console.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors 'none'"));
    assert_eq!(
        server.http("GET", "/console", &[], "").await.header("location"),
        Some("/console/")
    );
    assert_eq!(server.http("GET", "/assets/gone.js", &[], "").await.status, 404);
    assert_eq!(server.http("POST", "/", &[], "").await.status, 405);
    assert_eq!(server.http("GET", "/v1/ws", &[], "").await.status, 426);
}

#[tokio::test]
async fn anybody_is_signed_in_in_development_and_nobody_otherwise() {
    let json = [("content-type", "application/json")];
    let server = TestServer::start().await;
    let info = server.http("GET", "/dev/info", &[], "").await.json();
    assert_eq!(info["sdkAppID"], 1_400_000_001);
    let signed = server
        .http("POST", "/dev/usersig", &json, r#"{"userID":"alice"}"#)
        .await
        .json();
    let user_sig = signed["userSig"].as_str().unwrap();
    let verified =
        usersig::verify(user_sig, manage::DEFAULT_APP, "alice", &server.key, clock::now()).unwrap();
    assert_eq!(verified.expires.0 / 1000 - verified.issued.0 / 1000, 7 * 86_400);
    let bad = server
        .http("POST", "/dev/usersig", &json, r#"{"userID":"用户"}"#)
        .await;
    assert_eq!((bad.status, bad.json()["code"].as_i64()), (422, Some(70402)));
    let simple = server
        .http(
            "POST",
            "/dev/usersig",
            &[("content-type", "text/plain")],
            r#"{"userID":"alice"}"#,
        )
        .await;
    assert_eq!(simple.status, 415, "another site's page cannot ask");

    let server = TestServer::start_with(|it| it.dev = false).await;
    assert_eq!(server.http("GET", "/dev/info", &[], "").await.status, 404);
    let refused = server
        .http("POST", "/dev/usersig", &json, r#"{"userID":"alice"}"#)
        .await;
    assert_eq!(refused.status, 404);
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused() {
    let server = TestServer::start().await;
    let error = hongyan_server::data::open(server.folder()).await.err().unwrap();
    assert!(error.to_string().contains("in use by another process"), "{error}");
}
