//! Measures search in memory: filters on texts by the index and by a scan, free search, and the index itself.
//!
//! Index and scan take turns, and the medians of the rounds are compared. Times are those for which a thread ran.

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use peerage_registry::dump::{DumpBatch, DumpReader, ImportMode, plan};
use peerage_registry::fold::SearchNeedle;
use peerage_registry::moment::Moment;
use peerage_registry::query::{ListQuery, NoPlaces, QueryParams, QueryWork, find, search, select};
use peerage_registry::{EventChange, LogHead, Row, Snapshot, SnapshotLoader, Viewer};
use peerage_schema::Resource;
use peerage_schema::tables::net;

const ROUNDS: usize = 9;

/// Queries that are as long as they can be.
const HOSTILE: [&str; 6] = [
    "a b c d e f g h i j k l m n o p",
    "ne te en er an in st on es ar re or al it co la",
    "network internet telecom services data online solutions communications group global tech hosting cloud fiber \
     broadband digital",
    "netwrok intenret telecmo servcies dtaa onilne soltuions communciations gruop golbal tehc hsoting clodu fbier \
     boradband dgiital",
    "\"a b\" -c -d OR e OR f OR g OR net OR isp OR ix OR fac OR dc",
    "near net, 2000 km",
];

/// Loads a generated registry. Returns how long it took to make the snapshot of its rows.
fn load(folder: &Path) -> Result<(Arc<Snapshot>, Duration)> {
    let mut batch = DumpBatch::new();
    for resource in Resource::ALL {
        let path = folder.join(resource.tag()).with_extension("json");
        let file = std::fs::File::open(&path).with_context(|| format!("reading {}", path.display()))?;
        let reading = DumpReader { file: resource.tag(), kind: Some(resource), progress: &mut |_| {} };
        batch.read(std::io::BufReader::new(file), reading).with_context(|| format!("reading {}", path.display()))?;
    }
    let plan = plan(&Snapshot::default(), &batch, ImportMode::Merge);
    let mut loader = SnapshotLoader::default();
    for entry in plan.entries(Moment::EPOCH, |_| "{}".into(), || [1; 32]) {
        if let EventChange::Row { resource, after: Some(row), .. } = entry.change {
            loader.push(resource, row);
        }
    }
    let begun = Instant::now();
    let snapshot = loader.finish(LogHead::EMPTY);
    Ok((Arc::new(snapshot), begun.elapsed()))
}

/// Resident memory of this process in bytes.
fn resident() -> Result<usize> {
    let text = std::fs::read_to_string("/proc/self/statm").context("reading the memory of this process")?;
    let pages: usize = text.split(' ').nth(1).context("a second number")?.parse()?;
    Ok(pages * 4096)
}

/// The time for which this thread has run, not counting the time for which it waited for a core.
fn own_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
    Duration::from_nanos(nanoseconds)
}

/// The time of one call, from as many as take a millisecond.
fn timed<T>(act: impl Fn() -> T) -> Duration {
    let begun = own_time();
    let mut calls = 0;
    loop {
        for _ in 0..4 {
            black_box(act());
        }
        calls += 4;
        let taken = own_time().saturating_sub(begun);
        if taken > Duration::from_millis(1) {
            return taken / calls;
        }
    }
}

/// Bytes of one index: how much resident memory grows, once memory that was free before is used up.
fn index_bytes(snapshot: &Snapshot) -> Result<usize> {
    let mut kept = Vec::new();
    let mut grown = Vec::new();
    for _ in 0..12 {
        let before = resident()?;
        kept.push(snapshot.whole_index());
        grown.push(resident()?.saturating_sub(before));
    }
    grown.drain(..grown.len() - 5);
    grown.sort_unstable();
    Ok(grown[grown.len() / 2])
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Medians of two ways that take turns.
fn compare(first: impl Fn(), second: impl Fn()) -> (Duration, Duration) {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        a.push(timed(&first));
        b.push(timed(&second));
    }
    (median(&mut a), median(&mut b))
}

/// Networks that contain all words in one of the columns, by testing every row.
fn scan(snapshot: &Snapshot, columns: &[peerage_schema::Column], words: &[SearchNeedle]) -> Vec<u32> {
    let is_in =
        |row: &Row, word: &SearchNeedle| columns.iter().filter_map(|at| row.text(*at)).any(|text| word.is_in(text));
    let rows = snapshot.rows(Resource::Net).filter(|row| snapshot.is_live(Resource::Net, row));
    rows.filter(|row| words.iter().all(|word| is_in(row, word))).map(Row::id).collect()
}

fn contains(snapshot: &Arc<Snapshot>, needle: &str) -> Vec<u32> {
    let params = QueryParams::parse(&format!("name__contains={}", needle.replace(' ', "+")));
    let work = QueryWork::full(snapshot);
    let viewer = &Viewer::Anonymous;
    select(&ListQuery { snapshot, viewer, resource: Resource::Net, params: &params, url: "", work: &work })
        .unwrap_or_default()
}

/// Names of live networks, in steps.
fn names(snapshot: &Snapshot, count: usize) -> Vec<&str> {
    let step = (snapshot.count_live(Resource::Net) / count).max(1);
    let rows = snapshot.rows(Resource::Net).filter(|row| snapshot.is_live(Resource::Net, row)).step_by(step);
    rows.filter_map(|row| row.text(net::NAME)).collect()
}

/// What people type: names, parts of them, misspelt names, numbers.
fn typed(snapshot: &Snapshot) -> Vec<String> {
    let mut queries = Vec::new();
    for (at, name) in names(snapshot, 400).into_iter().enumerate() {
        queries.push(match at % 5 {
            0 => name.to_owned(),
            1 => name.split(' ').next().unwrap_or_default().to_owned(),
            2 => name.chars().enumerate().filter(|(at, _)| *at != 3).map(|(_, letter)| letter).collect(),
            3 => format!("AS{}", 1000 + at * 7),
            _ => name.chars().take(4).collect(),
        });
    }
    queries.extend(
        ["network", "internet", "telecom", "ix frankfurt", "data center london", "isp", "ix"].map(str::to_owned),
    );
    queries
}

fn line(out: &mut String, what: &str, (index, scan): (Duration, Duration)) {
    let ratio = scan.as_secs_f64() / index.as_secs_f64();
    let _ = writeln!(out, "| {what} | {:.1} µs | {:.1} µs | **{ratio:.0}** |", micros(index), micros(scan));
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Measures a registry, and returns the report.
fn measure(name: &str, folder: &Path) -> Result<String> {
    let (snapshot, whole) = load(folder)?;
    let begun = own_time();
    let index = snapshot.whole_index();
    let build = own_time().saturating_sub(begun);
    let memory = index_bytes(&snapshot)?;
    let mut out = format!(
        "## {name}\n\n| what | figure |\n| --- | ---: |\n| snapshot from rows, until it is ready | {:.2} s |\n| the index alone | {:.2} s |\n\
         | memory of the index | {:.1} MB |\n| different words | {} |\n\n| networks | by index | by scan | times faster |\n\
         | --- | ---: | ---: | ---: |\n",
        whole.as_secs_f64(),
        build.as_secs_f64(),
        memory as f64 / 1e6,
        index.vocabulary(),
    );
    drop(index);
    let rare = names(&snapshot, 7);
    let rare = rare.iter().max_by_key(|name| name.len()).context("a network")?;
    let rare: String = rare.chars().skip(1).take(12).collect();
    for needle in [rare.as_str(), "etwor", "net", "zz"] {
        let words = [SearchNeedle::new(needle)];
        let found = contains(&snapshot, needle);
        anyhow::ensure!(found == scan(&snapshot, &[net::NAME], &words), "index and scan differ for {needle}");
        let both = compare(
            || drop(black_box(contains(&snapshot, needle))),
            || drop(black_box(scan(&snapshot, &[net::NAME], &words))),
        );
        line(&mut out, &format!("`name__contains={needle}`, {} rows", found.len()), both);
    }
    for question in [rare.as_str(), "global network", "telecom"] {
        let words: Vec<SearchNeedle> = question.split(' ').map(SearchNeedle::new).collect();
        let by_index = || search(&snapshot, Resource::Net, ("q", question), &QueryWork::full(&snapshot));
        let count = by_index()?.len();
        let columns = [net::NAME, net::AKA, net::NAME_LONG];
        let both = compare(|| drop(black_box(by_index())), || drop(black_box(scan(&snapshot, &columns, &words))));
        line(&mut out, &format!("`name_search={question}`, {count} rows"), both);
    }
    free(&snapshot, &mut out);
    Ok(out)
}

/// Free search: percentiles of what people type, and the worst of what they should not.
fn free(snapshot: &Snapshot, out: &mut String) {
    let queries = typed(snapshot);
    let run = |query: &str| timed(|| find(snapshot, query, &NoPlaces, 20));
    let mut times: Vec<Duration> = queries.iter().map(|query| run(query)).collect();
    times.sort_unstable();
    let at = |share: f64| micros(times[((times.len() - 1) as f64 * share) as usize]);
    let _ = writeln!(
        out,
        "\n| free search, {} queries | time |\n| --- | ---: |\n| median | {:.0} µs |\n| 99 of 100 | {:.0} µs |\n| slowest | {:.0} µs |",
        queries.len(),
        at(0.5),
        at(0.99),
        at(1.0),
    );
    for query in HOSTILE {
        let mut times: Vec<Duration> = (0..5).map(|_| run(query)).collect();
        let short: String = query.chars().take(40).collect();
        let _ = writeln!(out, "| `{short}…` | {:.0} µs |", micros(median(&mut times)));
    }
}

/// Prints the figures of each registry, as `name=folder`.
pub fn run(data: &[String]) -> Result<()> {
    for named in data {
        let (name, folder) = named.split_once('=').context("--data is name=folder")?;
        println!("{}", measure(name, Path::new(folder))?);
    }
    Ok(())
}
