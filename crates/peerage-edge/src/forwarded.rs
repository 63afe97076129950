//! Finds the client behind trusted proxies.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::edge::RequestSource;

/// Whether the peer of a connection is one of the operator's proxies. Only then do its headers count.
pub fn is_proxy(trusted: &[IpNet], peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    trusted.iter().any(|network| network.contains(&peer))
}

/// Returns the origin of a request.
pub fn source(trusted: &[IpNet], headers: &HeaderMap, peer: SocketAddr) -> RequestSource {
    let peer = peer.ip().to_canonical();
    let mut source = RequestSource { address: peer, scheme: "http" };
    if is_proxy(trusted, peer) {
        // From the nearest hop to the farthest: the first that is not a trusted proxy is the client.
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let chain: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        for hop in chain.into_iter().rev().map_while(hop_address) {
            source.address = hop.to_canonical();
            if !is_proxy(trusted, source.address) {
                break;
            }
        }
        if headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https") {
            source.scheme = "https";
        }
    }
    source
}

/// Parses the address of a hop. Some proxies add a port or brackets.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = || hop.strip_prefix('[')?.strip_suffix(']')?.parse::<std::net::Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|hop| hop.ip());
    hop.parse().ok().or_else(with_port).or_else(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n07_a_hop_may_have_a_port_and_brackets() {
        for (hop, address) in [
            ("198.51.100.7", Some("198.51.100.7")),
            ("198.51.100.7:4711", Some("198.51.100.7")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:1", Some("2001:db8::1")),
            ("[198.51.100.7]", None),
            ("198.51.100.7:x", None),
            ("unknown", None),
        ] {
            assert_eq!(hop_address(hop), address.map(|text| text.parse().expect("an address")), "{hop}");
        }
    }
}
