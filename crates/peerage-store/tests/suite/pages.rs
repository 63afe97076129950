//! One byte is changed in every page of an SQLite file. Either a check finds it, or nothing that can be read differs.
//!
//! `PEERAGE_PAGE_FLIPS` sets how many bytes of each page are changed, one at a time; `scripts/soak pages` changes many.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use peerage_registry::ids::KeyId;
use peerage_registry::{ErasedEvents, LogHead, Record, Value};
use peerage_schema::Resource;
use peerage_store::{AppendedEvents, BackupItem, ErasureResult, LoadedItem, Store, StoreError, StoreLocation};

use crate::rows::awkward_row;
use crate::support::{AT, append, changed, created, is_sound, load, record, row};

/// Bytes of each page that the test suite changes.
const FLIPS: usize = 1;

/// No check may take longer, whatever the file contains.
const CHECK_MAX: Duration = Duration::from_mins(2);

/// Everything that a program can read of a file.
#[derive(PartialEq)]
struct Contents {
    /// What a server loads, as of the head.
    loaded: (Vec<LoadedItem>, LogHead),
    /// The log, the rows and the records.
    logged: Vec<BackupItem>,
    /// What is outside of the log, and has no digest.
    beside: Vec<BackupItem>,
}

/// What came of the changed bytes.
#[derive(Default, Debug)]
struct FlipCounts {
    /// The file could not be opened.
    refused: usize,
    /// A check found it.
    found: usize,
    /// Nothing that can be read differs, for example in free space.
    harmless: usize,
    /// Usage of keys, shared values and ceremonies, which have no digest, differ.
    beside: usize,
}

async fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(&StoreLocation::file(path), "fresh").await
}

async fn contents(store: &Store) -> Result<Contents, StoreError> {
    let push = |all: &mut Vec<BackupItem>, item| {
        all.push(item);
        Ok(())
    };
    let all = store.read_everything(LogHead::EMPTY, Vec::new(), push).await?;
    let is_beside =
        |item: &BackupItem| matches!(item, BackupItem::Start(_) | BackupItem::KeyUse(..) | BackupItem::Value(..));
    let (beside, logged) = all.into_iter().partition(is_beside);
    Ok(Contents { loaded: load(store).await, logged, beside })
}

/// Fills every table and index, with long texts, deleted rows and an erasure.
async fn fill(store: &Store) {
    let mut entries = Vec::new();
    for resource in Resource::ALL {
        entries.extend((1..=12).map(|id| created(resource, &awkward_row(resource, id))));
    }
    append(store, entries).await;
    let long = "Ærø and more of it. ".repeat(600);
    let many = (100..350).map(|id| {
        let notes = if id % 50 == 0 { long.as_str() } else { "short" };
        let name = format!("Organization {id}");
        row(Resource::Org, id, &[("name", Value::Text(&name)), ("notes", Value::Text(notes))])
    });
    append(store, many.map(|org| created(Resource::Org, &org)).collect()).await;
    let (before, after) = (awkward_row(Resource::Net, 3), awkward_row(Resource::Net, 3));
    append(store, vec![changed(Resource::Net, &before, &after)]).await;
    let body = |id: u32| format!("{{\"id\":{id},\"name\":\"somebody with a name\"}}");
    let records = Record::ALL.into_iter().flat_map(|kind| (1..=8).map(move |id| (kind, id)));
    append(store, records.map(|(kind, id)| record(kind, id, None, Some(&body(id)))).collect()).await;

    let known = store.head().await.expect("a head");
    let erasure = ErasedEvents { actors: [2].into_iter().collect(), rows: [known.sequence].into_iter().collect() };
    let cause = Some(peerage_registry::Cause::Erasure(erasure.clone()));
    let actor = peerage_registry::Actor { name: "the staff".to_owned(), cause, ..peerage_registry::Actor::default() };
    let actor: Arc<str> = serde_json::to_string(&actor).expect("JSON").into();
    let note = peerage_registry::LogEntry {
        action: peerage_registry::Action::Note,
        actor,
        ..record(Record::User, 5, None, None)
    };
    let erased: ErasureResult<_> =
        store.erase_payload(known, erasure, move |_: LogHead, _| Ok::<_, ()>([note.clone()])).await.expect("erased");
    let _: AppendedEvents<_> = erased.appended;

    let used = |key: KeyId, _: Option<&str>| format!("{{\"key\":{},\"times\":7}}", key.get());
    store.note_use((1..=20).map(KeyId::new).collect(), used).await.expect("noted");
    for number in 0..10 {
        assert!(store.swap_value(&format!("value-{number}"), None, "some text").await.expect("set"));
        assert!(store.put_ceremony(&format!("ceremony-{number}"), "a challenge", AT).await.expect("stored"));
    }
    is_sound(store).await;
    store.settle().await;
}

/// Deterministic random numbers.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// Chooses bytes of a page: in turn in its header, its cell pointers, its content, and anywhere.
fn offsets(page: &[u8], number: usize, flips: usize, chance: &mut Chance) -> Vec<usize> {
    // The first page begins with the header of the file.
    let start = if number == 0 { 100 } else { 0 };
    let word = |at: usize| usize::from(page[at]) << 8 | usize::from(page[at + 1]);
    let (cells, content) = (word(start + 3).min(500), word(start + 5).clamp(start, page.len() - 1));
    (0..flips)
        .map(|turn| match (turn + number) % 4 {
            0 => chance.below(start + 12),
            1 => start + 8 + chance.below(4 + 2 * cells),
            2 => content + chance.below(page.len() - content),
            _ => chance.below(page.len()),
        })
        .map(|at| at.min(page.len() - 1))
        .collect()
}

/// Checks a file as a start does, and then as `peerage doctor` does, which makes the same checks and some more. Returns
/// whether something was found.
async fn is_found(store: &Store, what: &str) -> bool {
    if !store.check_file().await.is_ok_and(|found| found.is_empty()) {
        return true;
    }
    let found = store.check_engine().await.map_err(|error| error.to_string());
    assert_eq!(found, Ok(Vec::new()), "{what}: a server would start on a file in which doctor finds damage");
    false
}

/// Opens a damaged file, and compares what can be read with what was there.
async fn try_flip(path: &Path, original: &Contents, what: &str, counts: &mut FlipCounts) {
    let Ok(store) = open(path).await else {
        counts.refused += 1;
        return;
    };
    if is_found(&store, what).await {
        counts.found += 1;
        return;
    }
    let found = contents(&store).await.unwrap_or_else(|error| panic!("{what}: no check has found: {error}"));
    assert!(found.loaded == original.loaded, "{what}: a server would answer something else");
    assert!(found.logged == original.logged, "{what}: the log or the rows differ, and no check has found it");
    if found.beside == original.beside {
        counts.harmless += 1;
    } else {
        counts.beside += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_byte_in_any_page_is_found_or_changes_nothing() {
    let flips = std::env::var("PEERAGE_PAGE_FLIPS").map_or(FLIPS, |text| text.parse().expect("a number of bytes"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("registry.db");
    let store = open(&path).await.expect("opened");
    fill(&store).await;
    let original = contents(&store).await.expect("everything");
    drop(store);
    let bytes = std::fs::read(&path).expect("the file");
    let page_bytes = usize::from(bytes[16]) << 8 | usize::from(bytes[17]);
    let pages = bytes.len() / page_bytes;
    assert!(pages > 100 && bytes.len().is_multiple_of(page_bytes), "{pages} pages");

    let (mut counts, mut chance) = (FlipCounts::default(), Chance(7));
    for (number, page) in bytes.chunks(page_bytes).enumerate() {
        for at in offsets(page, number, flips, &mut chance) {
            let mut damaged = bytes.clone();
            damaged[number * page_bytes + at] ^= 1 << chance.below(8);
            let copy: PathBuf = folder.path().join(format!("copy-{number}-{at}.db"));
            std::fs::write(&copy, &damaged).expect("a copy");
            let what = format!("page {} of {pages}, byte {at}", number + 1);
            let tried = try_flip(&copy, &original, &what, &mut counts);
            assert!(tokio::time::timeout(CHECK_MAX, tried).await.is_ok(), "{what}: the check takes too long");
            for end in ["", "-wal", "-shm"] {
                // The files beside it may not be there.
                let _ = std::fs::remove_file(format!("{}{end}", copy.display()));
            }
        }
    }
    println!("{pages} pages, {} changed bytes: {counts:?}", pages * flips);
    assert!(counts.found > pages / 2, "{counts:?}");
}
