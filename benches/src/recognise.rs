//! Measures how long it takes to find the owner of a key, compared with the one HMAC that is always needed.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use anyhow::{Context, Result};
use peerage_access::key_string::{ENTROPY_BYTES, make};
use peerage_access::people::Organizations;
use peerage_access::records::{Key, PermissionRules, StoredRecord, StoredSecret};
use peerage_access::{KeyKind, People, ServerKey};
use peerage_registry::Record;
use peerage_registry::ids::{KeyId, OrgId};
use peerage_registry::moment::Moment;

const KEYS: u32 = 5_000;
const ROUNDS: usize = 15;
const CHECKS: u32 = 100_000;

struct BenchOrganizations;

impl Organizations for BenchOrganizations {
    fn is_alive(&self, _: OrgId) -> bool {
        true
    }

    fn belongs_to(&self, _: peerage_access::people::ObjectRef, _: peerage_access::people::ObjectRef) -> bool {
        true
    }
}

/// Prints the figures: medians of alternating rounds.
pub fn run() -> Result<()> {
    let server_key = ServerKey::parse(&ServerKey::print(1, &[3; 32])).context("a server key")?;
    let mut people = People::default();
    let mut texts = Vec::new();
    for id in 1..=KEYS {
        let mut state = u64::from(id);
        let entropy: [u8; ENTROPY_BYTES] = std::array::from_fn(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % 248) as u8
        });
        let made = make(KeyKind::Org, None, &entropy).context("enough letters")?;
        let secret = StoredSecret {
            hash: server_key.stamp(&made.text),
            version: server_key.newest(),
            made: Moment::EPOCH,
            until: None,
        };
        let key = Key {
            id: KeyId::new(id),
            public: made.public,
            org: Some(OrgId::new(1)),
            grants: Some(PermissionRules::new()),
            secrets: vec![secret],
            ..Key::blank(KeyKind::Org, Moment::EPOCH)
        };
        people.put(Record::Key, id, Some(&key.to_text()), 1)?;
        texts.push(made.text.to_string());
    }
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let now = Moment::from_seconds(1_800_000_000);
    let known = |text: &String| people.recognise(&server_key, text, now, address, &BenchOrganizations).is_ok();
    anyhow::ensure!(texts.iter().all(known), "every key is known");
    let time = |check: &dyn Fn(&String)| {
        let begun = Instant::now();
        for text in texts.iter().cycle().take(CHECKS as usize) {
            check(black_box(text));
        }
        begun.elapsed().as_nanos() as f64 / f64::from(CHECKS)
    };
    let (mut hmacs, mut checks, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let hmac = time(&|text| {
            black_box(server_key.stamp(text));
        });
        let check = time(&|text| {
            black_box(known(text));
        });
        hmacs.push(hmac);
        checks.push(check);
        ratios.push(check / hmac);
    }
    let [hmac, check, ratio] = [hmacs, checks, ratios].map(|mut values| crate::report::median(&mut values));
    println!("one HMAC-SHA-256 of a key's text: {hmac:.0} ns");
    println!("a key of {KEYS} checked: {check:.0} ns = {ratio:.2} x one HMAC (bound: 2000 ns)");
    anyhow::ensure!(check < 2_000.0, "a check takes more than 2 microseconds");
    Ok(())
}
