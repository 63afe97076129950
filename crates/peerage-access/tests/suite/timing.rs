//! The time of a refusal does not reveal which keys exist (spec/keys.md, 8).

use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use peerage_access::key_string::{ENTROPY_BYTES, make};
use peerage_access::people::{Organizations, People};
use peerage_access::records::{Key, KeyState, StoredRecord, StoredSecret};
use peerage_access::{KeyKind, ServerKey};
use peerage_registry::Record;
use peerage_registry::ids::{KeyId, OrgId};
use peerage_registry::moment::Moment;

const SAMPLES: usize = 10_000;
/// Number of keys that are used in turn, so that none of them is cached.
const KEYS: u32 = 500;
/// Noise varies, a difference stays: it has to show in each attempt.
const ATTEMPTS: usize = 5;
/// How far medians and quartiles can differ, as a share of one HMAC. Leaving out the comparison would make a difference
/// of a whole HMAC. What remains is that looking at an existing key touches memory that nobody has touched for long;
/// over HTTP it cannot be noticed (crates/peerage/tests/suite/timing.rs).
const APART: f64 = 0.5;

struct TimedOrganizations;

impl Organizations for TimedOrganizations {
    fn is_alive(&self, _: OrgId) -> bool {
        true
    }

    fn belongs_to(&self, _: peerage_access::people::ObjectRef, _: peerage_access::people::ObjectRef) -> bool {
        true
    }
}

fn entropy(number: u32, salt: u8) -> [u8; ENTROPY_BYTES] {
    let mut state = u64::from(number) << 8 | u64::from(salt);
    std::array::from_fn(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % 248) as u8
    })
}

fn key(id: u32, public: &str, state: KeyState, secrets: Vec<StoredSecret>) -> Key {
    Key {
        id: KeyId::new(id),
        public: public.to_owned(),
        org: Some(OrgId::new(1)),
        name: format!("key {id}"),
        state,
        secrets,
        ..Key::blank(KeyKind::Org, Moment::EPOCH)
    }
}

/// Texts that are all refused, by reason.
struct RefusedTexts {
    unknown: Vec<String>,
    wrong: Vec<String>,
    rotating: Vec<String>,
    revoked: Vec<String>,
}

fn world(server_key: &ServerKey) -> (People, RefusedTexts) {
    let mut people = People::default();
    let mut texts = RefusedTexts { unknown: Vec::new(), wrong: Vec::new(), rotating: Vec::new(), revoked: Vec::new() };
    let mut put = |key: &Key| people.put(Record::Key, key.id.get(), Some(&key.to_text()), 1).expect("a key");
    for number in 1..=KEYS {
        let secret =
            |text: &str, until| StoredSecret { hash: server_key.stamp(text), version: 1, made: Moment::EPOCH, until };
        let stranger = make(KeyKind::Org, None, &entropy(number, 1)).expect("letters");
        texts.unknown.push(stranger.text.to_string());
        for (kind, to) in [(2, &mut texts.wrong), (3, &mut texts.rotating), (4, &mut texts.revoked)] {
            let made = make(KeyKind::Org, None, &entropy(number, kind)).expect("letters");
            let guess = make(KeyKind::Org, Some(&made.public), &entropy(number, kind + 10)).expect("letters");
            to.push(guess.text.to_string());
            let (state, secrets) = match kind {
                2 => (KeyState::Active, vec![secret(&made.text, None)]),
                3 => (KeyState::Active, vec![secret(&made.text, None), secret("old", Some(Moment::MAX))]),
                _ => (KeyState::Revoked, Vec::new()),
            };
            put(&key(number * 10 + u32::from(kind), &made.public, state, secrets));
        }
    }
    (people, texts)
}

/// Nanoseconds of each refusal, alternating between both kinds, sorted.
fn measure(people: &People, server_key: &ServerKey, kinds: [&[String]; 2]) -> [Vec<u64>; 2] {
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut taken = [Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES)];
    for number in 0..SAMPLES {
        // Neither kind is always first.
        for turn in 0..2 {
            let kind = (number + turn + number / 2) % 2;
            let text = &kinds[kind][number * 7 % KEYS as usize];
            let begun = Instant::now();
            let refused = people.recognise(server_key, text, Moment::EPOCH, address, &TimedOrganizations).is_err();
            let took = begun.elapsed().as_nanos() as u64;
            assert!(refused);
            taken[kind].push(took);
        }
    }
    taken.each_mut().iter_mut().for_each(|times| times.sort_unstable());
    taken
}

/// Median duration of one HMAC in nanoseconds.
fn hmac(server_key: &ServerKey, text: &str) -> f64 {
    let mut taken = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        let begun = Instant::now();
        std::hint::black_box(server_key.stamp(std::hint::black_box(text)));
        taken.push(begun.elapsed().as_nanos() as u64);
    }
    taken.sort_unstable();
    quartiles(&taken)[1]
}

fn quartiles(times: &[u64]) -> [f64; 3] {
    [1, 2, 3].map(|quarter| times[times.len() * quarter / 4] as f64)
}

#[test]
fn unknown_wrong_rotating_and_revoked_keys_are_refused_in_the_same_time() {
    let server_key = ServerKey::parse(&ServerKey::print(1, &[5; 32])).expect("a server key");
    let (people, texts) = world(&server_key);
    for (name, others) in [("wrong", &texts.wrong), ("rotating", &texts.rotating), ("revoked", &texts.revoked)] {
        let mut differences = Vec::new();
        let is_alike = (0..ATTEMPTS).any(|_| {
            let [unknown, other] = measure(&people, &server_key, [&texts.unknown, others]);
            let most = hmac(&server_key, &texts.unknown[0]) * APART;
            let (ours, theirs) = (quartiles(&unknown), quartiles(&other));
            differences.push(format!("unknown {ours:?} ns, {name} {theirs:?} ns, at most {most:.0} ns apart"));
            // The upper quartile depends more on the machine than on this code.
            ours.into_iter().zip(theirs).take(2).all(|(one, other)| (one - other).abs() < most)
        });
        println!("{}", differences.join("\n"));
        assert!(is_alike, "{}", differences.join("\n"));
    }
}
