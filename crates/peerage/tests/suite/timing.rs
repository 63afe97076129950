//! Over HTTP, the time of a refusal does not reveal whether a key's ID exists.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use crate::server::RegistryPlace;
use crate::server::fixture::{ServerFixture, key_text, public};
use peerage_access::key_string::{ENTROPY_BYTES, KeyKind, make};

const SAMPLES: usize = 2_000;
/// Noise varies, a real difference persists: it has to show in each attempt.
const ATTEMPTS: usize = 5;
/// How often one kind takes longer than the other: half of the time without a difference. With this many samples, noise
/// alone stays within a fiftieth of that.
const SHARE: std::ops::RangeInclusive<f64> = 0.45..=0.55;

/// Returns the nanoseconds of one refusal on an open connection.
fn ask(stream: &mut TcpStream, key: &str) -> u64 {
    let request = format!("GET /api/net/1?depth=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Api-Key {key}\r\n\r\n");
    let mut buffer = [0; 4096];
    let begun = Instant::now();
    stream.write_all(request.as_bytes()).expect("the request is sent");
    let count = stream.read(&mut buffer).expect("an answer");
    let took = begun.elapsed().as_nanos() as u64;
    assert!(buffer[..count].starts_with(b"HTTP/1.1 401") && buffer[..count].ends_with(b"}"), "one whole refusal");
    took
}

/// Mann and Whitney's statistic as a share: how often one of the first takes longer than one of the second.
fn share(first: &[u64], second: &[u64]) -> f64 {
    let below =
        |time: &u64| second.partition_point(|other| other < time) + second.partition_point(|other| other <= time);
    first.iter().map(below).sum::<usize>() as f64 / 2.0 / (first.len() * second.len()) as f64
}

#[test]
fn an_unknown_key_and_a_wrong_secret_are_refused_in_the_same_time() {
    let fixture = ServerFixture::new(RegistryPlace::sqlite());
    let node = fixture.serve(&[]);
    let unknown = key_text(KeyKind::Org, 77);
    let wrong = make(KeyKind::Org, Some(public(&fixture.key)), &[99; ENTROPY_BYTES]).expect("enough letters");
    let mut stream = TcpStream::connect(&node.address).expect("a connection");
    stream.set_nodelay(true).expect("a setting");
    let mut differences = Vec::new();
    let is_alike = (0..ATTEMPTS).any(|_| {
        let mut taken = [Vec::new(), Vec::new()];
        for number in 0..2 * SAMPLES {
            // Alternating, and neither kind always follows the same one.
            let kind = (number + number / 2) % 2;
            taken[kind].push(ask(&mut stream, [unknown.as_str(), &wrong.text][kind]));
        }
        taken.each_mut().iter_mut().for_each(|times| times.sort_unstable());
        let share = share(&taken[0], &taken[1]);
        let median = |times: &[u64]| times[times.len() / 2] / 1_000;
        differences.push(format!("unknown {} us, wrong {} us, share {share:.3}", median(&taken[0]), median(&taken[1])));
        SHARE.contains(&share)
    });
    println!("{}", differences.join("\n"));
    assert!(is_alike, "{}", differences.join("\n"));
}
