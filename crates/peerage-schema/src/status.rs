//! The status of a row.

use std::fmt;

/// The value of the field `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// `ok`: visible to everyone.
    Live,
    /// `pending`: waits for approval.
    Pending,
    /// `deleted`: can be restored.
    Deleted,
}

impl Status {
    /// The text as stored and sent.
    pub const fn text(self) -> &'static str {
        match self {
            Status::Live => "ok",
            Status::Pending => "pending",
            Status::Deleted => "deleted",
        }
    }

    /// Parses the stored or sent text. Returns `None` for any other text.
    ///
    /// ```
    /// use peerage_schema::Status;
    ///
    /// assert_eq!(Status::from_text("ok"), Some(Status::Live));
    /// assert_eq!(Status::from_text("gone"), None);
    /// ```
    pub fn from_text(text: &str) -> Option<Status> {
        [Status::Live, Status::Pending, Status::Deleted].into_iter().find(|status| status.text() == text)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
