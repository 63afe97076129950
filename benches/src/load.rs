//! A cheap HTTP client: it sends prepared bytes and only counts the answers.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The figures of one round.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    pub requests_per_second: f64,
    pub bytes_per_second: f64,
}

/// Sends the targets in turn over several connections for a time. `head` is one more header line.
pub async fn round(
    address: &str,
    targets: &[String],
    head: Option<&str>,
    connections: usize,
    seconds: f64,
) -> Result<Round> {
    let begun = Instant::now();
    let until = begun + Duration::from_secs_f64(seconds);
    let mut tasks = Vec::new();
    for first in 0..connections {
        let requests: Vec<Vec<u8>> = targets.iter().map(|target| request(address, target, head)).collect();
        let address = address.to_owned();
        tasks.push(tokio::spawn(async move {
            let mut client = LoadClient::connect(&address).await?;
            let (mut count, mut bytes, mut next) = (0_u64, 0_u64, first);
            while Instant::now() < until {
                let request = &requests[next % requests.len()];
                bytes += client.ask(request).await? as u64;
                count += 1;
                // Connections take different targets, so that no two request the same at the same time.
                next += connections;
            }
            anyhow::Ok((count, bytes))
        }));
    }
    let (mut count, mut bytes) = (0, 0);
    for task in tasks {
        let (some, more) = task.await.context("a client ended")??;
        count += some;
        bytes += more;
    }
    let took = begun.elapsed().as_secs_f64();
    Ok(Round { requests_per_second: count as f64 / took, bytes_per_second: bytes as f64 / took })
}

/// Returns the number of bytes of the body of one answer.
pub async fn size_of(address: &str, target: &str, head: Option<&str>) -> Result<usize> {
    let mut client = LoadClient::connect(address).await?;
    client.ask(&request(address, target, head)).await.with_context(|| target.to_owned())
}

/// Returns the body of one answer.
pub async fn fetch(address: &str, target: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
    let request = format!("GET {target} HTTP/1.0\r\nHost: {address}\r\nAccept: */*\r\n\r\n");
    stream.write_all(request.as_bytes()).await.context("sending")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.context("receiving")?;
    let head = memchr::memmem::find(&answer, b"\r\n\r\n").context("no end of the headers")?;
    Ok(answer.split_off(head + 4))
}

fn request(address: &str, target: &str, head: Option<&str>) -> Vec<u8> {
    let head = head.map(|line| format!("{line}\r\n")).unwrap_or_default();
    format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\n{head}\r\n").into_bytes()
}

const LENGTH: &[u8] = b"\r\ncontent-length: ";

struct LoadClient {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl LoadClient {
    async fn connect(address: &str) -> Result<LoadClient> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("connecting to {address}"))?;
        stream.set_nodelay(true).context("setting TCP_NODELAY")?;
        Ok(LoadClient { stream, buffer: vec![0; 256 * 1024], filled: 0 })
    }

    async fn ask(&mut self, request: &[u8]) -> Result<usize> {
        self.stream.write_all(request).await.context("sending")?;
        self.filled = 0;
        let head = loop {
            self.fill().await?;
            if let Some(end) = memchr::memmem::find(&self.buffer[..self.filled], b"\r\n\r\n") {
                break end + 4;
            }
        };
        let text = &self.buffer[..head];
        if !text.starts_with(b"HTTP/1.1 200") {
            let line = text.split(|byte| *byte == b'\r').next().unwrap_or_default();
            bail!("not 200: {}", String::from_utf8_lossy(line));
        }
        // Both servers write header names in lower case.
        if let Some(at) = memchr::memmem::find(text, LENGTH) {
            let digits = text[at + LENGTH.len()..].split(|byte| *byte == b'\r').next().unwrap_or_default();
            let length: usize = std::str::from_utf8(digits)?.parse().context("reading the length")?;
            let mut left = length.saturating_sub(self.filled - head);
            while left > 0 {
                self.filled = 0;
                self.fill().await?;
                left = left.saturating_sub(self.filled);
            }
            return Ok(length);
        }
        // For chunks, only look for the end: the sizes hardly count.
        let mut total = self.filled - head;
        while !self.buffer[..self.filled].ends_with(b"\r\n0\r\n\r\n") {
            let keep = self.filled.min(8);
            self.buffer.copy_within(self.filled - keep..self.filled, 0);
            self.filled = keep;
            self.fill().await?;
            total += self.filled - keep;
        }
        Ok(total)
    }

    async fn fill(&mut self) -> Result<()> {
        let read = self.stream.read(&mut self.buffer[self.filled..]).await.context("receiving")?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        self.filled += read;
        Ok(())
    }
}
