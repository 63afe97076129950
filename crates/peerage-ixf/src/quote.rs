//! Parts of a list, as messages repeat them.

use std::fmt;

use serde::Serialize;

/// The most characters of a list that a message repeats.
pub const QUOTE_CHARS_MAX: usize = 60;

/// A short text of a list: at most [`QUOTE_CHARS_MAX`] characters, then `…`. Control characters, and others that cannot
/// be seen, are escaped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Quote(Box<str>);

impl Quote {
    pub fn of(text: &str) -> Self {
        let mut quoted = String::new();
        let mut length = 0;
        for letter in text.chars() {
            let begin = quoted.len();
            match letter {
                '"' | '\'' => quoted.push(letter),
                _ => quoted.extend(letter.escape_debug()),
            }
            length += quoted[begin..].chars().count();
            if length > QUOTE_CHARS_MAX {
                quoted.truncate(begin);
                quoted.push('…');
                break;
            }
        }
        Self(quoted.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Quote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Quote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "“{}”", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_clipped_and_invisible_characters_escaped() {
        assert_eq!(Quote::of("10G").as_str(), "10G");
        assert_eq!(Quote::of("say \"ä\"").as_str(), "say \"ä\"");
        assert_eq!(Quote::of("a\nb\u{202e}c").as_str(), "a\\nb\\u{202e}c");
        assert_eq!(Quote::of(&"x".repeat(60)).as_str(), "x".repeat(60));
        assert_eq!(Quote::of(&"x".repeat(61)).as_str(), format!("{}…", "x".repeat(60)));
        assert!(Quote::of(&"\u{1}".repeat(1000)).as_str().chars().count() <= QUOTE_CHARS_MAX + 1);
    }
}
