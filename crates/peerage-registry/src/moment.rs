//! Points in time and durations, parsed and printed at the edges.
//!
//! A duration is a [`SignedDuration`], or a [`std::time::Duration`] where the standard library or the runtime wants one.

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};

pub use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The resolution of a [`Moment`].
pub const TICK: SignedDuration = SignedDuration::from_micros(1);
pub const SECOND: SignedDuration = SignedDuration::from_secs(1);
pub const MINUTE: SignedDuration = SignedDuration::from_mins(1);
pub const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// A day of 24 hours.
pub const DAY: SignedDuration = days(1);

const MICROSECONDS_A_SECOND: i64 = 1_000_000;

/// The microseconds of a duration, as far as they can be counted.
const fn microseconds(duration: SignedDuration) -> i64 {
    let seconds = duration.as_secs().saturating_mul(MICROSECONDS_A_SECOND);
    seconds.saturating_add(duration.subsec_micros() as i64)
}

/// A duration of this many days of 24 hours.
pub const fn days(count: u32) -> SignedDuration {
    SignedDuration::from_hours(24 * count as i64)
}

/// A point in time in UTC, to the microsecond.
///
/// Its bounds are those of [`Timestamp`]: from [`Moment::MIN`] in the year -9999 to [`Moment::MAX`], two hours before
/// the last day of year 9999 begins. Conversions and arithmetic that lead beyond a bound end at it.
///
/// ```
/// use peerage_registry::moment::{DAY, Moment, SignedDuration};
///
/// let moment = Moment::from_seconds(1_800_000_000);
/// assert_eq!(format!("{moment:?}"), "2027-01-15T08:00:00.000000Z");
/// assert_eq!(moment + DAY - moment, SignedDuration::from_hours(24));
/// assert_eq!(Moment::MAX + DAY, Moment::MAX);
/// ```
///
/// In JSON it is the number of microseconds since 1970. Records store it as text instead, see [`print_exact`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(i64);

impl Moment {
    pub const EPOCH: Moment = Moment(0);
    pub const MIN: Moment = Moment(-377_705_023_201_000_000);
    pub const MAX: Moment = Moment(253_402_207_200_999_999);

    /// From microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_microseconds(microseconds: i64) -> Moment {
        if microseconds < Moment::MIN.0 {
            Moment::MIN
        } else if microseconds > Moment::MAX.0 {
            Moment::MAX
        } else {
            Moment(microseconds)
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_microseconds(self) -> i64 {
        self.0
    }

    /// From seconds since 1970-01-01T00:00:00Z.
    pub const fn from_seconds(seconds: i64) -> Moment {
        Moment::from_microseconds(seconds.saturating_mul(MICROSECONDS_A_SECOND))
    }

    /// Seconds since 1970-01-01T00:00:00Z that have fully passed.
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(MICROSECONDS_A_SECOND)
    }

    /// Seconds since 1970-01-01T00:00:00Z, with the fraction as exact as a float can be.
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / MICROSECONDS_A_SECOND as f64
    }

    /// The start of its second.
    #[must_use]
    pub const fn in_whole_seconds(self) -> Moment {
        self.start_of(SECOND)
    }

    /// The start of the period that contains it. Periods of this length are counted from 1970, so that those of a
    /// [`DAY`] start at midnight.
    #[must_use]
    pub const fn start_of(self, period: SignedDuration) -> Moment {
        let length = microseconds(period);
        if length > 1 { Moment::from_microseconds(self.0 - self.0.rem_euclid(length)) } else { self }
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print_exact(*self))
    }
}

impl From<Timestamp> for Moment {
    fn from(timestamp: Timestamp) -> Moment {
        Moment(timestamp.as_microsecond())
    }
}

impl From<Moment> for Timestamp {
    fn from(moment: Moment) -> Timestamp {
        let (seconds, rest) = (moment.0.div_euclid(MICROSECONDS_A_SECOND), moment.0.rem_euclid(MICROSECONDS_A_SECOND));
        // The bounds are the same, so this cannot fail. (`from_microsecond` ends a millisecond earlier.)
        Timestamp::new(seconds, rest as i32 * 1_000).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

impl From<std::time::SystemTime> for Moment {
    fn from(time: std::time::SystemTime) -> Moment {
        Timestamp::try_from(time).map_or(Moment::MAX, Moment::from)
    }
}

impl Add<SignedDuration> for Moment {
    type Output = Moment;

    fn add(self, duration: SignedDuration) -> Moment {
        Moment::from_microseconds(self.0.saturating_add(microseconds(duration)))
    }
}

impl AddAssign<SignedDuration> for Moment {
    fn add_assign(&mut self, duration: SignedDuration) {
        *self = *self + duration;
    }
}

impl Sub<SignedDuration> for Moment {
    type Output = Moment;

    fn sub(self, duration: SignedDuration) -> Moment {
        Moment::from_microseconds(self.0.saturating_sub(microseconds(duration)))
    }
}

impl SubAssign<SignedDuration> for Moment {
    fn sub_assign(&mut self, duration: SignedDuration) {
        *self = *self - duration;
    }
}

impl Sub for Moment {
    type Output = SignedDuration;

    fn sub(self, earlier: Moment) -> SignedDuration {
        SignedDuration::from_micros(self.0 - earlier.0)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        i64::deserialize(deserializer).map(Moment::from_microseconds)
    }
}

/// Prints `2024-01-02T03:04:05Z`: whole seconds, with the fraction truncated (spec/read-api.md, 1.0).
///
/// ```
/// use peerage_registry::moment::{parse, print_seconds};
///
/// let time = parse("2024-01-02T03:04:05.9Z").expect("a moment");
/// assert_eq!(print_seconds(time), "2024-01-02T03:04:05Z");
/// ```
pub fn print_seconds(moment: Moment) -> String {
    let mut text = String::with_capacity(20);
    push_seconds(&mut text, moment);
    text
}

/// Appends the result of [`print_seconds`].
pub fn push_seconds(out: &mut String, moment: Moment) {
    push_civil(out, moment, 'T');
    out.push('Z');
}

/// Prints `2024-01-02T03:04:05.000006Z`: nothing is lost. For SQL, the log and exports.
///
/// ```
/// use peerage_registry::moment::{parse, print_exact};
///
/// let time = parse("2024-01-02T03:04:05.000006Z").expect("a time");
/// assert_eq!(print_exact(time), "2024-01-02T03:04:05.000006Z");
/// ```
pub fn print_exact(moment: Moment) -> String {
    let mut text = String::with_capacity(27);
    push_civil(&mut text, moment, 'T');
    push_fraction(&mut text, moment);
    text.push('Z');
    text
}

/// Prints `2024-01-02T00:00:00+00:00`, with a fraction if there is one: the form of `/api/asset` (spec/read-api.md,
/// 1.0).
pub fn print_offset(moment: Moment) -> String {
    let mut text = String::with_capacity(32);
    push_civil(&mut text, moment, 'T');
    if moment != moment.in_whole_seconds() {
        push_fraction(&mut text, moment);
    }
    text.push_str("+00:00");
    text
}

/// Prints `2024-01-02 03:04:05.000006`: plain filters on a time match a prefix of this (spec/read-api.md, 5.2).
pub fn print_for_prefix(moment: Moment) -> String {
    let mut text = String::with_capacity(26);
    push_civil(&mut text, moment, ' ');
    push_fraction(&mut text, moment);
    text
}

/// Prints `Tue, 02 Jan 2024 03:04:05 GMT`: the form of HTTP headers (RFC 9110, 5.6.7).
pub fn print_http(moment: Moment) -> String {
    Timestamp::from(moment).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The year of a second since 1970, even beyond the range of calendar types. A Gregorian cycle of 400 years has 146,097
/// days.
pub fn year(seconds: i64) -> i64 {
    const CYCLE: i64 = 146_097 * 86_400;
    let within = civil(Moment::from_seconds(seconds.rem_euclid(CYCLE)));
    seconds.div_euclid(CYCLE) * 400 + i64::from(within.year())
}

fn push_civil(out: &mut String, moment: Moment, between: char) {
    use std::fmt::Write;
    let civil = civil(moment);
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

fn push_fraction(out: &mut String, moment: Moment) {
    use std::fmt::Write;
    let _ = write!(out, ".{:06}", moment.0.rem_euclid(MICROSECONDS_A_SECOND));
}

fn civil(moment: Moment) -> DateTime {
    TimeZone::UTC.to_datetime(moment.into())
}

/// Parses an ISO 8601 date or date-time. Without a time zone it is UTC. The fraction can have up to nine digits; digits
/// below a microsecond are truncated.
///
/// ```
/// use peerage_registry::moment::{Moment, parse};
///
/// assert_eq!(parse("1970-01-01T00:00:01.000002Z"), Some(Moment::from_microseconds(1_000_002)));
/// assert_eq!(parse("yesterday"), None);
/// ```
pub fn parse(text: &str) -> Option<Moment> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp.into());
    }
    TimeZone::UTC.to_timestamp(parse_civil(text)?).ok().map(Moment::from)
}

/// The same, for comparisons only: a date beyond the bounds is the bound. No stored time is beyond it.
pub fn parse_bound(text: &str) -> Option<Moment> {
    let beyond = |civil: DateTime| if civil.year() < 0 { Moment::MIN } else { Moment::MAX };
    parse(text).or_else(|| parse_civil(text).map(beyond))
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
        let moment = parse("2024-01-02T00:00:00.999999Z").expect("a time");
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
        assert_eq!(parse_bound("9999-12-31T23:59:59Z"), Some(Moment::MAX));
        for nonsense in ["", "abc", "1700000000", "2024-13-01", "2024-02-30", "2024-01"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
            assert_eq!(parse_bound(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn dates_of_headers() {
        for (iso, expected) in [
            ("2024-01-02T03:04:05.9Z", "Tue, 02 Jan 2024 03:04:05 GMT"),
            ("1970-01-01", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("1969-12-31", "Wed, 31 Dec 1969 00:00:00 GMT"),
            ("0033-04-03", "Sun, 03 Apr 0033 00:00:00 GMT"),
        ] {
            assert_eq!(print_http(parse(iso).expect("a time")), expected);
        }
    }

    #[test]
    fn arithmetic_ends_at_the_bounds() {
        assert_eq!(Moment::MAX + TICK, Moment::MAX);
        assert_eq!(Moment::MIN - TICK, Moment::MIN);
        assert_eq!(Moment::EPOCH + SignedDuration::MAX, Moment::MAX);
        assert_eq!(Moment::EPOCH + SignedDuration::MIN, Moment::MIN);
        assert_eq!(Moment::EPOCH - SignedDuration::MIN, Moment::MAX);
        assert_eq!(Moment::EPOCH - SignedDuration::MAX, Moment::MIN);
        assert_eq!(Moment::from_microseconds(i64::MAX), Moment::MAX);
        assert_eq!(Moment::from_seconds(i64::MIN), Moment::MIN);
        assert_eq!(Moment::MIN + (Moment::MAX - Moment::MIN), Moment::MAX);
        assert_eq!(Moment::MAX + (Moment::MIN - Moment::MAX), Moment::MIN);
        for (bound, timestamp) in [(Moment::MIN, Timestamp::MIN), (Moment::MAX, Timestamp::MAX)] {
            assert_eq!(Moment::from(timestamp), bound);
            assert_eq!(Moment::from(Timestamp::from(bound)), bound);
        }
    }

    #[test]
    fn seconds_before_1970_are_those_that_have_passed() {
        let moment = Moment::EPOCH - TICK;
        assert_eq!(moment.as_seconds(), -1);
        assert_eq!(moment.in_whole_seconds(), Moment::from_seconds(-1));
        assert_eq!(moment.start_of(DAY), Moment::EPOCH - DAY);
        assert_eq!(print_exact(moment), "1969-12-31T23:59:59.999999Z");
    }

    #[test]
    fn json_is_the_number_of_microseconds() {
        let moment = Moment::from_microseconds(1_800_000_000_000_006);
        assert_eq!(serde_json::to_string(&moment).expect("JSON"), "1800000000000006");
        assert_eq!(serde_json::from_str::<Moment>("1800000000000006").expect("a time"), moment);
    }
}
