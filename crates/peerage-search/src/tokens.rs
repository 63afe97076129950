//! Words of a text.
//!
//! A word is a run of letters and digits of the *folded* text. Index and queries split in the same way, so a text
//! contains a part only if its words do.

use std::borrow::Cow;

use peerage_fold::fold;

/// Maximum number of words of a text that are joined into one.
const JOINED_MAX: usize = 4;

pub fn is_word_letter(letter: char) -> bool {
    if letter.is_ascii() { letter.is_ascii_alphanumeric() } else { letter.is_alphanumeric() }
}

/// A run of letters and digits, and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordSpan<'a> {
    pub word: &'a str,
    pub start: usize,
    pub end: usize,
}

/// The words of a folded text, in order.
pub fn spans(folded: &str) -> impl Iterator<Item = WordSpan<'_>> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let text = &folded[rest..];
        let start = rest + text.find(is_word_letter)?;
        let word = &folded[start..];
        let end = start + word.find(|letter| !is_word_letter(letter)).unwrap_or(word.len());
        rest = end;
        Some(WordSpan { word: &folded[start..end], start, end })
    })
}

/// What is put between parts of one name: `DE-CIX`, `AT&T`, `L'Exchange`.
fn joins(between: &str) -> bool {
    matches!(between, "-" | "&" | "." | "'" | "’" | "_" | "/" | "+")
}

/// Calls `each` with every word under which a text is found: its words; those with a hyphen or the like between them
/// also as one word; and all of these again in ASCII if the text has other scripts.
pub fn each_word(text: &str, each: &mut impl FnMut(&str)) {
    let folded = fold(text);
    each_folded(&folded, each);
    if let Some(plain) = converted(&folded) {
        each_folded(&plain, each);
    }
}

/// The text in ASCII, or `None` if it is.
pub fn converted(folded: &str) -> Option<String> {
    (!folded.is_ascii()).then(|| fold(&deunicode::deunicode(folded)).into_owned())
}

fn each_folded(folded: &str, each: &mut impl FnMut(&str)) {
    let mut run: Vec<WordSpan<'_>> = Vec::new();
    let close = |run: &mut Vec<WordSpan<'_>>, each: &mut dyn FnMut(&str)| {
        if run.len() > 1 {
            let joined: String = run.iter().map(|span| span.word).collect();
            each(&joined);
        }
        run.clear();
    };
    for span in spans(folded) {
        if run.last().is_some_and(|last| run.len() >= JOINED_MAX || !joins(&folded[last.end..span.start])) {
            close(&mut run, each);
        }
        each(span.word);
        run.push(span);
    }
    close(&mut run, each);
}

/// The letters and digits of a text, folded, without what is between them.
pub fn squashed(text: &str) -> String {
    let folded: Cow<'_, str> = fold(text);
    folded.chars().filter(|letter| is_word_letter(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        each_word(text, &mut |word| found.push(word.to_owned()));
        found
    }

    #[test]
    fn words_are_folded_joined_and_converted() {
        assert_eq!(words("DE-CIX Frankfurt"), ["de", "cix", "decix", "frankfurt"]);
        assert_eq!(words("RIPE::AS-FOO"), ["ripe", "as", "foo", "asfoo"]);
        assert_eq!(words("Łódź, ul. 3"), ["lodz", "ul", "3"]);
        assert_eq!(words("Москва"), ["москва", "moskva"]);
        assert!(words("东京").contains(&"东京".to_owned()) && words(" - ").is_empty());
        assert_eq!(squashed("AT&T Inc."), "attinc");
    }
}
