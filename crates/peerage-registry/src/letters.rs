//! Which characters a text can contain. One rule for names, other single-line texts, and notes.
//!
//! People compare names by eye. Characters that are invisible, or that change the order in which others are displayed,
//! make different names look the same, so they are refused. Scripts and emoji that need joiners can use them: see
//! [`first_fault`].

/// How many lines a text can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineLimit {
    One,
    /// Line breaks and tabs are allowed.
    Many,
}

/// A character that a text must not contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetterFault {
    pub letter: char,
    /// Position in the text, in characters, counted from 1.
    pub position: usize,
}

impl std::fmt::Display for LetterFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let LetterFault { letter, position } = self;
        let what = match letter {
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => "Line breaks are not allowed here",
            letter if letter.is_control() => "Control characters are not allowed",
            _ => "Characters that are not visible are not allowed",
        };
        write!(formatter, "{what}: U+{:04X} at position {position}.", u32::from(*letter))
    }
}

/// Whether a character is invisible, or changes the order in which others are displayed. Includes joiners and variation
/// selectors.
pub fn is_hidden(letter: char) -> bool {
    matches!(letter,
        // Soft hyphen, combining grapheme joiner, invisible fillers of several scripts.
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{3164}' | '\u{ffa0}'
        // Direction: marks, embeddings, overrides, isolates. Zero-width characters, invisible operators.
        | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Variation selectors, byte order mark, annotations, tags.
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Returns the first character that a text must not contain.
///
/// Control characters, line and paragraph separators, and all characters of [`is_hidden`] are refused, with these
/// exceptions:
///
/// - line feed, carriage return and tab in a text of [`LineLimit::Many`];
/// - the joiners U+200C and U+200D between two characters of scripts after Cyrillic (from U+0530 on), which Persian,
///   the scripts of India and emoji need;
/// - the variation selectors U+FE0E and U+FE0F after a character that is not ASCII, which emoji need.
///
/// ```
/// use peerage_registry::letters::{LineLimit, first_fault};
///
/// assert_eq!(first_fault("Example Net", LineLimit::One), None);
/// let fault = first_fault("two\nlines", LineLimit::One).expect("a line feed");
/// assert_eq!((fault.letter, fault.position), ('\n', 4));
/// assert_eq!(first_fault("two\nlines", LineLimit::Many), None);
/// ```
pub fn first_fault(text: &str, lines: LineLimit) -> Option<LetterFault> {
    let mut before = None;
    let mut letters = text.chars().enumerate().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let is_fine = match letter {
            '\n' | '\r' | '\t' => lines == LineLimit::Many,
            '\u{200c}' | '\u{200d}' => before.is_some_and(is_joined) && next.is_some_and(is_joined),
            '\u{fe0e}' | '\u{fe0f}' => before.is_some_and(|before: char| !before.is_ascii() && !is_hidden(before)),
            '\u{2028}' | '\u{2029}' => false,
            letter => !letter.is_control() && !is_hidden(letter),
        };
        if !is_fine {
            return Some(LetterFault { letter, position: at + 1 });
        }
        before = Some(letter);
    }
    None
}

/// Whether a joiner next to this character has a visible effect.
fn is_joined(letter: char) -> bool {
    const AFTER_CYRILLIC: char = '\u{530}';
    letter == '\u{fe0f}' || (letter >= AFTER_CYRILLIC && !is_hidden(letter) && !letter.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i12_03_what_is_not_seen_is_refused() {
        let check = |text: &str, expected: Option<(char, usize)>| {
            let found = first_fault(text, LineLimit::One).map(|fault| (fault.letter, fault.position));
            assert_eq!(found, expected, "{text:?}");
        };
        for fine in [
            "",
            "Alpha Networks GmbH",
            "Żółć Sieć",
            "Київ-Мережа",
            "شبكة",
            // Persian with a non-joiner, a Devanagari conjunct with a joiner, emoji with joiner and selector.
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "👩\u{200d}💻",
            "👁\u{fe0f}\u{200d}🗨\u{fe0f}",
            "❤\u{fe0f}",
        ] {
            check(fine, None);
        }
        check("a\nb", Some(('\n', 2)));
        check("a\tb", Some(('\t', 2)));
        check("a\u{7}b", Some(('\u{7}', 2)));
        check("ab\u{85}", Some(('\u{85}', 3)));
        check("é\u{202e}b", Some(('\u{202e}', 2)));
        check("\u{2066}b", Some(('\u{2066}', 1)));
        check("a\u{200b}b", Some(('\u{200b}', 2)));
        check("a\u{200d}b", Some(('\u{200d}', 2)));
        check("می\u{200c}", Some(('\u{200c}', 3)));
        check("a\u{fe0f}", Some(('\u{fe0f}', 2)));
        check("\u{feff}a", Some(('\u{feff}', 1)));
        check("a\u{2028}b", Some(('\u{2028}', 2)));
        check("a\u{e0041}", Some(('\u{e0041}', 2)));
    }

    #[test]
    fn i12_03_texts_of_many_lines_have_line_breaks_and_tabs() {
        assert_eq!(first_fault("# Title\r\n\n\tcode", LineLimit::Many), None);
        assert!(first_fault("a\u{202e}b", LineLimit::Many).is_some());
        assert!(first_fault("a\u{0}b", LineLimit::Many).is_some());
    }

    #[test]
    fn a_fault_says_what_is_wrong_and_where() {
        let said = |text| first_fault(text, LineLimit::One).map(|fault| fault.to_string()).unwrap_or_default();
        assert_eq!(said("a\nb"), "Line breaks are not allowed here: U+000A at position 2.");
        assert_eq!(said("a\u{7}b"), "Control characters are not allowed: U+0007 at position 2.");
        assert_eq!(said("a\u{202e}b"), "Characters that are not visible are not allowed: U+202E at position 2.");
    }
}
