//! Lists of values in a parameter: parsed, deduplicated and capped in one place.
//!
//! There can be many integers and texts that are compared as a whole, since one lookup covers all of them. Values that
//! have to be tried one by one are capped.

use std::collections::HashSet;

use crate::query::QueryError;
use crate::query::number::{expected, integer, shorten};

/// Maximum number of values in a parameter, if each is tried separately.
pub const TRIED_VALUES_MAX: usize = 500;

/// Maximum number of words in a search.
pub const SEARCH_WORDS_MAX: usize = 16;

/// Parses integers separated by commas: ascending, without duplicates. An invalid one, or an empty list, is refused.
pub fn numbers(column: &str, text: &str) -> Result<Vec<i64>, QueryError> {
    let numbers: Result<Vec<i64>, QueryError> = text.split(',').map(|item| expected(column, item)).collect();
    numbers.map(sorted)
}

/// The same, with the reference's error for values that do not belong to a column.
pub fn plain_numbers(text: &str) -> Result<Vec<i64>, QueryError> {
    let number = |item: &str| {
        let bad = || format!("invalid literal for int() with base 10: '{}'", shorten(item));
        integer(item).ok_or_else(|| QueryError::Malformed(bad()))
    };
    text.split(',').map(number).collect::<Result<Vec<i64>, QueryError>>().map(sorted)
}

fn sorted(mut numbers: Vec<i64>) -> Vec<i64> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Parses ids separated by commas: ascending, without duplicates. Numbers out of range are left out.
pub fn ids(column: &str, text: &str) -> Result<Vec<u32>, QueryError> {
    Ok(as_ids(&numbers(column, text)?))
}

/// The numbers that are in the range of ids.
pub fn as_ids(numbers: &[i64]) -> Vec<u32> {
    numbers.iter().filter_map(|id| u32::try_from(*id).ok()).collect()
}

/// Texts separated by commas, without duplicates, in the order given.
pub fn texts(text: &str) -> Vec<&str> {
    let mut known = HashSet::new();
    text.split(',').filter(|item| known.insert(*item)).collect()
}

/// Texts that have to be tried one by one: trimmed, without duplicates, at most [`TRIED_VALUES_MAX`].
pub fn tried_texts<'a>(parameter: &str, text: &'a str) -> Result<Vec<&'a str>, QueryError> {
    let mut known = HashSet::new();
    let items: Vec<&str> = text.split(',').map(str::trim).filter(|item| known.insert(*item)).collect();
    if items.len() > TRIED_VALUES_MAX {
        let count = items.len();
        return Err(QueryError::Malformed(format!(
            "'{parameter}' takes at most {TRIED_VALUES_MAX} values, and {count} were given. Split the query into several."
        )));
    }
    Ok(items)
}

/// The words of a search, without duplicates, at most [`SEARCH_WORDS_MAX`].
pub fn search_words<'a>(parameter: &str, text: &'a str) -> Result<Vec<&'a str>, QueryError> {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        if words.contains(&word) {
            continue;
        }
        if words.len() == SEARCH_WORDS_MAX {
            return Err(QueryError::Malformed(format!(
                "'{parameter}' takes at most {SEARCH_WORDS_MAX} different words. Search with fewer words."
            )));
        }
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_values_count_once_and_numbers_are_sorted() {
        assert_eq!(numbers("id", "3,1, 3 ,+1,2"), Ok(vec![1, 2, 3]));
        assert!(numbers("id", "1,,2").is_err());
        assert_eq!(ids("id", "-1,7,99999999999,7"), Ok(vec![7]));
        assert_eq!(texts("b,a,b,"), ["b", "a", ""]);
        assert_eq!(plain_numbers("2,1,2"), Ok(vec![1, 2]));
    }

    #[test]
    fn thousands_of_numbers_are_taken() {
        let many: Vec<String> = (0..10_000).map(|id| id.to_string()).collect();
        assert_eq!(ids("id", &many.join(",")).map(|ids| ids.len()), Ok(10_000));
    }

    #[test]
    fn what_is_tried_one_by_one_is_capped_and_the_cap_is_named() {
        let different: Vec<String> = (0..=TRIED_VALUES_MAX).map(|at| format!("v{at}")).collect();
        let different = different.join(",");
        let refused = tried_texts("info_types__in", &different);
        let Err(QueryError::Malformed(text)) = refused else { panic!("{refused:?}") };
        assert!(text.contains("info_types__in") && text.contains("500"), "{text}");
        assert!(tried_texts("info_types__in", &"q,".repeat(16_000)).is_ok(), "the same value again is one value");
        assert!(search_words("q", &"a ".repeat(16_000)).is_ok());
        let words: Vec<String> = (0..17).map(|at| at.to_string()).collect();
        let words = words.join(" ");
        let refused = search_words("q", &words);
        let Err(QueryError::Malformed(text)) = refused else { panic!("{refused:?}") };
        assert!(text.contains("'q'") && text.contains("16"), "{text}");
    }
}
