//! An HTTP server for tests, with one response for each connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server responds.
pub enum DoubleReply {
    /// Status, additional header lines, body.
    Body(u16, String, Vec<u8>),
    /// Nothing, until the client disconnects.
    Silent,
    /// Valid headers and an endless body.
    Endless,
    /// Closes the connection.
    Closed,
}

impl DoubleReply {
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Body(status, "Content-Type: application/rdap+json\r\n".to_owned(), body.into().into_bytes())
    }

    pub fn html(status: u16) -> Self {
        let body = b"<!doctype html><title>Something</title>".to_vec();
        Self::Body(status, "Content-Type: text/html\r\n".to_owned(), body)
    }

    pub fn redirect(to: impl std::fmt::Display) -> Self {
        Self::Body(302, format!("Location: {to}\r\n"), Vec::new())
    }
}

/// An HTTP server.
pub struct HttpDouble {
    pub address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
}

impl HttpDouble {
    /// Answers by the path.
    pub async fn start(answer: impl Fn(&str) -> DoubleReply + Send + Sync + 'static) -> Self {
        Self::with_heads(move |head| answer(path(head))).await
    }

    /// Answers by the raw headers.
    pub async fn with_heads(answer: impl Fn(&str) -> DoubleReply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (answer, seen) = (Arc::new(answer), Arc::clone(&heads));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&seen)));
            }
        });
        Self { address, heads }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requested paths, in order.
    pub fn paths(&self) -> Vec<String> {
        self.heads.lock().unwrap().iter().map(|head| path(head).to_owned()).collect()
    }

    /// The raw headers of the requests.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn path(head: &str) -> &str {
    head.split(' ').nth(1).unwrap_or_default()
}

async fn serve(
    mut stream: TcpStream,
    answer: Arc<impl Fn(&str) -> DoubleReply + Send + Sync>,
    seen: Arc<Mutex<Vec<String>>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let reply = answer(&head);
    seen.lock().unwrap().push(head);
    // The client can disconnect at any time, and often does.
    let _gone = send(&mut stream, reply).await;
}

async fn send(stream: &mut TcpStream, reply: DoubleReply) -> std::io::Result<()> {
    match reply {
        DoubleReply::Body(status, headers, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&body).await?;
            stream.shutdown().await
        }
        DoubleReply::Silent => stream.read_u8().await.map(|_| ()),
        DoubleReply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await?;
            loop {
                stream.write_all(&[b' '; 16_384]).await?;
            }
        }
        DoubleReply::Closed => Ok(()),
    }
}
