//! One test on one cell, compiled from an operator and a value (spec/read-api.md, 5.2).

use std::cmp::Ordering;

use peerage_schema::choices::country_name;
use peerage_schema::{Field, Kind, Resource, Shown, Storage};

use crate::fold::Needle;
use crate::moment::{self, Micros};
use crate::query::QueryError;
use crate::query::number::{expected, expected_list, float, not_a_number, shorten};
use crate::row::Row;
use crate::snapshot::Key;

/// What follows the name of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    StartsWith,
    In,
}

impl Operator {
    const SUFFIXES: [(&'static str, Operator); 7] = [
        ("__lt", Operator::Less),
        ("__lte", Operator::LessOrEqual),
        ("__gt", Operator::Greater),
        ("__gte", Operator::GreaterOrEqual),
        ("__contains", Operator::Contains),
        ("__startswith", Operator::StartsWith),
        ("__in", Operator::In),
    ];

    /// The suffixes as clients write them, for docs.
    pub fn suffixes() -> impl Iterator<Item = &'static str> {
        Operator::SUFFIXES.iter().map(|(suffix, _)| *suffix)
    }

    /// Splits the operator off a name. A name that ends in no operator asks for equality.
    pub fn split(name: &str) -> (&str, Operator) {
        let found =
            Operator::SUFFIXES.iter().find_map(|(suffix, operator)| Some((name.strip_suffix(suffix)?, *operator)));
        found.filter(|(rest, _)| !rest.is_empty()).unwrap_or((name, Operator::Equals))
    }

    /// Whether it asks for an order, and whether `ordering` is in it.
    fn admits(self, ordering: Ordering) -> bool {
        match self {
            Operator::Less => ordering.is_lt(),
            Operator::LessOrEqual => ordering.is_le(),
            Operator::Greater => ordering.is_gt(),
            Operator::GreaterOrEqual => ordering.is_ge(),
            Operator::Equals => ordering.is_eq(),
            Operator::Contains | Operator::StartsWith | Operator::In => false,
        }
    }
}

/// Where a filter stands, which changes how some values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A column of the listed resource.
    Own,
    /// A column one step away.
    Relation,
    /// A filter of section 6: numbers are numbers, text is compared as asked, and text inside it by case.
    Special,
}

#[derive(Debug, Clone)]
enum Test {
    Never,
    /// On the number.
    Number(Operator, i64),
    NumberIn(Vec<i64>),
    /// On the number as text.
    Digits(Operator, String),
    Degrees(Operator, f64),
    DegreesIn(Vec<f64>),
    DegreesText(Operator, String),
    Flag(Operator, bool),
    FlagIn(Vec<bool>),
    FlagText(Operator, String),
    TimePrefix(String),
    Time(Operator, Micros),
    Text(Operator, Needle),
    TextIn(Vec<Needle>),
    TextByCase(Operator, String),
    /// On the English name of a country code.
    CountryName(Operator, Needle),
    /// Some item of a list is this.
    ItemIs(Needle),
    ItemStarts(Needle),
    /// Some of these stands somewhere in the list's text.
    ListHasAny(Vec<Needle>),
}

/// A test on the cell of one field.
#[derive(Debug, Clone)]
pub struct Predicate {
    pub resource: Resource,
    pub position: usize,
    test: Test,
    /// Position of the status, if the cell is blank in deleted rows.
    blank_by: Option<usize>,
}

impl Predicate {
    /// Compiles `field <operator> value`. None: the filter restricts nothing.
    pub fn compile(
        resource: Resource,
        position: usize,
        operator: Operator,
        value: &str,
        place: Place,
    ) -> Result<Option<Predicate>, QueryError> {
        let field = &resource.table().fields[position];
        let Some(test) = compile_test(field, operator, value, place)? else { return Ok(None) };
        let blank_by = (field.shown == Shown::BlankWhenDeleted).then(|| resource.table().at("status"));
        Ok(Some(Predicate { resource, position, test, blank_by }))
    }

    /// A test whether the list field has the item, or has one that begins so, or contains one of the texts anywhere;
    /// for the network types, whose filters are their own (spec/read-api.md, 6).
    pub fn on_list(resource: Resource, position: usize, operator: Operator, value: &str) -> Predicate {
        let test = match operator {
            Operator::Equals => Test::ItemIs(Needle::exact(value)),
            Operator::StartsWith => Test::ItemStarts(Needle::exact(value)),
            Operator::In => Test::ListHasAny(value.split(',').map(|item| Needle::exact(item.trim())).collect()),
            _ => Test::Text(operator, Needle::exact(value)),
        };
        Predicate { resource, position, test, blank_by: None }
    }

    /// A test that the number lies in order.
    pub fn holds_for(operator: Operator, number: i64, stored: i64) -> bool {
        operator.admits(stored.cmp(&number))
    }

    fn text<'a>(&self, row: &'a Row) -> Option<&'a str> {
        match self.blank_by {
            Some(status) if row.text(status) == Some("deleted") => Some(""),
            _ => row.text(self.position),
        }
    }

    /// Whether the row passes.
    pub fn matches(&self, row: &Row) -> bool {
        let int = || row.int(self.position);
        match &self.test {
            Test::Never => false,
            Test::Number(operator, number) => int().is_some_and(|stored| operator.admits(stored.cmp(number))),
            Test::NumberIn(numbers) => int().is_some_and(|stored| numbers.contains(&stored)),
            Test::Digits(operator, text) => int().is_some_and(|stored| text_test(*operator, &stored.to_string(), text)),
            Test::Degrees(operator, number) => {
                let order = int().and_then(|stored| degrees(stored).partial_cmp(number));
                order.is_some_and(|order| operator.admits(order))
            }
            Test::DegreesIn(numbers) => int().is_some_and(|stored| numbers.contains(&degrees(stored))),
            Test::DegreesText(operator, text) => {
                int().is_some_and(|stored| text_test(*operator, &degrees_text(stored), text))
            }
            Test::Flag(operator, flag) => {
                row.bool(self.position).is_some_and(|stored| operator.admits(stored.cmp(flag)))
            }
            Test::FlagIn(flags) => row.bool(self.position).is_some_and(|stored| flags.contains(&stored)),
            Test::FlagText(operator, text) => {
                row.bool(self.position).is_some_and(|stored| text_test(*operator, if stored { "1" } else { "0" }, text))
            }
            Test::TimePrefix(prefix) => int().is_some_and(|at| moment::print_for_prefix(at).starts_with(prefix)),
            Test::Time(operator, micros) => int().is_some_and(|stored| operator.admits(stored.cmp(micros))),
            Test::Text(operator, needle) => self.text(row).is_some_and(|text| needle_test(*operator, needle, text)),
            Test::TextIn(needles) => {
                self.text(row).is_some_and(|text| needles.iter().any(|needle| needle.equals(text)))
            }
            Test::TextByCase(operator, part) => self.text(row).is_some_and(|text| text_test(*operator, text, part)),
            Test::CountryName(operator, needle) => {
                let name = self.text(row).map(|code| country_name(code).unwrap_or_default());
                name.is_some_and(|name| needle_test(*operator, needle, name))
            }
            Test::ItemIs(needle) => self.items(row).any(|item| needle.equals(item)),
            Test::ItemStarts(needle) => self.items(row).any(|item| needle.starts(item)),
            Test::ListHasAny(needles) => {
                self.text(row).is_some_and(|text| needles.iter().any(|needle| needle.is_in(text)))
            }
        }
    }

    fn items<'a>(&self, row: &'a Row) -> impl Iterator<Item = &'a str> {
        self.text(row).unwrap_or_default().split(',').map(str::trim).filter(|item| !item.is_empty())
    }

    /// Whether it asks for a range of values: an order, or a beginning.
    pub fn is_range(&self) -> bool {
        use Operator::{Contains, Equals, In, StartsWith};
        match &self.test {
            // Every text begins with nothing.
            Test::Text(StartsWith, needle) => !needle.is_empty(),
            Test::Number(operator, _) | Test::Text(operator, _) => !matches!(operator, Equals | Contains | In),
            _ => false,
        }
    }

    /// The keys that an index of this field would hold for rows that pass; none if it cannot say.
    pub fn keys(&self) -> Option<Vec<Key>> {
        let text_keys = |needle: &Needle| -> Vec<Key> { needle.keys().map(Key::text).collect() };
        let keys = match &self.test {
            Test::Never => Vec::new(),
            Test::Number(Operator::Equals, number) => vec![Key::Int(*number)],
            Test::NumberIn(numbers) => numbers.iter().copied().map(Key::Int).collect(),
            // Only the canonical form of a number finds it.
            Test::Digits(Operator::Equals, digits) => match digits.parse::<i64>() {
                Ok(number) if number.to_string() == *digits => vec![Key::Int(number)],
                _ => Vec::new(),
            },
            Test::Text(Operator::Equals, needle) => text_keys(needle),
            Test::TextIn(needles) => needles.iter().flat_map(text_keys).collect(),
            _ => return None,
        };
        // The empty text is not indexed.
        keys.iter().all(|key| *key != Key::text("")).then_some(keys)
    }

    /// The folded beginning that rows which pass have, if the test is for one beginning only.
    pub fn beginning(&self) -> Option<&str> {
        match &self.test {
            Test::Text(Operator::StartsWith, needle) if !needle.is_empty() => {
                let mut keys = needle.keys();
                let first = keys.next()?;
                keys.next().is_none().then_some(first)
            }
            _ => None,
        }
    }
}

fn degrees(millionths: i64) -> f64 {
    millionths as f64 / 1e6
}

/// As the database prints a decimal with six places.
fn degrees_text(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let magnitude = millionths.unsigned_abs();
    format!("{sign}{}.{:06}", magnitude / 1_000_000, magnitude % 1_000_000)
}

fn text_test(operator: Operator, text: &str, part: &str) -> bool {
    match operator {
        Operator::Contains => text.contains(part),
        Operator::StartsWith => text.starts_with(part),
        _ => text == part,
    }
}

fn needle_test(operator: Operator, needle: &Needle, text: &str) -> bool {
    match operator {
        Operator::Equals => needle.equals(text),
        Operator::Contains => needle.is_in(text),
        Operator::StartsWith => needle.starts(text),
        order => order.admits(needle.order(text)),
    }
}

fn bad(field: &Field, value: &str, expected: &str) -> QueryError {
    QueryError::Malformed(format!("{}: '{}' is not {expected}", field.name, shorten(value)))
}

fn compile_test(field: &Field, operator: Operator, value: &str, place: Place) -> Result<Option<Test>, QueryError> {
    use Operator::{Contains, Equals, In, StartsWith};
    let name = field.name;
    let test = match (field.kind.storage(), operator) {
        (Storage::Int, Contains | StartsWith) => Test::Digits(operator, value.to_owned()),
        (Storage::Int, In) => Test::NumberIn(expected_list(name, value)?),
        (Storage::Int, Equals) if place != Place::Special && !matches!(field.kind, Kind::Ref(_)) => {
            Test::Digits(Equals, value.to_owned())
        }
        (Storage::Int, _) => Test::Number(operator, expected(name, value)?),
        (Storage::Degrees, Contains | StartsWith) => Test::DegreesText(operator, value.to_owned()),
        (Storage::Degrees, In) => {
            let numbers = value.split(',').map(|item| float(item).ok_or_else(|| not_a_number(name, item)));
            Test::DegreesIn(numbers.collect::<Result<_, _>>()?)
        }
        (Storage::Degrees, Equals) if place != Place::Special => {
            float(value).map_or(Test::Never, |number| Test::Degrees(Equals, number))
        }
        (Storage::Degrees, _) => Test::Degrees(operator, float(value).ok_or_else(|| not_a_number(name, value))?),
        (Storage::Bool, Contains | StartsWith) => Test::FlagText(operator, value.to_owned()),
        (Storage::Bool, In) => {
            let flags = value.split(',').map(|item| flag(item).ok_or_else(|| bad(field, item, "true or false")));
            Test::FlagIn(flags.collect::<Result<_, _>>()?)
        }
        (Storage::Bool, Equals) if place != Place::Special => {
            Test::Flag(Equals, value == "1" || value.eq_ignore_ascii_case("true"))
        }
        (Storage::Bool, _) => Test::Flag(operator, flag(value).ok_or_else(|| bad(field, value, "true or false"))?),
        (Storage::Time, Equals) if place != Place::Special => Test::TimePrefix(value.to_owned()),
        (Storage::Time, Contains | StartsWith | In) => {
            return Err(QueryError::Malformed(format!("{name}: a time cannot be searched as text or list")));
        }
        (Storage::Time, _) => {
            let at = moment::parse_bound(value).ok_or_else(|| bad(field, value, "a date or time (ISO 8601)"))?;
            // A bare date means its whole day: after it and up to its end, or from its beginning.
            let is_bare = value.len() == 10;
            let end_of_day = matches!(operator, Operator::Greater | Operator::LessOrEqual);
            Test::Time(operator, if is_bare && end_of_day { at + TO_END_OF_DAY } else { at })
        }
        (Storage::Text, _) => return Ok(compile_text(field, operator, value, place)),
        (Storage::None, _) => return Ok(None),
    };
    Ok(Some(test))
}

/// From the beginning of a day to 23:59:59.999.
const TO_END_OF_DAY: Micros = (24 * 3600 * 1000 - 1) * 1000;

fn flag(text: &str) -> Option<bool> {
    match text.trim() {
        "1" | "t" | "True" | "true" => Some(true),
        "0" | "f" | "False" | "false" => Some(false),
        _ => None,
    }
}

fn compile_text(field: &Field, operator: Operator, value: &str, place: Place) -> Option<Test> {
    let needle = |value: &str| if place == Place::Special { Needle::exact(value) } else { Needle::new(value) };
    let is_place = matches!(field.name, "address1" | "city" | "state");
    Some(match operator {
        Operator::In => {
            Test::TextIn(if value.is_empty() { Vec::new() } else { value.split(',').map(needle).collect() })
        }
        Operator::Equals if matches!(field.kind, Kind::Country) && place == Place::Own => {
            return match value.chars().count() {
                0 => None,
                2 => Some(Test::Text(Operator::Equals, needle(value))),
                _ => Some(Test::CountryName(Operator::Contains, needle(value))),
            };
        }
        Operator::Contains | Operator::StartsWith if matches!(field.kind, Kind::Country) && place == Place::Own => {
            Test::CountryName(operator, needle(value))
        }
        Operator::Equals if is_place && place == Place::Own => Test::Text(Operator::Contains, needle(value)),
        Operator::Equals if matches!(field.kind, Kind::Ip6) => {
            let canonical = value.trim().parse::<std::net::Ipv6Addr>().map(|address| address.to_string());
            Test::Text(Operator::Equals, needle(canonical.as_deref().unwrap_or(value)))
        }
        Operator::Contains | Operator::StartsWith if place == Place::Special => {
            Test::TextByCase(operator, value.to_owned())
        }
        _ => Test::Text(operator, needle(value)),
    })
}
