//! Measures whether probes and light requests keep their pace beside many heavy ones, and how much memory slow readers
//! use. Started by `scripts/soak overload`.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::filled::{KEY, accounts_with_key, fresh_database};
use crate::process::{ServerProcess, time};
use crate::report::{MeasureOptions, median, rows, sample, say};

const SERVER: &str = "127.0.0.1:8395";
const ADMIN: &str = "127.0.0.1:8396";

/// Connections with light requests when nothing else is asked of the server.
const LIGHT: usize = 8;
/// How many times that for an overload with light requests.
const TIMES: usize = 10;
/// Connections with heavy requests.
const HEAVY: usize = 200;
/// Connections of one client address, which are fewer than the server's limit.
const PER_ADDRESS: usize = 500;
const WRITERS: usize = 4;
/// A slow reader takes this many bytes a second.
const SLOW_BYTES: usize = 1024;
/// How long slow readers read.
const SLOW_TIME: Duration = Duration::from_mins(1);
const PROBE_EVERY: Duration = Duration::from_millis(5);

/// What a server must keep.
const PROBE_MAX_MS: f64 = 20.0;
const LIGHT_MIN: f64 = 0.5;
const MEMORY_MAX_MB: f64 = 200.0;

/// Measures a registry and returns the report.
///
/// # Errors
/// The server did not keep what it must.
pub async fn run(how: &MeasureOptions, data: &Path, readers: usize) -> Result<String> {
    let mut text = String::new();
    let server = start(how, data, readers).await?;
    let nets = sample(&rows(SERVER, "/api/net").await?);
    let light: Arc<Vec<String>> = Arc::new(nets.iter().map(|row| format!("/api/net/{}?depth=0", row["id"])).collect());
    let mut faults = Vec::new();
    say(
        &mut text,
        "\n| load | light requests a second | share of idle | probe p50 | p99 | p99 on the probes' own listener |\n\
         | --- | ---: | ---: | ---: | ---: | ---: |",
    )?;
    let mut idle = 0.0;
    for (name, connections, heavy) in [
        ("idle", LIGHT, 0),
        ("ten times as many light requests", LIGHT * TIMES, 0),
        ("200 heavy listings", LIGHT, HEAVY),
    ] {
        let stop = Arc::new(AtomicBool::new(false));
        let answers: [Arc<AtomicU64>; 2] = Default::default();
        let asking = heavy_clients(heavy, &stop, &answers);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let probes = [SERVER, ADMIN].map(|address| tokio::spawn(probe(address, Arc::clone(&stop))));
        let rate = ask_lightly(connections, how.seconds, &light).await?;
        stop.store(true, Ordering::Relaxed);
        let [with_load, alone] = probes;
        let (mut with_load, mut alone) = (with_load.await??, alone.await??);
        asking.join().map_err(|_| anyhow!("the heavy clients ended"))??;
        if name == "idle" {
            idle = rate;
        }
        let (p50, p99, p99_own) = (median(&mut with_load), p99(&mut with_load), p99(&mut alone));
        let share = rate / idle;
        let [done, refused] = answers.map(|count| count.load(Ordering::Relaxed));
        let note = if heavy > 0 { format!(" ({done} answered, {refused} refused)") } else { String::new() };
        say(
            &mut text,
            &format!("| {name}{note} | {rate:.0} | **{share:.2}** | {p50:.1} ms | **{p99:.1} ms** | {p99_own:.1} ms |"),
        )?;
        if share < LIGHT_MIN {
            faults.push(format!("{name}: light requests kept {share:.2} of their idle rate"));
        }
        if p99 > PROBE_MAX_MS || p99_own > PROBE_MAX_MS {
            faults.push(format!("{name}: probes took {p99:.1} and {p99_own:.1} ms"));
        }
    }
    slow_readers(&mut text, &server, readers, &nets, &mut faults).await?;
    if !faults.is_empty() {
        bail!("the server did not keep its bounds: {}", faults.join("; "));
    }
    Ok(text)
}

/// Starts a server whose networks all belong to one organization, so that one key can change them.
async fn start(how: &MeasureOptions, data: &Path, readers: usize) -> Result<ServerProcess> {
    let folder = how.scratch.join("overload");
    let database = fresh_database(&how.scratch, "overload");
    std::fs::create_dir_all(&folder).context("making a folder")?;
    for entry in std::fs::read_dir(data).context("reading the registry")? {
        let entry = entry.context("reading the registry")?;
        let to = folder.join(entry.file_name());
        if entry.file_name() == "net.json" {
            let mut nets: Json = serde_json::from_slice(&std::fs::read(entry.path())?)?;
            for net in nets["data"].as_array_mut().context("net.json has no data")? {
                net["org_id"] = json!(1);
            }
            std::fs::write(to, nets.to_string())?;
        } else if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), to)?;
        }
    }
    let accounts = accounts_with_key(&how.scratch)?;
    let shown = |path: &Path| path.display().to_string();
    let arguments = ["import", &shown(&folder), "--accounts", &shown(&accounts), "--database", &shown(&database)]
        .map(str::to_owned);
    time(&how.program, &arguments)?;
    let connections = (readers + 2_000).to_string();
    let database = shown(&database);
    let arguments = ["serve", "--database", &database, "--listen", SERVER, "--admin-listen", ADMIN, "--rdap", "off"];
    let more = ["--requests-per-second", "0", "--writes-per-minute", "0", "--writes-per-minute-per-org", "0"];
    let last = ["--log-level", "warn", "--connections", &connections];
    let arguments: Vec<String> = arguments.iter().chain(&more).chain(&last).map(|text| (*text).to_owned()).collect();
    let server = ServerProcess::start(&how.program, &arguments, ADMIN, "/readyz").await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    Ok(server)
}

/// Connects from an address of its own for each [`PER_ADDRESS`] connections. `buffer`: the size of its receive buffer.
async fn connect(group: u8, number: usize, buffer: Option<u32>) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    let from = SocketAddr::from(([127, 0, group, 1 + (number / PER_ADDRESS) as u8], 0));
    socket.bind(from).with_context(|| format!("binding {from}"))?;
    if let Some(bytes) = buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.connect(SERVER.parse()?).await.context("connecting")
}

fn p99(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() * 99 / 100]
}

/// Returns the milliseconds of probes, each over a new connection, as load balancers send them.
async fn probe(address: &'static str, stop: Arc<AtomicBool>) -> Result<Vec<f64>> {
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        crate::load::size_of(address, "/healthz", None).await?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
        tokio::time::sleep(PROBE_EVERY).await;
    }
    Ok(took)
}

/// Returns the light requests that were answered in a second.
async fn ask_lightly(connections: usize, seconds: f64, targets: &Arc<Vec<String>>) -> Result<f64> {
    let round = crate::load::round(SERVER, targets, None, connections, seconds).await?;
    Ok(round.requests_per_second)
}

/// Starts clients with heavy requests, in a thread of their own: light clients must not wait for them on their side.
fn heavy_clients(
    count: usize,
    stop: &Arc<AtomicBool>,
    answers: &[Arc<AtomicU64>; 2],
) -> std::thread::JoinHandle<Result<()>> {
    let (stop, answers) = (Arc::clone(stop), answers.clone());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("a runtime")?;
        runtime.block_on(async move {
            let mut tasks = JoinSet::new();
            for number in 0..count {
                tasks.spawn(ask_heavily(number, Arc::clone(&stop), answers.clone()));
            }
            while tasks.join_next().await.is_some() {}
        });
        Ok(())
    })
}

/// Repeats a heavy request. Counts the answers, and the refusals.
async fn ask_heavily(number: usize, stop: Arc<AtomicBool>, [done, refused]: [Arc<AtomicU64>; 2]) {
    let mut count = 0;
    let mut buffer = vec![0; 64 * 1024];
    while !stop.load(Ordering::Relaxed) {
        count += 1;
        // Each request is another one, so no answer is cached.
        let target = match number % 2 {
            0 => format!("/api/net?depth=1&_={number}-{count}"),
            _ => format!("/api/net?name__contains=e&_={number}-{count}"),
        };
        let request = format!("GET {target} HTTP/1.1\r\nHost: {SERVER}\r\nAccept: */*\r\nConnection: close\r\n\r\n");
        let asked = async {
            // Ten connections of each address: a client may have eight heavy requests at a time.
            let mut stream = connect(1, number * PER_ADDRESS / 10, None).await?;
            stream.write_all(request.as_bytes()).await?;
            let mut is_first = true;
            loop {
                let read = stream.read(&mut buffer).await?;
                if read == 0 || stop.load(Ordering::Relaxed) {
                    return anyhow::Ok(());
                }
                if std::mem::take(&mut is_first) {
                    let counter = if buffer.starts_with(b"HTTP/1.1 200") { &done } else { &refused };
                    counter.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        if asked.await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// What slow readers ask for: shared pages, rows that are made while they are sent, and compressed ones.
const SLOW_TARGETS: [(&str, &str); 5] = [
    ("/api/net", "identity"),
    ("/api/net", "gzip"),
    ("/api/net?depth=1", "identity"),
    ("/api/netixlan?since=1", "zstd"),
    ("/api/netixlan", "br"),
];

async fn slow_readers(
    text: &mut String,
    server: &ServerProcess,
    readers: usize,
    nets: &[Json],
    faults: &mut Vec<String>,
) -> Result<()> {
    let before = server.memory()?;
    let stop = Arc::new(AtomicBool::new(false));
    let (open, cut) = (Arc::<AtomicUsize>::default(), Arc::<AtomicU64>::default());
    let mut tasks = JoinSet::new();
    for number in 0..readers {
        tasks.spawn(read_slowly(number, Arc::clone(&stop), Arc::clone(&open), Arc::clone(&cut)));
    }
    let nets = Arc::new(nets.to_vec());
    let changes = Arc::<AtomicU64>::default();
    for number in 0..WRITERS {
        tasks.spawn(write(number, Arc::clone(&nets), Arc::clone(&stop), Arc::clone(&changes)));
    }
    let begun = Instant::now();
    let (mut peak, mut most) = (before, 0);
    while begun.elapsed() < SLOW_TIME {
        tokio::time::sleep(Duration::from_millis(250)).await;
        peak = peak.max(server.memory()?);
        most = most.max(open.load(Ordering::Relaxed));
    }
    stop.store(true, Ordering::Relaxed);
    tasks.abort_all();
    while tasks.join_next().await.is_some() {}
    tokio::time::sleep(Duration::from_secs(2)).await;
    let after = server.memory()?;
    let mb = |bytes: u64| bytes as f64 / 1e6;
    say(text, "\n| slow readers | figure |\n| --- | ---: |")?;
    say(
        text,
        &format!("| connections at a time, of {readers} clients that read {SLOW_BYTES} bytes a second | {most} |"),
    )?;
    let rate = changes.load(Ordering::Relaxed) as f64 / SLOW_TIME.as_secs_f64();
    say(text, &format!("| changes of networks a second meanwhile | {rate:.0} |"))?;
    say(text, &format!("| connections cut off | {} |", cut.load(Ordering::Relaxed)))?;
    say(text, &format!("| resident memory before | {:.0} MB |", mb(before)))?;
    let more = mb(peak) - mb(before);
    say(text, &format!("| at most | {:.0} MB: **{more:.0} MB more** |", mb(peak)))?;
    say(text, &format!("| afterwards | {:.0} MB |", mb(after)))?;
    if more > MEMORY_MAX_MB {
        faults.push(format!("{most} slow readers used {more:.0} MB"));
    }
    if changes.load(Ordering::Relaxed) == 0 {
        faults.push("no change was made beside slow readers".to_owned());
    }
    Ok(())
}

/// Reads long answers slowly, and begins again whenever one ends.
async fn read_slowly(number: usize, stop: Arc<AtomicBool>, open: Arc<AtomicUsize>, cut: Arc<AtomicU64>) {
    let (target, encoding) = SLOW_TARGETS[number % SLOW_TARGETS.len()];
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: {SERVER}\r\nAccept: */*\r\nAccept-Encoding: {encoding}\r\n\r\n");
    let mut buffer = vec![0; SLOW_BYTES];
    // Not all at the same time.
    tokio::time::sleep(Duration::from_millis(number as u64 % 5_000)).await;
    while !stop.load(Ordering::Relaxed) {
        if let Ok(mut stream) = connect(2, number, Some(4096)).await
            && stream.write_all(request.as_bytes()).await.is_ok()
        {
            open.fetch_add(1, Ordering::Relaxed);
            while matches!(stream.read(&mut buffer).await, Ok(1..)) {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            open.fetch_sub(1, Ordering::Relaxed);
            cut.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Changes networks, one after the other.
async fn write(number: usize, nets: Arc<Vec<Json>>, stop: Arc<AtomicBool>, changes: Arc<AtomicU64>) {
    let mut count = number;
    let mut buffer = vec![0; 64 * 1024];
    while !stop.load(Ordering::Relaxed) {
        let Ok(mut stream) = connect(3, number, None).await else { continue };
        while !stop.load(Ordering::Relaxed) {
            count += WRITERS;
            let mut net = nets[count % nets.len()].clone();
            net["notes"] = json!(format!("change {count}"));
            let body = net.to_string();
            let request = format!(
                "PUT /api/net/{}?depth=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Api-Key {KEY}\r\nContent-Type: \
                 application/json\r\nContent-Length: {}\r\n\r\n{body}",
                net["id"],
                body.len()
            );
            if stream.write_all(request.as_bytes()).await.is_err() {
                break;
            }
            match stream.read(&mut buffer).await {
                Ok(1..) if buffer.starts_with(b"HTTP/1.1 200") => {
                    changes.fetch_add(1, Ordering::Relaxed);
                }
                // A generated row that the rules refuse.
                Ok(1..) => {}
                _ => break,
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
