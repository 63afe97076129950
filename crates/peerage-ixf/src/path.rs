//! Where something stands in a list.

use std::fmt;

use serde::{Serialize, Serializer};

/// A path in the document, as in `member_list[3].connection_list[0].vlan_list[1].ipv4.address`. Positions begin at 0.
///
/// The last part of each variant is a field, or several with dots between; if it is empty, the element itself is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JsonPath {
    Top(&'static str),
    /// In `ixp_list`.
    Exchange(u32, &'static str),
    /// Exchange, and position in its `switch` list.
    Switch(u32, u32, &'static str),
    /// Exchange, and position in its `vlan` list.
    Vlan(u32, u32, &'static str),
    /// In `member_list`.
    Member(u32, &'static str),
    /// Member, and position in its `connection_list`.
    Connection(u32, u32, &'static str),
    /// Member, connection, and position in its `if_list`.
    Interface(u32, u32, u32, &'static str),
    /// Member, connection, and position in its `vlan_list`.
    Entry(u32, u32, u32, &'static str),
}

impl JsonPath {
    /// The same element, another field.
    pub fn field(self, field: &'static str) -> Self {
        match self {
            Self::Top(_) => Self::Top(field),
            Self::Exchange(exchange, _) => Self::Exchange(exchange, field),
            Self::Switch(exchange, switch, _) => Self::Switch(exchange, switch, field),
            Self::Vlan(exchange, vlan, _) => Self::Vlan(exchange, vlan, field),
            Self::Member(member, _) => Self::Member(member, field),
            Self::Connection(member, connection, _) => Self::Connection(member, connection, field),
            Self::Interface(member, connection, interface, _) => Self::Interface(member, connection, interface, field),
            Self::Entry(member, connection, entry, _) => Self::Entry(member, connection, entry, field),
        }
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = match *self {
            Self::Top(field) => return formatter.write_str(if field.is_empty() { "$" } else { field }),
            Self::Exchange(exchange, field) => {
                write!(formatter, "ixp_list[{exchange}]")?;
                field
            }
            Self::Switch(exchange, switch, field) => {
                write!(formatter, "ixp_list[{exchange}].switch[{switch}]")?;
                field
            }
            Self::Vlan(exchange, vlan, field) => {
                write!(formatter, "ixp_list[{exchange}].vlan[{vlan}]")?;
                field
            }
            Self::Member(member, field) => {
                write!(formatter, "member_list[{member}]")?;
                field
            }
            Self::Connection(member, connection, field) => {
                write!(formatter, "member_list[{member}].connection_list[{connection}]")?;
                field
            }
            Self::Interface(member, connection, interface, field) => {
                write!(formatter, "member_list[{member}].connection_list[{connection}].if_list[{interface}]")?;
                field
            }
            Self::Entry(member, connection, entry, field) => {
                write!(formatter, "member_list[{member}].connection_list[{connection}].vlan_list[{entry}]")?;
                field
            }
        };
        if field.is_empty() { Ok(()) } else { write!(formatter, ".{field}") }
    }
}

impl Serialize for JsonPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Path and line of something in a list. Printed as `member_list[3].asnum (line 17)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Source {
    pub path: JsonPath,
    /// From 1.
    pub line: u32,
}

impl Source {
    pub fn new(path: JsonPath, line: u32) -> Self {
        Self { path, line }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (line {})", self.path, self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_printed_as_in_scripts() {
        let check = |path: JsonPath, expected: &str| assert_eq!(path.to_string(), expected);
        check(JsonPath::Top(""), "$");
        check(JsonPath::Top("member_list"), "member_list");
        check(JsonPath::Exchange(0, "ixf_id"), "ixp_list[0].ixf_id");
        check(JsonPath::Switch(0, 2, ""), "ixp_list[0].switch[2]");
        check(JsonPath::Vlan(0, 1, "ipv4.prefix"), "ixp_list[0].vlan[1].ipv4.prefix");
        check(JsonPath::Member(3, "asnum"), "member_list[3].asnum");
        check(JsonPath::Connection(3, 0, "state"), "member_list[3].connection_list[0].state");
        check(JsonPath::Interface(3, 0, 1, "if_speed"), "member_list[3].connection_list[0].if_list[1].if_speed");
        let entry = JsonPath::Entry(3, 0, 1, "").field("ipv4.address");
        check(entry, "member_list[3].connection_list[0].vlan_list[1].ipv4.address");
        assert_eq!(Source::new(JsonPath::Member(3, ""), 17).to_string(), "member_list[3] (line 17)");
    }
}
