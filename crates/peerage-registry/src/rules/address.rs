//! Parses IP addresses and prefixes. The error texts are those of the reference, because clients show them to people
//! who know them (spec/write-api.md, 5.8 and 5.10).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Number of groups in an IPv6 address.
const HEXTETS: usize = 8;

const LEADING: &str = "Leading ':' only permitted as part of '::'";
const TRAILING: &str = "Trailing ':' only permitted as part of '::'";

/// A text in single quotes, or in double quotes if it contains single quotes only.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            letter if letter == quote => {
                out.push('\\');
                out.push(letter);
            }
            letter => out.push(letter),
        }
    }
    out.push(quote);
    out
}

/// Parses four numbers from 0 to 255 without leading zeros.
pub fn ipv4(text: &str) -> Result<Ipv4Addr, String> {
    if text.contains('/') {
        return Err(format!("Unexpected '/' in {}", quoted(text)));
    }
    if text.is_empty() {
        return Err("Address cannot be empty".to_owned());
    }
    let parts: Vec<&str> = text.split('.').collect();
    let [a, b, c, d] = parts[..] else { return Err(format!("Expected 4 octets in {}", quoted(text))) };
    let octet = |part| octet(part).map_err(|wrong| format!("{wrong} in {}", quoted(text)));
    Ok(Ipv4Addr::new(octet(a)?, octet(b)?, octet(c)?, octet(d)?))
}

fn octet(part: &str) -> Result<u8, String> {
    if part.is_empty() {
        return Err("Empty octet not permitted".to_owned());
    }
    if !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(format!("Only decimal digits permitted in {}", quoted(part)));
    }
    if part.len() > 3 {
        return Err(format!("At most 3 characters permitted in {}", quoted(part)));
    }
    if part.len() > 1 && part.starts_with('0') {
        return Err(format!("Leading zeros are not permitted in {}", quoted(part)));
    }
    part.parse().map_err(|_| format!("Octet {part} (> 255) not permitted"))
}

/// Parses eight groups of up to four hexadecimal digits. One `::` stands for any number of zeros, and the last two
/// groups can be written as an IPv4 address.
pub fn ipv6(text: &str) -> Result<Ipv6Addr, String> {
    let wrong = |what: &str| Err(format!("{what} in {}", quoted(text)));
    if text.contains('/') {
        return wrong("Unexpected '/'");
    }
    // A scope is the name of an interface on one machine, which means nothing in a registry.
    if text.contains('%') {
        return Err(format!("Invalid IPv6 address: {}", quoted(text)));
    }
    if text.is_empty() {
        return Err("Address cannot be empty".to_owned());
    }
    let mut parts: Vec<String> = text.split(':').map(str::to_owned).collect();
    if parts.len() < 3 {
        return wrong("At least 3 parts expected");
    }
    if let Some(last) = parts.pop_if(|last| last.contains('.')) {
        let tail = ipv4(&last).map_err(|what| format!("{what} in {}", quoted(text)))?;
        let [a, b, c, d] = tail.octets();
        parts.push(format!("{:x}", u16::from_be_bytes([a, b])));
        parts.push(format!("{:x}", u16::from_be_bytes([c, d])));
    }
    if parts.len() > HEXTETS + 1 {
        return wrong("At most 8 colons permitted");
    }
    let last = parts.len() - 1;
    let mut gaps = (1..last).filter(|at| parts[*at].is_empty());
    let gap = gaps.next();
    if gaps.next().is_some() {
        return wrong("At most one '::' permitted");
    }
    let (high, low) = match gap {
        Some(gap) => {
            let (mut high, mut low) = (gap, last - gap);
            if parts[0].is_empty() {
                high -= 1;
                if high > 0 {
                    return wrong(LEADING);
                }
            }
            if parts[last].is_empty() {
                low -= 1;
                if low > 0 {
                    return wrong(TRAILING);
                }
            }
            if high + low >= HEXTETS {
                return wrong("Expected at most 7 other parts with '::'");
            }
            (high, low)
        }
        None if parts.len() != HEXTETS => return wrong("Exactly 8 parts expected without '::'"),
        None if parts[0].is_empty() => return wrong(LEADING),
        None if parts[last].is_empty() => return wrong(TRAILING),
        None => (HEXTETS, 0),
    };
    let mut hextets = [0_u16; HEXTETS];
    let tail = (0..low).map(|at| (HEXTETS - low + at, parts.len() - low + at));
    for (to, from) in (0..high).map(|at| (at, at)).chain(tail) {
        hextets[to] = hextet(&parts[from]).map_err(|what| format!("{what} in {}", quoted(text)))?;
    }
    Ok(Ipv6Addr::from(hextets))
}

fn hextet(part: &str) -> Result<u16, String> {
    if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!("Only hex digits permitted in {}", quoted(part)));
    }
    if part.len() > 4 {
        return Err(format!("At most 4 characters permitted in {}", quoted(part)));
    }
    u16::from_str_radix(part, 16).map_err(|_| format!("Only hex digits permitted in {}", quoted(part)))
}

/// Parses a network: an address, a slash, and a length or (for IPv4) a mask. Without slash, a single address. Host bits
/// must be zero.
pub fn network(text: &str) -> Result<IpNet, String> {
    let unlike = || format!("{} does not appear to be an IPv4 or IPv6 network", quoted(text));
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address = ipv4(address).map(IpAddr::V4).or_else(|_| ipv6(address).map(IpAddr::V6)).map_err(|_| unlike())?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        None => longest,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse::<u8>().ok().filter(|length| *length <= longest).ok_or_else(unlike)?
        }
        Some(mask) if address.is_ipv4() => mask_length(mask).ok_or_else(unlike)?,
        Some(_) => return Err(unlike()),
    };
    let network = IpNet::new(address, length).map_err(|_| unlike())?;
    if network.trunc() != network {
        return Err(format!("{network} has host bits set"));
    }
    Ok(network)
}

/// Length of a mask such as `255.255.255.0`, or of its complement.
fn mask_length(mask: &str) -> Option<u8> {
    let bits = u32::from(ipv4(mask).ok()?);
    let is_mask = |bits: u32| bits.leading_ones() + bits.trailing_zeros() == 32 || bits == 0;
    let bits = if is_mask(bits) { bits } else { !bits };
    (is_mask(bits) || bits == u32::MAX).then_some(bits.leading_ones() as u8)
}

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6(first: u16, second: u16, third: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0), length)
}

/// Space that is not global unicast: IANA's special-purpose address registries, multicast and reserved space.
const SPECIAL_V4: [Ipv4Net; 14] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];

/// The same for IPv6, including everything outside of `2000::/3`.
const SPECIAL_V6: [Ipv6Net; 17] = [
    v6(0, 0, 0, 8),
    v6(0x100, 0, 0, 8),
    v6(0x200, 0, 0, 7),
    v6(0x400, 0, 0, 6),
    v6(0x800, 0, 0, 5),
    v6(0x1000, 0, 0, 4),
    v6(0x2001, 0, 0, 23),
    v6(0x2001, 0xdb8, 0, 32),
    v6(0x2002, 0, 0, 16),
    v6(0x3ffe, 0, 0, 16),
    v6(0x3fff, 0, 0, 20),
    v6(0x4000, 0, 0, 2),
    v6(0x8000, 0, 0, 2),
    v6(0xc000, 0, 0, 3),
    v6(0xe000, 0, 0, 4),
    v6(0xf000, 0, 0, 5),
    v6(0xf800, 0, 0, 5),
];

/// Permitted lengths of a LAN prefix.
const LENGTHS_V4: (u8, u8) = (18, 28);
const LENGTHS_V6: (u8, u8) = (64, 116);

/// Checks that a network can be the prefix of an exchange's LAN.
///
/// The errors call the shortest permitted length the maximum and the longest the minimum, as in the reference
/// (spec/write-api.md, 5.8).
pub fn check_space(network: IpNet) -> Result<(), String> {
    let (is_special, (shortest, longest)) = match network {
        IpNet::V4(network) => (SPECIAL_V4.iter().any(|special| special.contains(&network)), LENGTHS_V4),
        IpNet::V6(network) => (SPECIAL_V6.iter().any(|special| special.contains(&network)), LENGTHS_V6),
    };
    if is_special {
        return Err(format!("Address space invalid: {network}"));
    }
    match network.prefix_len() {
        length if length < shortest => Err(format!("Maximum allowed prefix length is {shortest}")),
        length if length > longest => Err(format!("Minimum allowed prefix length is {longest}")),
        _ => Ok(()),
    }
}

/// Whether two networks have an address in common.
pub fn overlap(one: IpNet, other: IpNet) -> bool {
    one.contains(&other) || other.contains(&one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_addresses() {
        let check = |text: &str, expected: &str| {
            let found = ipv4(text).map_or_else(|wrong| wrong, |address| address.to_string());
            assert_eq!(found, expected, "{text}");
        };
        check("195.69.144.1", "195.69.144.1");
        check("0.0.0.0", "0.0.0.0");
        check("bad", "Expected 4 octets in 'bad'");
        check("1.2.3", "Expected 4 octets in '1.2.3'");
        check("1.2.3.4.5", "Expected 4 octets in '1.2.3.4.5'");
        check("2001:db8::1", "Expected 4 octets in '2001:db8::1'");
        check("195.69.144.300", "Octet 300 (> 255) not permitted in '195.69.144.300'");
        check("01.2.3.4", "Leading zeros are not permitted in '01' in '01.2.3.4'");
        check("a.b.c.d", "Only decimal digits permitted in 'a' in 'a.b.c.d'");
        check("1.2.3.-4", "Only decimal digits permitted in '-4' in '1.2.3.-4'");
        check("1.2.3.1000", "At most 3 characters permitted in '1000' in '1.2.3.1000'");
        check("1..3.4", "Empty octet not permitted in '1..3.4'");
        check("1.2.3.4/24", "Unexpected '/' in '1.2.3.4/24'");
        check("it's", "Expected 4 octets in \"it's\"");
        check("", "Address cannot be empty");
    }

    #[test]
    fn ipv6_addresses() {
        let check = |text: &str, expected: &str| {
            let found = ipv6(text).map_or_else(|wrong| wrong, |address| address.to_string());
            assert_eq!(found, expected, "{text}");
        };
        check("2001:7f8:1::50", "2001:7f8:1::50");
        check("2001:07F8:0001:0000:0000:0000:0000:0050", "2001:7f8:1::50");
        check("::", "::");
        check("::1", "::1");
        check("1::", "1::");
        check("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0");
        check("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8");
        check("64:ff9b::192.0.2.1", "64:ff9b::c000:201");
        check("bad", "At least 3 parts expected in 'bad'");
        check("1.2.3.4", "At least 3 parts expected in '1.2.3.4'");
        check("zz::1", "Only hex digits permitted in 'zz' in 'zz::1'");
        check("::12345", "At most 4 characters permitted in '12345' in '::12345'");
        check("1::2::3", "At most one '::' permitted in '1::2::3'");
        check(":::", "At most one '::' permitted in ':::'");
        check("1:2:3", "Exactly 8 parts expected without '::' in '1:2:3'");
        check("1:2:3:4:5:6:7:8:9", "Exactly 8 parts expected without '::' in '1:2:3:4:5:6:7:8:9'");
        check("1:2:3:4:5:6:7:8:9:a", "At most 8 colons permitted in '1:2:3:4:5:6:7:8:9:a'");
        check(":1:2:3:4:5:6:7", "Leading ':' only permitted as part of '::' in ':1:2:3:4:5:6:7'");
        check("1:2:3:4:5:6:7:", "Trailing ':' only permitted as part of '::' in '1:2:3:4:5:6:7:'");
        check(":1::2", "Leading ':' only permitted as part of '::' in ':1::2'");
        check("1::2:", "Trailing ':' only permitted as part of '::' in '1::2:'");
        check("1:2:3:4::5:6:7:8", "Expected at most 7 other parts with '::' in '1:2:3:4::5:6:7:8'");
        check("::1.2.3.300", "Octet 300 (> 255) not permitted in '1.2.3.300' in '::1.2.3.300'");
        check("2001:db8::/64", "Unexpected '/' in '2001:db8::/64'");
        check("fe80::1%eth0", "Invalid IPv6 address: 'fe80::1%eth0'");
    }

    #[test]
    fn networks() {
        let check = |text: &str, expected: &str| {
            let found = network(text).map_or_else(|wrong| wrong, |network| network.to_string());
            assert_eq!(found, expected, "{text}");
        };
        check("195.69.144.0/22", "195.69.144.0/22");
        check("2001:07f8::/64", "2001:7f8::/64");
        check("195.69.144.0/255.255.252.0", "195.69.144.0/22");
        check("195.69.144.1", "195.69.144.1/32");
        check("195.69.144.1/24", "195.69.144.1/24 has host bits set");
        check("zzz", "'zzz' does not appear to be an IPv4 or IPv6 network");
        check("195.69.144.0/33", "'195.69.144.0/33' does not appear to be an IPv4 or IPv6 network");
        check("195.69.144.0/x", "'195.69.144.0/x' does not appear to be an IPv4 or IPv6 network");
        check("1.2.3.0/24/7", "'1.2.3.0/24/7' does not appear to be an IPv4 or IPv6 network");
        check("", "'' does not appear to be an IPv4 or IPv6 network");
    }

    #[test]
    fn space_of_lan_prefixes() {
        let check = |text: &str, expected: &str| {
            let found = check_space(network(text).expect("a network")).err().unwrap_or_default();
            assert_eq!(found, expected, "{text}");
        };
        check("195.69.144.0/22", "");
        check("195.69.0.0/18", "");
        check("195.69.0.0/28", "");
        check("2001:7f8:98::/64", "");
        check("2001:7f8:97::/116", "");
        check("10.0.0.0/24", "Address space invalid: 10.0.0.0/24");
        check("100.64.0.0/24", "Address space invalid: 100.64.0.0/24");
        check("224.0.0.0/24", "Address space invalid: 224.0.0.0/24");
        check("240.0.0.0/24", "Address space invalid: 240.0.0.0/24");
        check("2001:db8::/64", "Address space invalid: 2001:db8::/64");
        check("2002:c000::/64", "Address space invalid: 2002:c000::/64");
        check("3ffe::/64", "Address space invalid: 3ffe::/64");
        check("fec0::/64", "Address space invalid: fec0::/64");
        check("ff00::/64", "Address space invalid: ff00::/64");
        check("fd00::/64", "Address space invalid: fd00::/64");
        check("0.0.0.0/0", "Maximum allowed prefix length is 18");
        check("195.69.0.0/16", "Maximum allowed prefix length is 18");
        check("194.59.181.0/31", "Minimum allowed prefix length is 28");
        check("2a00:1450::/32", "Maximum allowed prefix length is 64");
        check("2001:7f8::/117", "Minimum allowed prefix length is 116");
    }
}
