//! No input makes a lookup fail or take long.

use std::time::{Duration, Instant};

use peerage_places::Gazetteer;
use proptest::prelude::*;

/// Twenty times what the slowest lookup takes in an optimised build, because tests share a machine.
const LONGEST: Duration = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 40 });

fn look_up_all(text: &str) {
    let places = Gazetteer::built_in();
    // The best of three: other work on the machine is no fault of the lookup.
    let fastest = (0..3).map(|_| {
        let begin = Instant::now();
        assert!(places.find(text).len() <= peerage_places::CITIES_MAX);
        assert!(places.find_in(text, text).len() <= peerage_places::CITIES_MAX);
        assert!(places.prefix(text, 20).len() <= 20);
        assert!(places.fuzzy(text).len() <= 10);
        let _ = (places.country(text), places.region(text));
        begin.elapsed()
    });
    assert!(fastest.min().is_some_and(|time| time < LONGEST), "{text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_text_is_bounded(text in "\\PC{0,255}") {
        look_up_all(&text);
    }

    #[test]
    fn any_bytes_are_bounded(bytes in proptest::collection::vec(any::<u8>(), 0..1024)) {
        look_up_all(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn texts_like_names_are_bounded(text in "[A-Za-zäöüéñßøł,. '-]{1,40}") {
        look_up_all(&text);
    }
}

#[test]
fn the_worst_known_texts_are_bounded() {
    for text in ["a", "s", "aaaaaaaa", "san san san", "santa maria de", ",,,,,,,,", "ae".repeat(127).as_str()] {
        look_up_all(text);
    }
    look_up_all(&"a, ".repeat(10_000));
    look_up_all(&"é ".repeat(127));
    look_up_all(&"\u{fdfa}".repeat(255));
    look_up_all(&"saint ".repeat(42));
}
