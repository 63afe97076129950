//! Parts of the world, named as the registry names them.

/// The regions, in the order of their numbers in the data. The same as the choices of `region_continent`.
///
/// Turkey, Iran and the Arab countries of Asia are "Middle East"; Egypt is "Africa". Central America and the Caribbean are
/// "North America". Australia, New Zealand and their islands are "Australia", other islands of the Pacific "Asia Pacific".
/// Russia and Cyprus are "Europe", the countries of the Caucasus and of Central Asia "Asia Pacific".
pub const REGION_NAMES: [&str; 7] =
    ["North America", "Asia Pacific", "Europe", "South America", "Africa", "Australia", "Middle East"];

/// Other names, as keys, and the number of the region that is meant.
const OTHER_NAMES: [(&str, usize); 33] = [
    ("africa", 4),
    ("afrika", 4),
    ("afrique", 4),
    ("apac", 1),
    ("asia", 1),
    ("asia pacific", 1),
    ("asiapac", 1),
    ("asie", 1),
    ("asien", 1),
    ("australasia", 5),
    ("australia", 5),
    ("australien", 5),
    ("central america", 0),
    ("caribbean", 0),
    ("eu", 2),
    ("europa", 2),
    ("europe", 2),
    ("far east", 1),
    ("latam", 3),
    ("latin america", 3),
    ("me", 6),
    ("middle east", 6),
    ("mittlerer osten", 6),
    ("naher osten", 6),
    ("near east", 6),
    ("noram", 0),
    ("nordamerika", 0),
    ("north america", 0),
    ("northern america", 0),
    ("oceania", 5),
    ("ozeanien", 5),
    ("south america", 3),
    ("sudamerika", 3),
];

/// Returns the region that a key names.
pub fn region_of_key(key: &str) -> Option<&'static str> {
    let (_, number) = OTHER_NAMES.iter().find(|(name, _)| *name == key)?;
    REGION_NAMES.get(*number).copied()
}
