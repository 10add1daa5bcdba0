//! The console's API, as its web app calls it.

use hongyan_protocol::platform::KickReason;
use hongyan_protocol::wire::{self, Close, Platform, frame::Kind, push, request::Command};
use serde_json::{Value, json};

use crate::support::{Answer, TestServer};

const JSON: (&str, &str) = ("content-type", "application/json");

/// Somebody who is signed in.
pub(crate) struct Owner<'a> {
    server: &'a TestServer,
    cookie: String,
}

impl<'a> Owner<'a> {
    pub(crate) async fn sign_in(server: &'a TestServer, password: &str) -> Self {
        let answer = sign_in(server, password).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let cookie = answer.header("set-cookie").unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
        Self {
            server,
            cookie: cookie.split(';').next().unwrap().to_owned(),
        }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("cookie", self.cookie.as_str()), JSON];
        let body = if method == "GET" {
            String::new()
        } else {
            body.to_string()
        };
        self.server
            .http(method, &format!("/console/api{path}"), &headers, &body)
            .await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, &Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.ask("POST", path, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }
}

async fn sign_in(server: &TestServer, password: &str) -> Answer {
    let body = json!({ "password": password }).to_string();
    server.http("POST", "/console/api/login", &[JSON], &body).await
}

fn code(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert!(!body["message"].as_str().unwrap().is_empty());
    (answer.status, body["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn nobody_sees_anything_without_the_password() {
    let server = TestServer::start().await;
    for (method, path) in [
        ("GET", "/session"),
        ("GET", "/overview"),
        ("GET", "/apps"),
        ("POST", "/apps"),
        ("POST", "/apps/1400000001/rotate-key"),
        ("GET", "/apps/1400000001/accounts"),
        ("POST", "/apps/1400000001/usersig"),
        ("POST", "/apps/1400000001/kick"),
        ("GET", "/apps/1400000001/translate"),
        ("PUT", "/apps/1400000001/translate"),
        ("POST", "/password"),
        ("POST", "/logout"),
    ] {
        let path = format!("/console/api{path}");
        let forged = [JSON, ("cookie", "hongyan_console=0000")];
        let answer = server.http(method, &path, &forged, "{}").await;
        assert_eq!(code(&answer), (401, "not-signed-in".into()), "{path}");
    }
    let answer = sign_in(&server, "a guess").await;
    assert_eq!(code(&answer), (403, "wrong-password".into()));
    let owner = Owner::sign_in(&server, &server.password).await;
    assert_eq!(owner.get("/session").await["signedIn"], true);
    owner.post("/logout", json!({})).await;
    assert_eq!(owner.ask("GET", "/session", &Value::Null).await.status, 401);
}

#[tokio::test]
async fn another_site_and_what_is_no_json_are_refused() {
    let server = TestServer::start().await;
    let owner = Owner::sign_in(&server, &server.password).await;
    let body = r#"{"name":"evil"}"#;
    let cookie = ("cookie", owner.cookie.as_str());
    for foreign in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let answer = server
            .http("POST", "/console/api/apps", &[cookie, JSON, foreign], body)
            .await;
        assert_eq!(code(&answer), (403, "cross-site".into()));
    }
    let form = ("content-type", "application/x-www-form-urlencoded");
    let answer = server
        .http("POST", "/console/api/apps", &[cookie, form], body)
        .await;
    assert_eq!(code(&answer), (422, "invalid".into()));
    assert_eq!(owner.get("/apps").await["apps"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn guessing_is_limited_also_for_who_then_knows_it() {
    let server = TestServer::start().await;
    for _ in 0..5 {
        assert_eq!(sign_in(&server, "a guess").await.status, 403);
    }
    let answer = sign_in(&server, &server.password).await;
    assert_eq!(code(&answer), (429, "too-many-attempts".into()));
}

#[tokio::test]
async fn a_changed_password_counts_and_ends_other_sessions() {
    let server = TestServer::start().await;
    let owner = Owner::sign_in(&server, &server.password).await;
    let other = Owner::sign_in(&server, &server.password).await;
    let short = json!({ "current": server.password, "new": "short" });
    assert_eq!(code(&owner.ask("POST", "/password", &short).await).0, 422);
    let wrong = json!({ "current": "wrong", "new": "correct horse" });
    assert_eq!(code(&owner.ask("POST", "/password", &wrong).await).0, 403);
    owner
        .post(
            "/password",
            json!({ "current": server.password, "new": "correct horse" }),
        )
        .await;
    assert_eq!(owner.get("/session").await["signedIn"], true);
    assert_eq!(other.ask("GET", "/session", &Value::Null).await.status, 401);
    assert_eq!(sign_in(&server, &server.password).await.status, 403);
    Owner::sign_in(&server, "correct horse").await;
}

#[tokio::test]
async fn an_app_is_made_changed_and_its_key_rotated_at_once() {
    let server = TestServer::start().await;
    let owner = Owner::sign_in(&server, &server.password).await;
    let made = owner.post("/apps", json!({ "name": "shop" })).await;
    assert_eq!(made["app"]["sdkAppID"], 1_400_000_002);
    assert_eq!(made["secretKey"].as_str().unwrap().len(), 64);
    assert_eq!(
        made["app"]["settings"],
        json!({
            "webInstances": 1, "platformPolicy": "multi", "revokeLimitS": 120, "blockedSender": "refuse",
            "uploadMb": 100, "uploadDayMb": 2048,
            "receiptGroups": ["Work", "Public", "Meeting"], "receiptMembersMax": 200, "historyDays": 7,
        })
    );
    let change = json!({ "settings": { "webInstances": 2 } });
    let changed = owner.ask("PATCH", "/apps/1400000001", &change).await.json();
    assert_eq!(changed["app"]["settings"]["webInstances"], 2);

    // Both stay, by the new setting.
    let mut one = server.client_on("alice", 1, Platform::Web).await;
    let mut two = server.client_on("alice", 2, Platform::Web).await;
    one.ping().await;
    two.ping().await;

    let bad = json!({ "settings": { "webInstances": 11 } });
    assert_eq!(
        code(&owner.ask("PATCH", "/apps/1400000001", &bad).await),
        (422, "invalid".into())
    );
    assert_eq!(
        code(&owner.ask("PATCH", "/apps/7", &json!({})).await),
        (404, "not-found".into())
    );

    let rotated = owner.post("/apps/1400000001/rotate-key", json!({})).await;
    assert_ne!(rotated["secretKey"], server.key);
    let mut client = server.connect().await;
    let login = Command::Login(server.ticket("bob", 1, Platform::Web));
    assert_eq!(client.ask(login).await.code, 70009, "the old key signs no more");
}

#[tokio::test]
async fn accounts_are_listed_signed_for_and_kicked() {
    let server = TestServer::start().await;
    let owner = Owner::sign_in(&server, &server.password).await;
    let mut alice = server.client("alice").await;
    let mut bob = server.client("bob").await;

    let page = owner.get("/apps/1400000001/accounts?limit=1").await;
    assert_eq!(page["accounts"][0]["userID"], "alice");
    assert_eq!(page["accounts"][0]["online"][0]["platform"], "web");
    assert_eq!(page["accounts"][0]["online"][0]["address"], "127.0.0.1");
    assert_eq!(page["next"], "alice");
    let page = owner.get("/apps/1400000001/accounts?limit=1&after=alice").await;
    assert_eq!(
        (&page["accounts"][0]["userID"], &page["next"]),
        (&json!("bob"), &json!(""))
    );
    let page = owner.get("/apps/1400000001/accounts?query=li").await;
    assert_eq!(page["accounts"].as_array().unwrap().len(), 1);
    let overview = owner.get("/overview").await;
    assert_eq!(
        (&overview["accountsOnline"], &overview["accounts"]),
        (&json!(2), &json!(2))
    );

    let signed = owner
        .post(
            "/apps/1400000001/usersig",
            json!({ "userID": "carol", "expireS": 60 }),
        )
        .await;
    let mut carol = server.connect().await;
    let login = wire::Login {
        user_sig: signed["userSig"].as_str().unwrap().to_owned(),
        ..server.ticket("carol", 1, Platform::Web)
    };
    assert_eq!(carol.ask(Command::Login(login)).await.code, 0);

    let old = server.ticket("alice", 1, Platform::Web);
    let kicked = owner
        .post("/apps/1400000001/kick", json!({ "userID": "alice" }))
        .await;
    assert_eq!(kicked, json!({ "kicked": 1 }));
    let (close, heard) = alice.closed().await;
    assert_eq!(close, Close::Kicked as u16);
    let [
        Kind::Push(wire::Push {
            kind: Some(push::Kind::Kicked(kicked)),
        }),
    ] = &heard[..]
    else {
        panic!("{heard:?}");
    };
    assert_eq!(KickReason::from_wire(kicked.reason), KickReason::RestApi);
    let mut back = server.connect().await;
    assert_eq!(
        back.ask(Command::Login(old)).await.code,
        70001,
        "its ticket was withdrawn"
    );
    bob.ping().await;
    let unknown = owner
        .ask("POST", "/apps/1400000001/kick", &json!({ "userID": "nobody" }))
        .await;
    assert_eq!(code(&unknown), (404, "not-found".into()));
}
