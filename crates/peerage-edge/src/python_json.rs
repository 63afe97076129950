//! Python's error texts for invalid JSON, because clients see these texts (spec/write-api.md, 1, step 18).
//!
//! A real parser has refused the text already. This only finds the first fault in the way that Python's `json` does.

use serde_json::Value as Json;

/// Returns the complaint: `Expecting value: line 1 column 1 (char 0)`.
pub fn complaint(text: &str) -> String {
    let scan = JsonScanner { letters: text.as_bytes() };
    let begun = scan.skip(0);
    let (what, at) = match scan.value(begun, 0) {
        Err(fault) => fault,
        Ok(end) => ("Extra data", scan.skip(end)),
    };
    // Python counts letters. A fault is never inside of one.
    let before = text.get(..at).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{what}: line {line} column {column} (char {})", before.chars().count())
}

/// Returns Python's name for the type of a value.
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

type ScanError = (&'static str, usize);

/// The maximum depth. No real body is deeper.
const LEVELS_MAX: usize = 200;

struct JsonScanner<'a> {
    letters: &'a [u8],
}

impl JsonScanner<'_> {
    fn skip(&self, mut at: usize) -> usize {
        while matches!(self.letters.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            at += 1;
        }
        at
    }

    /// Returns the end of the value that begins here.
    fn value(&self, at: usize, level: usize) -> Result<usize, ScanError> {
        match self.letters.get(at) {
            _ if level > LEVELS_MAX => Err(("Expecting value", at)),
            Some(b'"') => self.string(at + 1),
            Some(b'{') => self.object(at + 1, level),
            Some(b'[') => self.array(at + 1, level),
            _ => self.word(at),
        }
    }

    fn word(&self, at: usize) -> Result<usize, ScanError> {
        for word in ["null", "true", "false", "NaN", "Infinity", "-Infinity"] {
            if self.letters.get(at..).is_some_and(|rest| rest.starts_with(word.as_bytes())) {
                return Ok(at + word.len());
            }
        }
        let digits = |mut at: usize| {
            while self.letters.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let begin = if self.letters.get(at) == Some(&b'-') { at + 1 } else { at };
        let mut end = match self.letters.get(begin) {
            Some(b'0') => begin + 1,
            Some(b'1'..=b'9') => digits(begin),
            _ => return Err(("Expecting value", at)),
        };
        if self.letters.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
            end = digits(end + 1);
        }
        if matches!(self.letters.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(self.letters.get(end + 1), Some(b'+' | b'-')));
            if digits(end + 1 + sign) > end + 1 + sign {
                end = digits(end + 1 + sign);
            }
        }
        Ok(end)
    }

    /// Returns the end of a string. `at` is after the opening quote.
    fn string(&self, at: usize) -> Result<usize, ScanError> {
        let begin = at - 1;
        let mut at = at;
        loop {
            match self.letters.get(at) {
                None => return Err(("Unterminated string starting at", begin)),
                Some(b'"') => return Ok(at + 1),
                Some(b'\\') => match self.letters.get(at + 1) {
                    None => return Err(("Unterminated string starting at", begin)),
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                    Some(b'u') => {
                        let hex = self.letters.get(at + 2..at + 6);
                        if !hex.is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) {
                            return Err(("Invalid \\uXXXX escape", at + 1));
                        }
                        at += 6;
                    }
                    Some(_) => return Err(("Invalid \\escape", at)),
                },
                Some(letter) if *letter < b' ' => return Err(("Invalid control character at", at)),
                Some(_) => at += 1,
            }
        }
    }

    fn object(&self, at: usize, level: usize) -> Result<usize, ScanError> {
        let mut at = self.skip(at);
        if self.letters.get(at) == Some(&b'}') {
            return Ok(at + 1);
        }
        loop {
            if self.letters.get(at) != Some(&b'"') {
                return Err(("Expecting property name enclosed in double quotes", at));
            }
            at = self.skip(self.string(at + 1)?);
            if self.letters.get(at) != Some(&b':') {
                return Err(("Expecting ':' delimiter", at));
            }
            at = self.skip(at + 1);
            at = self.skip(self.value(at, level + 1)?);
            match self.letters.get(at) {
                Some(b'}') => return Ok(at + 1),
                Some(b',') => at = self.skip(at + 1),
                _ => return Err(("Expecting ',' delimiter", at)),
            }
        }
    }

    fn array(&self, at: usize, level: usize) -> Result<usize, ScanError> {
        let mut at = self.skip(at);
        if self.letters.get(at) == Some(&b']') {
            return Ok(at + 1);
        }
        loop {
            at = self.skip(self.value(at, level + 1)?);
            match self.letters.get(at) {
                Some(b']') => return Ok(at + 1),
                Some(b',') => at = self.skip(at + 1),
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
        // Each expected text comes from CPython's own json module.
        for (text, expected) in [
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
            ("{\"é\": \"ü\n\"", "Invalid control character at: line 1 column 9 (char 8)"),
            ("{\"é\":\n\"ü\" x", "Expecting ',' delimiter: line 2 column 5 (char 10)"),
            ("", "Expecting value: line 1 column 1 (char 0)"),
        ] {
            assert_eq!(complaint(text), expected, "{text}");
        }
    }
}
