//! Charts of values of all kinds.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use peerage_charts::{
    BARS_MAX, ChartWords, DateStep, LabelledValue, LegendKey, LineSeries, SERIES_MAX, SHARES_MAX, VALUES_MAX,
    bar_chart, chart_legend, line_chart, share_chart, shares, sparkline,
};
use proptest::prelude::*;

use crate::pictures::{ReadElement, check_picture, elements};

fn words<'a>() -> ChartWords<'a> {
    ChartWords {
        title: "Growth <since> \"2022\"",
        description: "Networks & exchanges",
        empty: "No values",
        number: &|value| format!("{value:e}"),
    }
}

fn tick(date: Date, step: DateStep) -> String {
    format!("{date} {step:?}")
}

fn lines(values: &[Vec<f64>]) -> Vec<ReadElement> {
    let points: Vec<Vec<(Date, f64)>> = values
        .iter()
        .map(|values| (0..).zip(values).map(|(day, value)| (date(2024, 1, 1) + (day * 3).days(), *value)).collect())
        .collect();
    let series: Vec<LineSeries<'_>> = points.iter().map(|points| LineSeries { name: "Line", points }).collect();
    check_picture(&line_chart(&words(), &series, &tick))
}

fn of_class<'a>(elements: &'a [ReadElement], class: &str) -> Vec<&'a ReadElement> {
    elements.iter().filter(|element| element.get("class").split(' ').any(|one| one == class)).collect()
}

fn labelled(values: &[f64]) -> Vec<LabelledValue<'static>> {
    values.iter().map(|value| LabelledValue { label: "<Exchange>", value: *value }).collect()
}

#[test]
fn screen_readers_get_a_title_and_a_description() {
    let charts = [
        line_chart(&words(), &[], &tick),
        sparkline(&words(), &[1.0, 2.0]),
        bar_chart(&words(), &labelled(&[1.0])),
        share_chart(&words(), &labelled(&[1.0]), &|share| share.to_string()),
    ];
    for chart in charts {
        let elements = check_picture(&chart);
        assert_eq!((elements[0].name.as_str(), elements[0].get("role")), ("svg", "img"));
        assert_eq!((elements[1].name.as_str(), elements[1].text.as_str()), ("title", "Growth <since> \"2022\""));
        assert_eq!((elements[2].name.as_str(), elements[2].text.as_str()), ("desc", "Networks & exchanges"));
    }
}

#[test]
fn a_line_goes_from_the_first_to_the_last_value() {
    let elements = lines(&[vec![0.0, 10.0, 20.0]]);
    assert_eq!(of_class(&elements, "chart-line")[0].get("d"), "M0 184L500 92L1000 0");
    let ends = of_class(&elements, "chart-end");
    assert_eq!((ends[0].get("cx"), ends[0].number("cy")), ("100%", 24.0));
    let ticks: Vec<&str> = of_class(&elements, "chart-tick").iter().map(|tick| tick.text.as_str()).collect();
    let expected =
        ["0e0", "5e0", "1e1", "1.5e1", "2e1", "2024-01-01 Day", "2024-01-03 Day", "2024-01-05 Day", "2024-01-07 Day"];
    assert_eq!(ticks, expected);
}

#[test]
fn a_long_line_keeps_its_peaks() {
    let mut values = vec![1.0; VALUES_MAX + 5];
    (values[2], values[5_000]) = (1e9, 100.0);
    let elements = lines(&[values]);
    let path = of_class(&elements, "chart-line")[0].get("d").to_owned();
    assert!(path.len() < 20_000, "{}", path.len());
    // The value before the last VALUES_MAX is not drawn, and the peak is at the top of an axis that ends at 100.
    assert!(path.contains(" 0L"), "the peak is drawn");
}

#[test]
fn bars_and_shares_are_proportional() {
    let elements = check_picture(&bar_chart(&words(), &labelled(&[200.0, 50.0, 0.0, -3.0, f64::NAN])));
    let widths: Vec<&str> = of_class(&elements, "bar-fill").iter().map(|bar| bar.get("width")).collect();
    assert_eq!(widths, ["100%", "25%"]);
    assert_eq!(of_class(&elements, "bar-value").len(), 5);
    let elements = check_picture(&share_chart(&words(), &labelled(&[6.0, 3.0, 1.0]), &|share| format!("{share:.1}")));
    let parts = of_class(&elements, "share-fill");
    let places: Vec<(&str, &str)> = parts.iter().map(|part| (part.get("x"), part.get("width"))).collect();
    assert_eq!(places, [("0%", "60%"), ("60%", "30%"), ("90%", "10%")]);
    assert_eq!(of_class(&elements, "share-label").len(), 2, "a tenth has no room for a text");
}

#[test]
fn parts_that_are_too_many_are_added_up() {
    let parts = shares(&labelled(&[5.0; 12]), "Other");
    assert_eq!(parts.len(), SHARES_MAX);
    assert_eq!((parts[7].label, parts[7].value), ("Other", 25.0));
    assert_eq!(shares(&labelled(&[5.0; 8]), "Other")[7].label, "<Exchange>");
    assert!(shares(&[], "Other").is_empty());
}

#[test]
fn what_is_too_much_is_left_out() {
    let elements = lines(&vec![vec![1.0, 2.0]; 20]);
    assert_eq!(of_class(&elements, "chart-line").len(), SERIES_MAX);
    let elements = check_picture(&bar_chart(&words(), &labelled(&vec![1.0; 1_000])));
    assert_eq!(of_class(&elements, "bar-label").len(), BARS_MAX);
}

#[test]
fn names_are_texts() {
    let legend = chart_legend(LegendKey::Line, &labelled(&[1.0, f64::NAN]), &|value| value.to_string());
    let texts: Vec<String> = elements(&legend).into_iter().map(|element| element.text).collect();
    assert_eq!(texts.concat(), "<Exchange>1<Exchange>");
}

fn any_values() -> impl Strategy<Value = Vec<f64>> {
    let huge =
        prop_oneof![Just(0.0), Just(f64::MAX), Just(f64::MIN), Just(f64::NAN), Just(f64::INFINITY), Just(5e-324)];
    prop_oneof![
        prop::collection::vec(any::<f64>(), 0..30),
        prop::collection::vec(huge, 0..5),
        (any::<f64>(), 0..20_usize).prop_map(|(value, count)| vec![value; count]),
        prop::collection::vec(0.0..50_000.0_f64, 0..700),
    ]
}

proptest! {
    #[test]
    fn any_values_make_a_picture(values in prop::collection::vec(any_values(), 0..4)) {
        lines(&values);
        let flat = values.concat();
        check_picture(&sparkline(&words(), &flat));
        check_picture(&bar_chart(&words(), &labelled(&flat)));
        let parts = shares(&labelled(&flat), "Other");
        let elements = check_picture(&share_chart(&words(), &parts, &|share| format!("{share}")));
        let sum: f64 = of_class(&elements, "share-fill").iter().map(|part| part.number("width")).sum();
        prop_assert!(sum == 0.0 || (99.5..=100.5).contains(&sum), "{sum}");
    }

    #[test]
    fn any_dates_make_a_picture(days in prop::collection::vec((-4_000_000..2_900_000_i32, any::<f64>()), 0..20)) {
        let mut points: Vec<(Date, f64)> = days
            .into_iter()
            .filter_map(|(day, value)| Some((date(1970, 1, 1).checked_add(day.days()).ok()?, value)))
            .collect();
        points.sort_by_key(|(date, _)| *date);
        check_picture(&line_chart(&words(), &[LineSeries { name: "Line", points: &points }], &tick));
    }

    #[test]
    fn any_text_is_a_text(text in any::<String>()) {
        let words = ChartWords { title: &text, ..words() };
        let bars = [LabelledValue { label: &text, value: 1.0 }];
        let elements = check_picture(&bar_chart(&words, &bars));
        prop_assert_eq!(elements.iter().filter(|element| element.name == "rect").count(), 2);
    }
}
