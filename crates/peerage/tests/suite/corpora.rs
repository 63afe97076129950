//! The fuzz targets, run over their corpora: what the fuzzer found once stays mended, and the targets keep compiling.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The functions that are fuzzed, from the one place where they are.
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
