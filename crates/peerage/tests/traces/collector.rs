//! A collector that accepts traces (OTLP over HTTP with protobuf), and keeps them.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::server::eventually;

/// A span as it was received.
#[derive(Debug, Clone)]
pub struct ReceivedSpan {
    pub trace: String,
    pub id: String,
    /// Empty: the span is the first of its trace.
    pub parent: String,
    pub name: String,
    pub kind: u64,
    pub attributes: BTreeMap<String, String>,
    /// 2: failed.
    pub status: u64,
    pub links: usize,
}

#[derive(Default)]
struct Received {
    spans: Vec<ReceivedSpan>,
    resource: BTreeMap<String, String>,
    /// Heads and bodies of all requests.
    raw: Vec<u8>,
    requests: usize,
}

pub struct TestCollector {
    pub address: String,
    received: Arc<Mutex<Received>>,
}

impl TestCollector {
    /// Starts a collector that answers.
    pub fn start() -> TestCollector {
        TestCollector::serving(true)
    }

    /// Starts a collector that reads requests and never answers.
    pub fn hanging() -> TestCollector {
        TestCollector::serving(false)
    }

    fn serving(answers: bool) -> TestCollector {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let received = Arc::new(Mutex::new(Received::default()));
        let shared = Arc::clone(&received);
        std::thread::spawn(move || {
            let mut unanswered = Vec::new();
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (head, body) = read(&mut stream);
                let mut received = shared.lock().expect("no panic");
                received.requests += 1;
                received.raw.extend([head.as_bytes(), &body].concat());
                if head.starts_with("POST /v1/traces HTTP/1.1\r\n") {
                    received.keep(&body);
                }
                drop(received);
                if answers {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                } else {
                    unanswered.push(stream);
                }
            }
        });
        TestCollector { address, received }
    }

    /// Waits for a span for which the condition holds.
    pub fn span(&self, what: &str, condition: impl Fn(&ReceivedSpan) -> bool) -> ReceivedSpan {
        let find = || self.spans().into_iter().find(&condition);
        eventually(what, || find().is_some());
        find().expect("found before")
    }

    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.received.lock().expect("no panic").spans.clone()
    }

    pub fn resource(&self) -> BTreeMap<String, String> {
        self.received.lock().expect("no panic").resource.clone()
    }

    /// Whether anything that was received contains a text.
    pub fn holds(&self, text: &str) -> bool {
        let received = self.received.lock().expect("no panic");
        received.raw.windows(text.len()).any(|part| part == text.as_bytes())
    }

    pub fn requests(&self) -> usize {
        self.received.lock().expect("no panic").requests
    }
}

fn read(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end + 2]).into_owned();
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                return (head, bytes.split_off(end + 4));
            }
        }
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return (String::new(), Vec::new()),
            Ok(length) => bytes.extend_from_slice(&piece[..length]),
        }
    }
}

/// A value of a protobuf message.
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    fn bytes(&self) -> &'a [u8] {
        match self {
            Value::Bytes(bytes) => bytes,
            Value::Number(_) => &[],
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes().to_vec()).expect("UTF-8")
    }

    fn hex(&self) -> String {
        data_encoding::HEXLOWER.encode(self.bytes())
    }

    fn number(&self) -> u64 {
        match self {
            Value::Number(number) => *number,
            Value::Bytes(_) => panic!("bytes in place of a number"),
        }
    }
}

/// Returns the fields of a protobuf message with their numbers.
fn fields(mut message: &[u8]) -> Vec<(u64, Value<'_>)> {
    let mut found = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut message)),
            1 => Value::Number(u64::from_le_bytes(take(&mut message, 8).try_into().expect("eight bytes"))),
            2 => {
                let length = varint(&mut message);
                Value::Bytes(take(&mut message, usize::try_from(length).expect("a length")))
            }
            5 => Value::Number(u64::from(u32::from_le_bytes(take(&mut message, 4).try_into().expect("four bytes")))),
            other => panic!("wire type {other}"),
        };
        found.push((tag >> 3, value));
    }
    found
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = message.split_at(length);
    *message = rest;
    taken
}

fn varint(message: &mut &[u8]) -> u64 {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = take(message, 1)[0];
        number |= u64::from(byte & 127) << shift;
        shift += 7;
        if byte < 128 {
            return number;
        }
    }
}

/// Reads a `KeyValue`.
fn attribute(message: &[u8]) -> (String, String) {
    let (mut key, mut shown) = (String::new(), String::new());
    for (number, value) in fields(message) {
        match number {
            1 => key = value.text(),
            2 => {
                for (kind, value) in fields(value.bytes()) {
                    shown = if kind == 1 { value.text() } else { value.number().to_string() };
                }
            }
            _ => {}
        }
    }
    (key, shown)
}

impl Received {
    /// Reads an `ExportTraceServiceRequest`.
    fn keep(&mut self, body: &[u8]) {
        for (_, resource_spans) in fields(body) {
            for (number, part) in fields(resource_spans.bytes()) {
                match number {
                    1 => {
                        let attributes = fields(part.bytes()).into_iter().filter(|(number, _)| *number == 1);
                        self.resource.extend(attributes.map(|(_, value)| attribute(value.bytes())));
                    }
                    2 => {
                        let spans = fields(part.bytes()).into_iter().filter(|(number, _)| *number == 2);
                        self.spans.extend(spans.map(|(_, value)| span(value.bytes())));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Reads a `Span`.
fn span(message: &[u8]) -> ReceivedSpan {
    let empty = String::new;
    let mut span = ReceivedSpan {
        trace: empty(),
        id: empty(),
        parent: empty(),
        name: empty(),
        kind: 0,
        attributes: BTreeMap::new(),
        status: 0,
        links: 0,
    };
    for (number, value) in fields(message) {
        match number {
            1 => span.trace = value.hex(),
            2 => span.id = value.hex(),
            4 => span.parent = value.hex(),
            5 => span.name = value.text(),
            6 => span.kind = value.number(),
            9 => span.attributes.extend([attribute(value.bytes())]),
            13 => span.links += 1,
            15 => {
                let code = fields(value.bytes()).into_iter().find(|(number, _)| *number == 3);
                span.status = code.map_or(0, |(_, code)| code.number());
            }
            _ => {}
        }
    }
    span
}
