//! `peerage health`: asks a running server, for containers and scripts without a client for HTTP.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;

use crate::failure::FOUND;
use crate::settings::Config;
use crate::settings::flags::{CommonFlags, ServerFlags};

/// How long each step of the request may take.
const WAIT: Duration = Duration::from_secs(4);

/// The answer is one line, or one for each reason.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Ask the server that runs with these settings whether it is alive. Exit status: 0 if it is; 1 if not.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Ask whether it is ready: follows the log, and can write. Otherwise only whether it runs.
    #[arg(long)]
    ready: bool,
    #[command(flatten)]
    common: CommonFlags,
    #[command(flatten)]
    serving: ServerFlags,
}

impl HealthArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let config = Config::resolve(&self.common, &self.serving)?;
        let address = reachable(config.admin_address()?.unwrap_or(config.listen));
        let path = if self.ready { "/readyz" } else { "/healthz" };
        let answer = ask(address, path).with_context(|| format!("http://{address}{path}"))?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).unwrap_or("no status");
        writeln!(std::io::stdout(), "{status} {}", body.trim_end())?;
        Ok(if status == "200" { ExitCode::SUCCESS } else { ExitCode::from(FOUND) })
    }
}

/// The address of this machine for a server that listens on all.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, WAIT)?;
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    Ok(answer)
}
