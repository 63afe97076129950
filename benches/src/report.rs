//! The measurements and the report.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use serde_json::Value as Json;

use crate::filled::fresh_database;
use crate::load::{Round, round, size_of};
use crate::process::{ServerProcess, json_bytes, time};

/// How to measure.
pub struct MeasureOptions {
    pub program: PathBuf,
    pub scratch: PathBuf,
    pub seconds: f64,
    pub rounds: usize,
    pub connections: usize,
    pub only: String,
}

/// One request to repeat.
pub struct BenchCase {
    pub name: &'static str,
    /// Requested in turn.
    targets: Vec<String>,
    encoding: Option<&'static str>,
    /// Whether to compare bytes instead of requests.
    by_bytes: bool,
}

pub const SERVER: &str = "127.0.0.1:8391";
const CONSTANT: &str = "127.0.0.1:8392";
/// A second server: without an answer cache, or of another build.
pub const OTHER: &str = "127.0.0.1:8393";

/// The results for all registries so far: for each case, its shares of the single object's rate.
#[derive(Default)]
struct MeasuredShares {
    seen: Vec<(String, [f64; 2])>,
    request: Vec<&'static str>,
}

/// Measures each registry and returns the report.
pub async fn run(how: &MeasureOptions, data: &[String]) -> Result<String> {
    let mut text = String::new();
    let mut shares = MeasuredShares::default();
    for item in data {
        let (name, folder) = item.split_once('=').with_context(|| format!("{item}: expected name=folder"))?;
        measure_registry(how, &mut text, &mut shares, name, Path::new(folder)).await?;
    }
    growth(&mut text, data, &shares.request, &shares.seen)?;
    Ok(text)
}

async fn measure_registry(
    how: &MeasureOptions,
    text: &mut String,
    shares: &mut MeasuredShares,
    name: &str,
    folder: &Path,
) -> Result<()> {
    say(text, &format!("\n## {name}\n"))?;
    let database = fresh_database(&how.scratch, name);
    let database = database.display().to_string();
    let json = measure_import(how, text, folder, &database)?;
    let server = serve(&how.program, &database, SERVER, &[]).await?;
    let constant = serve_constant().await?;
    say(text, &format!("| start until ready | {:.2} s |", server.start.as_secs_f64()))?;
    tokio::time::sleep(std::time::Duration::from_secs(20)).await;
    say(text, &format!("| resident memory, listings compressed | {} |", memory_text(&server, json)?))?;

    let forgetful = serve(&how.program, &database, OTHER, &["--answer-cache-bytes", "0"]).await?;
    tokio::time::sleep(std::time::Duration::from_secs(20)).await;
    let mut cases = cases(SERVER).await?;
    cases.retain(|case| case.name.contains(&how.only));
    measure_cases(how, text, shares, name, [&server, &forgetful], &constant, &cases).await?;
    shares.request = cases.iter().map(|case| case.name).collect();
    say(text, &format!("\nResident memory after the load: {}.", memory_text(&server, json)?))
}

/// Imports a registry twice, and returns the size of its JSON in bytes.
fn measure_import(how: &MeasureOptions, text: &mut String, folder: &Path, database: &str) -> Result<u64> {
    let import = ["import", &folder.display().to_string(), "--database", database].map(str::to_owned);
    let took = time(&how.program, &import)?.as_secs_f64();
    let json = json_bytes(folder)?;
    let again = time(&how.program, &import)?.as_secs_f64();
    let megabytes = json as f64 / 1e6;
    say(text, "| what | figure |\n| --- | ---: |")?;
    say(text, &format!("| JSON of the registry | {megabytes:.1} MB |"))?;
    say(text, &format!("| import into an empty registry | {took:.2} s ({:.1} MB/s) |", megabytes / took))?;
    say(text, &format!("| the same import again (nothing changes) | {again:.2} s |"))?;
    Ok(json)
}

/// Starts the server of constant bytes.
pub async fn serve_constant() -> Result<ServerProcess> {
    let program = std::env::current_exe().context("finding this program")?;
    let arguments = ["constant", "--listen", CONSTANT].map(str::to_owned);
    ServerProcess::start(&program, &arguments, CONSTANT, "/1").await
}

/// Starts a server without a limit of requests.
pub async fn serve(program: &Path, database: &str, address: &str, more: &[&str]) -> Result<ServerProcess> {
    let arguments = ["serve", "--database", database, "--listen", address, "--requests-per-second", "0"];
    let arguments: Vec<String> = arguments.iter().chain(more).map(|argument| (*argument).to_owned()).collect();
    ServerProcess::start(program, &arguments, address, "/readyz").await
}

fn memory_text(server: &ServerProcess, json: u64) -> Result<String> {
    let memory = server.memory()? as f64;
    Ok(format!("{:.1} MB = {:.2} x JSON", memory / 1e6, memory / json as f64))
}

/// Compares each case with constant bytes, on a server and on one without an answer cache.
async fn measure_cases(
    how: &MeasureOptions,
    text: &mut String,
    shares: &mut MeasuredShares,
    name: &str,
    servers: [&ServerProcess; 2],
    constant: &ServerProcess,
    cases: &[BenchCase],
) -> Result<()> {
    say(
        text,
        "\n| request | bytes | per second | constant bytes | ratio | to a bare head | no answer cache |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    )?;
    let mut single = [0.0; 2];
    for case in cases {
        let RoundMedians { rates, ratios, bare, constant, size, .. } = compare(how, servers, constant, case).await?;
        if single[0] == 0.0 {
            single = rates;
        }
        let print = |rate: f64| if case.by_bytes { format!("{:.0} MB", rate / 1e6) } else { format!("{rate:.0}") };
        say(
            text,
            &format!(
                "| {} | {size} | {} | {} | **{:.2}** | {bare:.2} | {:.2} |",
                case.name,
                print(rates[0]),
                print(constant),
                ratios[0],
                ratios[1]
            ),
        )?;
        let of_single = [0, 1].map(|at| if case.by_bytes { ratios[at] } else { rates[at] / single[at] });
        shares.seen.push((format!("{name}: {}", case.name), of_single));
    }
    Ok(())
}

/// Compares each case with the single object, at each size.
fn growth(text: &mut String, data: &[String], request: &[&str], seen: &[(String, [f64; 2])]) -> Result<()> {
    let names: Vec<&str> = data.iter().filter_map(|item| item.split_once('=')).map(|(name, _)| name).collect();
    say(
        text,
        "\n## Growth\n\nRate of each request as a share of the single object's rate at the same size; for full \
         listings, the ratio to constant bytes. In brackets: without the answer cache.\n",
    )?;
    say(text, &format!("| request | {} |\n| --- |{}", names.join(" | "), " ---: |".repeat(names.len())))?;
    for case in request {
        let row: Vec<String> = names
            .iter()
            .map(|name| {
                let key = format!("{name}: {case}");
                seen.iter()
                    .find(|(seen, _)| *seen == key)
                    .map_or("-".to_owned(), |(_, share)| format!("{:.2} ({:.2})", share[0], share[1]))
            })
            .collect();
        say(text, &format!("| {case} | {} |", row.join(" | ")))?;
    }
    Ok(())
}

pub fn say(text: &mut String, line: &str) -> Result<()> {
    println!("{line}");
    writeln!(text, "{line}").context("writing the report")
}

/// The medians of the rounds.
pub struct RoundMedians {
    rates: [f64; 2],
    /// Each server's rate compared with the constant server's in the same round.
    pub ratios: [f64; 2],
    /// The rate of the second server compared with the first's in the same round.
    pub second_to_first: f64,
    /// The first server's rate compared with constant bytes with the smallest head.
    bare: f64,
    constant: f64,
    pub size: usize,
}

/// Measures a case in alternating rounds.
pub async fn compare(
    how: &MeasureOptions,
    servers: [&ServerProcess; 2],
    constant: &ServerProcess,
    case: &BenchCase,
) -> Result<RoundMedians> {
    let mut sizes = Vec::new();
    for target in &case.targets {
        sizes.push(size_of(&servers[0].address, target, case.encoding).await?);
    }
    let size = sizes[0];
    let bare: Vec<String> = sizes.into_iter().map(|size| format!("/{size}")).collect();
    let same: Vec<String> = bare.iter().map(|target| format!("{target}/head")).collect();
    let of = |round: Round| if case.by_bytes { round.bytes_per_second } else { round.requests_per_second };
    let connections = if case.by_bytes { 4 } else { how.connections };
    let (mut rates, mut ratios) = ([vec![], vec![]], [vec![], vec![]]);
    let (mut constants, mut to_bare, mut second_to_first) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..how.rounds {
        let of_constant = of(round(&constant.address, &same, None, connections, how.seconds).await?);
        constants.push(of_constant);
        for (at, server) in servers.into_iter().enumerate() {
            let rate = of(round(&server.address, &case.targets, case.encoding, connections, how.seconds).await?);
            rates[at].push(rate);
            ratios[at].push(rate / of_constant);
        }
        if let [[.., first], [.., second]] = &rates.each_ref().map(Vec::as_slice) {
            second_to_first.push(second / first);
        }
        let of_bare = of(round(&constant.address, &bare, None, connections, how.seconds).await?);
        to_bare.push(rates[0].last().copied().unwrap_or(0.0) / of_bare);
    }
    Ok(RoundMedians {
        rates: rates.map(|mut all| median(&mut all)),
        ratios: ratios.map(|mut all| median(&mut all)),
        second_to_first: median(&mut second_to_first),
        bare: median(&mut to_bare),
        constant: median(&mut constants),
        size,
    })
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Makes cases for rows that exist, spread over the registry.
pub async fn cases(address: &str) -> Result<Vec<BenchCase>> {
    let all = rows(address, "/api/net?fields=id,asn").await?;
    let nets = sample(&all);
    let present = rows(address, "/api/net?fac_count__gte=1&fields=id").await?;
    let present = sample(&present);
    let ports = rows(address, "/api/netixlan?ipaddr4__startswith=1&fields=ix_id,asn,ipaddr4").await?;
    let ports = sample(&ports);
    let of = |rows: &[Json], target: &dyn Fn(&Json) -> String| rows.iter().map(target).collect::<Vec<String>>();
    let case = |name, targets| BenchCase { name, targets, encoding: None, by_bytes: false };
    let bytes =
        |name, target: &str, encoding| BenchCase { name, targets: vec![target.to_owned()], encoding, by_bytes: true };
    Ok(vec![
        case(SINGLE, of(&nets, &|row| format!("/api/net/{}?depth=0", row["id"]))),
        case("each network once, `net/<id>?depth=0`", of(&all, &|row| format!("/api/net/{}?depth=0", row["id"]))),
        case("single object, `net/<id>` (depth 2)", of(&nets, &|row| format!("/api/net/{}", row["id"]))),
        case("`net?asn=`", of(&nets, &|row| format!("/api/net?asn={}", row["asn"]))),
        case(
            "`netixlan?ix_id=&asn=`",
            of(&ports, &|row| format!("/api/netixlan?ix_id={}&asn={}", row["ix_id"], row["asn"])),
        ),
        case("`netixlan?ix_id=`", of(&ports, &|row| format!("/api/netixlan?ix_id={}", row["ix_id"]))),
        case("`fac?net=`", of(&present, &|row| format!("/api/fac?net={}", row["id"]))),
        case(
            "`ixpfx?whereis=`",
            of(&ports, &|row| format!("/api/ixpfx?whereis={}", row["ipaddr4"].as_str().unwrap_or("1.1.1.1"))),
        ),
        case("`net?name__contains=`", vec!["/api/net?name__contains=telecom&fields=id".to_owned()]),
        case("`net?depth=2&limit=20`", vec!["/api/net?depth=2&limit=20".to_owned()]),
        bytes("full listing `net`", "/api/net", None),
        bytes("full listing `netixlan`", "/api/netixlan", None),
        bytes("full listing `net`, gzip", "/api/net", Some("Accept-Encoding: gzip")),
        bytes("full listing `netixlan`, gzip", "/api/netixlan", Some("Accept-Encoding: gzip")),
    ])
}

const SINGLE: &str = "single object, `net/<id>?depth=0`";

/// Returns at most 100 of the rows, evenly spread.
pub fn sample(rows: &[Json]) -> Vec<Json> {
    const ROWS: usize = 100;
    let step = (rows.len() / ROWS).max(1);
    rows.iter().step_by(step).take(ROWS).cloned().collect()
}

pub async fn rows(address: &str, target: &str) -> Result<Vec<Json>> {
    let body = crate::load::fetch(address, target).await?;
    let answer: Json = serde_json::from_slice(&body).with_context(|| format!("reading {target}"))?;
    Ok(answer["data"].as_array().cloned().unwrap_or_default())
}
