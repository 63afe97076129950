//! Texts that are not keys.

use std::net::{IpAddr, Ipv4Addr};

use peerage_access::key_string::{ENTROPY_BYTES, make};
use peerage_access::records::{Key, StoredSecret};
use peerage_access::{KeyKind, People};
use peerage_registry::ids::{KeyId, OrgId};

use crate::never_more::world::{ActOrganizations, NOW, blank, put_one, server_key, user};

/// Pseudo-random numbers, the same in every run.
struct SeededNumbers(u64);

impl SeededNumbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn entropy(&mut self) -> [u8; ENTROPY_BYTES] {
        std::array::from_fn(|_| self.next() as u8)
    }
}

#[test]
fn a_million_strings_open_nothing() {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-= %\t";
    let server_key = server_key();
    let mut people = People::default();
    put_one(&mut people, &user(1, true));
    let mut numbers = SeededNumbers(0x2545_F491_4F6C_DD1D);
    let mut texts = Vec::new();
    for id in 1..=20 {
        let made = make(KeyKind::Org, None, &numbers.entropy()).expect("enough letters");
        let secret = StoredSecret { hash: server_key.stamp(&made.text), version: 1, made: NOW, until: None };
        let key = Key {
            id: KeyId::new(id),
            org: Some(OrgId::new(1)),
            public: made.public.clone(),
            secrets: vec![secret],
            ..blank(KeyKind::Org)
        };
        put_one(&mut people, &key);
        texts.push(made.text.to_string());
    }
    let recognise = |text: &str| {
        people.recognise(&server_key, text, NOW, IpAddr::from(Ipv4Addr::LOCALHOST), &ActOrganizations).is_ok()
    };
    assert!(texts.iter().all(|text| recognise(text)), "the keys themselves are known");
    for round in 0..1_000_000_u32 {
        let mut text = String::new();
        match round % 40 {
            // A key with one character changed, removed or doubled.
            0 => {
                let key = &texts[numbers.below(texts.len())];
                let at = numbers.below(key.len());
                text.push_str(&key[..at]);
                match numbers.below(3) {
                    0 => {}
                    1 => text.push_str(&key[at..=at].repeat(2)),
                    _ => text.push(if &key[at..=at] == "x" { 'y' } else { 'x' }),
                }
                text.push_str(&key[at + 1..]);
            }
            // A well-formed key with a known id and another secret.
            1 => {
                let public = people.keys().nth(numbers.below(20)).expect("a key").key.public.clone();
                let Some(made) = make(KeyKind::Org, Some(&public), &numbers.entropy()) else { continue };
                text.push_str(&made.text);
            }
            2..20 => {
                text.push_str(["prg_o_", "prg_u_", "prg_r_", "prs_", "prg_"][numbers.below(5)]);
                (0..numbers.below(70)).for_each(|_| text.push(char::from(LETTERS[numbers.below(LETTERS.len())])));
            }
            _ => (0..numbers.below(80))
                .for_each(|_| text.push(char::from_u32(numbers.next() as u32 % 0x3000).unwrap_or('\u{fffd}'))),
        }
        assert!(!recognise(&text), "{text:?} opens");
    }
}
