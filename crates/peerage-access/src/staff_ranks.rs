//! The ranks of the registry's staff, and the rank that each of their powers needs.
//!
//! The table of powers is the only place that says what a rank can do: acts, pages, the API and docs/staff.md read it.
//!
//! ```
//! use peerage_access::staff_ranks::{StaffPower, StaffRank};
//!
//! assert!(StaffRank::Support.has(StaffPower::ReviewRequests));
//! assert!(!StaffRank::Queue.has(StaffPower::ManageAccounts));
//! ```

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A rank of the registry's staff. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StaffRank {
    /// Decides about requests.
    Queue,
    /// Also sees everything, and helps people.
    Support,
    /// Can do everything.
    Admin,
}

impl StaffRank {
    pub const ALL: [StaffRank; 3] = [StaffRank::Queue, StaffRank::Support, StaffRank::Admin];

    pub fn name(self) -> &'static str {
        match self {
            StaffRank::Queue => "queue",
            StaffRank::Support => "support",
            StaffRank::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<StaffRank> {
        StaffRank::ALL.into_iter().find(|rank| rank.name() == name)
    }

    pub fn has(self, power: StaffPower) -> bool {
        self >= power.least()
    }
}

/// Makes the enum of powers, with the least rank of each and what it permits.
macro_rules! powers {
    ($($(#[$doc:meta])* $name:ident $least:ident, $about:literal;)+) => {
        /// Something that only staff can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum StaffPower {
            $($(#[$doc])* $name,)+
        }

        impl StaffPower {
            pub const ALL: &[StaffPower] = &[$(StaffPower::$name),+];

            /// Returns the lowest rank that has the power.
            pub const fn least(self) -> StaffRank {
                match self {
                    $(StaffPower::$name => StaffRank::$least,)+
                }
            }

            /// Returns what it permits, for the docs.
            pub const fn about(self) -> &'static str {
                match self {
                    $(StaffPower::$name => $about,)+
                }
            }
        }
    };
}

impl StaffPower {
    /// Returns who has the power, for docs and refusals.
    pub const fn holders(self) -> &'static str {
        match self.least() {
            StaffRank::Queue => "staff of the registry",
            StaffRank::Support => "staff of the registry with the rank support or admin",
            StaffRank::Admin => "staff of the registry with the rank admin",
        }
    }
}

powers! {
    ReviewRequests Queue, "See the requests that wait for staff, and decide about them";
    ReadEverything Support, "See contacts and member lists that are not public, the members of all organizations, and the complete audit log";
    ManageAccounts Support, "Find accounts, suspend and reactivate them";
    ReviewRecoveries Support, "See account recoveries, and decide about those that need a review";
    UndoChanges Support, "Undo what others have changed in objects";
    ConfirmImports Support, "Preview imports of all member lists, and confirm those that would remove many ports";
    ChangeEverything Admin, "Change all objects and organizations";
    ManageStaff Admin, "Give and take staff ranks";
}

/// The form of a rank in records.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum StoredRank {
    /// Whether the person is an admin, as before there were ranks.
    IsAdmin(bool),
    Named(String),
}

/// Writes `true` for an admin and `false` for nobody, as before there were ranks; otherwise the name.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
pub(crate) fn serialize<S: Serializer>(rank: &Option<StaffRank>, serializer: S) -> Result<S::Ok, S::Error> {
    let stored = match rank {
        None => StoredRank::IsAdmin(false),
        Some(StaffRank::Admin) => StoredRank::IsAdmin(true),
        Some(rank) => StoredRank::Named(rank.name().to_owned()),
    };
    stored.serialize(serializer)
}

/// Reads what [`serialize`] has written.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<StaffRank>, D::Error> {
    match StoredRank::deserialize(deserializer)? {
        StoredRank::IsAdmin(is_admin) => Ok(is_admin.then_some(StaffRank::Admin)),
        StoredRank::Named(name) => {
            let rank = StaffRank::from_name(&name);
            rank.map(Some).ok_or_else(|| de::Error::custom(format!("{name} is not a staff rank")))
        }
    }
}

#[cfg(test)]
mod tests {
    use peerage_registry::moment::Moment;

    use super::*;
    use crate::records::{StoredRecord, User};

    #[test]
    fn a_rank_has_its_own_powers_and_those_of_lower_ranks() {
        for power in StaffPower::ALL {
            for rank in StaffRank::ALL {
                assert_eq!(rank.has(*power), rank as u8 >= power.least() as u8, "{rank:?} {power:?}");
            }
            assert!(StaffRank::Admin.has(*power), "{power:?}");
        }
        for rank in StaffRank::ALL {
            assert_eq!(StaffRank::from_name(rank.name()), Some(rank));
            assert!(StaffPower::ALL.iter().any(|power| power.least() == rank), "{rank:?}");
        }
    }

    #[test]
    fn records_from_before_the_ranks_keep_their_text_and_mean_admins() {
        let blank = User::blank(Moment::EPOCH).to_text();
        assert!(blank.contains(r#""superuser":false"#), "{blank}");
        let text = blank.replace(r#""superuser":false"#, r#""superuser":true"#);
        let admin: User = serde_json::from_str(&text).expect("a user");
        assert_eq!((admin.staff, &*admin.to_text()), (Some(StaffRank::Admin), text.as_str()));
        let without = blank.replace(r#","superuser":false"#, "");
        assert_eq!(serde_json::from_str::<User>(&without).expect("a user").staff, None);
        for rank in [StaffRank::Queue, StaffRank::Support] {
            let text = User { staff: Some(rank), ..User::blank(Moment::EPOCH) }.to_text();
            assert!(text.contains(&format!(r#""superuser":"{}""#, rank.name())), "{text}");
            assert_eq!(serde_json::from_str::<User>(&text).expect("a user").staff, Some(rank));
        }
        assert!(serde_json::from_str::<User>(&blank.replace("false", "\"king\"")).is_err());
    }
}
