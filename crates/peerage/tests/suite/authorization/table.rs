//! Reads the table of expectations.

use peerage_access::{StaffPower, StaffRank};
use peerage_registry::Visibility;
use peerage_schema::Resource;

/// The names of the permission columns, in order.
const RIGHTS: [&str; 18] = [
    "org", "net1", "net2", "lnk1", "lnk2", "poc1", "poc2", "ix1", "ix2", "pfx1", "pfx2", "ixf1", "ixf2", "fac1",
    "fac2", "car", "cfc", "cmp",
];

/// One caller.
pub struct ExpectedCaller {
    pub name: String,
    /// `None` means every organization.
    home: Option<u32>,
    contacts: String,
    lists: String,
    rights: Vec<String>,
    pub make: String,
    pub people: String,
    pub manage: String,
    suggests: bool,
    /// The rank among staff, if any.
    pub staff: Option<StaffRank>,
}

pub fn read() -> Vec<ExpectedCaller> {
    let lines = include_str!("expected.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let all: Vec<ExpectedCaller> = lines.map(line).collect();
    for (at, one) in all.iter().enumerate() {
        assert!(all[..at].iter().all(|other| other.name != one.name), "{} is there twice", one.name);
    }
    all
}

fn line(text: &str) -> ExpectedCaller {
    let cells: Vec<&str> = text.split_whitespace().filter(|cell| *cell != "|").collect();
    assert_eq!(cells.len(), 4 + RIGHTS.len() + 5, "{text}");
    let own = |cell: &str| if cell == "." { String::new() } else { cell.to_owned() };
    let (head, rest) = cells.split_at(4);
    let (rights, tail) = rest.split_at(RIGHTS.len());
    ExpectedCaller {
        name: head[0].to_owned(),
        home: if head[1] == "*" { None } else { Some(head[1].parse().expect("a number of an organization")) },
        contacts: own(head[2]),
        lists: own(head[3]),
        rights: rights.iter().map(|cell| own(cell)).collect(),
        make: own(tail[0]),
        people: own(tail[1]),
        manage: own(tail[2]),
        suggests: tail[3] == "s",
        staff: match tail[4] {
            "q" => Some(StaffRank::Queue),
            "s" => Some(StaffRank::Support),
            "a" => Some(StaffRank::Admin),
            _ => None,
        },
    }
}

impl ExpectedCaller {
    pub fn is_at_home(&self, org: u32) -> bool {
        self.home.is_none_or(|home| home == org)
    }

    pub fn has_power(&self, power: StaffPower) -> bool {
        self.staff.is_some_and(|rank| rank.has(power))
    }

    /// Returns the status of callers that are refused everywhere at login.
    pub fn door_status(&self) -> Option<u16> {
        self.contacts.parse().ok()
    }

    fn sees(&self, letters: &str, org: u32, visible: Visibility) -> bool {
        let has = |letter| letters.contains(letter);
        has('S')
            || match visible {
                Visibility::Public => has('P'),
                Visibility::Users => has('U') || (has('u') && self.is_at_home(org)),
                Visibility::Private => has('o') && self.is_at_home(org),
            }
    }

    pub fn sees_contact(&self, org: u32, visible: Visibility) -> bool {
        self.sees(&self.contacts, org, visible)
    }

    pub fn sees_list(&self, org: u32, visible: Visibility) -> bool {
        self.sees(&self.lists, org, visible)
    }

    /// Returns permissions on a row in addition to reading. `is_first` means the first network, exchange or facility of
    /// its organization.
    pub fn rights(&self, org: u32, resource: Resource, is_first: bool, visible: Visibility) -> &str {
        if !self.is_at_home(org) {
            return "";
        }
        let number = if is_first { "1" } else { "2" };
        let name = match resource {
            Resource::Org => "org".to_owned(),
            Resource::Net => format!("net{number}"),
            Resource::Netixlan | Resource::Netfac => format!("lnk{number}"),
            Resource::Poc => format!("poc{number}"),
            Resource::Ix | Resource::Ixlan => format!("ix{number}"),
            Resource::Ixpfx => format!("pfx{number}"),
            Resource::Ixfac => format!("ixf{number}"),
            Resource::Fac => format!("fac{number}"),
            Resource::Carrier => "car".to_owned(),
            Resource::Carrierfac => "cfc".to_owned(),
            Resource::Campus => "cmp".to_owned(),
        };
        let at = RIGHTS.iter().position(|known| *known == name).expect("a column");
        let cell = self.rights[at].as_str();
        if resource == Resource::Ixlan && cell == "F" {
            // Fields of an exchange do not belong to its LAN.
            return "";
        }
        if resource != Resource::Poc || !cell.contains('/') {
            return cell;
        }
        let part = match visible {
            Visibility::Public => 0,
            Visibility::Users => 1,
            Visibility::Private => 2,
        };
        cell.split('/').nth(part).map(|part| if part == "." { "" } else { part }).expect("three parts")
    }

    /// Whether a row of a kind may be created in an organization.
    pub fn may_make(&self, org: u32, resource: Resource) -> bool {
        let letter = match resource {
            Resource::Org => return self.make.contains('o'),
            Resource::Net => 'n',
            Resource::Ix => 'x',
            Resource::Fac => 'f',
            Resource::Carrier => 'c',
            Resource::Campus => 'p',
            other => unreachable!("{other:?} belongs to no organization directly"),
        };
        self.is_at_home(org) && self.make.contains(letter)
    }

    pub fn may_suggest(&self) -> bool {
        self.suggests
    }
}
