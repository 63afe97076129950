//! Where a person logs in from: networks and programs, stored as hashes.

use super::LoginContext;
use crate::records::User;

/// Maximum number of hashes of networks and programs that are stored for a person.
const PLACES_MAX: usize = 40;

/// The places after this login, and whether one of them is new. The first login is not from a new place.
pub(super) fn places_after(login: &LoginContext<'_>, user: &User) -> (Vec<String>, bool) {
    let mut places = user.places.clone();
    let mut is_new = false;
    for place in [format!("network {}", network_of(login.address)), format!("program {}", program_of(login.agent))] {
        let bytes = login.server_key.lasting(&format!("place {} {place}", user.id));
        let mark = data_encoding::HEXLOWER.encode(&bytes[..8]);
        match places.iter().position(|known| *known == mark) {
            Some(at) => {
                places.remove(at);
            }
            None => is_new = true,
        }
        places.push(mark);
    }
    let over = places.len().saturating_sub(PLACES_MAX);
    places.drain(..over);
    // If only the order has changed, nothing is written.
    let is_same = places.iter().all(|place| user.places.contains(place)) && places.len() == user.places.len();
    if is_same {
        places.clone_from(&user.places);
    }
    (places, is_new && !user.places.is_empty())
}

/// The network of an address: /24 or /48, the sizes that are assigned to networks.
pub(crate) fn network_of(address: &str) -> String {
    use std::net::IpAddr;
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}")
        }
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}")
        }
        Err(_) => address.to_owned(),
    }
}

/// The name of a program without its versions, so that an updated browser is the same program.
fn program_of(agent: &str) -> String {
    agent.chars().filter(|letter| !letter.is_ascii_digit() && *letter != '.').collect()
}
