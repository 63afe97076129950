//! Writes elements of XML with quick-xml, which escapes texts and attributes. SVG, legends and KML are written with it.

use std::borrow::Cow;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

const IN_MEMORY: &str = "writing to memory cannot fail";

/// Elements that are written one after the other. Open ones are closed in [`MarkupText::finish`] at the latest.
pub struct MarkupText {
    writer: Writer<Vec<u8>>,
    open: Vec<&'static str>,
}

impl MarkupText {
    pub fn new() -> Self {
        Self { writer: Writer::new(Vec::new()), open: Vec::new() }
    }

    /// Writes what a file of XML begins with.
    pub fn declaration(&mut self) {
        self.write(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    }

    /// Begins an element. The next [`MarkupText::close`] that no other element needs ends it.
    pub fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.write(Event::Start(start(name, attributes)));
        self.open.push(name);
    }

    pub fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.write(Event::End(BytesEnd::new(name)));
        }
    }

    pub fn empty(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.write(Event::Empty(start(name, attributes)));
    }

    /// Writes an element that contains nothing but a text.
    pub fn text(&mut self, name: &'static str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.write(Event::Text(BytesText::new(&legal(text))));
        self.close();
    }

    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        String::from_utf8(self.writer.into_inner()).expect("only texts were written")
    }

    fn write(&mut self, event: Event<'_>) {
        self.writer.write_event(event).expect(IN_MEMORY);
    }
}

fn start<'a>(name: &'static str, attributes: &[(&'a str, &'a str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (name, value) in attributes {
        start.push_attribute((*name, &*legal(value)));
    }
    start
}

/// Replaces characters that XML 1.0 has no form for.
fn legal(text: &str) -> Cow<'_, str> {
    let is_illegal = |letter: char| matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    if text.contains(is_illegal) { text.replace(is_illegal, "\u{fffd}").into() } else { text.into() }
}

/// Formats a coordinate with at most one decimal. A value that is not a number becomes zero.
pub fn tenth(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, part) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    if part == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

/// Formats a share of the width, from 0 to 1, in percent.
pub fn percent(share: f64) -> String {
    tenth(share * 100.0) + "%"
}

/// Returns a text of at most `columns` columns, with an ellipsis if it was longer. Letters of East Asian scripts take two
/// columns.
pub fn shortened(text: &str, columns: usize) -> Cow<'_, str> {
    let width = |letter: char| if letter >= '\u{1100}' { 2 } else { 1 };
    if text.chars().map(width).sum::<usize>() <= columns {
        return text.into();
    }
    let mut room = columns.saturating_sub(1);
    let kept = text.chars().take_while(|letter| {
        let fits = width(*letter) <= room;
        room = room.saturating_sub(width(*letter));
        fits
    });
    let mut short: String = kept.collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_have_one_decimal_and_are_numbers() {
        let check = |value: f64, expected: &str| assert_eq!(tenth(value), expected, "{value}");
        check(0.0, "0");
        check(-0.04, "0");
        check(1.25, "1.3");
        check(-7.14, "-7.1");
        check(20.0, "20");
        check(f64::NAN, "0");
        assert!(tenth(f64::INFINITY).parse::<f64>().is_ok_and(f64::is_finite));
    }

    #[test]
    fn texts_are_escaped_and_hold_no_illegal_character() {
        let mut markup = MarkupText::new();
        markup.text("a", &[("href", "?a=\"1\"&b=<")], "<b>\0&'");
        assert_eq!(markup.finish(), r#"<a href="?a=&quot;1&quot;&amp;b=&lt;">&lt;b&gt;�&amp;&apos;</a>"#);
    }

    #[test]
    fn long_texts_end_in_an_ellipsis() {
        let check = |text: &str, expected: &str| assert_eq!(shortened(text, 6), expected);
        check("Oslo", "Oslo");
        check("Zürich", "Zürich");
        check("Frankfurt", "Frank…");
        check("Main Data", "Main…");
        check("東京都", "東京都");
        check("東京都港区", "東京…");
    }
}
