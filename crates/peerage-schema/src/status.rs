//! The life of a row.

use std::fmt;

/// What the field `status` says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Everybody sees it: `ok`.
    Live,
    /// It waits for approval: `pending`.
    Pending,
    /// It was deleted and can come back: `deleted`.
    Deleted,
}

impl Status {
    /// As stored and sent.
    pub const fn text(self) -> &'static str {
        match self {
            Status::Live => "ok",
            Status::Pending => "pending",
            Status::Deleted => "deleted",
        }
    }

    /// Reads what is stored or sent; none for any other text.
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
