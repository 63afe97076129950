//! The programs under measurement.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A server that is stopped when this value is dropped.
pub struct ServerProcess {
    child: Child,
    pub address: String,
    /// The time from the start of the program to its first answer.
    pub start: Duration,
}

impl ServerProcess {
    /// Starts a program and waits until it answers `probe`.
    pub async fn start(program: &Path, arguments: &[String], address: &str, probe: &str) -> Result<ServerProcess> {
        let begun = Instant::now();
        let child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let mut server = ServerProcess { child, address: address.to_owned(), start: Duration::ZERO };
        loop {
            if crate::load::size_of(address, probe, None).await.is_ok() {
                server.start = begun.elapsed();
                return Ok(server);
            }
            if begun.elapsed() > Duration::from_mins(2) {
                bail!("{} did not answer within two minutes", program.display());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns the resident memory in bytes.
    pub fn memory(&self) -> Result<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().context("reading VmRSS")?;
        Ok(kib * 1024)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end and returns the time.
pub fn time(program: &Path, arguments: &[String]) -> Result<Duration> {
    let begun = Instant::now();
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status();
    let status = status.with_context(|| format!("starting {}", program.display()))?;
    if !status.success() {
        bail!("{} {} ended with {status}", program.display(), arguments.join(" "));
    }
    Ok(begun.elapsed())
}

/// Returns the number of bytes of the JSON files in a folder.
pub fn json_bytes(folder: &Path) -> Result<u64> {
    let mut total = 0;
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry.context("reading the folder")?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|extension| extension == "json") && name != "manifest.json" {
            total += entry.metadata().context("reading the size")?.len();
        }
    }
    Ok(total)
}
