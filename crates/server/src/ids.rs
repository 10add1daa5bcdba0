//! Chance: the one place of the server that draws random bytes.
//!
//! **Goes out:** ids for commands, keys, passwords and tokens. **Never here:** what they are for.

/// Random bytes of the operating system, good for secrets.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place; everything else takes an id source as an argument"
)]
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness no secret is one: there is nothing sensible to go on with.
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A secret key of an app: 64 hexadecimal digits.
pub(crate) fn app_key() -> String {
    hex(&random_bytes::<32>())
}

/// A password for people: 20 letters and digits that are not mistaken for one another, 100 bits.
pub(crate) fn password() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let letters = random_bytes::<20>().map(|byte| char::from(ALPHABET[usize::from(byte) % 32]));
    let mut text = String::new();
    for (place, letter) in letters.into_iter().enumerate() {
        if place > 0 && place % 5 == 0 {
            text.push('-');
        }
        text.push(letter);
    }
    text
}

/// Lowercase hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Where fresh ids come from; tests give fixed ones.
pub(crate) trait Ids: Send + Sync {
    /// A random number.
    fn random_u64(&self) -> u64;
}

/// The ids that commands draw.
#[derive(Debug)]
pub(crate) struct SystemIds;

impl Ids for SystemIds {
    fn random_u64(&self) -> u64 {
        u64::from_le_bytes(random_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_four_groups_of_five_and_never_the_same() {
        let one = password();
        assert_eq!(one.len(), 23);
        assert_eq!(one.split('-').map(str::len).collect::<Vec<_>>(), [5, 5, 5, 5]);
        assert_ne!(one, password());
        assert_eq!(app_key().len(), 64);
    }
}
