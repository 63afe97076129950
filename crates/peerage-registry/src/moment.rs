//! Points in time: microseconds since 1970, parsed and printed at the edges.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Microseconds since 1970-01-01T00:00:00Z.
pub type Micros = i64;

/// A day of 24 hours.
pub const DAY: Micros = 24 * 3_600 * 1_000_000;

/// Prints `2024-01-02T03:04:05Z`: whole seconds, with the fraction truncated (spec/read-api.md, 1.0).
///
/// ```
/// use peerage_registry::moment::{parse, print_seconds};
///
/// let micros = parse("2024-01-02T03:04:05.9Z").expect("a moment");
/// assert_eq!(print_seconds(micros), "2024-01-02T03:04:05Z");
/// ```
pub fn print_seconds(micros: Micros) -> String {
    let mut text = String::with_capacity(20);
    push_seconds(&mut text, micros);
    text
}

/// Appends the result of [`print_seconds`].
pub fn push_seconds(out: &mut String, micros: Micros) {
    push_civil(out, micros, 'T');
    out.push('Z');
}

/// Prints `2024-01-02T03:04:05.000006Z`: nothing is lost. For SQL, the log and exports.
///
/// ```
/// use peerage_registry::moment::{parse, print_exact};
///
/// let micros = parse("2024-01-02T03:04:05.000006Z").expect("a time");
/// assert_eq!(print_exact(micros), "2024-01-02T03:04:05.000006Z");
/// ```
pub fn print_exact(micros: Micros) -> String {
    let mut text = String::with_capacity(27);
    push_civil(&mut text, micros, 'T');
    push_fraction(&mut text, micros);
    text.push('Z');
    text
}

/// Prints `2024-01-02T00:00:00+00:00`, with a fraction if there is one: the form of `/api/asset` (spec/read-api.md,
/// 1.0).
pub fn print_offset(micros: Micros) -> String {
    let mut text = String::with_capacity(32);
    push_civil(&mut text, micros, 'T');
    if micros.rem_euclid(1_000_000) != 0 {
        push_fraction(&mut text, micros);
    }
    text.push_str("+00:00");
    text
}

/// Prints `2024-01-02 03:04:05.000006`: plain filters on a time match a prefix of this (spec/read-api.md, 5.2).
pub fn print_for_prefix(micros: Micros) -> String {
    let mut text = String::with_capacity(26);
    push_civil(&mut text, micros, ' ');
    push_fraction(&mut text, micros);
    text
}

/// The year of a second since 1970, even beyond the range of calendar types. A Gregorian cycle of 400 years has 146,097
/// days.
pub fn year(seconds: i64) -> i64 {
    const CYCLE: i64 = 146_097 * 86_400;
    let within = civil(seconds.rem_euclid(CYCLE) * 1_000_000);
    seconds.div_euclid(CYCLE) * 400 + i64::from(within.year())
}

fn push_civil(out: &mut String, micros: Micros, between: char) {
    use std::fmt::Write;
    let civil = civil(micros);
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "{:04}-{:02}-{:02}{between}{:02}:{:02}:{:02}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second()
    );
}

fn push_fraction(out: &mut String, micros: Micros) {
    use std::fmt::Write;
    let _ = write!(out, ".{:06}", micros.rem_euclid(1_000_000));
}

fn civil(micros: Micros) -> DateTime {
    let timestamp = Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(timestamp)
}

/// Parses an ISO 8601 date or date-time. Without a time zone it is UTC. The fraction can have up to nine digits; digits
/// below a microsecond are truncated.
///
/// ```
/// use peerage_registry::moment::parse;
///
/// assert_eq!(parse("1970-01-01T00:00:01.000002Z"), Some(1_000_002));
/// assert_eq!(parse("yesterday"), None);
/// ```
pub fn parse(text: &str) -> Option<Micros> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.as_microsecond());
    }
    TimeZone::UTC.to_timestamp(parse_civil(text)?).ok().map(Timestamp::as_microsecond)
}

/// The same, for comparisons only: up to the last second of year 9999. No stored time can be in the last days of that
/// year.
pub fn parse_bound(text: &str) -> Option<Micros> {
    let beyond = || {
        let epoch = jiff::civil::date(1970, 1, 1).to_datetime(jiff::civil::Time::midnight());
        i64::try_from(parse_civil(text)?.duration_since(epoch).as_micros()).ok()
    };
    parse(text).or_else(beyond)
}

fn parse_civil(text: &str) -> Option<DateTime> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    match text.parse::<DateTime>() {
        Ok(civil) => Some(civil),
        Err(_) => Some(text.parse::<jiff::civil::Date>().ok()?.to_datetime(jiff::civil::Time::midnight())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_beyond_every_calendar() {
        for (seconds, expected) in
            [(0, 1970), (-1, 1969), (253_402_300_799, 9999), (253_402_300_800, 10_000), (i64::MAX, 292_277_026_596)]
        {
            assert_eq!(year(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn the_fraction_is_cut_off_and_not_rounded() {
        let moment = parse("2024-01-02T00:00:00.999999Z").expect("a moment");
        assert_eq!(print_seconds(moment), "2024-01-02T00:00:00Z");
        assert_eq!(print_exact(moment), "2024-01-02T00:00:00.999999Z");
        assert_eq!(print_for_prefix(moment), "2024-01-02 00:00:00.999999");
    }

    #[test]
    fn dates_zones_and_nonsense() {
        assert_eq!(parse("2024-01-02"), parse("2024-01-02T00:00:00Z"));
        assert_eq!(parse("2024-01-02 00:00:00"), parse("2024-01-02T00:00:00Z"));
        assert_eq!(parse("2024-01-02T02:00:00+02:00"), parse("2024-01-02T00:00:00Z"));
        assert_eq!(parse_bound("2024-01-02"), parse("2024-01-02"));
        assert_eq!(parse_bound("9999-12-31T23:59:59Z"), Some(253_402_300_799_000_000));
        for nonsense in ["", "abc", "1700000000", "2024-13-01", "2024-02-30", "2024-01"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
            assert_eq!(parse_bound(nonsense), None, "{nonsense}");
        }
    }
}
