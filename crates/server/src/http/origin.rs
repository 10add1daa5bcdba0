//! Where a browser's request comes from: a page of our own, or somebody else's.
//!
//! **Comes in:** a request's headers. **Goes out:** whether it may be believed. **Never here:** what is asked.
//!
//! A browser that is led astray still says the truth in these headers; what is no browser has nothing that somebody
//! else could use.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::{HeaderMap, header};

/// Whether no other site's page asks. A browser says where a request comes from; what is no browser has no cookie that
/// others could use.
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|it| it.to_str().unwrap_or("?"));
    if text("sec-fetch-site").is_some_and(|it| !matches!(it, "same-origin" | "none")) {
        return false;
    }
    // The scheme is left out of the comparison: behind a proxy that speaks TLS it differs.
    text("origin").is_none_or(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        host.is_some() && host == text("host")
    })
}

/// Whether the body calls itself JSON, which no page may send to another site without being let to.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let kind = kind.and_then(|it| it.split(';').next()).unwrap_or("");
    kind.trim().eq_ignore_ascii_case("application/json")
}

/// Whether the host that was asked for is one that no stranger can have pointed at this machine. A page of
/// `evil.example` whose name suddenly means 127.0.0.1 is of the same origin as we are, for its browser; the name gives it
/// away. Addresses, `localhost`, names without a dot and those of the local network are nobody's to register.
pub(crate) fn is_local_name(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|it| it.to_str().ok()) else {
        return false;
    };
    let name = match host.strip_prefix('[') {
        Some(rest) => {
            return rest
                .split(']')
                .next()
                .is_some_and(|it| it.parse::<Ipv6Addr>().is_ok());
        }
        None => host.split(':').next().unwrap_or(""),
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    !name.is_empty()
        && (name.parse::<Ipv4Addr>().is_ok()
            || !name.contains('.')
            || [".localhost", ".local"].iter().any(|it| name.ends_with(it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_page_and_programs_without_a_browser_may_change_something() {
        let same = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            is_same_origin(&pairs.collect())
        };
        assert!(same(&[("host", "im.example")]));
        assert!(same(&[
            ("host", "im.example"),
            ("origin", "https://im.example"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!same(&[
            ("host", "im.example"),
            ("origin", "https://evil.example")
        ]));
        assert!(!same(&[("host", "im.example"), ("origin", "null")]));
        assert!(!same(&[
            ("host", "im.example:8020"),
            ("origin", "http://im.example")
        ]));
        assert!(!same(&[("host", "im.example"), ("sec-fetch-site", "cross-site")]));
        assert!(!same(&[("host", "im.example"), ("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn a_name_that_strangers_can_register_is_not_local() {
        let local =
            |host: &str| is_local_name(&[(header::HOST, host.parse().unwrap())].into_iter().collect());
        for host in [
            "127.0.0.1:8020",
            "192.168.1.7",
            "[::1]:8020",
            "localhost:8020",
            "LOCALHOST",
            "demo.localhost",
            "laptop:8020",
            "laptop.local",
        ] {
            assert!(local(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8020",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "evil.example.",
            "[evil.example]",
        ] {
            assert!(!local(host), "{host}");
        }
        assert!(!is_local_name(&HeaderMap::new()));
    }
}
