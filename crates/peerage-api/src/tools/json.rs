//! JSON objects whose members keep the order in which they are written, with the separators of
//! [`peerage_registry::json`].

use peerage_registry::json::{push_text, push_value};
use serde_json::Value as Json;

/// An object that is being written. [`ObjectWriter::end`] completes it.
pub struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> ObjectWriter<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> ObjectWriter<'a> {
        out.push(b'{');
        ObjectWriter { out, is_empty: true }
    }

    /// Writes the key. The caller writes the value.
    pub fn member(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.is_empty) {
            self.out.extend_from_slice(b", ");
        }
        push_text(self.out, key);
        self.out.extend_from_slice(b": ");
        self.out
    }

    pub fn value(&mut self, key: &str, value: impl Into<Json>) -> &mut Self {
        push_value(self.member(key), &value.into());
        self
    }

    pub fn end(&mut self) {
        self.out.push(b'}');
    }
}

/// Writes a list of items, each with `push`.
pub fn push_list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut push: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(b", ");
        }
        push(out, item);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order() {
        let mut out = Vec::new();
        let mut object = ObjectWriter::new(&mut out);
        object.value("z", 1).value("a", "ü");
        push_list(object.member("l"), [1, 2], |out, item| push_value(out, &Json::from(item)));
        ObjectWriter::new(object.member("o")).end();
        object.end();
        assert_eq!(String::from_utf8_lossy(&out), r#"{"z": 1, "a": "\u00fc", "l": [1, 2], "o": {}}"#);
    }
}
