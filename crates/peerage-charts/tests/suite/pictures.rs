//! What holds for every picture.

use peerage_charts::STYLE;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// An element of a picture: its name and attributes, in the order of the text.
#[derive(Debug)]
pub struct ReadElement {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub text: String,
}

impl ReadElement {
    pub fn get(&self, name: &str) -> &str {
        self.attributes.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub fn number(&self, name: &str) -> f64 {
        self.get(name).trim_end_matches('%').parse().unwrap_or_else(|_| panic!("{name} of {self:?}"))
    }
}

/// Reads elements, and fails if they are not well-formed XML.
pub fn elements(xml: &str) -> Vec<ReadElement> {
    let mut reader = Reader::from_str(xml);
    let mut found: Vec<ReadElement> = Vec::new();
    let (mut open, mut depth) = (Vec::new(), 0);
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) => {
                found.push(read_element(&start));
                open.push(found.len() - 1);
                depth += 1;
            }
            Event::Empty(start) => found.push(read_element(&start)),
            Event::End(_) => {
                open.pop();
                depth -= 1;
            }
            Event::Text(text) => {
                found[*open.last().expect("an element")].text.push_str(&text);
            }
            Event::GeneralRef(name) => {
                let name = format!("&{};", &*name);
                let text = quick_xml::escape::unescape(&name).expect("a character");
                found[*open.last().expect("an element")].text.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    found
}

fn read_element(start: &BytesStart<'_>) -> ReadElement {
    let attributes = start.attributes().map(|attribute| {
        let attribute = attribute.expect("an attribute");
        let value = quick_xml::escape::unescape(&attribute.value).expect("characters").into_owned();
        (attribute.key.0.to_owned(), value)
    });
    ReadElement { name: start.name().0.to_owned(), attributes: attributes.collect(), text: String::new() }
}

/// Checks what holds for every picture, and returns its elements.
pub fn check_picture(svg: &str) -> Vec<ReadElement> {
    let elements = elements(svg);
    for element in &elements {
        assert!(!["script", "style", "foreignObject", "use", "image"].contains(&element.name.as_str()), "{element:?}");
        for (name, value) in &element.attributes {
            assert!(name != "style" && name != "id" && !name.starts_with("on"), "{element:?}");
            match name.as_str() {
                "class" => {
                    for class in value.split(' ') {
                        assert!(STYLE.contains(&format!(".{class}")), "the style sheet has no class {class}");
                    }
                }
                "x" | "y" | "x1" | "x2" | "y1" | "y2" | "cx" | "cy" | "r" | "width" | "height" => check_number(value),
                "d" => {
                    let pairs = value.split(|letter: char| letter.is_ascii_alphabetic() || letter == ' ');
                    let numbers = pairs.flat_map(|pair| pair.split('-')).filter(|number| !number.is_empty());
                    numbers.for_each(check_number);
                }
                _ => {}
            }
        }
    }
    elements
}

/// A coordinate is a number with at most one decimal.
fn check_number(text: &str) {
    let number = text.trim_end_matches('%');
    assert!(number.parse::<f64>().is_ok_and(|number| number.abs() < 1e9), "{text} is not a coordinate");
    assert!(number.split_once('.').is_none_or(|(_, decimals)| decimals.len() == 1), "{text} has more decimals");
}
