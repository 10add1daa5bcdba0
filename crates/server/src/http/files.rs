//! The web apps inside the binary: the demo chat at `/`, the console at `/console/`.
//!
//! **Comes in:** a path. **Goes out:** the file; for a page of an app, its `index.html`. A build without the web apps
//! says how they are made.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::{console, ids};

#[derive(RustEmbed)]
#[folder = "../../apps/demo/dist"]
#[allow_missing = true]
struct Demo;

#[derive(RustEmbed)]
#[folder = "../../apps/console/dist"]
#[allow_missing = true]
struct Console;

/// The demo runs the SDK's wasm, talks to any server that it is told of, and shows pictures of anywhere.
const DEMO_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:; img-src 'self' https: data: blob:; \
    media-src 'self' https: data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'self'";

/// The console talks to its own server, shows avatars, and is never shown inside another page.
const CONSOLE_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    connect-src 'self'; img-src 'self' https: data:; font-src 'self' data:; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>Hongyan</title>\
    <p>The server runs, but it was built without its web apps. \
    Run <code>cargo xtask web</code>, then build it again.</p>";

/// Everything that has no route of its own.
pub(super) async fn serve(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path();
    if path == "/console" {
        return Redirect::permanent("/console/").into_response();
    }
    // A router in a router does not see its own root.
    if path.trim_end_matches('/') == "/console/api" {
        return console::nothing();
    }
    match path.strip_prefix("/console/") {
        Some(path) => respond(path, request.headers(), Console::get, CONSOLE_POLICY),
        None => respond(
            path.trim_start_matches('/'),
            request.headers(),
            Demo::get,
            DEMO_POLICY,
        ),
    }
}

fn respond(
    path: &str,
    headers: &HeaderMap,
    find: fn(&str) -> Option<EmbeddedFile>,
    policy: &'static str,
) -> Response {
    let html = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    let is_page = path.rsplit('/').next().is_some_and(|name| !name.contains('.'));
    let (path, file) = match find(path) {
        Some(file) => (path, file),
        // A page's address that only the app knows.
        None if is_page || path == "index.html" => match find("index.html") {
            Some(file) => ("index.html", file),
            None => return (html, NOT_BUILT).into_response(),
        },
        None => return (StatusCode::NOT_FOUND, "not found").into_response(),
    };
    let tag = format!("\"{}\"", ids::hex(&file.metadata.sha256_hash()[..16]));
    let known = headers.get(header::IF_NONE_MATCH);
    let (status, body) = if known.is_some_and(|it| it.as_bytes() == tag.as_bytes()) {
        (StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        (StatusCode::OK, Body::from(file.data))
    };
    // Invariant: "not modified" carries the headers of what is not modified, because a browser lets them replace those
    // that it keeps, its content security policy among them.
    if path.ends_with(".html") {
        return (status, html, [(header::ETAG, tag)], body).into_response();
    }
    // Names under assets/ hold a hash of what is inside.
    let caching = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let headers = [
        (header::CONTENT_TYPE, mime.as_ref()),
        (header::CACHE_CONTROL, caching),
        (header::ETAG, &tag),
    ];
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use rust_embed::Metadata;

    use super::*;

    fn built(path: &str) -> Option<EmbeddedFile> {
        ["index.html", "assets/app-1a2b.js", "logo.svg"]
            .contains(&path)
            .then(|| EmbeddedFile {
                data: Cow::Borrowed(b"text"),
                metadata: Metadata::__rust_embed_new([7; 32], None, None),
            })
    }

    fn shown(path: &str, find: fn(&str) -> Option<EmbeddedFile>) -> (u16, String, String) {
        let response = respond(path, &HeaderMap::new(), find, CONSOLE_POLICY);
        let header = |name| {
            response
                .headers()
                .get(name)
                .map_or("", |it| it.to_str().unwrap())
                .to_owned()
        };
        (
            response.status().as_u16(),
            header(header::CONTENT_TYPE),
            header(header::CACHE_CONTROL),
        )
    }

    #[test]
    fn assets_are_kept_for_ever_pages_are_asked_for_again_and_unknown_files_are_not_found() {
        let html = |it: (u16, String, String)| {
            assert_eq!(it, (200, "text/html; charset=utf-8".into(), "no-cache".into()));
        };
        html(shown("", built));
        html(shown("index.html", built));
        html(shown("apps/1400000001/accounts", built));
        assert_eq!(
            shown("assets/app-1a2b.js", built),
            (
                200,
                "text/javascript".into(),
                "public, max-age=31536000, immutable".into()
            )
        );
        assert_eq!(shown("logo.svg", built).1, "image/svg+xml");
        assert_eq!(shown("assets/gone.js", built).0, 404);
        html(shown("", |_| None));
    }

    #[test]
    fn what_the_browser_has_is_not_sent_again_and_keeps_its_headers() {
        for path in ["logo.svg", "index.html", "assets/app-1a2b.js"] {
            let first = respond(path, &HeaderMap::new(), built, DEMO_POLICY);
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
            let again = respond(path, &headers, built, DEMO_POLICY);
            assert_eq!(again.status(), 304);
            for name in [
                header::CONTENT_SECURITY_POLICY,
                header::CACHE_CONTROL,
                header::ETAG,
            ] {
                assert_eq!(
                    again.headers().get(&name),
                    first.headers().get(&name),
                    "{path} {name}"
                );
            }
        }
    }
}
