//! Power cuts on SQLite. A server writes with a small library between it and the system (`trace.c`), which records every
//! write and flush. From the record, files are rebuilt as a power cut could have left them: everything that was flushed,
//! and any part of the rest. Whatever was acknowledged before the cut has to be in them.
//!
//! `PEERAGE_POWER_CUTS` sets the number of cuts; `scripts/soak power` makes one before and after every flush.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use peerage_store::{Store, StoreLocation};
use serde_json::json;

use crate::server::fixture::ServerFixture;
use crate::server::{RegistryPlace, TestServer, call};
use crate::support::preload_library;

/// Cuts in the test suite.
const CUTS: usize = 20;

const WRITERS: u32 = 8;

/// Acknowledged changes after which the writers stop, once a checkpoint was made.
const CHANGES: usize = 150;

/// How long the writers wait for a checkpoint.
const DEADLINE: Duration = Duration::from_mins(1);

/// The database, its write-ahead log and its rollback journal.
const ENDS: [&str; 3] = ["", "-wal", "-journal"];
const DATABASE: usize = 0;
const WRITE_AHEAD_LOG: usize = 1;

/// Bytes before the written bytes of a record.
const HEAD_BYTES: usize = 24;

/// An operation of the trace, as `trace.c` writes it.
enum Operation {
    Write { offset: usize, bytes: Vec<u8> },
    Truncate { length: usize },
    Flush,
    Unlink,
}

struct TracedCall {
    file: usize,
    operation: Operation,
    /// Where its record ends in the trace.
    end: u64,
}

fn parse(trace: &[u8]) -> Vec<TracedCall> {
    let number = |at: usize, bytes: usize| {
        trace[at..at + bytes].iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte))
    };
    let (mut calls, mut at) = (Vec::new(), 0);
    // A server that was killed can leave an incomplete record at the end.
    while at + HEAD_BYTES <= trace.len() {
        let (kind, file, offset, length) = (number(at, 4), number(at + 4, 4), number(at + 8, 8), number(at + 16, 8));
        at += HEAD_BYTES;
        let operation = match kind {
            1 if at + length > trace.len() => break,
            1 => {
                at += length;
                Operation::Write { offset, bytes: trace[at - length..at].to_vec() }
            }
            2 => Operation::Truncate { length },
            3 => Operation::Flush,
            4 => Operation::Unlink,
            other => panic!("operation {other} at byte {at} of the trace"),
        };
        calls.push(TracedCall { file, operation, end: at as u64 });
    }
    calls
}

fn flushes(calls: &[TracedCall], file: usize) -> usize {
    calls.iter().filter(|call| call.file == file && matches!(call.operation, Operation::Flush)).count()
}

/// What a power cut leaves of the operations that were not flushed.
#[derive(Clone, Copy, Debug)]
enum Loss {
    All,
    Nothing,
    /// Any of the operations.
    Some,
    /// Any blocks of this size, also within one operation.
    Torn(usize),
}

const LOSSES: [Loss; 5] = [Loss::Some, Loss::Torn(512), Loss::All, Loss::Torn(4096), Loss::Nothing];

/// Deterministic random numbers.
struct Chance(u64);

impl Chance {
    fn is_heads(&mut self) -> bool {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 63 == 1
    }
}

/// A file: what is on disk for certain, and the operations since, in order.
#[derive(Default)]
struct TracedFile<'t> {
    flushed: Option<Vec<u8>>,
    pending: Vec<&'t Operation>,
}

fn apply(content: &mut Vec<u8>, operation: &Operation, mut survives: impl FnMut() -> bool, block: usize) {
    match operation {
        Operation::Write { offset, bytes } => {
            // Blocks are those of the disk, not of the operation.
            let mut at = *offset;
            while at < offset + bytes.len() {
                let end = ((at / block + 1) * block).min(offset + bytes.len());
                if survives() {
                    if content.len() < end {
                        content.resize(end, 0);
                    }
                    content[at..end].copy_from_slice(&bytes[at - offset..end - offset]);
                }
                at = end;
            }
        }
        Operation::Truncate { length } if survives() => content.resize(*length, 0),
        Operation::Truncate { .. } | Operation::Flush | Operation::Unlink => {}
    }
}

impl<'t> TracedFile<'t> {
    fn note(&mut self, operation: &'t Operation) {
        match operation {
            Operation::Flush => {
                let content = self.flushed.get_or_insert_default();
                for operation in self.pending.drain(..) {
                    apply(content, operation, || true, usize::MAX / 2);
                }
            }
            Operation::Unlink => *self = TracedFile::default(),
            _ => self.pending.push(operation),
        }
    }

    /// Returns the content after a power cut.
    fn after_cut(&self, loss: Loss, chance: &mut Chance) -> Option<Vec<u8>> {
        if self.flushed.is_none() && self.pending.is_empty() {
            return None;
        }
        let mut content = self.flushed.clone().unwrap_or_default();
        for operation in &self.pending {
            match loss {
                Loss::All => {}
                Loss::Nothing => apply(&mut content, operation, || true, usize::MAX / 2),
                Loss::Some => apply(&mut content, operation, || chance.is_heads(), usize::MAX / 2),
                Loss::Torn(block) => apply(&mut content, operation, || chance.is_heads(), block),
            }
        }
        Some(content)
    }
}

/// An acknowledged change: the name of the exchange, and the length of the trace when the answer had arrived.
type AcknowledgedName = (String, u64);

/// Creates exchanges until a checkpoint was made and enough changes were acknowledged.
fn write(node: &TestServer, key: &str, trace: &Path) -> Vec<AcknowledgedName> {
    let (acknowledged, is_over) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let length = || std::fs::metadata(trace).map_or(0, |found| found.len());
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (acknowledged, is_over, length) = (&acknowledged, &is_over, &length);
            scope.spawn(move || {
                for number in 0.. {
                    let name = format!("Exchange w{writer} n{number}");
                    let prefix = format!("2001:1000:{writer:x}:{:x}::/64", number + 1);
                    // An exchange, its LAN and its prefix are one change.
                    let body = json!({"org_id": 1, "name": name, "city": "Bern", "country": "CH", "prefix": prefix,
                        "tech_email": "a@b.example", "region_continent": "Europe", "website": "https://w.example"});
                    let answer = call(&node.address, key, "POST", "/api/ix", &body).expect("an answer");
                    assert_eq!(answer.status, 201, "{}", answer.error());
                    acknowledged.lock().expect("no thread panics with it").push((name, length()));
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        let begun = Instant::now();
        let is_done = || {
            let count = acknowledged.lock().expect("no thread panics with it").len();
            count >= CHANGES && flushes(&parse(&std::fs::read(trace).expect("the trace")), DATABASE) > 0
        };
        while !is_done() && begun.elapsed() < DEADLINE {
            std::thread::sleep(Duration::from_millis(200));
        }
        // So that changes follow the checkpoint in the write-ahead log.
        std::thread::sleep(Duration::from_millis(500));
        is_over.store(true, Ordering::Relaxed);
    });
    acknowledged.into_inner().expect("no thread panics with it")
}

/// Opens what a power cut has left, and checks it.
async fn check(path: &Path, acknowledged: &BTreeSet<&str>, what: &str) {
    let store = Store::open(&StoreLocation::file(path), "fresh").await;
    let store = store.unwrap_or_else(|error| panic!("{what}: {error}"));
    let findings = store.check_file().await.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(findings.is_empty(), "{what}: {findings:?}");
    drop(store);
    let connection = rusqlite::Connection::open(path).expect("the file opens");
    let mut statement = connection.prepare("SELECT name FROM ix").expect("a statement");
    let names = statement.query_map([], |row| row.get::<_, String>(0)).expect("exchanges");
    let names: BTreeSet<String> = names.map(|name| name.expect("a name")).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|name| !names.contains(**name)).collect();
    assert!(lost.is_empty(), "{what}: {} acknowledged changes are lost: {lost:?}", lost.len());
    let count = |table: &str| -> i64 {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).expect("a number")
    };
    let all = names.len() as i64;
    assert_eq!((count("ixlan"), count("ixpfx")), (all, all), "{what}: half of a change");
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_on_sqlite() {
    let cuts = std::env::var("PEERAGE_POWER_CUTS").map_or(CUTS, |text| text.parse().expect("a number of cuts"));
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let folder = tempfile::tempdir().expect("a folder");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/crash/trace.c");
    let (library, trace) = (preload_library(folder.path(), source), folder.path().join("trace"));
    // The server resolves links in the path of the database, and so does the library.
    let database = std::fs::canonicalize(fixture.place.database()).expect("a path");
    let before = ENDS.map(|end| std::fs::read(format!("{}{end}", database.display())).ok());
    let mut command = fixture.command(&["--check-at-start", "off"]);
    command.env("LD_PRELOAD", &library).env("PEERAGE_TRACE", &trace).env("PEERAGE_TRACED", &database);
    let node = TestServer::run(command);
    let acknowledged = write(&node, &fixture.key, &trace);
    node.kill();

    let bytes = std::fs::read(&trace).expect("the trace");
    let calls = parse(&bytes);
    let (checkpoints, commits) = (flushes(&calls, DATABASE), flushes(&calls, WRITE_AHEAD_LOG));
    assert!(checkpoints > 0, "no checkpoint was flushed; {commits} flushes of the write-ahead log");
    let all = checkpoints + commits;
    // Cuts are before and after flushes, and every checkpoint is among them.
    let step = (2 * all / cuts.max(1)).max(1);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (mut chance, mut turn, mut done) = (Chance(5), 0, 0);
    let mut files: Vec<TracedFile> =
        before.into_iter().map(|flushed| TracedFile { flushed, pending: Vec::new() }).collect();
    let mut cut = |files: &[TracedFile], end: u64, what: &str| {
        let loss = LOSSES[done % LOSSES.len()];
        done += 1;
        let path = folder.path().join(format!("cut-{done}.db"));
        let name = |end: &str| format!("{}{end}", path.display());
        for (file, end) in files.iter().zip(ENDS) {
            if let Some(content) = file.after_cut(loss, &mut chance) {
                std::fs::write(name(end), content).expect("written");
            }
        }
        let due = acknowledged.iter().filter(|(_, at)| *at <= end).map(|(name, _)| name.as_str()).collect();
        runtime.block_on(check(&path, &due, &format!("{what}, byte {end} of the trace, lost: {loss:?}")));
        for end in ["", "-wal", "-shm", "-journal"] {
            // Not all of them are there.
            let _ = std::fs::remove_file(name(end));
        }
    };
    let mut last = 0;
    for call in &calls {
        if matches!(call.operation, Operation::Flush) {
            turn += 1;
            if turn % step == 0 || call.file == DATABASE {
                cut(&files, last, "before a flush");
            }
            files[call.file].note(&call.operation);
            turn += 1;
            if turn % step == 0 || call.file == DATABASE {
                cut(&files, call.end, "after a flush");
            }
        } else {
            files[call.file].note(&call.operation);
        }
        last = call.end;
    }
    println!(
        "{done} power cuts at {all} flushes ({checkpoints} of checkpoints); {} acknowledged changes, none lost",
        acknowledged.len()
    );
}
