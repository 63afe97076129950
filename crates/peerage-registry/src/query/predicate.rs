//! A test on one cell, compiled from an operator and a value (spec/read-api.md, 5.2).

use std::cmp::Ordering;
use std::collections::HashSet;

use peerage_schema::choices::country_name;
use peerage_schema::{Column, DisplayForm, Field, FieldKind, Status, ValueStorage};
use peerage_search::NeedleAnchor;

use crate::fold::{SearchNeedle, fold};
use crate::moment::{self, Moment, SignedDuration};
use crate::query::QueryError;
use crate::query::items::{AnyItem, items};
use crate::query::number::{expected, float, not_a_number, shorten};
use crate::query::values::{self, tried_texts};
use crate::query::work::{PRINTED_TEST, QueryWork, TEST, of_text};
use crate::row::Row;
use crate::snapshot::IndexKey;

/// The suffix of a filter's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterOperator {
    Equals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    StartsWith,
    In,
}

impl FilterOperator {
    const SUFFIXES: [(&'static str, FilterOperator); 7] = [
        ("__lt", FilterOperator::Less),
        ("__lte", FilterOperator::LessOrEqual),
        ("__gt", FilterOperator::Greater),
        ("__gte", FilterOperator::GreaterOrEqual),
        ("__contains", FilterOperator::Contains),
        ("__startswith", FilterOperator::StartsWith),
        ("__in", FilterOperator::In),
    ];

    /// The suffixes that clients can use, for docs.
    pub fn suffixes() -> impl Iterator<Item = &'static str> {
        FilterOperator::SUFFIXES.iter().map(|(suffix, _)| *suffix)
    }

    /// Splits the operator off a filter's name. A name without an operator tests for equality.
    ///
    /// ```
    /// use peerage_registry::query::FilterOperator;
    ///
    /// assert_eq!(FilterOperator::split("name__contains"), ("name", FilterOperator::Contains));
    /// assert_eq!(FilterOperator::split("asn"), ("asn", FilterOperator::Equals));
    /// ```
    pub fn split(name: &str) -> (&str, FilterOperator) {
        let found = FilterOperator::SUFFIXES
            .iter()
            .find_map(|(suffix, operator)| Some((name.strip_suffix(suffix)?, *operator)));
        found.filter(|(rest, _)| !rest.is_empty()).unwrap_or((name, FilterOperator::Equals))
    }

    /// Whether the operator compares by order, and `ordering` satisfies it.
    fn admits(self, ordering: Ordering) -> bool {
        match self {
            FilterOperator::Less => ordering.is_lt(),
            FilterOperator::LessOrEqual => ordering.is_le(),
            FilterOperator::Greater => ordering.is_gt(),
            FilterOperator::GreaterOrEqual => ordering.is_ge(),
            FilterOperator::Equals => ordering.is_eq(),
            FilterOperator::Contains | FilterOperator::StartsWith | FilterOperator::In => false,
        }
    }
}

/// Where a filter is used. This changes how some values are parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterPlace {
    /// On a column of the listed resource.
    Own,
    /// On a column one step away.
    Relation,
    /// A filter of section 6: numbers are parsed strictly, texts are compared unchanged, and substrings by case.
    Special,
}

#[derive(Debug, Clone)]
enum CellTest {
    Never,
    /// Compares the number.
    Number(FilterOperator, i64),
    /// The number is one of these, which are ascending.
    NumberIn(Vec<i64>),
    /// Compares the number as a text.
    Digits(FilterOperator, String),
    Degrees(FilterOperator, f64),
    /// The value is one of these, which are ascending.
    DegreesIn(Vec<f64>),
    DegreesText(FilterOperator, String),
    Flag(FilterOperator, bool),
    /// Whether true matches, and whether false matches.
    FlagIn {
        yes: bool,
        no: bool,
    },
    FlagText(FilterOperator, String),
    TimePrefix(String),
    Time(FilterOperator, Moment),
    Text(FilterOperator, SearchNeedle),
    /// The folded text, without spaces at the end, is one of these.
    TextIn(HashSet<Box<str>>),
    TextByCase(FilterOperator, String),
    /// Compares the English name of a country code.
    CountryName(FilterOperator, SearchNeedle),
    /// Some item of a list equals this.
    ItemIs(SearchNeedle),
    ItemStarts(SearchNeedle),
    /// Some item of a list contains one of these texts.
    ListHasAny(AnyItem),
}

/// A test on the cell of one field.
#[derive(Debug, Clone)]
pub struct Predicate {
    pub column: Column,
    test: CellTest,
    /// The status column, if the cell is blank in deleted rows.
    blank_by: Option<Column>,
}

impl Predicate {
    /// Compiles `field <operator> value`. `None`: the filter restricts nothing.
    pub fn compile(
        column: Column,
        operator: FilterOperator,
        value: &str,
        place: FilterPlace,
    ) -> Result<Option<Predicate>, QueryError> {
        let field = column.field();
        let Some(test) = compile_test(field, operator, value, place)? else { return Ok(None) };
        let blank_by =
            (field.shown == DisplayForm::BlankWhenDeleted).then_some(column.resource().table().columns.status);
        Ok(Some(Predicate { column, test, blank_by }))
    }

    /// A test whether a list field has an item that equals, starts with or contains one of the texts. For the network
    /// types, which have their own filters (spec/read-api.md, 6).
    ///
    /// # Errors
    /// More texts than a parameter can have.
    pub fn on_list(
        column: Column,
        operator: FilterOperator,
        value: &str,
        parameter: &str,
    ) -> Result<Predicate, QueryError> {
        let field = column.field();
        let test = match operator {
            FilterOperator::Equals => CellTest::ItemIs(SearchNeedle::exact(value)),
            FilterOperator::StartsWith => CellTest::ItemStarts(SearchNeedle::exact(value)),
            FilterOperator::In => CellTest::ListHasAny(AnyItem::new(field, &tried_texts(parameter, value)?)),
            _ => CellTest::Text(operator, SearchNeedle::exact(value)),
        };
        Ok(Predicate { column, test, blank_by: None })
    }

    /// A test that compares a number by order.
    pub fn holds_for(operator: FilterOperator, number: i64, stored: i64) -> bool {
        operator.admits(stored.cmp(&number))
    }

    fn text<'a>(&self, row: &'a Row) -> Option<&'a str> {
        match self.blank_by {
            Some(status) if row.text(status) == Some(Status::Deleted.text()) => Some(""),
            _ => row.text(self.column),
        }
    }

    /// Whether it searches a text, which takes longer than other tests.
    pub fn is_on_text(&self) -> bool {
        use CellTest::{CountryName, ItemIs, ItemStarts, ListHasAny, Text, TextByCase, TextIn};
        matches!(
            self.test,
            Text(..) | TextIn(_) | TextByCase(..) | CountryName(..) | ItemIs(_) | ItemStarts(_) | ListHasAny(_)
        )
    }

    /// Whether the row matches.
    ///
    /// # Errors
    /// The remaining work budget is too small for the test.
    pub fn admits(&self, row: &Row, work: &QueryWork) -> Result<bool, QueryError> {
        let text = if self.is_on_text() { self.text(row) } else { None };
        work.spend(self.cost(text))?;
        Ok(self.matches(row, text))
    }

    /// Cost of testing a row with this text, in units of work.
    fn cost(&self, text: Option<&str>) -> u64 {
        let of_its_text = text.map_or(0, of_text);
        match &self.test {
            CellTest::Never
            | CellTest::Number(..)
            | CellTest::NumberIn(_)
            | CellTest::Degrees(..)
            | CellTest::DegreesIn(_)
            | CellTest::Flag(..)
            | CellTest::FlagIn { .. }
            | CellTest::FlagText(..)
            | CellTest::Time(..) => TEST,
            CellTest::Digits(..) | CellTest::DegreesText(..) | CellTest::TimePrefix(_) | CellTest::CountryName(..) => {
                PRINTED_TEST
            }
            CellTest::Text(..) | CellTest::TextIn(_) | CellTest::TextByCase(..) => TEST + of_its_text,
            CellTest::ItemIs(_) | CellTest::ItemStarts(_) => TEST + 4 * of_its_text,
            // Each text is tried only on items that are not known choices.
            CellTest::ListHasAny(any) => {
                let is_known = |item: &str| any.known.iter().any(|choice| choice.value == item);
                let unknown = items(text).filter(|item| !is_known(item)).count() as u64;
                TEST + 4 * of_its_text + unknown * TEST * any.needles.len() as u64
            }
        }
    }

    /// Whether the row matches. `text` is the text of this field, already read, if the test searches it.
    fn matches(&self, row: &Row, text: Option<&str>) -> bool {
        let int = || row.int(self.column);
        let time = || row.time(self.column);
        match &self.test {
            CellTest::Never => false,
            CellTest::Number(operator, number) => int().is_some_and(|stored| operator.admits(stored.cmp(number))),
            CellTest::NumberIn(numbers) => int().is_some_and(|stored| numbers.binary_search(&stored).is_ok()),
            CellTest::Digits(operator, text) => {
                int().is_some_and(|stored| text_test(*operator, &stored.to_string(), text))
            }
            CellTest::Degrees(operator, number) => {
                let order = int().and_then(|stored| degrees(stored).partial_cmp(number));
                order.is_some_and(|order| operator.admits(order))
            }
            CellTest::DegreesIn(numbers) => int().is_some_and(|stored| {
                let stored = degrees(stored);
                numbers.binary_search_by(|number| number.total_cmp(&stored)).is_ok()
            }),
            CellTest::DegreesText(operator, text) => {
                int().is_some_and(|stored| text_test(*operator, &degrees_text(stored), text))
            }
            CellTest::Flag(operator, flag) => {
                row.bool(self.column).is_some_and(|stored| operator.admits(stored.cmp(flag)))
            }
            CellTest::FlagIn { yes, no } => row.bool(self.column).is_some_and(|stored| if stored { *yes } else { *no }),
            CellTest::FlagText(operator, text) => {
                row.bool(self.column).is_some_and(|stored| text_test(*operator, if stored { "1" } else { "0" }, text))
            }
            CellTest::TimePrefix(prefix) => time().is_some_and(|at| moment::print_for_prefix(at).starts_with(prefix)),
            CellTest::Time(operator, bound) => time().is_some_and(|stored| operator.admits(stored.cmp(bound))),
            CellTest::Text(operator, needle) => text.is_some_and(|text| needle_test(*operator, needle, text)),
            CellTest::TextIn(texts) => text.is_some_and(|text| texts.contains(fold(text).trim_end_matches(' '))),
            CellTest::TextByCase(operator, part) => text.is_some_and(|text| text_test(*operator, text, part)),
            CellTest::CountryName(operator, needle) => {
                let name = text.map(|code| country_name(code).unwrap_or_default());
                name.is_some_and(|name| needle_test(*operator, needle, name))
            }
            CellTest::ItemIs(needle) => items(text).any(|item| needle.equals(item)),
            CellTest::ItemStarts(needle) => items(text).any(|item| needle.starts(item)),
            CellTest::ListHasAny(any) => any.has_blank && text.is_some() || items(text).any(|item| any.holds_for(item)),
        }
    }

    /// Whether it matches a range of values: an order, or a prefix.
    pub fn is_range(&self) -> bool {
        use FilterOperator::{Contains, Equals, In, StartsWith};
        match &self.test {
            // Every text starts with the empty one.
            CellTest::Text(StartsWith, needle) => !needle.is_empty(),
            CellTest::Number(operator, _) | CellTest::Text(operator, _) => !matches!(operator, Equals | Contains | In),
            _ => false,
        }
    }

    /// The keys in an index of this field under which matching rows are found, or `None` if they cannot be listed.
    pub fn keys(&self) -> Option<Vec<IndexKey>> {
        let text_keys = |needle: &SearchNeedle| -> Vec<IndexKey> { needle.keys().map(IndexKey::text).collect() };
        let keys = match &self.test {
            CellTest::Never => Vec::new(),
            CellTest::Number(FilterOperator::Equals, number) => vec![IndexKey::Int(*number)],
            CellTest::NumberIn(numbers) => numbers.iter().copied().map(IndexKey::Int).collect(),
            // Only the canonical form of a number matches.
            CellTest::Digits(FilterOperator::Equals, digits) => match digits.parse::<i64>() {
                Ok(number) if number.to_string() == *digits => vec![IndexKey::Int(number)],
                _ => Vec::new(),
            },
            CellTest::Text(FilterOperator::Equals, needle) => text_keys(needle),
            CellTest::TextIn(texts) => texts.iter().map(|text| IndexKey::Text(text.clone())).collect(),
            _ => return None,
        };
        // The empty text is not indexed.
        keys.iter().all(|key| *key != IndexKey::text("")).then_some(keys)
    }

    /// Folded texts, one of which every matching text contains, and where; `None` if the test is another one.
    pub fn needles(&self) -> Option<(Vec<String>, NeedleAnchor)> {
        use FilterOperator::{Contains, Equals, StartsWith};
        let anchor = |operator: FilterOperator| match operator {
            Contains => Some(NeedleAnchor::Anywhere),
            Equals | StartsWith => Some(NeedleAnchor::Start),
            _ => None,
        };
        match &self.test {
            CellTest::Text(operator, needle) if !needle.is_empty() => {
                // Spaces at the end do not count when texts are compared as a whole.
                let form = |form: &str| if *operator == Equals { form.trim_end_matches(' ') } else { form }.to_owned();
                Some((needle.forms().map(form).collect(), anchor(*operator)?))
            }
            // Folding works letter by letter, so what contains a text contains it folded as well.
            CellTest::TextByCase(operator, part) if !part.is_empty() => {
                Some((vec![fold(part).into_owned()], anchor(*operator)?))
            }
            _ => None,
        }
    }

    /// The folded prefix of matching rows, if the test is for a single prefix.
    pub fn beginning(&self) -> Option<&str> {
        match &self.test {
            CellTest::Text(FilterOperator::StartsWith, needle) if !needle.is_empty() => {
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

fn text_test(operator: FilterOperator, text: &str, part: &str) -> bool {
    match operator {
        // Preparing a search takes time in proportion to the needle, however short the text is.
        FilterOperator::Contains => part.len() <= text.len() && text.contains(part),
        FilterOperator::StartsWith => text.starts_with(part),
        _ => text == part,
    }
}

fn needle_test(operator: FilterOperator, needle: &SearchNeedle, text: &str) -> bool {
    match operator {
        FilterOperator::Equals => needle.equals(text),
        FilterOperator::Contains => needle.is_in(text),
        FilterOperator::StartsWith => needle.starts(text),
        order => order.admits(needle.order(text)),
    }
}

fn bad(field: &Field, value: &str, expected: &str) -> QueryError {
    QueryError::Malformed(format!("{}: '{}' is not {expected}", field.name, shorten(value)))
}

fn compile_test(
    field: &Field,
    operator: FilterOperator,
    value: &str,
    place: FilterPlace,
) -> Result<Option<CellTest>, QueryError> {
    use FilterOperator::{Contains, Equals, In, StartsWith};
    let name = field.name;
    let test = match (field.kind.storage(), operator) {
        (ValueStorage::Int, Contains | StartsWith) => CellTest::Digits(operator, value.to_owned()),
        (ValueStorage::Int, In) => CellTest::NumberIn(values::numbers(name, value)?),
        (ValueStorage::Int, Equals) if place != FilterPlace::Special && !matches!(field.kind, FieldKind::Ref(_)) => {
            CellTest::Digits(Equals, value.to_owned())
        }
        (ValueStorage::Int, _) => CellTest::Number(operator, expected(name, value)?),
        (ValueStorage::Degrees, Contains | StartsWith) => CellTest::DegreesText(operator, value.to_owned()),
        (ValueStorage::Degrees, In) => {
            // Adding zero turns negative zero into positive zero, which is what is stored.
            let number = |item| float(item).map(|number| number + 0.0).ok_or_else(|| not_a_number(name, item));
            let mut numbers = value.split(',').map(number).collect::<Result<Vec<f64>, QueryError>>()?;
            numbers.sort_unstable_by(f64::total_cmp);
            numbers.dedup();
            CellTest::DegreesIn(numbers)
        }
        (ValueStorage::Degrees, Equals) if place != FilterPlace::Special => {
            float(value).map_or(CellTest::Never, |number| CellTest::Degrees(Equals, number))
        }
        (ValueStorage::Degrees, _) => {
            CellTest::Degrees(operator, float(value).ok_or_else(|| not_a_number(name, value))?)
        }
        (ValueStorage::Bool, Contains | StartsWith) => CellTest::FlagText(operator, value.to_owned()),
        (ValueStorage::Bool, In) => {
            let (mut yes, mut no) = (false, false);
            for item in value.split(',') {
                let is_yes = flag(item).ok_or_else(|| bad(field, item, "true or false"))?;
                yes |= is_yes;
                no |= !is_yes;
            }
            CellTest::FlagIn { yes, no }
        }
        (ValueStorage::Bool, Equals) if place != FilterPlace::Special => {
            CellTest::Flag(Equals, value == "1" || value.eq_ignore_ascii_case("true"))
        }
        (ValueStorage::Bool, _) => {
            CellTest::Flag(operator, flag(value).ok_or_else(|| bad(field, value, "true or false"))?)
        }
        (ValueStorage::Time, Equals) if place != FilterPlace::Special => CellTest::TimePrefix(value.to_owned()),
        (ValueStorage::Time, Contains | StartsWith | In) => {
            return Err(QueryError::Malformed(format!("{name}: a time cannot be searched as text or list")));
        }
        (ValueStorage::Time, _) => {
            let at = moment::parse_bound(value).ok_or_else(|| bad(field, value, "a date or time (ISO 8601)"))?;
            // A date without a time means the whole day: after its end, up to its end, or from its start.
            let is_bare = value.len() == 10;
            let end_of_day = matches!(operator, FilterOperator::Greater | FilterOperator::LessOrEqual);
            CellTest::Time(operator, if is_bare && end_of_day { at + TO_END_OF_DAY } else { at })
        }
        (ValueStorage::Text, _) => return Ok(compile_text(field, operator, value, place)),
        (ValueStorage::None, _) => return Ok(None),
    };
    Ok(Some(test))
}

/// From the start of a day to 23:59:59.999.
const TO_END_OF_DAY: SignedDuration = SignedDuration::from_millis(24 * 3600 * 1000 - 1);

fn flag(text: &str) -> Option<bool> {
    match text.trim() {
        "1" | "t" | "True" | "true" => Some(true),
        "0" | "f" | "False" | "false" => Some(false),
        _ => None,
    }
}

fn compile_text(field: &Field, operator: FilterOperator, value: &str, place: FilterPlace) -> Option<CellTest> {
    let needle =
        |value: &str| if place == FilterPlace::Special { SearchNeedle::exact(value) } else { SearchNeedle::new(value) };
    let is_place = matches!(field.name, "address1" | "city" | "state");
    Some(match operator {
        FilterOperator::In => {
            let items = if value.is_empty() { Vec::new() } else { values::texts(value) };
            CellTest::TextIn(items.into_iter().map(needle).flat_map(SearchNeedle::into_keys).collect())
        }
        FilterOperator::Equals if matches!(field.kind, FieldKind::Country) && place == FilterPlace::Own => {
            return match value.chars().count() {
                0 => None,
                2 => Some(CellTest::Text(FilterOperator::Equals, needle(value))),
                _ => Some(CellTest::CountryName(FilterOperator::Contains, needle(value))),
            };
        }
        FilterOperator::Contains | FilterOperator::StartsWith
            if matches!(field.kind, FieldKind::Country) && place == FilterPlace::Own =>
        {
            CellTest::CountryName(operator, needle(value))
        }
        FilterOperator::Equals if is_place && place == FilterPlace::Own => {
            CellTest::Text(FilterOperator::Contains, needle(value))
        }
        FilterOperator::Equals if matches!(field.kind, FieldKind::Ip6) => {
            let canonical = value.trim().parse::<std::net::Ipv6Addr>().map(|address| address.to_string());
            CellTest::Text(FilterOperator::Equals, needle(canonical.as_deref().unwrap_or(value)))
        }
        FilterOperator::Contains | FilterOperator::StartsWith if place == FilterPlace::Special => {
            CellTest::TextByCase(operator, value.to_owned())
        }
        _ => CellTest::Text(operator, needle(value)),
    })
}
