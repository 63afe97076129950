//! Messages of the program: errors, and reasons in the log. Programs and the log get them in English; pages translate
//! them.
//!
//! The catalogue of a language lists each message as it is in the sources, with placeholders in braces, followed by its
//! translation.

use std::collections::HashMap;

/// Maximum depth of messages within messages, such as a reason within an error.
const DEPTH_MAX: usize = 3;

/// Longer texts are not our messages.
const BYTES_MAX: usize = 2_000;

/// A message: the text between its placeholders, the names of the placeholders, and the translation.
struct MessagePattern {
    parts: Vec<&'static str>,
    names: Vec<&'static str>,
    worded: &'static str,
}

/// The messages of a language.
pub struct TranslatedMessages {
    /// Messages without placeholders.
    fixed: HashMap<&'static str, &'static str>,
    /// Messages with placeholders, the most specific first.
    filled: Vec<MessagePattern>,
}

impl TranslatedMessages {
    /// Parses a catalogue: an English line, then an indented line.
    pub fn read(catalogue: &'static str) -> TranslatedMessages {
        let (mut fixed, mut filled) = (HashMap::new(), Vec::new());
        for (english, worded) in entries(catalogue) {
            let (parts, names) = split(english);
            if names.is_empty() {
                fixed.insert(english, worded);
            } else {
                filled.push(MessagePattern { parts, names, worded });
            }
        }
        filled.sort_by_key(|message: &MessagePattern| {
            std::cmp::Reverse(message.parts.iter().map(|part| part.len()).sum::<usize>())
        });
        TranslatedMessages { fixed, filled }
    }

    /// Translates a message, or returns `None` if the catalogue does not have it.
    pub fn word(&self, english: &str) -> Option<String> {
        if english.len() > BYTES_MAX { None } else { self.worded(english, DEPTH_MAX) }
    }

    fn worded(&self, english: &str, depth: usize) -> Option<String> {
        if let Some(worded) = self.fixed.get(english) {
            return Some((*worded).to_owned());
        }
        self.filled.iter().filter(|_| depth > 0).find_map(|message| {
            let values = message.values(english)?;
            let inner = |value: &str| self.worded(value, depth - 1).unwrap_or_else(|| value.to_owned());
            Some(message.fill(&values.into_iter().map(inner).collect::<Vec<_>>()))
        })
    }
}

impl MessagePattern {
    /// Returns the values of the placeholders if the English text matches this message.
    fn values<'a>(&self, english: &'a str) -> Option<Vec<&'a str>> {
        let (first, rest) = self.parts.split_first()?;
        let mut left = english.strip_prefix(first)?;
        let mut values = Vec::with_capacity(rest.len());
        for (at, part) in rest.iter().enumerate() {
            let is_last = at + 1 == rest.len();
            let end = if is_last { left.len().checked_sub(part.len())? } else { left.find(part)? };
            let value = left.get(..end).filter(|value| !value.is_empty())?;
            left = left.get(end..)?.strip_prefix(part)?;
            values.push(value);
        }
        left.is_empty().then_some(values)
    }

    fn fill(&self, values: &[String]) -> String {
        let (parts, names) = split(self.worded);
        let mut unnamed = self.names.iter().zip(values).filter(|(name, _)| name.is_empty());
        let mut out = String::new();
        for (at, part) in parts.iter().enumerate() {
            out.push_str(part);
            let Some(name) = names.get(at) else { continue };
            let value = if name.is_empty() {
                unnamed.next()
            } else {
                self.names.iter().zip(values).find(|(known, _)| *known == name)
            };
            out.push_str(value.map_or("", |(_, value)| value));
        }
        out
    }
}

/// The pairs of a catalogue.
pub(super) fn entries(catalogue: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut lines = catalogue.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    std::iter::from_fn(move || {
        let english = lines.next()?;
        Some((english, lines.next().and_then(|line| line.strip_prefix("  ")).unwrap_or(english)))
    })
}

/// Splits a text into the parts between its placeholders and the names of the placeholders.
fn split(text: &'static str) -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut parts, mut names, mut rest) = (Vec::new(), Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, left)) = after.split_once('}') else { break };
        parts.push(before);
        names.push(name);
        rest = left;
    }
    parts.push(rest);
    (parts, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "# A note.\nTry again.\n  Noch einmal.\n\n{a}: {b}.\n  {b} ({a})\nThis fails: {why}\n  Das geht nicht: {why}\n{} of {}\n  {} von {}\n";

    #[test]
    fn i12_06_messages_are_worded_with_what_stands_in_their_places() {
        let messages = TranslatedMessages::read(SAMPLE);
        for (english, worded) in [
            ("Try again.", Some("Noch einmal.")),
            ("x: y z.", Some("y z (x)")),
            ("This fails: Try again.", Some("Das geht nicht: Noch einmal.")),
            ("1 of 2", Some("1 von 2")),
            ("Something else", None),
            ("", None),
        ] {
            assert_eq!(messages.word(english).as_deref(), worded, "{english}");
        }
        assert_eq!(messages.word(&"a of ".repeat(1_000)), None, "too long");
        assert!(messages.word(&"x: ".repeat(500)).is_none_or(|out| out.len() < 5_000), "bounded");
    }
}
