//! Names and words that people chose, as they may stand in a mail.

use peerage_registry::letters::is_hidden;

/// Letters of a name that a mail shows.
const LETTERS_MAX: usize = 100;

/// Letters of a reason that a mail shows.
const WORDS_MAX: usize = 500;

/// A name in one line, in which no mail program finds a link, an address or the end of a header.
pub fn plain(text: &str) -> String {
    cleaned(text, LETTERS_MAX)
}

/// Words that somebody wrote for whoever gets the mail, in the same way.
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
            // What a mail program makes a link of has a dot, a colon or an at sign inside: these look alike and join
            // nothing.
            '.' if letters.peek().is_some_and(|next| next.is_alphanumeric()) => out.push('\u{2024}'),
            '@' => out.push('\u{fe6b}'),
            ':' if letters.peek().is_some_and(|next| !next.is_whitespace()) => out.push('\u{a789}'),
            '/' | '\\' if out.ends_with('/') || letters.peek().is_some_and(|next| matches!(next, '/' | '\\')) => {
                out.push('\u{2215}');
            }
            // A name cannot end the quotation that it stands in.
            '"' | '\u{201e}' | '\u{201c}' | '\u{201d}' => out.push('\''),
            '<' | '>' => out.push(' '),
            letter => out.push(letter),
        }
    }
    out.trim().to_owned()
}

/// Names that try what they can; other tests put them everywhere.
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

/// Whether a text holds what a mail program could make a link of.
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
