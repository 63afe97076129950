//! Detects passwords that are easy to guess: made of common words, keyboard rows, sequences, repetitions, years, and
//! public facts about the account (spec/accounts.md, 20).
//!
//! Lists of stolen passwords mostly consist of these. A list of passwords of twelve characters would detect only those
//! in it. This detects how they are constructed, with a few kilobytes of data. The operator's own list detects the
//! rest.

use unicode_normalization::UnicodeNormalization;

/// Common words, in lower case.
const STEMS: &str = include_str!("stems.txt");

/// Keyboard rows.
const ROWS: [&str; 12] = [
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "1q2w3e4r5t6y7u8i9o0p",
    "abcdefghijklmnopqrstuvwxyz",
];

/// Minimum length of a walk, a sequence or a repetition, in characters.
const RUN_MIN: usize = 3;

/// Cost of a word, in unpredictable characters.
const WORD: usize = 2;

/// Passwords with a lower cost are easy to guess.
const ENOUGH: usize = 8;

/// Number of characters that are considered. More do not make a password easier to guess.
const LETTERS_MAX: usize = 128;

/// Whether a password is easy to guess. `words`: public facts about the account.
///
/// Cost: some microseconds for a password of usual length.
pub fn is_guessed(password: &str, words: &[&str]) -> bool {
    let plain = letters(password);
    let (plain, is_whole) = (&plain[..plain.len().min(LETTERS_MAX)], plain.len() <= LETTERS_MAX);
    let plain = shortest_period(plain);
    let known: Vec<Vec<char>> = words.iter().flat_map(|word| parts(word)).collect();
    let stems: Vec<Vec<char>> = STEMS.split_whitespace().map(|stem| stem.chars().collect()).collect();
    let unleet: Vec<char> = plain.iter().map(|letter| unmasked(*letter)).collect();
    let words: Vec<&[char]> = known.iter().chain(&stems).map(Vec::as_slice).collect();
    // The lowest cost of each prefix.
    let mut cost = vec![usize::MAX; plain.len() + 1];
    cost[0] = 0;
    for at in 0..plain.len() {
        let (here, rest) = (cost[at], &plain[at..]);
        let mut reach = |length: usize, more: usize| {
            cost[at + length] = cost[at + length].min(here.saturating_add(more));
        };
        reach(1, usize::from(rest[0].is_alphanumeric() || !rest[0].is_whitespace() && !is_joint(rest[0])));
        for length in RUN_MIN..=run(rest).max(walk(rest)) {
            reach(length, 1);
        }
        if is_year(rest) {
            reach(4, 1);
        }
        for word in &words {
            if rest.starts_with(word) || unleet[at..].starts_with(word) {
                reach(word.len(), WORD);
            }
        }
    }
    is_whole && cost[plain.len()] < ENOUGH
}

/// In lower case and normalized.
fn letters(text: &str) -> Vec<char> {
    text.nfkc().flat_map(char::to_lowercase).collect()
}

/// A separator between words, which hides nothing.
fn is_joint(letter: char) -> bool {
    matches!(letter, '-' | '_' | '.' | ',' | '+' | '/' | '@')
}

/// Words of a name or an address that have at least three letters.
fn parts(text: &str) -> Vec<Vec<char>> {
    let folded: String = letters(text).into_iter().collect();
    let words = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.chars().count() >= 3);
    words.map(|word| word.chars().collect()).collect()
}

/// The letter that a digit or sign is often used for.
fn unmasked(letter: char) -> char {
    match letter {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// The shortest text of which the whole is a repetition.
fn shortest_period(text: &[char]) -> &[char] {
    let is_period = |length: &usize| {
        text.len().is_multiple_of(*length) && text.chunks(*length).all(|piece| piece == &text[..*length])
    };
    (1..=text.len() / 2).find(is_period).map_or(text, |length| &text[..length])
}

/// Length of the run at the start: equal characters, or ascending or descending ones.
fn run(text: &[char]) -> usize {
    let step = |pair: &[char]| i64::from(pair[1] as u32) - i64::from(pair[0] as u32);
    let Some(first) = text.get(..2).map(step).filter(|step| (-1..=1).contains(step)) else { return 0 };
    1 + text.windows(2).take_while(|pair| step(pair) == first).count()
}

/// Length of the walk at the start: characters that are next to each other on a keyboard.
fn walk(text: &[char]) -> usize {
    let along = |row: &[char]| {
        let from = row.iter().position(|key| Some(key) == text.first())?;
        Some(row[from..].iter().zip(text).take_while(|(key, letter)| key == letter).count())
    };
    let longest = |row: &str| {
        let there: Vec<char> = row.chars().collect();
        let back: Vec<char> = row.chars().rev().collect();
        along(&there).max(along(&back)).unwrap_or(0)
    };
    ROWS.iter().map(|row| longest(row)).max().unwrap_or(0)
}

fn is_year(text: &[char]) -> bool {
    let year: String = text.iter().take(4).collect();
    year.len() == 4 && (1900..2100).contains(&year.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_common_parts_is_guessed() {
        for password in [
            "password1234",
            "Password2024!",
            "P@ssw0rd2019!",
            "passwordpassword",
            "qwertyuiop12",
            "1q2w3e4r5t6y",
            "1qaz2wsx3edc",
            "123456789012",
            "abcdefghijkl",
            "zyxwvutsrqpo",
            "aaaaaaaaaaaa",
            "abcabcabcabcabc",
            "iloveyou1234",
            "letmein123456",
            "Welcome-2025!",
            "Summer2024!!!!",
            "monkeydragon1",
            "adminadmin123",
            "changeme-changeme",
            "trustno1trustno1",
            "asdfghjkl123",
            "qwertzuiop123",
            "000000000000",
            "!!!!!!!!!!!!!!",
            "superman batman",
            "Football2023",
            "ｐａｓｓｗｏｒｄ１２３４",
        ] {
            assert!(is_guessed(password, &[]), "{password}");
        }
    }

    #[test]
    fn what_is_known_of_the_account_is_guessed_and_only_there() {
        let words = ["ann.lee", "ann@example.net", "Example Networks", "peerage"];
        for password in [
            "ann@example.net",
            "annlee-example",
            "examplenetworks",
            "Peerage2026!!",
            "ExampleNetworks1",
            "3xample-n3tw0rks",
        ] {
            assert!(is_guessed(password, &words), "{password}");
        }
        for password in ["ann walks to the lake", "example of a long sentence"] {
            assert!(!is_guessed(password, &words), "{password}");
        }
        assert!(!is_guessed("zyrbex.qolmart", &words));
        assert!(is_guessed("zyrbex.qolmart", &["zyrbex", "qolmart"]));
    }

    #[test]
    fn what_people_think_up_and_programs_make_is_not() {
        for password in [
            "a long walk by the river",
            "another long walk home",
            "the old password of seven",
            "correct horse battery staple",
            "correct horse",
            "a new password for seven",
            "wrong but long enough",
            "xK9#mQ2$vL5p",
            "vuMr7-8NzqP-tt2",
            "839201847362",
            "blaue Giraffen tanzen",
            "tr0ub4dor&3xyzw",
        ] {
            assert!(!is_guessed(password, &["user7", "user7@people.example", "First", "Last"]), "{password}");
        }
        let long: String = "password".repeat(2)
            + &(0..200u32).map(|at| char::from_u32(0x4e00 + at * 7).unwrap_or('x')).collect::<String>();
        assert!(!is_guessed(&long, &[]));
    }
}
