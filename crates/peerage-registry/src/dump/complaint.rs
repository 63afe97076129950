//! Complaints about rows that an import could not take unchanged.

use std::fmt;
use std::sync::Arc;

use peerage_schema::Resource;

/// Maximum length of the value in a complaint, in characters.
const VALUE_CHARS_MAX: usize = 60;

/// A problem with one row, worded for the maintainer of the file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RowComplaint {
    /// Name of the file, as given.
    #[serde(serialize_with = "as_text")]
    pub file: Arc<str>,
    pub kind: &'static str,
    /// Number of the row in its list, counted from 1.
    pub row: u32,
    /// `None` if the row has no readable id.
    pub id: Option<u32>,
    /// Empty if the row as a whole is meant.
    pub field: &'static str,
    pub reason: String,
    /// The value, truncated to 60 characters.
    pub value: String,
    /// Whether the row was refused. If not, it was imported with the change that `reason` names.
    pub refused: bool,
}

impl fmt::Display for RowComplaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ", self.file, self.kind)?;
        match self.id {
            Some(id) => write!(f, "{id} (row {})", self.row)?,
            None => write!(f, "row {}", self.row)?,
        }
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        f.write_str(": ")?;
        if !self.value.is_empty() {
            write!(f, "{} ", self.value)?;
        }
        f.write_str(&self.reason)
    }
}

fn as_text<S: serde::Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// Text as JSON, truncated to a readable length.
pub(super) fn shortened(value: &str) -> String {
    let mut short: String = value.chars().take(VALUE_CHARS_MAX).collect();
    if short.len() < value.len() {
        short.push('…');
    }
    short
}

/// Numbers of rows of one kind, by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct RowCounts {
    /// Rows in the files.
    pub read: u64,
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub refused: u64,
    /// Existing rows that are not in the files, erased by [`ImportMode::Replace`](super::ImportMode::Replace).
    pub erased: u64,
    /// Existing rows that are not in the files and become deleted, see [`plan_pruning`](super::plan_pruning()).
    pub deleted: u64,
}

/// Result of an import or a dry run.
#[derive(Debug, Clone, Default)]
pub struct ImportReport {
    pub counts: [RowCounts; Resource::COUNT],
    pub complaints: Vec<RowComplaint>,
}

impl ImportReport {
    pub fn count(&self, resource: Resource) -> RowCounts {
        self.counts[resource.index()]
    }

    pub fn total(&self) -> RowCounts {
        self.counts.iter().fold(RowCounts::default(), |sum, count| RowCounts {
            read: sum.read + count.read,
            new: sum.new + count.new,
            changed: sum.changed + count.changed,
            unchanged: sum.unchanged + count.unchanged,
            refused: sum.refused + count.refused,
            erased: sum.erased + count.erased,
            deleted: sum.deleted + count.deleted,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_reads_as_a_sentence() {
        let mut complaint = RowComplaint {
            file: "net.json".into(),
            kind: "net",
            row: 17,
            id: Some(42),
            field: "asn",
            reason: "is not a whole number".to_owned(),
            value: "\"AS1\"".to_owned(),
            refused: true,
        };
        assert_eq!(complaint.to_string(), "net.json: net 42 (row 17), asn: \"AS1\" is not a whole number");
        complaint.id = None;
        complaint.field = "";
        complaint.value = String::new();
        complaint.reason = "has no id".to_owned();
        assert_eq!(complaint.to_string(), "net.json: net row 17: has no id");
    }

    #[test]
    fn long_values_are_cut_between_letters() {
        assert_eq!(shortened("é"), "é");
        assert_eq!(shortened(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }
}
