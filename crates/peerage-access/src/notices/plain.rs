//! Makes names and texts that people chose safe for mails.

use peerage_registry::letters::is_hidden;

/// Maximum length of a name in a mail, in characters.
const LETTERS_MAX: usize = 100;

/// Maximum length of a reason in a mail, in characters.
const WORDS_MAX: usize = 500;

/// A name as a single line, in which no mail program finds a link, an address or the end of a header.
pub fn plain(text: &str) -> String {
    cleaned(text, LETTERS_MAX)
}

/// The same for a text that somebody wrote for the reader of the mail.
pub fn plain_words(text: &str) -> String {
    cleaned(text, WORDS_MAX)
}

fn cleaned(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().filter(|letter| !is_hidden(*letter)).peekable();
    let mut count = 0;
    while let Some(letter) = letters.next() {
        count += 1;
        if count > most {
            out.push('…');
            break;
        }
        match letter {
            letter if letter.is_control() || letter.is_whitespace() || matches!(letter, '\u{2028}' | '\u{2029}') => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            // Mail programs make links of texts with a dot, a colon or an at sign inside. These look alike, but do not
            // result in links.
            '.' if letters.peek().is_some_and(|next| next.is_alphanumeric()) => out.push('\u{2024}'),
            '@' => out.push('\u{fe6b}'),
            ':' if letters.peek().is_some_and(|next| !next.is_whitespace()) => out.push('\u{a789}'),
            '/' | '\\' if out.ends_with('/') || letters.peek().is_some_and(|next| matches!(next, '/' | '\\')) => {
                out.push('\u{2215}');
            }
            // A name must not end the quotation in which it is shown.
            '"' | '\u{201e}' | '\u{201c}' | '\u{201d}' => out.push('\''),
            '<' | '>' => out.push(' '),
            letter => out.push(letter),
        }
    }
    out.trim().to_owned()
}

/// Names that try to do harm, for use in other tests.
#[cfg(test)]
pub(crate) const NASTY: [&str; 9] = [
    "Ann https://evil.example/login",
    "evil.example/login",
    "www.evil.example",
    "mailto:ann@evil.example",
    "Ann\r\nBcc: victim@evil.example",
    "Ann\n\nYour account is closed. Open http://evil.example",
    "\u{202e}elpmaxe.live\u{202c} evil\u{200b}.example",
    "<a href=\"https://evil.example\">Ann</a>",
    "javascript:alert(1) tel:123 \\\\evil.example\\x",
];

/// Whether a text contains something that a mail program could make into a link.
#[cfg(test)]
pub(crate) fn has_link(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["evil.example", "://evil", "mailto:", "javascript:", "tel:1", "\\\\", "victim@", "@evil"]
        .iter()
        .any(|part| lower.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n18_a_name_smuggles_no_link_and_no_line() {
        for text in NASTY {
            let shown = plain(text);
            assert!(!has_link(&shown), "{text:?} → {shown:?}");
            assert!(!shown.chars().any(|letter| letter.is_control() || is_hidden(letter)), "{text:?} → {shown:?}");
        }
        for text in ["Example GmbH & Co. KG", "Müller-Lüdenscheidt", "O'Neill", "Foo/Bar IX", "A: B", "東京 IX"] {
            assert_eq!(plain(text), text, "an honest name stays as it is");
        }
        assert_eq!(plain("Example.com B.V."), "Example\u{2024}com B\u{2024}V.");
        assert_eq!(plain(&"x".repeat(500)).chars().count(), 101);
    }
}
