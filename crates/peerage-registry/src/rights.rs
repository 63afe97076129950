//! The four permissions, and what the rules need to know about the caller.

/// A set of permissions, as the bits that clients use (spec/write-api.md, 3.1).
///
/// ```
/// use peerage_registry::rights::Permissions;
///
/// let editor = Permissions::READ.or(Permissions::UPDATE);
/// assert_eq!(editor.bits(), 3);
/// assert!(editor.holds(Permissions::UPDATE) && !editor.holds(Permissions::ALL));
/// assert_eq!(Permissions::from_bits(16), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Permissions(u8);

impl Permissions {
    pub const NONE: Permissions = Permissions(0);
    pub const READ: Permissions = Permissions(1);
    pub const UPDATE: Permissions = Permissions(2);
    pub const CREATE: Permissions = Permissions(4);
    pub const DELETE: Permissions = Permissions(8);
    pub const ALL: Permissions = Permissions(15);

    /// Returns `None` if any other bit is set.
    pub const fn from_bits(bits: u8) -> Option<Permissions> {
        if bits <= Permissions::ALL.0 { Some(Permissions(bits)) } else { None }
    }

    pub const fn bits(self) -> u8 {
        self.0
    }

    pub const fn and(self, other: Permissions) -> Permissions {
        Permissions(self.0 & other.0)
    }

    pub const fn or(self, other: Permissions) -> Permissions {
        Permissions(self.0 | other.0)
    }

    /// Whether it includes every permission of the other set.
    pub const fn holds(self, other: Permissions) -> bool {
        self.0 & other.0 == other.0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it includes any permission except reading.
    pub const fn writes(self) -> bool {
        self.0 & !Permissions::READ.0 != 0
    }
}

/// The caller, as far as the rules of the registry need to know.
pub trait Authority {
    /// Whether the caller has all of these permissions on a namespace, according to the most specific rule on its path
    /// (spec/write-api.md, 3.2).
    fn may(&self, namespace: &str, needed: Permissions) -> bool;

    /// The caller's confirmed mail addresses, the primary one first. They are compared with the registration of an AS
    /// number. For an organization's key, this is its contact address.
    fn mail_addresses(&self) -> Vec<String>;

    /// Whether the caller authenticated with a key: a refused update then results in 401 (spec/write-api.md, 4.3).
    fn is_key(&self) -> bool;
}
