//! Compares the server with the same HTTP library serving constant bytes of the same size, and prints ratios.
//!
//! Absolute times depend on the machine and its load. So both servers run at the same time, rounds alternate, and the
//! medians of the rounds are compared. Started by `scripts/bench`.

mod constant;
mod filled;
mod keys;
mod load;
mod overload;
mod process;
mod recognise;
mod report;
mod search;
mod versus;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Measures the server side by side with constant bytes")]
struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Subcommand)]
enum BenchCommand {
    /// Measures how long it takes to find the owner of a key, compared with one HMAC. Runs in memory, without a server.
    Recognise,
    /// Serves constant bytes: the path is the number of bytes (used by `run`).
    Constant {
        #[arg(long)]
        listen: String,
    },
    /// Compares reads with a key to reads without, and durable writes to bare SQL transactions of the same rows.
    Keys {
        /// The program to measure.
        #[arg(long)]
        program: PathBuf,
        /// Folder of a generated registry.
        #[arg(long)]
        data: PathBuf,
        /// Folder for databases, on the disk to measure.
        #[arg(long)]
        scratch: PathBuf,
        /// Seconds per round; rounds alternate.
        #[arg(long, default_value_t = 0.7)]
        seconds: f64,
        /// Number of rounds.
        #[arg(long, default_value_t = 9)]
        rounds: usize,
        /// File for the report, which is also printed.
        #[arg(long)]
        report: Option<PathBuf>,
    },
    /// Compares filters on texts by the search index to a scan, and measures free search. Runs in memory, without a server.
    Search {
        /// Folders of generated registries, as `name=folder`.
        #[arg(long = "data", required = true)]
        data: Vec<String>,
    },
    /// Measures probes, light requests and memory beside many heavy requests and slow readers.
    Overload {
        /// The program to measure.
        #[arg(long)]
        program: PathBuf,
        /// Folder of a generated registry.
        #[arg(long)]
        data: PathBuf,
        /// Folder for databases.
        #[arg(long)]
        scratch: PathBuf,
        /// Seconds for each load.
        #[arg(long, default_value_t = 10.0)]
        seconds: f64,
        /// Number of slow readers.
        #[arg(long, default_value_t = 10_000)]
        readers: usize,
    },
    /// Compares two builds of the program on one registry: what became faster, and what slower?
    Versus {
        /// The program before a change.
        #[arg(long)]
        before: PathBuf,
        /// The program after it.
        #[arg(long)]
        after: PathBuf,
        /// An SQLite database that both can open. Nothing in it is changed.
        #[arg(long)]
        database: PathBuf,
        /// Seconds per round; rounds of all servers alternate.
        #[arg(long, default_value_t = 0.5)]
        seconds: f64,
        /// Number of rounds.
        #[arg(long, default_value_t = 9)]
        rounds: usize,
        /// Number of concurrent connections.
        #[arg(long, default_value_t = 16)]
        connections: usize,
        /// Measures only requests whose name contains this text.
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Fills a registry from each folder, measures it, and writes a report in Markdown.
    Run {
        /// The program to measure.
        #[arg(long)]
        program: PathBuf,
        /// Folders of generated registries, the smallest first, as `name=folder`.
        #[arg(long = "data", required = true)]
        data: Vec<String>,
        /// Folder for databases.
        #[arg(long)]
        scratch: PathBuf,
        /// Seconds per round; rounds of both servers alternate.
        #[arg(long, default_value_t = 0.7)]
        seconds: f64,
        /// Number of rounds.
        #[arg(long, default_value_t = 7)]
        rounds: usize,
        /// Number of concurrent connections.
        #[arg(long, default_value_t = 16)]
        connections: usize,
        /// Measures only requests whose name contains this text.
        #[arg(long, default_value = "")]
        only: String,
        /// File for the report, which is also printed.
        #[arg(long)]
        report: Option<PathBuf>,
    },
}

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    runtime.block_on(async {
        match BenchArgs::parse().command {
            BenchCommand::Constant { listen } => constant::serve(&listen).await,
            BenchCommand::Recognise => recognise::run(),
            BenchCommand::Search { data } => search::run(&data),
            BenchCommand::Keys { program, data, scratch, seconds, rounds, report } => {
                let how =
                    report::MeasureOptions { program, scratch, seconds, rounds, connections: 16, only: String::new() };
                let text = keys::run(&how, &data).await?;
                if let Some(path) = report {
                    std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
                }
                Ok(())
            }
            BenchCommand::Overload { program, data, scratch, seconds, readers } => {
                let how = report::MeasureOptions {
                    program,
                    scratch,
                    seconds,
                    rounds: 1,
                    connections: 0,
                    only: String::new(),
                };
                overload::run(&how, &data, readers).await.map(drop)
            }
            BenchCommand::Versus { before, after, database, seconds, rounds, connections, only } => {
                let scratch = PathBuf::new();
                let how = report::MeasureOptions { program: after, scratch, seconds, rounds, connections, only };
                versus::run(&how, &before, &database).await
            }
            BenchCommand::Run { program, data, scratch, seconds, rounds, connections, only, report } => {
                let how = report::MeasureOptions { program, scratch, seconds, rounds, connections, only };
                let text = report::run(&how, &data).await?;
                if let Some(path) = report {
                    std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
                }
                Ok(())
            }
        }
    })
}
