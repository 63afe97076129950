//! Text folded for comparison, without case and accents.
//!
//! The reference relies on its database's collation, which ignores case and accents, but converts the *search text* to
//! ASCII first; so it cannot find non-Latin text. Here both sides are folded, and the search text is tried unchanged
//! and as ASCII (spec/read-api.md, 5.2).

pub use peerage_fold::fold;

/// A text to search for.
///
/// ```
/// use peerage_registry::fold::SearchNeedle;
///
/// let needle = SearchNeedle::new("zurich");
/// assert!(needle.is_in("IX Zürich") && !needle.starts("IX Zürich"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchNeedle {
    /// Folded.
    plain: String,
    /// Converted to ASCII, then folded; `None` if that is the same.
    ascii: Option<String>,
}

impl SearchNeedle {
    /// For filters whose value the reference converts to ASCII.
    pub fn new(question: &str) -> SearchNeedle {
        let plain = fold(question).into_owned();
        let ascii = (!question.is_ascii()).then(|| fold(&deunicode::deunicode(question)).into_owned());
        SearchNeedle { ascii: ascii.filter(|ascii| *ascii != plain), plain }
    }

    /// For filters whose value is compared unchanged.
    pub fn exact(question: &str) -> SearchNeedle {
        SearchNeedle { plain: fold(question).into_owned(), ascii: None }
    }

    /// The folded forms, unchanged at their ends.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.plain.as_str()).chain(self.ascii.as_deref())
    }

    /// Folded forms without spaces at the end, which databases ignore.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.forms().map(|form| form.trim_end_matches(' '))
    }

    /// The same, owned.
    pub fn into_keys(self) -> impl Iterator<Item = Box<str>> {
        std::iter::once(self.plain).chain(self.ascii).map(|form| form.trim_end_matches(' ').into())
    }

    pub fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }

    pub fn equals(&self, text: &str) -> bool {
        self.equals_folded(&fold(text))
    }

    /// The same for a text that is already folded.
    pub fn equals_folded(&self, folded: &str) -> bool {
        let folded = folded.trim_end_matches(' ');
        self.keys().any(|key| key == folded)
    }

    pub fn is_in(&self, text: &str) -> bool {
        if self.plain.is_empty() {
            return true;
        }
        self.is_in_folded(&fold(text))
    }

    /// The same for a text that is already folded. Preparing a search takes time in proportion to the needle, so a
    /// needle longer than the text is not searched.
    pub fn is_in_folded(&self, folded: &str) -> bool {
        let is_in = |form: &str| {
            form.len() <= folded.len() && memchr::memmem::find(folded.as_bytes(), form.as_bytes()).is_some()
        };
        self.forms().any(is_in)
    }

    pub fn starts(&self, text: &str) -> bool {
        self.starts_folded(&fold(text))
    }

    /// The same for a text that is already folded.
    pub fn starts_folded(&self, folded: &str) -> bool {
        self.forms().any(|form| folded.starts_with(form))
    }

    /// Compares the text with the search text, both folded.
    pub fn order(&self, text: &str) -> std::cmp::Ordering {
        let question = self.ascii.as_deref().unwrap_or(&self.plain);
        fold(text).trim_end_matches(' ').cmp(question.trim_end_matches(' '))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_count() {
        for (text, folded) in
            [("Zürich", "zurich"), ("SÃO", "sao"), ("Straße", "strasse"), ("Ångström", "angstrom"), ("Łódź", "lodz")]
        {
            assert!(SearchNeedle::new(text).equals(folded));
            assert!(SearchNeedle::new(folded).equals(text));
        }
    }

    #[test]
    fn other_scripts_are_found_as_written() {
        assert!(SearchNeedle::new("東京").is_in("株式会社東京"));
        assert!(!SearchNeedle::new("東京").is_in("Tokyo"));
        assert!(SearchNeedle::new("МОСКВА").equals("Москва"));
    }

    #[test]
    fn wildcards_are_letters_and_blanks_at_the_end_do_not_count() {
        assert!(SearchNeedle::new("100%_w").is_in("Acme 100%_Wild"));
        assert!(!SearchNeedle::new("%").is_in("acme"));
        assert!(SearchNeedle::new("a ").equals("A"));
        assert!(!SearchNeedle::new(" a").equals("A"));
    }
}
