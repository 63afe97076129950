//! Damaged data is an error, or has fewer places. It never causes a panic.

use peerage_places::{Gazetteer, PlacesError};
use proptest::prelude::*;

const DATA: &[u8] = include_bytes!("../../data/places.bin");

fn use_all(places: &Gazetteer<'_>) {
    for text in ["London", "東京", "Frankfurt, DE", "Paris TX", "a", "Amsterdaam"] {
        let _ = (places.find(text), places.prefix(text, 5), places.fuzzy(text), places.country(text));
    }
    let _ = places.nearest(50.0, 8.0, 10);
}

#[test]
fn other_files_are_refused() {
    let opened = |data: &[u8]| Gazetteer::open(data).err();
    assert_eq!(opened(DATA), None);
    assert_eq!(opened(b""), Some(PlacesError::Format));
    assert_eq!(opened(b"PLACES02"), Some(PlacesError::Format));
    assert_eq!(opened(&DATA[..DATA.len() - 1]), Some(PlacesError::Length));
    assert_eq!(opened(&DATA[..40]), Some(PlacesError::Length));
    assert_eq!(opened(&[DATA, b"x"].concat()), Some(PlacesError::Length));
    let mut other = DATA.to_vec();
    other[12] ^= 0xff;
    assert_eq!(opened(&other), Some(PlacesError::Length));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn damaged_bytes_do_not_panic(seed in any::<u64>(), changes in 1..20_000_usize) {
        let mut data = DATA.to_vec();
        let (head, mut state) = (56, seed | 1);
        for _ in 0..changes {
            // Constants of Knuth's MMIX generator.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = head + (state >> 16) as usize % (data.len() - head);
            data[at] = (state >> 8) as u8;
        }
        if let Ok(places) = Gazetteer::open(&data) {
            use_all(&places);
            let _ = places.verify();
        }
    }

    #[test]
    fn random_sections_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        let data = [b"PLACES01".as_slice(), &bytes].concat();
        prop_assert!(Gazetteer::open(&data).is_err());
    }
}
