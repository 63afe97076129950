//! What a request says of a value that may be absent.

/// A change of an optional value: a request leaves it as it is, takes it away, or sets it.
///
/// ```
/// use peerage_access::Patch;
///
/// assert_eq!(Patch::Keep.over(Some(7)), Some(7));
/// assert_eq!(Patch::Clear.over(Some(7)), None);
/// assert_eq!(Patch::Set(8).over(Some(7)), Some(8));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// The request does not mention the value.
    #[default]
    Keep,
    /// The request says that there is none.
    Clear,
    Set(T),
}

impl<T> Patch<T> {
    /// The value after the change.
    pub fn over(self, current: Option<T>) -> Option<T> {
        match self {
            Patch::Keep => current,
            Patch::Clear => None,
            Patch::Set(value) => Some(value),
        }
    }

    pub fn is_keep(&self) -> bool {
        matches!(self, Patch::Keep)
    }

    /// The value that is set.
    pub fn value(&self) -> Option<&T> {
        match self {
            Patch::Set(value) => Some(value),
            Patch::Keep | Patch::Clear => None,
        }
    }
}

/// A request that mentions the value: none takes it away.
impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Patch<T> {
        value.map_or(Patch::Clear, Patch::Set)
    }
}
