//! The connection to a mail server, encrypted according to the settings.
//!
//! STARTTLS is implemented here rather than by the SMTP library, because that one keeps what it has read beyond the
//! server's "go ahead". If an attacker on the path appends lines there, before encryption, the library takes them for
//! encrypted responses, and the real response is never read. Here a reply is read byte by byte, so that whatever
//! follows it goes into the handshake and breaks it (RFC 3207, 6).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use lettre::transport::smtp::extension::ClientId;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::way::{RelayEncryption, RelayServer};

/// RFC 5321, 4.5.3.1.5 requires 512; some servers send more.
const LINE_BYTES_MAX: usize = 2_000;
const LINES_MAX: usize = 100;
/// Replaces the greeting that was read before encryption, since a server does not greet again.
const GREETING: &[u8] = b"220 encrypted\r\n";

/// Opens a connection on which the server greets.
pub(super) async fn open(
    server: &RelayServer,
    hello: &ClientId,
    encryption: Option<&(TlsConnector, ServerName<'static>)>,
) -> io::Result<Box<dyn AsyncTokioStream>> {
    let mut stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
    stream.set_nodelay(true)?;
    let peer = stream.peer_addr()?;
    let Some((connector, name)) = encryption else {
        return Ok(Box::new(stream));
    };
    let mut unread: &[u8] = &[];
    if server.encryption == RelayEncryption::AfterCommand {
        ask_for_encryption(&mut stream, hello).await?;
        unread = GREETING;
    }
    let stream = connector.connect(name.clone(), stream).await?;
    Ok(Box::new(RelayStream { unread, stream, peer }))
}

async fn ask_for_encryption(stream: &mut TcpStream, hello: &ClientId) -> io::Result<()> {
    reply(stream, "220").await?;
    stream.write_all(format!("EHLO {hello}\r\n").as_bytes()).await?;
    let offers = reply(stream, "250").await?;
    if !offers.iter().any(|offer| offer.eq_ignore_ascii_case("STARTTLS")) {
        return Err(io::Error::other("the server does not offer encryption"));
    }
    stream.write_all(b"STARTTLS\r\n").await?;
    reply(stream, "220").await.map(|_| ())
}

/// The texts of a reply's lines, if it has this code (RFC 5321, 4.2).
async fn reply(stream: &mut TcpStream, number: &str) -> io::Result<Vec<String>> {
    let mut texts = Vec::new();
    while texts.len() < LINES_MAX {
        let line = line(stream).await?;
        let is_last = !line.get(3..).is_some_and(|rest| rest.starts_with('-'));
        match line.strip_prefix(number) {
            Some(text) => texts.push(text.get(1..).unwrap_or_default().trim_end().to_owned()),
            None => return Err(io::Error::other(format!("the server says {line}"))),
        }
        if is_last {
            return Ok(texts);
        }
    }
    Err(io::Error::other("a reply without end"))
}

/// Reads to the end of a line, and not a byte further.
async fn line(stream: &mut TcpStream) -> io::Result<String> {
    let mut line = Vec::new();
    while line.len() < LINE_BYTES_MAX {
        match stream.read_u8().await? {
            b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
            byte => line.push(byte),
        }
    }
    Err(io::Error::other("a line without end"))
}

/// An encrypted connection, preceded by bytes to be read before it.
#[derive(Debug)]
struct RelayStream<S> {
    unread: &'static [u8],
    stream: S,
    peer: SocketAddr,
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug> AsyncTokioStream for RelayStream<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RelayStream<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.unread.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, into);
        }
        let (head, rest) = self.unread.split_at(self.unread.len().min(into.remaining()));
        into.put_slice(head);
        self.unread = rest;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RelayStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
