//! What the clients write, and what they read of what they get.
//!
//! **Never here:** sockets. Names of users and rooms are the bench's own and need no escaping.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The domain of all users.
pub(crate) const HOST: &str = "localhost";
/// Where rooms are.
pub(crate) const ROOMS: &str = "conference.localhost";
const PASSWORD: &str = "bench";

/// Asks whether the server has taken what came before (XEP-0198).
pub(crate) const REQUEST_ACK: &str = "<r xmlns='urn:xmpp:sm:3'/>";
/// Makes such questions possible.
pub(crate) const ENABLE_ACKS: &str = "<enable xmlns='urn:xmpp:sm:3'/>";
/// Tells that the client is there, so that messages for its user come to it.
pub(crate) const PRESENCE: &str = "<presence/>";
/// Names the connection.
pub(crate) const BIND: &str = "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
                               <resource>bench</resource></bind></iq>";

/// Opens the stream, or opens it again after authentication.
pub(crate) fn open() -> String {
    format!(
        "<?xml version='1.0'?><stream:stream to='{HOST}' version='1.0' xmlns='jabber:client' \
         xmlns:stream='http://etherx.jabber.org/streams'>"
    )
}

/// SASL PLAIN.
pub(crate) fn auth(user: &str) -> String {
    let secret = STANDARD.encode(format!("\0{user}\0{PASSWORD}"));
    format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{secret}</auth>")
}

/// In-band registration (XEP-0077).
pub(crate) fn register(user: &str) -> String {
    format!(
        "<iq type='set' id='register'><query xmlns='jabber:iq:register'><username>{user}</username>\
         <password>{PASSWORD}</password></query></iq>"
    )
}

/// Joins a room, or makes it, without its earlier messages.
pub(crate) fn join(room: &str, nick: &str) -> String {
    format!(
        "<presence to='{room}@{ROOMS}/{nick}'><x xmlns='http://jabber.org/protocol/muc'>\
         <history maxstanzas='0'/></x></presence>"
    )
}

/// Writes one message: to a user (`chat`) or a room (`groupchat`).
pub(crate) fn write_message(out: &mut Vec<u8>, to: &str, kind: &str, count: u32, body: &str) {
    use std::io::Write as _;
    // Writing to memory does not fail.
    let _ = write!(
        out,
        "<message to='{to}' type='{kind}' id='{count}'><body>{body}</body></message>"
    );
}

/// A text that says which message it is and when it was sent, in microseconds of the measurement.
pub(crate) fn stamped(count: u32, since_epoch: Duration, bytes: usize) -> String {
    let mut text = format!("{count}:{}:", since_epoch.as_micros());
    text.extend(std::iter::repeat_n('x', bytes.saturating_sub(text.len())));
    text
}

/// Number and time of a message that `stamped` wrote.
pub(crate) fn stamp(message: &[u8]) -> Option<(u32, u64)> {
    const BODY: &[u8] = b"<body>";
    let start = message.windows(BODY.len()).position(|it| it == BODY)? + BODY.len();
    let mut parts = message[start..].split(|byte| *byte == b':');
    let mut number = || std::str::from_utf8(parts.next()?).ok()?.parse::<u64>().ok();
    Some((number()?.try_into().ok()?, number()?))
}

/// How many stanzas the server has taken in all, from its `<a h='…'/>`. The number wraps at 2^32.
pub(crate) fn acked(answer: &[u8]) -> Option<u32> {
    const H: &[u8] = b" h=";
    let start = answer.windows(H.len()).position(|it| it == H)? + H.len();
    let digits = answer.get(start + 1..)?;
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}

/// Whether a stanza says that something went wrong.
pub(crate) fn is_error(stanza: &[u8]) -> bool {
    let head = stanza.split(|byte| *byte == b'>').next().unwrap_or_default();
    head.starts_with(b"<stream:error")
        || [&b"type='error'"[..], b"type=\"error\""]
            .iter()
            .any(|it| head.windows(it.len()).any(|at| at == *it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written_wherever_the_server_put_its_own() {
        let body = stamped(7, Duration::from_micros(1234), 100);
        assert_eq!(body.len(), 100);
        let mut out = Vec::new();
        write_message(&mut out, "bob@localhost", "chat", 7, &body);
        assert_eq!(stamp(&out), Some((7, 1234)));
        let sent = String::from_utf8(out).unwrap();
        let archived = sent.replace("<body>", "<archived by='bob' id='17'/><body>");
        assert_eq!(stamp(archived.as_bytes()), Some((7, 1234)));
        assert_eq!(stamp(b"<message><subject/></message>"), None);
        assert_eq!(stamp(b"<message><body>hello</body></message>"), None);
    }

    #[test]
    fn a_text_is_never_shorter_than_its_stamp() {
        assert_eq!(stamped(1, Duration::from_micros(22), 0), "1:22:");
    }

    #[test]
    fn acks_count_what_the_server_took() {
        assert_eq!(acked(b"<a h='12' xmlns='urn:xmpp:sm:3'/>"), Some(12));
        assert_eq!(
            acked(b"<a xmlns='urn:xmpp:sm:3' h=\"4294967295\"/>"),
            Some(u32::MAX)
        );
        assert_eq!(acked(b"<a xmlns='urn:xmpp:sm:3'/>"), None);
        assert_eq!(acked(b"<a h="), None);
    }

    #[test]
    fn errors_are_those_of_the_stanza_itself() {
        assert!(is_error(b"<message type='error' to='a'><error/></message>"));
        assert!(is_error(b"<stream:error><conflict/></stream:error>"));
        assert!(!is_error(b"<message to='a'><body>type='error'</body></message>"));
    }

    #[test]
    fn plain_names_the_user_and_the_password() {
        assert!(auth("bob").contains(&STANDARD.encode("\0bob\0bench")));
    }
}
