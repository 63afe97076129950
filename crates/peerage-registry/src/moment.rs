//! Moments: microseconds since 1970, printed and read at the edge.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Microseconds since 1970-01-01T00:00:00Z.
pub type Micros = i64;

/// `2024-01-02T03:04:05Z`: whole seconds, the fraction cut off (spec/read-api.md, 1.0).
pub fn print_seconds(micros: Micros) -> String {
    let mut text = String::with_capacity(20);
    push_seconds(&mut text, micros);
    text
}

/// Appends what [`print_seconds`] gives.
pub fn push_seconds(out: &mut String, micros: Micros) {
    push_civil(out, micros, 'T');
    out.push('Z');
}

/// `2024-01-02T03:04:05.000006Z`: nothing lost, for SQL, the log and exports.
pub fn print_exact(micros: Micros) -> String {
    let mut text = String::with_capacity(27);
    push_civil(&mut text, micros, 'T');
    push_fraction(&mut text, micros);
    text.push('Z');
    text
}

/// `2024-01-02T00:00:00+00:00`, with a fraction if there is one: the form of `/api/asset` (spec/read-api.md, 1.0).
pub fn print_offset(micros: Micros) -> String {
    let mut text = String::with_capacity(32);
    push_civil(&mut text, micros, 'T');
    if micros.rem_euclid(1_000_000) != 0 {
        push_fraction(&mut text, micros);
    }
    text.push_str("+00:00");
    text
}

/// `2024-01-02 03:04:05.000006`: what a plain filter on a time is a prefix of (spec/read-api.md, 5.2).
pub fn print_for_prefix(micros: Micros) -> String {
    let mut text = String::with_capacity(26);
    push_civil(&mut text, micros, ' ');
    push_fraction(&mut text, micros);
    text
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

/// Reads an ISO 8601 date or date-time; without a zone it is UTC. The fraction may have up to nine digits; what is
/// finer than a microsecond is cut off.
pub fn parse(text: &str) -> Option<Micros> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.as_microsecond());
    }
    let text = text.strip_suffix('Z').unwrap_or(text);
    let civil: DateTime = match text.parse::<DateTime>() {
        Ok(civil) => civil,
        Err(_) => text.parse::<jiff::civil::Date>().ok()?.to_datetime(jiff::civil::Time::midnight()),
    };
    TimeZone::UTC.to_timestamp(civil).ok().map(Timestamp::as_microsecond)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for nonsense in ["", "abc", "1700000000", "2024-13-01", "2024-02-30", "2024-01"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}
