//! Names that are followed by where the place is.

/// The most words that the place after a name can have when no comma precedes it: `Congo DR`, `New South Wales`.
const PLACE_WORDS_MAX: usize = 3;

/// Returns the ways to read a text as a name and the places it is in, the most likely first. With commas, the name ends at
/// the first one, or at a later one if the name has commas itself. Without, one to three words at the end are the place.
pub fn qualified_parts(text: &str) -> Vec<(&str, Vec<&str>)> {
    let commas: Vec<usize> = text.match_indices(',').map(|(at, _)| at).take(4).collect();
    if !commas.is_empty() {
        return commas.into_iter().map(|at| (&text[..at], text[at + 1..].split(',').collect())).collect();
    }
    let blanks = text.trim_end().rmatch_indices(char::is_whitespace).map(|(at, _)| at);
    let parts = blanks.take(PLACE_WORDS_MAX).map(|at| (text[..at].trim_end(), vec![text[at..].trim()]));
    parts.filter(|(name, _)| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::qualified_parts;

    #[test]
    fn places_follow_after_commas_or_as_last_words() {
        assert_eq!(qualified_parts("Frankfurt, DE"), [("Frankfurt", vec![" DE"])]);
        assert_eq!(
            qualified_parts("Portland, Oregon, USA"),
            [("Portland", vec![" Oregon", " USA"]), ("Portland, Oregon", vec![" USA"])]
        );
        assert_eq!(qualified_parts("Paris TX "), [("Paris", vec!["TX"])]);
        assert_eq!(
            qualified_parts("Newcastle New South Wales"),
            [
                ("Newcastle New South", vec!["Wales"]),
                ("Newcastle New", vec!["South Wales"]),
                ("Newcastle", vec!["New South Wales"])
            ]
        );
        assert!(qualified_parts("Paris").is_empty() && qualified_parts("").is_empty());
    }
}
