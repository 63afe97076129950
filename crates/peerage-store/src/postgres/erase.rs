//! Erases payload from the log. The server keeps the old row versions, out of reach of SQL, until it vacuums them.

pub const ERASE_ACTOR: &str = "UPDATE \"event\" SET \"actor\" = NULL, \"person\" = NULL, \"key_id\" = NULL, \
     \"salt\" = decode(repeat('00', 16), 'hex') || substr(\"salt\", length(\"salt\") - 15) \
     WHERE \"sequence\" BETWEEN $1 AND $2 AND \"actor\" IS NOT NULL";
pub const ERASE_ROWS: &str = "UPDATE \"event\" SET \"before\" = NULL, \"after\" = NULL, \
     \"salt\" = substr(\"salt\", 1, 16) || decode(repeat('00', 16), 'hex') WHERE \"sequence\" BETWEEN $1 AND $2 \
     AND (\"before\" IS NOT NULL OR \"after\" IS NOT NULL)";
