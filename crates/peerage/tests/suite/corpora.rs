//! Runs the fuzz targets over their corpora, so that faults that the fuzzer found stay fixed, and the targets keep
//! compiling.
//!
//! Each input is also tried with random changes. This does not replace `scripts/fuzz`, which follows the paths through
//! the code, but needs no nightly compiler. `PEERAGE_FUZZ_ROUNDS` sets how often each input is changed,
//! `PEERAGE_FUZZ_SEED` sets the random seed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The fuzz targets, included from their own crate.
#[path = "../../../../fuzz/src/lib.rs"]
mod targets;

fn fuzz(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz").join(path)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn every_fuzz_target_passes_its_corpus() {
    for (name, target) in targets::TARGETS {
        let folder = fuzz("corpus").join(name);
        let files = names(&folder);
        assert!(files.len() >= 3, "{name} has only {} inputs", files.len());
        for file in files {
            let input = fs::read(folder.join(&file)).expect("an input");
            let outcome = std::panic::catch_unwind(|| target(&input));
            assert!(outcome.is_ok(), "{name} fails on fuzz/corpus/{name}/{file}");
        }
    }
}

/// Texts that parsers treat specially.
const WORDS: [&str; 56] = [
    "&",
    "=",
    "?",
    "/",
    "+",
    "%",
    "%00",
    "%ff",
    "%C3",
    "\n",
    "\r\n",
    "\0",
    " ",
    ",",
    ".",
    ":",
    "-",
    "_",
    "__",
    "__in=",
    "__contains=",
    "__gt=",
    "__lte=",
    "__startswith=",
    "since=",
    "depth=",
    "limit=",
    "skip=",
    "fields=",
    "page=",
    "q=",
    "distance=",
    "null",
    "true",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "0",
    "-1",
    "1e999",
    "1.5",
    "4294967296",
    "18446744073709551616",
    "NaN",
    "İ",
    "ß",
    "ſ",
    "\u{301}",
    "\u{10ffff}",
    "\u{202e}",
    "::",
];

/// Pseudo-random numbers from a seed (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`, which must not be 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Changes an input in one to four positions.
    fn change(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(12)).min(bytes.len());
            match self.below(6) {
                0 => bytes.splice(at..at, WORDS[self.below(WORDS.len())].bytes()).for_each(drop),
                1 => bytes.splice(at..end, WORDS[self.below(WORDS.len())].bytes()).for_each(drop),
                2 => bytes.drain(at..end).for_each(drop),
                3 => {
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again).for_each(drop);
                }
                4 if !other.is_empty() => {
                    let from = self.below(other.len());
                    let to = (from + self.below(40)).min(other.len());
                    bytes.splice(at..end, other[from..to].iter().copied()).for_each(drop);
                }
                _ if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                _ => {}
            }
        }
        bytes
    }
}

fn number(name: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(name) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{name}: {text:?} is not a number"))
}

#[test]
fn every_fuzz_target_passes_changed_inputs() {
    let (rounds, seed) = (number("PEERAGE_FUZZ_ROUNDS", 10), number("PEERAGE_FUZZ_SEED", 1));
    for (name, target) in targets::TARGETS {
        let folder = fuzz("corpus").join(name);
        let inputs: Vec<Vec<u8>> =
            names(&folder).iter().map(|file| fs::read(folder.join(file)).expect("an input")).collect();
        let mut chance = Chance(seed);
        for round in 0..rounds {
            for input in &inputs {
                let other = chance.below(inputs.len());
                let changed = chance.change(input, &inputs[other]);
                let outcome = std::panic::catch_unwind(|| target(&changed));
                let shown = String::from_utf8_lossy(&changed);
                assert!(outcome.is_ok(), "{name} fails in round {round} of seed {seed} on {shown:?}");
            }
        }
    }
}

#[test]
fn every_fuzz_target_has_a_binary_and_a_corpus() {
    let targets: BTreeSet<String> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(&fuzz("corpus")), targets);
    let binaries = names(&fuzz("fuzz_targets"));
    assert_eq!(binaries, targets.iter().map(|name| format!("{name}.rs")).collect());
    let manifest = fs::read_to_string(fuzz("Cargo.toml")).expect("the manifest");
    for name in &targets {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml lacks {name}");
    }
}
