//! Logos of objects.

use peerage_registry::ids::{LogoId, OrgId};
use peerage_registry::moment::Moment;
use serde::{Deserialize, Serialize};

use super::text::time;

/// The logo of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logo {
    pub id: LogoId,
    /// `net`, `ix`, …
    pub kind: String,
    pub object: u32,
    pub org: OrgId,
    pub file_type: String,
    /// Base64.
    pub file_data: String,
    #[serde(with = "time")]
    pub created: Moment,
    #[serde(with = "time")]
    pub updated: Moment,
}
