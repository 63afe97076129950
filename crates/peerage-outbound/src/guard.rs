//! Which addresses the registry connects to on request of untrusted users.
//!
//! Somebody who chooses an address for the registry to fetch could otherwise reach what only this machine can: a
//! database on the loopback interface, a router's page, the credentials that a cloud provides to its machines at
//! `169.254.169.254`. Names are checked by the addresses that they resolve to at the moment of connecting, so that a
//! name cannot resolve differently when it is looked up again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// IPv4 space that is not global unicast (IANA's special-purpose registry, RFC 6890), with multicast and class E.
const CLOSED_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),           // this network, RFC 791
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private, RFC 1918
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // behind carriers' translators, RFC 6598
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // loopback, RFC 1122
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link-local, RFC 3927
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private, RFC 1918
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocol assignments, RFC 6890
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation, RFC 5737
    (Ipv4Addr::new(192, 31, 196, 0), 24), // AS112, RFC 7535
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays, RFC 7526
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private, RFC 1918
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // benchmarks, RFC 2544
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation, RFC 5737
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation, RFC 5737
    (Ipv4Addr::new(224, 0, 0, 0), 4),     // multicast, RFC 5771
    (Ipv4Addr::new(240, 0, 0, 0), 4),     // reserved and broadcast, RFC 1112
];

/// The only IPv6 space that is assigned as global unicast (RFC 4291).
const OPEN_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Exceptions within it.
const CLOSED_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, Teredo, benchmarks, RFC 2928
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation, RFC 3849
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4, which carries any IPv4 address, RFC 3056
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation, RFC 9637
];

/// Translated IPv4 (RFC 6052), as returned by resolvers in networks without IPv4. The IPv4 address inside decides.
const TRANSLATED: (Ipv6Addr, u8) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// Whether an address can belong to a public server.
///
/// IPv4 addresses in IPv6 notation (`::ffff:192.0.2.1`) never do, since no public server is reached in that way.
///
/// ```
/// use peerage_outbound::guard::is_public;
/// assert!(is_public("193.0.6.139".parse().unwrap()));
/// assert!(!is_public("127.0.0.1".parse().unwrap()));
/// assert!(!is_public("::ffff:193.0.6.139".parse().unwrap()));
/// ```
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !CLOSED_V4.iter().any(|net| holds_v4(*net, address)),
        IpAddr::V6(address) if holds_v6(TRANSLATED, address) => {
            let [.., a, b, c, d] = address.octets();
            is_public(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
        }
        IpAddr::V6(address) => holds_v6(OPEN_V6, address) && !CLOSED_V6.iter().any(|net| holds_v6(*net, address)),
    }
}

fn holds_v4((net, length): (Ipv4Addr, u8), address: Ipv4Addr) -> bool {
    (net.to_bits() ^ address.to_bits()) >> (32 - u32::from(length)) == 0
}

fn holds_v6((net, length): (Ipv6Addr, u8), address: Ipv6Addr) -> bool {
    (net.to_bits() ^ address.to_bits()) >> (128 - u32::from(length)) == 0
}

/// Why a connection was not made, or a redirect was not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GuardError {
    #[error("the address leads to a network that is not public")]
    NotPublic,
    #[error("only http and https addresses are fetched")]
    Scheme,
    #[error("redirected more than {0} times")]
    Redirects(usize),
}

/// Checks what the URL itself shows: its scheme, and a host that is an IP address.
///
/// Names are checked by [`PublicOnly`]. IP addresses never get there, since they need not be resolved.
pub(crate) fn check_url(url: &Url, allows_private: bool) -> Result<(), GuardError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(GuardError::Scheme);
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) => return Ok(()),
        None => return Err(GuardError::Scheme),
    };
    if allows_private || is_public(address) { Ok(()) } else { Err(GuardError::NotPublic) }
}

/// Resolves names with the system's resolver, to public addresses only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = found.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(GuardError::NotPublic.into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: bool) {
        assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
    }

    #[test]
    fn public_addresses_are_open() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2001:db9::",
            "2003::1",
            "2a00::1",
            "3ffe::1",
            "64:ff9b::1.1.1.1",
        ] {
            check(address, true);
        }
    }

    #[test]
    fn what_is_not_global_unicast_is_closed() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:1.1.1.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            check(address, false);
        }
    }

    #[test]
    fn numbers_in_any_notation_are_checked() {
        for text in
            ["http://127.1/", "http://0x7f.1/", "http://2130706433/", "http://[::1]/", "https://0/", "http://①⓪.1"]
        {
            let url = Url::parse(text).unwrap();
            assert_eq!(check_url(&url, false), Err(GuardError::NotPublic), "{text}");
            assert_eq!(check_url(&url, true), Ok(()), "{text}");
        }
        assert_eq!(check_url(&Url::parse("https://1.1.1.1/").unwrap(), false), Ok(()));
    }

    #[test]
    fn other_schemes_are_closed() {
        for text in ["ftp://1.1.1.1/", "file:///etc/passwd", "gopher://1.1.1.1", "data:,x", "unix:/run/x"] {
            assert_eq!(check_url(&Url::parse(text).unwrap(), true), Err(GuardError::Scheme), "{text}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_closed() {
        let name = "localhost".parse().unwrap();
        let error = PublicOnly.resolve(name).await.err().unwrap();
        assert_eq!(error.downcast_ref(), Some(&GuardError::NotPublic));
    }
}
