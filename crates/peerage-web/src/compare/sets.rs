//! Who is where: which places several objects have in common, and the nearest ones of those that share none.
//!
//! Pure, and linear in the presences, except for the order of the rows.

use std::collections::BTreeMap;

use peerage_registry::query::kilometres;

/// A presence of one of the compared objects in a row: at a place, or as a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectPresence {
    /// Position of the object in the comparison.
    pub object: usize,
    /// ID of the row.
    pub row: u32,
    /// Speed of the port in Mbit/s; 0 for a presence without a port.
    pub mbit: i64,
}

/// What one object has in one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PresenceSum {
    pub presences: usize,
    pub mbit: i64,
}

/// A row of the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatrixLine {
    pub id: u32,
    /// One for each object; `None` where it is not present.
    pub cells: Vec<Option<PresenceSum>>,
}

impl MatrixLine {
    /// How many of the objects are present.
    pub fn count(&self) -> usize {
        self.cells.iter().flatten().count()
    }
}

/// Which rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowMatch {
    /// All objects are present.
    All,
    /// At least two are.
    Some,
    /// At least one is.
    Any,
}

impl RowMatch {
    pub const EACH: [RowMatch; 3] = [RowMatch::All, RowMatch::Some, RowMatch::Any];

    /// The word of an address.
    pub fn word(self) -> &'static str {
        match self {
            RowMatch::All => "all",
            RowMatch::Some => "some",
            RowMatch::Any => "any",
        }
    }

    /// What an address asks for. Without a known word: what two of several objects have in common, or all of a single one.
    pub fn of(word: &str, objects: usize) -> RowMatch {
        let default = if objects > 1 { RowMatch::Some } else { RowMatch::Any };
        RowMatch::EACH.into_iter().find(|which| which.word() == word).unwrap_or(default)
    }

    /// Whether a row is shown in which `count` of `objects` are present.
    pub fn admits(self, count: usize, objects: usize) -> bool {
        match self {
            RowMatch::All => count == objects,
            RowMatch::Some => count >= 2,
            RowMatch::Any => count >= 1,
        }
    }
}

/// The matrix of `objects` objects: a row for each place where at least one of them is, by ID.
pub fn matrix(objects: usize, presences: impl IntoIterator<Item = ObjectPresence>) -> Vec<MatrixLine> {
    let mut rows: BTreeMap<u32, Vec<Option<PresenceSum>>> = BTreeMap::new();
    for presence in presences {
        let cells = rows.entry(presence.row).or_insert_with(|| vec![None; objects]);
        if let Some(cell) = cells.get_mut(presence.object) {
            let sum = cell.get_or_insert_default();
            sum.presences += 1;
            sum.mbit = sum.mbit.saturating_add(presence.mbit);
        }
    }
    rows.into_iter().map(|(id, cells)| MatrixLine { id, cells }).collect()
}

/// A point on the globe: latitude and longitude in degrees.
pub type GeoPoint = (f64, f64);

/// Kilometres of one degree of latitude, a little less than it has on the sphere that distances are measured on.
const KM_A_DEGREE: f64 = 111.19;

/// The two nearest points, one of each list: their positions, and the distance in km. `None` if a list is empty.
///
/// Points are compared from the nearest latitude outwards, until latitude alone is farther than the best pair.
pub fn nearest(ours: &[GeoPoint], theirs: &[GeoPoint]) -> Option<(usize, usize, f64)> {
    let mut by_latitude: Vec<usize> = (0..theirs.len()).collect();
    by_latitude.sort_by(|one, other| theirs[*one].0.total_cmp(&theirs[*other].0));
    let mut best: Option<(usize, usize, f64)> = None;
    for (at, point) in ours.iter().enumerate() {
        let middle = by_latitude.partition_point(|other| theirs[*other].0 < point.0);
        let (below, above) = by_latitude.split_at(middle);
        for side in [&mut below.iter().rev() as &mut dyn Iterator<Item = &usize>, &mut above.iter()] {
            for other in side {
                let is_hopeless = |km: f64| (theirs[*other].0 - point.0).abs() * KM_A_DEGREE > km;
                if best.is_some_and(|(_, _, km)| is_hopeless(km)) {
                    break;
                }
                let km = kilometres(*point, theirs[*other]);
                if best.is_none_or(|(_, _, least)| km < least) {
                    best = Some((at, *other, km));
                }
            }
        }
    }
    best
}

/// The items of a pasted list: separated by blanks, commas, semicolons or line ends, each once.
pub fn items(text: &str) -> Vec<&str> {
    let parts = text.split(|letter: char| matches!(letter, ',' | ';' | '|') || letter.is_whitespace());
    let mut known = std::collections::HashSet::new();
    parts.filter(|part| !part.is_empty() && known.insert(*part)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn speeds_are_added_and_rows_counted() {
        let at = |object, row, mbit| ObjectPresence { object, row, mbit };
        let rows = matrix(2, [at(0, 7, 10_000), at(1, 7, 1_000), at(0, 7, 10_000), at(1, 3, 0)]);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].id, rows[0].count()), (3, 1));
        assert_eq!(rows[1].cells[0], Some(PresenceSum { presences: 2, mbit: 20_000 }));
        assert!(RowMatch::All.admits(rows[1].count(), 2) && !RowMatch::All.admits(rows[0].count(), 2));
        assert!(RowMatch::Any.admits(1, 2) && !RowMatch::Some.admits(1, 2));
    }

    #[test]
    fn the_default_fits_the_number_of_objects() {
        for (word, objects, expected) in
            [("", 1, RowMatch::Any), ("", 2, RowMatch::Some), ("x", 5, RowMatch::Some), ("all", 1, RowMatch::All)]
        {
            assert_eq!(RowMatch::of(word, objects), expected);
        }
    }

    #[test]
    fn lists_are_pasted_in_any_form() {
        assert_eq!(
            items("AS63500, 63501;AS63502\r\n\tas63503|63500 63501"),
            ["AS63500", "63501", "AS63502", "as63503", "63500"]
        );
        assert!(items(" ,;\n").is_empty());
    }

    #[test]
    fn nobody_is_near_nobody() {
        assert_eq!(nearest(&[], &[(0.0, 0.0)]), None);
        assert_eq!(nearest(&[(0.0, 0.0)], &[]), None);
        let (frankfurt, amsterdam, sydney) = ((50.11, 8.68), (52.37, 4.90), (-33.87, 151.21));
        let (one, other, km) = nearest(&[sydney, frankfurt], &[amsterdam]).expect("points");
        assert_eq!((one, other), (1, 0));
        assert!((km - 363.6).abs() < 1.0);
    }

    fn point() -> impl Strategy<Value = GeoPoint> {
        (-90.0..=90.0_f64, -180.0..=180.0_f64)
    }

    proptest! {
        #[test]
        fn the_nearest_pair_is_what_comparing_all_pairs_finds(
            ours in prop::collection::vec(point(), 0..20),
            theirs in prop::collection::vec(point(), 0..20),
        ) {
            let pairs = ours.iter().flat_map(|one| theirs.iter().map(|other| kilometres(*one, *other)));
            let least = pairs.min_by(f64::total_cmp);
            let found = nearest(&ours, &theirs);
            prop_assert_eq!(found.map(|(_, _, km)| km), least);
            if let Some((one, other, km)) = found {
                prop_assert!((kilometres(ours[one], theirs[other]) - km).abs() < 1e-9);
            }
        }

        #[test]
        fn the_matrix_says_who_is_where(presences in prop::collection::vec((0..4_usize, 0..9_u32, 0..100_i64), 0..60)) {
            let each = presences.iter();
            let rows = matrix(4, each.map(|(object, row, mbit)| {
                ObjectPresence { object: *object, row: *row, mbit: *mbit }
            }));
            let mut sums: BTreeMap<(u32, usize), i64> = BTreeMap::new();
            for (object, row, mbit) in &presences {
                *sums.entry((*row, *object)).or_default() += mbit;
            }
            let of_rows = rows.iter().flat_map(|row| {
                row.cells.iter().enumerate().filter_map(move |(at, cell)| Some(((row.id, at), cell.as_ref()?.mbit)))
            });
            prop_assert_eq!(of_rows.collect::<BTreeMap<_, _>>(), sums);
            for (which, least) in [(RowMatch::Any, 1), (RowMatch::Some, 2), (RowMatch::All, 4)] {
                let admitted = rows.iter().filter(|row| which.admits(row.count(), 4));
                let shown: BTreeSet<u32> = admitted.map(|row| row.id).collect();
                let is_at = |object: usize, row: u32| presences.iter().any(|(o, r, _)| *o == object && *r == row);
                let present = |row: u32| (0..4).filter(|object| is_at(*object, row)).count();
                let naive: BTreeSet<u32> = (0..9).filter(|row| present(*row) >= least).collect();
                prop_assert_eq!(shown, naive);
            }
        }
    }
}
