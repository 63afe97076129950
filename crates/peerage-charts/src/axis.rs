//! Where an axis has its ticks.

use jiff::ToSpan;
use jiff::civil::Date;

/// The largest value that a chart tells apart, and the least one below zero. Others are drawn as this one.
pub const VALUE_MAX: f64 = 1e15;

/// What the labels of an axis of dates have to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateStep {
    Day,
    Month,
    Year,
}

/// An axis of values: its ends are the first and the last tick.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueAxis {
    pub ticks: Vec<f64>,
}

/// Returns a value that can be drawn: within [`VALUE_MAX`], and a number.
pub fn drawable(value: f64) -> Option<f64> {
    (!value.is_nan()).then(|| value.clamp(-VALUE_MAX, VALUE_MAX))
}

impl ValueAxis {
    /// Returns an axis that begins at zero if the values come close to it, in steps of 1, 2 or 5 by a power of ten.
    pub fn around(values: &[f64]) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut low, mut high) = if low <= high { (low, high) } else { (0.0, 0.0) };
        // A line that hardly changes would be flat above zero, and one that jumps would seem to begin at nothing.
        if low > 0.0 && low < high * 0.8 {
            low = 0.0;
        }
        if high - low < high.abs().max(low.abs()) * 1e-9 + f64::MIN_POSITIVE {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        if high - low < 1e-9 {
            high = low + 1.0;
        }
        let are_whole = values.iter().all(|value| value.fract() == 0.0);
        let step = nice_step((high - low) / 4.0).max(if are_whole { 1.0 } else { 0.0 });
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let count = (last - first).clamp(1.0, 12.0) as usize;
        Self { ticks: (0..=count).map(|index| (first + index as f64) * step).collect() }
    }

    /// Returns where a value is, from 0 at the first tick to 1 at the last.
    pub fn share(&self, value: f64) -> f64 {
        let (low, high) = (self.ticks[0], self.ticks[self.ticks.len() - 1]);
        ((value - low) / (high - low)).clamp(0.0, 1.0)
    }
}

/// Returns the smallest of 1, 2 and 5 by a power of ten that is at least `least`.
fn nice_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let steps = [power, power * 2.0, power * 5.0];
    steps.into_iter().find(|step| *step >= least * 0.999_999).unwrap_or(power * 10.0)
}

/// Returns dates between two, at most five, at the beginning of days, months or years.
pub fn date_ticks(from: Date, to: Date) -> (Vec<Date>, DateStep) {
    const COUNT_MAX: i32 = 4;
    let days = days_between(from, to);
    if days <= i32::from(COUNT_MAX as i16 * 7) {
        let step = [1, 2, 7].into_iter().find(|step| days / step <= COUNT_MAX).unwrap_or(7);
        // Counted from the end: the latest day is the one that readers look for.
        let dates = (0..=days / step).rev().filter_map(|index| to.checked_sub((index * step).days()).ok());
        return (dates.collect(), DateStep::Day);
    }
    let month = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month()) - 1;
    let months = month(to) - month(from);
    let steps = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 6_000, 12_000, 60_000];
    let step = steps.into_iter().find(|step| months / step <= COUNT_MAX).unwrap_or(240_000);
    let first = month(from).div_euclid(step) * step;
    let dates = (0..=months / step + 1).filter_map(|index| {
        let month = first + index * step;
        let year = i16::try_from(month.div_euclid(12)).ok()?;
        Date::new(year, month.rem_euclid(12) as i8 + 1, 1).ok()
    });
    let unit = if step < 12 { DateStep::Month } else { DateStep::Year };
    (dates.filter(|date| (from..=to).contains(date)).collect(), unit)
}

pub fn days_between(from: Date, to: Date) -> i32 {
    i32::try_from(to.duration_since(from).as_hours() / 24).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round_numbers() {
        let check = |values: &[f64], expected: &[f64]| {
            assert_eq!(ValueAxis::around(values).ticks, expected, "{values:?}");
        };
        check(&[], &[0.0, 1.0]);
        check(&[0.0, 0.0], &[0.0, 1.0]);
        check(&[3.0], &[0.0, 1.0, 2.0, 3.0]);
        check(&[7.0, 7.0], &[0.0, 2.0, 4.0, 6.0, 8.0]);
        check(&[0.0, 31_456.0], &[0.0, 10_000.0, 20_000.0, 30_000.0, 40_000.0]);
        check(&[30_000.0, 31_500.0], &[30_000.0, 30_500.0, 31_000.0, 31_500.0]);
        check(&[0.1, 0.35], &[0.0, 0.1, 0.2, 0.300_000_000_000_000_04, 0.4]);
        check(&[-5.0, 5.0], &[-5.0, 0.0, 5.0]);
    }

    #[test]
    fn dates_begin_months_and_years() {
        let check = |from: Date, to: Date, expected: &[&str]| {
            let (dates, _) = date_ticks(from, to);
            assert_eq!(dates.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
        };
        check(date(2026, 11, 29), date(2026, 11, 29), &["2026-11-29"]);
        check(date(2026, 11, 27), date(2026, 11, 29), &["2026-11-27", "2026-11-28", "2026-11-29"]);
        check(date(2026, 9, 10), date(2026, 11, 29), &["2026-10-01", "2026-11-01"]);
        check(date(2025, 11, 29), date(2026, 11, 29), &["2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"]);
        check(date(2022, 2, 1), date(2026, 11, 29), &["2023-01-01", "2024-01-01", "2025-01-01", "2026-01-01"]);
    }

    proptest! {
        #[test]
        fn an_axis_has_all_values(values in prop::collection::vec(any::<f64>(), 0..20)) {
            let values: Vec<f64> = values.into_iter().filter_map(drawable).collect();
            let axis = ValueAxis::around(&values);
            prop_assert!((2..=13).contains(&axis.ticks.len()) && axis.ticks.iter().all(|tick| tick.is_finite()));
            for value in values {
                let low = axis.ticks[0];
                let high = axis.ticks[axis.ticks.len() - 1];
                let slack = (high - low) * 1e-9;
                prop_assert!(low - slack <= value && value <= high + slack, "{value} in {axis:?}");
                prop_assert!(axis.share(value).is_finite());
            }
        }

        #[test]
        fn dates_are_few_and_in_order(from in -9_999_i16..9_999, years in 0_i16..20_000, month in 1_i8..12, day in 1_i8..28) {
            let to = Date::new(from.saturating_add(years).min(9_999), month, day).expect("a date");
            let from = Date::new(from, 1, 1).expect("a date");
            let (dates, _) = date_ticks(from, to);
            prop_assert!(dates.len() <= 6, "{dates:?}");
            prop_assert!(dates.is_sorted() && dates.iter().all(|date| (from..=to).contains(date)));
        }
    }
}
