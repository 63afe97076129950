//! How values are converted to and from columns, and which values cannot be stored.

use std::ops::Range;

use peerage_registry::moment::{self, Moment, SignedDuration};
use peerage_registry::{EventChange, LogEntry, Row, Value};
use peerage_schema::{Resource, ValueStorage};

use crate::error::StoreError;
use crate::salt;

/// Years 0 to 9999: the range of both the text form and `TIMESTAMPTZ`.
pub const TIME_MIN: Moment = Moment::from_seconds(-62_167_219_200);
pub const TIME_MAX: Moment = Moment::from_microseconds(253_402_207_199_999_999);

/// Bound of degrees, in millionths, well within what a floating point number represents exactly.
const DEGREES_MAX: i64 = 1 << 49;

const NUL: &str = "holds the character U+0000, which PostgreSQL cannot keep";
const EMPTY: &str = "is empty, which the log cannot tell from nothing";

/// A parameter of a statement.
#[derive(Debug, Clone, Copy)]
pub enum SqlCell<'a> {
    Null,
    Int(i64),
    Bool(bool),
    Text(&'a str),
    Time(Moment),
    /// In millionths.
    Degrees(i64),
    Bytes(&'a [u8]),
}

impl<'a> SqlCell<'a> {
    pub fn of(storage: ValueStorage, value: Value<'a>) -> SqlCell<'a> {
        match (storage, value) {
            (_, Value::Null) => SqlCell::Null,
            (ValueStorage::Degrees, Value::Int(millionths)) => SqlCell::Degrees(millionths),
            (_, Value::Int(number)) => SqlCell::Int(number),
            (_, Value::Time(time)) => SqlCell::Time(time),
            (_, Value::Bool(flag)) => SqlCell::Bool(flag),
            (_, Value::Text(text)) => SqlCell::Text(text),
        }
    }

    pub fn text_or_null(text: Option<&'a str>) -> SqlCell<'a> {
        text.map_or(SqlCell::Null, SqlCell::Text)
    }

    pub fn id_or_null(id: Option<impl Into<i64>>) -> SqlCell<'a> {
        id.map_or(SqlCell::Null, |id| SqlCell::Int(id.into()))
    }
}

/// Checks that both engines can store an entry unchanged, and that the log's digests distinguish it from every other.
///
/// # Errors
/// [`StoreError::Unfit`] names the field.
pub fn check(entry: &LogEntry) -> Result<(), StoreError> {
    let unfit = |field, why| Err(StoreError::Unfit { subject: entry.subject(), id: entry.id, field, why });
    if !(TIME_MIN..=TIME_MAX).contains(&entry.at) {
        return unfit("the time of the event", "is not within the years 0 to 9999");
    }
    if salt::is_actor_erased(&entry.salt) || salt::are_rows_erased(&entry.salt) {
        return unfit("the salt of the event", "is half zeros, which mean that the payload was erased");
    }
    if entry.actor.is_empty() {
        return unfit("the actor of the event", EMPTY);
    }
    if has_nul(&entry.actor) {
        return unfit("the actor of the event", NUL);
    }
    match &entry.change {
        EventChange::Row { resource, before, after } => check_rows(entry, *resource, before.iter().chain(after)),
        EventChange::Record { before, after, .. } => {
            for text in before.iter().chain(after) {
                if text.is_empty() {
                    return unfit("the record", EMPTY);
                }
                if has_nul(text) {
                    return unfit("the record", NUL);
                }
                if memchr::memchr(b'\n', text.as_bytes()).is_some() {
                    return unfit("the record", "holds a line feed, which stands between before and after in the log");
                }
            }
            Ok(())
        }
    }
}

fn has_nul(text: &str) -> bool {
    memchr::memchr(0, text.as_bytes()).is_some()
}

fn check_rows<'a>(entry: &LogEntry, resource: Resource, rows: impl Iterator<Item = &'a Row>) -> Result<(), StoreError> {
    let unfit = |field, why| StoreError::Unfit { subject: entry.subject(), id: entry.id, field, why };
    for row in rows {
        if row.int(0) != Some(i64::from(entry.id)) {
            return Err(unfit("id", "is another one than its entry says"));
        }
        for (position, field) in resource.table().stored() {
            let storage = field.kind.storage();
            match row.value(position, storage) {
                Value::Text(text) if has_nul(text) => return Err(unfit(field.name, NUL)),
                Value::Time(time) if !(TIME_MIN..=TIME_MAX).contains(&time) => {
                    return Err(unfit(field.name, "is not within the years 0 to 9999"));
                }
                Value::Int(degrees)
                    if storage == ValueStorage::Degrees && degrees.unsigned_abs() > DEGREES_MAX as u64 =>
                {
                    return Err(unfit(field.name, "is far beyond all degrees"));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Converts millionths to degrees. [`millionths`] returns the same number.
pub fn degrees(millionths: i64) -> f64 {
    millionths as f64 / 1e6
}

/// Converts degrees to millionths, rounded.
pub fn millionths(degrees: f64) -> i64 {
    (degrees * 1e6).round() as i64
}

/// Parses a time in the store's format, or in any other format of [`moment::parse`].
pub fn time(text: &str) -> Option<Moment> {
    written(text.as_bytes()).or_else(|| moment::parse(text))
}

/// Parses `2024-01-02T03:04:05.000006Z` and nothing else. A full-size registry has a million times, so the general
/// parser would be too slow.
pub fn written(text: &[u8]) -> Option<Moment> {
    let text: &[u8; 27] = text.try_into().ok()?;
    let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (26, b'Z')];
    if signs.into_iter().any(|(at, sign)| text[at] != sign) {
        return None;
    }
    let number = |digits: Range<usize>| {
        let mut digits = text[digits].iter();
        digits.try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let is_date = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
    if !is_date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = ((days_before(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(Moment::from_seconds(seconds) + SignedDuration::from_micros(number(20..26)?))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar. Years are counted from March, so that a leap day ends its year.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day_of_year - 719_468
}

/// What is needed to read a row of a table, for each field in table order: its storage, or `None` if it is not a
/// column.
pub fn plan(resource: Resource) -> Vec<Option<ValueStorage>> {
    resource.table().fields.iter().map(|field| field.is_stored().then(|| field.kind.storage())).collect()
}

/// The values of a row's columns, in order.
pub fn values(resource: Resource, row: &Row) -> impl Iterator<Item = (ValueStorage, Value<'_>)> {
    resource.table().stored().map(|(position, field)| {
        let storage = field.kind.storage();
        (storage, row.value(position, storage))
    })
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::TICK;

    use super::*;

    #[test]
    fn times_are_read_as_the_general_parser_reads_them() {
        let mut at = TIME_MIN;
        while at < TIME_MAX {
            let text = moment::print_exact(at);
            assert_eq!(written(text.as_bytes()), Some(at), "{text}");
            assert_eq!(moment::parse(&text), Some(at), "{text}");
            at += SignedDuration::from_micros(11_111_111_111_111);
        }
        for edge in [TIME_MIN, TIME_MAX, Moment::EPOCH - TICK, Moment::EPOCH, Moment::EPOCH + TICK] {
            assert_eq!(written(moment::print_exact(edge).as_bytes()), Some(edge));
        }
        assert_eq!(written(b"2024-02-29T23:59:59.999999Z"), moment::parse("2024-02-29T23:59:59.999999Z"));
        for nonsense in ["2023-02-29T00:00:00.000000Z", "2024-13-01T00:00:00.000000Z", "2024-01-01T24:00:00.000000Z"] {
            assert_eq!(time(nonsense), None, "{nonsense}");
        }
        assert_eq!(written(b"2024-01-02T03:04:05Z"), None);
        assert_eq!(time("2024-01-02T03:04:05Z"), moment::parse("2024-01-02T03:04:05Z"));
    }

    #[test]
    fn degrees_come_back_to_the_millionth() {
        for number in (-180_000_000..=180_000_000).step_by(9_973).chain([-1, 0, 1, DEGREES_MAX, -DEGREES_MAX]) {
            assert_eq!(millionths(degrees(number)), number);
        }
    }
}
