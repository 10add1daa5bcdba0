//! UserSig: the ticket by which an app's own server lets a user in (service.md 1).
//!
//! **Comes in:** a ticket's text and what it should be for, or what a new ticket should say. **Goes out:** when it runs
//! out, or the public code of what is wrong with it. **Never here:** the clock, and where keys are kept. A ticket is
//! never printed.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::Malformed;
use crate::code::Code;
use crate::id::{SdkAppId, Timestamp};
use crate::limits;

/// What a ticket inflates to at the most; a real one is a few hundred bytes.
const DOCUMENT_BYTES_MAX: u64 = 8 * 1024;

/// The longest life that is documented: 50 years.
pub const EXPIRE_S_MAX: u64 = 50 * 365 * 86_400;

#[derive(Serialize, Deserialize)]
struct Document {
    #[serde(rename = "TLS.ver")]
    version: String,
    #[serde(rename = "TLS.identifier")]
    identifier: String,
    #[serde(rename = "TLS.sdkappid")]
    sdk_app_id: u64,
    #[serde(rename = "TLS.expire")]
    expire_s: u64,
    #[serde(rename = "TLS.time")]
    time_s: u64,
    #[serde(rename = "TLS.userbuf", default, skip_serializing_if = "Option::is_none")]
    userbuf: Option<String>,
    #[serde(rename = "TLS.sig")]
    signature: String,
}

/// A ticket that was good when it was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// When it was made.
    pub issued: Timestamp,
    /// The last moment at which it is good.
    pub expires: Timestamp,
}

/// Checks a ticket in the order of service.md 1.3. The signature is compared in constant time (contract C7).
pub fn verify(
    user_sig: &str,
    app: SdkAppId,
    user_id: &str,
    key: &str,
    now: Timestamp,
) -> Result<Verified, Malformed> {
    let document = open(user_sig)?;
    if document.sdk_app_id != u64::from(app.0) {
        return Err(Malformed::new(
            Code::USERSIG_OTHER_APP,
            Code::USERSIG_OTHER_APP.text(),
        ));
    }
    if document.identifier != user_id {
        return Err(Malformed::new(
            Code::USERSIG_OTHER_USER,
            Code::USERSIG_OTHER_USER.text(),
        ));
    }
    // A signature is checked before the time is believed, so that a forged ticket learns nothing; the vectors fail
    // one check each, so the public codes do not depend on this order.
    let expected = sign(key, &document);
    let given = STANDARD.decode(&document.signature).unwrap_or_default();
    let genuine: bool = given.ct_eq(&expected).into();
    let expires_s = document.time_s.saturating_add(document.expire_s);
    if now.seconds() > expires_s {
        return Err(Malformed::new(
            Code::USERSIG_EXPIRED,
            Code::USERSIG_EXPIRED.text(),
        ));
    }
    if !genuine {
        return Err(Malformed::new(
            Code::USERSIG_INVALID,
            Code::USERSIG_INVALID.text(),
        ));
    }
    Ok(Verified {
        issued: Timestamp(document.time_s.saturating_mul(1000)),
        expires: Timestamp(expires_s.saturating_mul(1000).saturating_add(999)),
    })
}

/// Makes a ticket, as an app's server does.
pub fn issue(app: SdkAppId, user_id: &str, key: &str, now: Timestamp, expire_s: u64) -> String {
    let mut document = Document {
        version: "2.0".to_owned(),
        identifier: user_id.to_owned(),
        sdk_app_id: u64::from(app.0),
        expire_s: expire_s.min(EXPIRE_S_MAX),
        time_s: now.seconds(),
        userbuf: None,
        signature: String::new(),
    };
    document.signature = STANDARD.encode(sign(key, &document));
    packed(&serde_json::to_vec(&document).expect("a document is JSON"))
}

/// A document as it travels.
pub(crate) fn packed(json: &[u8]) -> String {
    let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut zlib, json).expect("writing to memory");
    let packed = zlib.finish().expect("writing to memory");
    STANDARD
        .encode(packed)
        .chars()
        .map(|it| match it {
            '+' => '*',
            '/' => '-',
            '=' => '_',
            other => other,
        })
        .collect()
}

fn open(user_sig: &str) -> Result<Document, Malformed> {
    let json = unpacked(user_sig)?;
    serde_json::from_slice(&json).map_err(|_| malformed("the UserSig's document lacks a member"))
}

const fn malformed(what: &'static str) -> Malformed {
    Malformed::new(Code::USERSIG_MALFORMED, what)
}

/// The document inside, whatever it says.
pub(crate) fn unpacked(user_sig: &str) -> Result<Vec<u8>, Malformed> {
    if user_sig.is_empty() {
        return Err(Malformed::new(Code::USERSIG_EMPTY, Code::USERSIG_EMPTY.text()));
    }
    if user_sig.len() > limits::USER_SIG_BYTES_MAX {
        return Err(malformed("the UserSig is longer than 2048 bytes"));
    }
    let text: String = user_sig
        .chars()
        .map(|it| match it {
            '*' => '+',
            '-' => '/',
            '_' => '=',
            other => other,
        })
        .collect();
    let packed = STANDARD
        .decode(text)
        .map_err(|_| malformed("the UserSig is not base64"))?;
    let mut json = Vec::new();
    let read = ZlibDecoder::new(packed.as_slice())
        .take(DOCUMENT_BYTES_MAX + 1)
        .read_to_end(&mut json);
    if read.map_err(|_| malformed("the UserSig is not compressed"))? as u64 > DOCUMENT_BYTES_MAX {
        return Err(malformed("the UserSig inflates to more than 8 KiB"));
    }
    Ok(json)
}

fn sign(key: &str, document: &Document) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length is a key");
    let text = format!(
        "TLS.identifier:{}\nTLS.sdkappid:{}\nTLS.time:{}\nTLS.expire:{}\n",
        document.identifier, document.sdk_app_id, document.time_s, document.expire_s
    );
    mac.update(text.as_bytes());
    if let Some(userbuf) = &document.userbuf {
        mac.update(format!("TLS.userbuf:{userbuf}\n").as_bytes());
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vectors() -> serde_json::Value {
        serde_json::from_str(include_str!("../../../spec/usersig-vectors.json")).unwrap()
    }

    fn check(vector: &serde_json::Value, ticket: &str, now_s: u64) -> Result<Verified, Malformed> {
        verify(
            ticket,
            SdkAppId(vector["sdkappid"].as_u64().unwrap() as u32),
            vector["identifier"].as_str().unwrap(),
            vector["key"].as_str().unwrap(),
            Timestamp(now_s * 1000),
        )
    }

    /// Contract C7.
    #[test]
    fn the_tickets_of_the_published_generators_are_accepted_until_their_last_second() {
        for vector in vectors()["valid"].as_array().unwrap() {
            let until = vector["valid_until"].as_u64().unwrap();
            for form in ["usersig", "usersig_alternative"] {
                let ticket = vector[form].as_str().unwrap();
                assert_eq!(
                    check(vector, ticket, until).unwrap().expires.seconds(),
                    until,
                    "{}",
                    vector["id"]
                );
                assert_eq!(
                    check(vector, ticket, until + 1).unwrap_err().code,
                    Code::USERSIG_EXPIRED
                );
            }
        }
    }

    /// Contract C7.
    #[test]
    fn each_published_fault_gets_its_public_code() {
        for vector in vectors()["invalid"].as_array().unwrap() {
            let ticket = vector["usersig"].as_str().unwrap();
            let got = check(vector, ticket, vector["verify_at"].as_u64().unwrap())
                .unwrap_err()
                .code;
            assert_eq!(
                i64::from(got.0),
                vector["expected_code"].as_i64().unwrap(),
                "{}",
                vector["id"]
            );
        }
    }

    #[test]
    fn a_ticket_of_ours_is_good_and_says_when_it_ends() {
        let now = Timestamp(1_700_000_000_000);
        let ticket = issue(SdkAppId(1_400_000_001), "alice", "key", now, 60);
        let verified = verify(&ticket, SdkAppId(1_400_000_001), "alice", "key", now).unwrap();
        assert_eq!(verified.expires.seconds(), 1_700_000_060);
    }

    #[test]
    fn what_is_no_ticket_gets_the_code_of_its_fault() {
        let zlib = |bytes: &[u8]| {
            let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
            std::io::Write::write_all(&mut zlib, bytes).unwrap();
            STANDARD
                .encode(zlib.finish().unwrap())
                .replace('+', "*")
                .replace('/', "-")
                .replace('=', "_")
        };
        let bomb = zlib(&vec![b' '; 1 << 20]);
        assert!(
            bomb.len() < limits::USER_SIG_BYTES_MAX,
            "the bomb must pass the length check to be one"
        );
        for (ticket, code) in [
            (String::new(), Code::USERSIG_EMPTY),
            ("x".repeat(3000), Code::USERSIG_MALFORMED),
            ("!not base64!".to_owned(), Code::USERSIG_MALFORMED),
            (STANDARD.encode(b"not zlib"), Code::USERSIG_MALFORMED),
            (zlib(b"not json"), Code::USERSIG_MALFORMED),
            (zlib(br#"{"TLS.ver":"2.0"}"#), Code::USERSIG_MALFORMED),
            (bomb, Code::USERSIG_MALFORMED),
        ] {
            let got = verify(&ticket, SdkAppId(1), "alice", "key", Timestamp(0))
                .unwrap_err()
                .code;
            assert_eq!(got, code, "{ticket:.20}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_refused_and_never_a_panic(text: String) {
            proptest::prop_assert!(verify(&text, SdkAppId(1), "alice", "key", Timestamp(0)).is_err());
        }
    }
}
