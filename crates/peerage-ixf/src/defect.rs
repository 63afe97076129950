//! Kinds of findings: everything that feeds get wrong and that can be seen without knowing the LAN.

use serde::{Serialize, Serializer};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The list, or the row in question, is not imported.
    Error,
    /// It is imported, but other readers may refuse it, or it may mean something else than intended.
    Warning,
    /// Nothing is wrong; more could be stated.
    Note,
}

macro_rules! defects {
    ($($variant:ident = $severity:ident, $name:literal, $title:literal, $explanation:literal;)*) => {
        /// What is wrong with a list. The table of kinds has a name, a title and an explanation for each.
        ///
        /// Source: spec/ixf.md, 3.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Defect {
            $(#[doc = concat!("Rule `", $name, "`.")] $variant,)*
        }

        impl Defect {
            /// All kinds, in the order of the table.
            pub const ALL: &'static [Defect] = &[$(Defect::$variant,)*];

            /// The name of the rule, such as `speed-text`. It never changes.
            pub fn name(self) -> &'static str {
                match self { $(Defect::$variant => $name,)* }
            }

            /// What is wrong, in one short sentence without a full stop.
            pub fn title(self) -> &'static str {
                match self { $(Defect::$variant => $title,)* }
            }

            /// What it means for the import, and what to do.
            pub fn explanation(self) -> &'static str {
                match self { $(Defect::$variant => $explanation,)* }
            }

            pub fn severity(self) -> Severity {
                match self { $(Defect::$variant => Severity::$severity,)* }
            }
        }
    };
}

impl Serialize for Defect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

defects! {
    // The file.
    EmptyFile = Error, "empty-file", "The file is empty",
        "Some exporters answer with status 200 and no content when they fail. Check the exporter's log.";
    HtmlPage = Error, "html-page", "The file is an HTML page",
        "Usually an error page or a login page. The address must return the list itself, without login.";
    TrailingComma = Error, "trailing-comma", "There is a comma after the last element",
        "JSON permits commas only between elements. Write the list with a JSON library instead of a template.";
    NotJson = Error, "not-json", "The file is not JSON",
        "The list must be one JSON document. Write it with a JSON library instead of a template.";
    NotUtf8 = Error, "not-utf8", "The file is not UTF-8",
        "JSON is always encoded in UTF-8. Convert names from other encodings before they are written.";
    TooLarge = Error, "too-large", "The list is too large",
        "A list can have 10 MiB, and a limited number of members, connections and entries.";
    NotMemberList = Error, "not-member-list", "The document is not a member list",
        "A member list is an object with the list member_list.";
    ByteOrderMark = Warning, "byte-order-mark", "The file begins with a byte order mark",
        "The import skips it, but RFC 8259 forbids writing it and other readers fail.";
    VersionMissing = Note, "version-missing", "The version is missing",
        "The schema requires version. The import does not depend on it.";
    VersionUnknown = Note, "version-unknown", "The version is not one of 0.3 to 1.0",
        "The import does not depend on the version, but other readers may.";
    TimestampMissing = Note, "timestamp-missing", "The timestamp is missing",
        "The schema requires timestamp, in UTC and ISO 8601.";
    ExchangesMissing = Note, "ixp-list-missing", "The list ixp_list is missing",
        "Without it, facilities of switches are unknown.";
    WrongType = Error, "wrong-type", "The element has another type than the schema says",
        "The element is not imported, and ports that it may stand for are not removed.";
    NullList = Warning, "null-list", "null stands for a list",
        "The import reads it as an empty list. Write [] or leave the field out.";
    // Exchanges.
    IxfIdMissing = Warning, "ixf-id-missing", "The exchange has no ixf_id",
        "Required since version 0.7. IXP Manager cannot export the list of an infrastructure without it.";
    SeveralExchanges = Note, "several-exchanges", "The list describes several exchanges",
        "Only connections with addresses in the prefixes of a LAN are imported there.";
    // Members.
    NoMembers = Warning, "no-members", "The list has no members",
        "An import would remove all ports of the LAN. The guard against mass changes stops it.";
    AsnUnreadable = Error, "asn-unreadable", "asnum is not an AS number",
        "The member is not imported. Expected is a whole number from 1 to 4294967294.";
    AsnText = Warning, "asn-text", "asnum is a text",
        "The import reads it, but the schema requires a number.";
    AsnPrivate = Warning, "asn-private", "The AS number is for private use or documentation",
        "Usually no network in the registry has it; the member is then not imported.";
    RouteServerMember = Note, "route-server-member", "The member is a route server",
        "It is imported only if the registry has a network with its AS number.";
    MemberTwice = Warning, "member-twice", "The member is listed twice with the same content",
        "It counts once.";
    AsnTwice = Warning, "asn-twice", "The AS number is listed as several members",
        "All of them are imported. Write one member with several connections, so that halves of a port can be joined.";
    MemberWithoutAddress = Warning, "member-without-address", "The member has no address",
        "There is nothing to import.";
    NamesMissing = Note, "names-missing", "No member has a name",
        "Usually the exporter's public view. Names are not imported, but they help people who read the list.";
    // Connections.
    StateNull = Warning, "state-null", "state is null",
        "The import reads it as missing, so the connection counts as active. Other importers fail.";
    StateUpperCase = Warning, "state-upper-case", "state has capital letters",
        "The import ignores case, but other importers compare letter by letter and count Inactive as operational.";
    StateUnknown = Error, "state-unknown", "state is none of active, connected, operational and inactive",
        "The connection is ignored.";
    SpeedMissing = Warning, "speed-missing", "No interface states a speed",
        "A new port gets speed 0, which means unknown. Existing speeds are kept.";
    SpeedNull = Warning, "speed-null", "if_speed is null",
        "The import reads it as missing.";
    SpeedZero = Warning, "speed-zero", "if_speed is 0",
        "A new port gets speed 0, which means unknown. Existing speeds are kept.";
    SpeedText = Warning, "speed-text", "if_speed is a text",
        "The import reads digits, but the schema requires a number.";
    SpeedUnreadable = Error, "speed-unreadable", "if_speed is not a whole number of Mbit/s",
        "The connection is not imported. Write 10000 for 10 Gbit/s.";
    SpeedGbit = Error, "speed-gbit", "The speed is less than 50 Mbit/s, and perhaps in Gbit/s",
        "The connection is not imported. if_speed is in Mbit/s: write 10000 for 10 Gbit/s.";
    SpeedTooHigh = Error, "speed-too-high", "The speed is more than 5 Tbit/s",
        "The connection is not imported. if_speed is in Mbit/s, not in bit/s.";
    SwitchUnknown = Warning, "switch-unknown", "switch_id is not in the list of switches",
        "The port's facility stays unknown.";
    FacilityUnreadable = Warning, "facility-unreadable", "pdb_facility_id is not the ID of a facility",
        "The port's facility stays unknown.";
    // Entries.
    VlanIdMissing = Warning, "vlan-id-missing", "vlan_id is missing",
        "It counts as 0. Mixed with other IDs on one LAN, it stops the import.";
    SeveralVlans = Warning, "several-vlans", "The list has several VLANs",
        "Each LAN imports only what is in its prefixes. If these contain addresses of several VLANs, the import stops.";
    FamiliesInTwoEntries = Warning, "families-in-two-entries", "IPv4 and IPv6 of one VLAN are two entries",
        "The import joins them. Write both in one element of vlan_list.";
    FamiliesInTwoConnections = Warning, "families-in-two-connections", "IPv4 and IPv6 of one port are two connections",
        "The import joins them if state and speeds agree. Write one connection.";
    FamiliesInTwoVlans = Warning, "families-in-two-vlans", "IPv4 and IPv6 of one connection are in two VLANs",
        "If both are on one LAN, the import stops. The two must have the same vlan_id.";
    AddressUnreadable = Error, "address-unreadable", "This is not an address of its family",
        "The row is not imported, and no port of the member is removed.";
    AddressWithMask = Warning, "address-with-mask", "The address has a mask",
        "The import removes it. Write the address alone.";
    AddressWithSpaces = Warning, "address-with-spaces", "The address has spaces around it",
        "The import removes them.";
    AddressNotCanonical = Warning, "address-not-canonical", "The address is not in its usual form",
        "The import reads upper case and superfluous zeros, but readers that compare texts don't. See RFC 5952.";
    AddressTwice = Error, "address-twice", "The address is listed twice",
        "An address can belong to one port only: the list is refused, or both rows are.";
    AddressOutsidePrefix = Warning, "address-outside-prefix", "The address is outside of the VLAN's prefix",
        "Compared with the prefix that the list itself states. If the registry has the same prefix, it is not imported.";
    RouteServerFlag = Warning, "route-server-flag", "routeserver is not true or false",
        "It counts as unknown, so existing values are kept.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_kind_has_a_name_of_its_own_and_an_explanation() {
        let names: BTreeSet<&str> = Defect::ALL.iter().map(|defect| defect.name()).collect();
        assert_eq!(names.len(), Defect::ALL.len());
        for defect in Defect::ALL {
            assert!(defect.name().chars().all(|letter| letter.is_ascii_lowercase() || "-8".contains(letter)));
            assert!(!defect.title().ends_with('.') && defect.explanation().ends_with('.'), "{defect:?}");
        }
    }
}
