//! The viewer of an answer, and what they can see. This is decided before bytes are chosen, never afterwards.
//!
//! Only two things are not public: contacts, and the addresses of exchanges' member lists (spec/read-api.md, 8).

use std::sync::Arc;

/// Who can see a contact or the address of a member list.
use crate::ids::OrgId;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Visibility {
    Public,
    Users,
    Private,
}

impl Visibility {
    /// Parses the visibility. Any unknown text is read as the most restrictive one.
    pub fn from_text(text: &str) -> Visibility {
        match text {
            "Public" => Visibility::Public,
            "Users" => Visibility::Users,
            _ => Visibility::Private,
        }
    }
}

/// Permissions beyond those of a class, such as a member's on the contacts of their own organization.
pub trait ViewerPermissions: Send + Sync {
    fn may_read_contact(&self, org: OrgId, net: u32, visible: Visibility) -> bool;
    fn may_read_member_list(&self, org: OrgId, ix: u32, visible: Visibility) -> bool;
    /// Whether the viewer can use `distance`, or the reason why not.
    fn may_search_by_distance(&self) -> Result<(), &'static str>;
}

/// The viewer of an answer. Answers to the two classes are shared; a viewer with particular permissions gets answers of
/// their own.
///
/// ```
/// use peerage_registry::ids::OrgId;
/// use peerage_registry::{Viewer, Visibility};
///
/// assert!(Viewer::Verified.may_read_contact(OrgId::new(7), 5, Visibility::Users));
/// assert!(!Viewer::Anonymous.may_read_contact(OrgId::new(7), 5, Visibility::Users));
/// ```
#[derive(Clone)]
pub enum Viewer {
    Anonymous,
    /// A person with a confirmed address, or an organization's key, without further permissions.
    Verified,
    Particular(Arc<dyn ViewerPermissions>),
}

/// The classes whose answers are shared, for caches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ViewerClass {
    Anonymous,
    Verified,
}

impl Viewer {
    pub fn class(&self) -> Option<ViewerClass> {
        match self {
            Viewer::Anonymous => Some(ViewerClass::Anonymous),
            Viewer::Verified => Some(ViewerClass::Verified),
            Viewer::Particular(_) => None,
        }
    }

    pub fn may_read_contact(&self, org: OrgId, net: u32, visible: Visibility) -> bool {
        match self {
            Viewer::Anonymous => visible == Visibility::Public,
            Viewer::Verified => visible <= Visibility::Users,
            Viewer::Particular(visibility) => visibility.may_read_contact(org, net, visible),
        }
    }

    pub fn may_read_member_list(&self, org: OrgId, ix: u32, visible: Visibility) -> bool {
        match self {
            Viewer::Anonymous => visible == Visibility::Public,
            Viewer::Verified => visible <= Visibility::Users,
            Viewer::Particular(visibility) => visibility.may_read_member_list(org, ix, visible),
        }
    }

    /// Whether the viewer can use `distance` (spec/read-api.md, 7), or the reason why not.
    pub fn may_search_by_distance(&self) -> Result<(), &'static str> {
        match self {
            Viewer::Anonymous => Err("Please authenticate to use the `distance` filter"),
            Viewer::Verified => Ok(()),
            Viewer::Particular(visibility) => visibility.may_search_by_distance(),
        }
    }
}

impl std::fmt::Debug for Viewer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Viewer::Anonymous => "Anonymous",
            Viewer::Verified => "Verified",
            Viewer::Particular(_) => "Particular",
        })
    }
}
