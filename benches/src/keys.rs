//! Compares reads with a key to reads without, and durable writes to bare SQL transactions of the same rows.

use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rusqlite::{Connection, params};
use serde_json::{Value as Json, json};

use crate::filled::{KEY, accounts_with_key, fresh_database};
use crate::load::round;
use crate::process::{ServerProcess, time};
use crate::report::{MeasureOptions, median, rows, sample, say};

const SERVER: &str = "127.0.0.1:8394";

/// The number of concurrent writers.
const WRITERS: usize = 20;

/// Measures a registry and returns the report.
pub async fn run(how: &MeasureOptions, data: &Path) -> Result<String> {
    let mut text = String::new();
    let database = fresh_database(&how.scratch, "keys");
    let accounts = accounts_with_key(&how.scratch)?;
    let database_text = database.display().to_string();
    let arguments = [
        "import",
        &data.display().to_string(),
        "--accounts",
        &accounts.display().to_string(),
        "--database",
        &database_text,
    ]
    .map(str::to_owned);
    time(&how.program, &arguments)?;
    let bare = how.scratch.join("bench-bare.db");
    copy(&database, &bare)?;
    let arguments = ["serve", "--database", &database_text, "--listen", SERVER, "--requests-per-second", "0"];
    let more = ["--writes-per-minute", "0", "--writes-per-minute-per-org", "0", "--rdap", "off", "--log-level", "warn"];
    let arguments: Vec<String> = arguments.iter().chain(&more).map(|text| (*text).to_owned()).collect();
    let _server = ServerProcess::start(&how.program, &arguments, SERVER, "/readyz").await?;
    tokio::time::sleep(Duration::from_secs(8)).await;
    reads(how, &mut text).await?;
    writes(how, &mut text, &bare)?;
    Ok(text)
}

async fn reads(how: &MeasureOptions, text: &mut String) -> Result<()> {
    let nets = sample(&rows(SERVER, "/api/net?fields=id,asn").await?);
    let of = |target: &dyn Fn(&Json) -> String| nets.iter().map(target).collect::<Vec<String>>();
    let cases = [
        ("single object, `net/<id>?depth=0`", of(&|row| format!("/api/net/{}?depth=0", row["id"]))),
        ("single object, `net/<id>` (depth 2)", of(&|row| format!("/api/net/{}", row["id"]))),
        ("`net?asn=`", of(&|row| format!("/api/net?asn={}", row["asn"]))),
        ("`poc?net_id=`", of(&|row| format!("/api/poc?net_id={}", row["id"]))),
        ("`netixlan?net_id=`", of(&|row| format!("/api/netixlan?net_id={}", row["id"]))),
    ];
    say(text, "\n## Reads with a key\n\n| request | without | with a key | ratio |\n| --- | ---: | ---: | ---: |")?;
    let key = format!("Authorization: Api-Key {KEY}");
    for (name, targets) in cases {
        let (mut without, mut with, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..how.rounds {
            let plain = round(SERVER, &targets, None, how.connections, how.seconds).await?.requests_per_second;
            let keyed = round(SERVER, &targets, Some(&key), how.connections, how.seconds).await?.requests_per_second;
            without.push(plain);
            with.push(keyed);
            ratios.push(keyed / plain);
        }
        let (without, with) = (median(&mut without), median(&mut with));
        say(text, &format!("| {name} | {without:.0} | {with:.0} | **{:.2}** |", median(&mut ratios)))?;
    }
    Ok(())
}

/// A connection that waits for its answers.
struct KeyClient {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl KeyClient {
    fn connect() -> Result<KeyClient> {
        let stream = TcpStream::connect(SERVER).context("connecting")?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        Ok(KeyClient { stream, buffer: vec![0; 64 * 1024] })
    }

    fn send(&mut self, method: &str, target: &str, body: &str) -> Result<(u16, Vec<u8>)> {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Api-Key {KEY}\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).context("sending")?;
        let mut filled = 0;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).context("receiving")?;
            if read == 0 {
                bail!("the server closed the connection");
            }
            filled += read;
            let Some(head) = memchr::memmem::find(&self.buffer[..filled], b"\r\n\r\n") else { continue };
            let text = String::from_utf8_lossy(&self.buffer[..head]).to_ascii_lowercase();
            let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split('\r').next());
            let length: usize = length.and_then(|length| length.parse().ok()).unwrap_or(0);
            if filled >= head + 4 + length {
                let status = text.get(9..12).and_then(|status| status.parse().ok()).context("no status")?;
                return Ok((status, self.buffer[head + 4..head + 4 + length].to_vec()));
            }
        }
    }

    /// Changes an organization's notes.
    fn change(&mut self, number: usize) -> Result<()> {
        let body = json!({"name": "Bench Organization", "notes": format!("change {number}")}).to_string();
        let (status, answer) = self.send("PUT", "/api/org/1?depth=0", &body)?;
        if status != 200 {
            bail!("not 200 but {status}: {}", String::from_utf8_lossy(&answer));
        }
        Ok(())
    }
}

/// The bare transaction: writes the same event, row and head with prepared statements, in a copy of the same database
/// with the same settings.
struct BareTransaction {
    connection: Connection,
    /// Truncates the write-ahead log between the transactions, as the server's watcher does.
    cleaner: Connection,
    sequence: i64,
}

/// The number of transactions between truncations of the write-ahead log: about the server's 4 MiB.
const BETWEEN_CLEANINGS: i64 = 128;

impl BareTransaction {
    fn open(path: &Path) -> Result<BareTransaction> {
        let connection = Connection::open(path).context("opening the bare database")?;
        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;
                        PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";
        connection.execute_batch(settings)?;
        let cleaner = Connection::open(path).context("opening the bare database again")?;
        let sequence = connection.query_row("SELECT sequence FROM head", [], |row| row.get(0))?;
        Ok(BareTransaction { connection, cleaner, sequence })
    }

    fn change(&mut self, row: &str, notes: &str) -> Result<()> {
        self.sequence += 1;
        let transaction = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        transaction.prepare_cached("SELECT sequence, hash FROM head")?.query_row([], |row| row.get::<_, i64>(0))?;
        transaction
            .prepare_cached(
                "INSERT INTO event (sequence, at, actor, action, resource, object, salt, before, after, actor_digest, \
                 rows_digest, hash, org, person, key_id) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)",
            )?
            .execute(params![
                self.sequence,
                "2026-01-01T00:00:00.000000Z",
                "{\"name\":\"bench\",\"key\":\"benchkey\",\"address\":\"127.0.0.1\",\"request\":\"0123456789abcdef\"}",
                "update",
                "org",
                1,
                [7_u8; 32],
                row,
                row,
                [7_u8; 32],
                [7_u8; 32],
                [7_u8; 32],
                1,
                None::<i64>,
                "benchkey"
            ])?;
        let updated = format!("2026-01-01T00:00:00.{:06}Z", self.sequence % 1_000_000);
        transaction
            .prepare_cached("UPDATE org SET notes = ?1, updated = ?2, version = version + 1 WHERE id = 1")?
            .execute([notes, &updated])?;
        transaction
            .prepare_cached("UPDATE head SET sequence = ?1, hash = ?2")?
            .execute(params![self.sequence, [7_u8; 32]])?;
        transaction.commit()?;
        Ok(())
    }

    fn clean(&self) -> Result<()> {
        if self.sequence % BETWEEN_CLEANINGS == 0 {
            self.cleaner.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
        Ok(())
    }
}

/// Copies a database that no process has open.
fn copy(from: &Path, to: &Path) -> Result<()> {
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", to.display()));
    }
    let connection = Connection::open(from).context("opening the database")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).context("emptying the log")?;
    drop(connection);
    std::fs::copy(from, to).context("copying the database")?;
    Ok(())
}

fn writes(how: &MeasureOptions, text: &mut String, bare_path: &Path) -> Result<()> {
    let mut client = KeyClient::connect()?;
    let (_, row) = client.send("GET", "/api/org/1?depth=0", "")?;
    let row = String::from_utf8_lossy(&row).into_owned();
    let mut bare = BareTransaction::open(bare_path)?;
    let (mut of_server, mut of_bare, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let (mut of_reads, mut without) = (Vec::new(), Vec::new());
    let (mut many, mut gains) = (Vec::new(), Vec::new());
    for round in 0..how.rounds {
        // Alternating, so that both use the same disk under the same conditions.
        let (mut served, mut plain, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        let begun = Instant::now();
        while begun.elapsed().as_secs_f64() < how.seconds * 2.0 {
            let start = Instant::now();
            client.change(round * 1_000_000 + served.len())?;
            served.push(start.elapsed().as_secs_f64());
            let start = Instant::now();
            bare.change(&row, &format!("change {}", served.len()))?;
            plain.push(start.elapsed().as_secs_f64());
            bare.clean()?;
            let start = Instant::now();
            client.send("GET", "/healthz", "")?;
            wanted.push(start.elapsed().as_secs_f64());
        }
        let (served, plain, wanted) = (median(&mut served), median(&mut plain), median(&mut wanted));
        of_server.push(served);
        of_bare.push(plain);
        of_reads.push(wanted);
        ratios.push(served / plain);
        without.push((served - wanted) / plain);
        let rate = crowd(how.seconds)?;
        many.push(rate);
        gains.push(rate * served);
    }
    say(text, "\n## Durable writes\n\n| what | figure |\n| --- | ---: |")?;
    say(text, &format!("| one change by HTTP, answered after the flush | {:.2} ms |", median(&mut of_server) * 1e3))?;
    say(
        text,
        &format!("| a bare SQL transaction of the same rows on the same disk | {:.2} ms |", median(&mut of_bare) * 1e3),
    )?;
    say(text, &format!("| ratio | **{:.2}** |", median(&mut ratios)))?;
    say(
        text,
        &format!(
            "| a request that needs no work (`/healthz`), over the same connection | {:.2} ms |",
            median(&mut of_reads) * 1e3
        ),
    )?;
    say(text, &format!("| ratio without the time of that request | **{:.2}** |", median(&mut without)))?;
    say(text, &format!("| changes a second by {WRITERS} writers | {:.0} |", median(&mut many)))?;
    say(text, &format!("| gain over one writer, from shared flushes | **{:.1}** |", median(&mut gains)))?;
    Ok(())
}

/// Measures the changes per second of many concurrent writers.
fn crowd(seconds: f64) -> Result<f64> {
    let begun = Instant::now();
    let threads: Vec<_> = (0..WRITERS)
        .map(|writer| {
            std::thread::spawn(move || -> Result<usize> {
                let mut client = KeyClient::connect()?;
                let mut count = 0;
                while begun.elapsed().as_secs_f64() < seconds {
                    client.change(writer * 1_000_000 + count)?;
                    count += 1;
                }
                Ok(count)
            })
        })
        .collect();
    let mut total = 0;
    for thread in threads {
        total += thread.join().map_err(|_| anyhow::anyhow!("a writer ended"))??;
    }
    Ok(total as f64 / begun.elapsed().as_secs_f64())
}
