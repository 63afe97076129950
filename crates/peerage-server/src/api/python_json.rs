//! What Python's parser says about a text that is no JSON: clients see these words (spec/write-api.md, 1, step 18).
//!
//! The text was refused by a real parser already; here only the first fault is looked for, as Python's `json` finds it.

use serde_json::Value as Json;

/// The complaint: `Expecting value: line 1 column 1 (char 0)`.
pub fn complaint(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let scan = Scan { letters: &letters };
    let begun = scan.skip(0);
    let (what, at) = match scan.value(begun, 0) {
        Err(fault) => fault,
        Ok(end) => ("Extra data", scan.skip(end)),
    };
    let line = letters[..at.min(letters.len())].iter().filter(|letter| **letter == '\n').count() + 1;
    let column =
        at - letters[..at.min(letters.len())].iter().rposition(|letter| *letter == '\n').map_or(0, |nl| nl + 1) + 1;
    format!("{what}: line {line} column {column} (char {at})")
}

/// What Python calls the type of a value.
pub fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

type Fault = (&'static str, usize);

/// Levels that are looked into: no real body is deeper.
const LEVELS_MAX: usize = 200;

struct Scan<'a> {
    letters: &'a [char],
}

impl Scan<'_> {
    fn skip(&self, mut at: usize) -> usize {
        while matches!(self.letters.get(at), Some(' ' | '\t' | '\n' | '\r')) {
            at += 1;
        }
        at
    }

    /// The end of the value that begins here.
    fn value(&self, at: usize, level: usize) -> Result<usize, Fault> {
        match self.letters.get(at) {
            _ if level > LEVELS_MAX => Err(("Expecting value", at)),
            Some('"') => self.string(at + 1),
            Some('{') => self.object(at + 1, level),
            Some('[') => self.array(at + 1, level),
            _ => self.word(at),
        }
    }

    fn word(&self, at: usize) -> Result<usize, Fault> {
        for word in ["null", "true", "false", "NaN", "Infinity", "-Infinity"] {
            if word.chars().eq(self.letters[at.min(self.letters.len())..].iter().copied().take(word.len())) {
                return Ok(at + word.len());
            }
        }
        let digits = |mut at: usize| {
            while self.letters.get(at).is_some_and(char::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let begin = if self.letters.get(at) == Some(&'-') { at + 1 } else { at };
        let mut end = match self.letters.get(begin) {
            Some('0') => begin + 1,
            Some('1'..='9') => digits(begin),
            _ => return Err(("Expecting value", at)),
        };
        if self.letters.get(end) == Some(&'.') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
        }
        if matches!(self.letters.get(end), Some('e' | 'E')) {
            let sign = usize::from(matches!(self.letters.get(end + 1), Some('+' | '-')));
            if digits(end + 1 + sign) > end + 1 + sign {
                end = digits(end + 1 + sign);
            }
        }
        Ok(end)
    }

    /// `at` is after the quote.
    fn string(&self, at: usize) -> Result<usize, Fault> {
        let begin = at - 1;
        let mut at = at;
        loop {
            match self.letters.get(at) {
                None => return Err(("Unterminated string starting at", begin)),
                Some('"') => return Ok(at + 1),
                Some('\\') => match self.letters.get(at + 1) {
                    None => return Err(("Unterminated string starting at", begin)),
                    Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => at += 2,
                    Some('u') => {
                        let hex = self.letters.get(at + 2..at + 6);
                        if !hex.is_some_and(|hex| hex.iter().all(char::is_ascii_hexdigit)) {
                            return Err(("Invalid \\uXXXX escape", at + 1));
                        }
                        at += 6;
                    }
                    Some(_) => return Err(("Invalid \\escape", at)),
                },
                Some(letter) if *letter < ' ' => return Err(("Invalid control character at", at)),
                Some(_) => at += 1,
            }
        }
    }

    fn object(&self, at: usize, level: usize) -> Result<usize, Fault> {
        let mut at = self.skip(at);
        if self.letters.get(at) == Some(&'}') {
            return Ok(at + 1);
        }
        loop {
            if self.letters.get(at) != Some(&'"') {
                return Err(("Expecting property name enclosed in double quotes", at));
            }
            at = self.skip(self.string(at + 1)?);
            if self.letters.get(at) != Some(&':') {
                return Err(("Expecting ':' delimiter", at));
            }
            at = self.skip(at + 1);
            at = self.skip(self.value(at, level + 1)?);
            match self.letters.get(at) {
                Some('}') => return Ok(at + 1),
                Some(',') => at = self.skip(at + 1),
                _ => return Err(("Expecting ',' delimiter", at)),
            }
        }
    }

    fn array(&self, at: usize, level: usize) -> Result<usize, Fault> {
        let mut at = self.skip(at);
        if self.letters.get(at) == Some(&']') {
            return Ok(at + 1);
        }
        loop {
            at = self.skip(self.value(at, level + 1)?);
            match self.letters.get(at) {
                Some(']') => return Ok(at + 1),
                Some(',') => at = self.skip(at + 1),
                _ => return Err(("Expecting ',' delimiter", at)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_as_python_names_them() {
        // Each answer was given by CPython's own json module.
        for (text, said) in [
            ("x", "Expecting value: line 1 column 1 (char 0)"),
            ("{bad json", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)"),
            ("{\"a\": 1 \"b\"}", "Expecting ',' delimiter: line 1 column 9 (char 8)"),
            ("{\"a\": }", "Expecting value: line 1 column 7 (char 6)"),
            ("[1, 2", "Expecting ',' delimiter: line 1 column 6 (char 5)"),
            ("{\"a", "Unterminated string starting at: line 1 column 2 (char 1)"),
            ("{\n\"a\": tru}", "Expecting value: line 2 column 6 (char 7)"),
            ("{} x", "Extra data: line 1 column 4 (char 3)"),
            ("\"a\nb\"", "Invalid control character at: line 1 column 3 (char 2)"),
            ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"),
            ("\"\\u12\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("", "Expecting value: line 1 column 1 (char 0)"),
        ] {
            assert_eq!(complaint(text), said, "{text}");
        }
    }
}
