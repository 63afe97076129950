//! Changes of optional values in requests.

/// A change of an optional value: keep it, remove it, or set it.
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
    /// The request removes the value.
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

    /// The new value, if one is set.
    pub fn value(&self) -> Option<&T> {
        match self {
            Patch::Set(value) => Some(value),
            Patch::Keep | Patch::Clear => None,
        }
    }
}

/// A request that mentions the value: `None` removes it.
impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Patch<T> {
        value.map_or(Patch::Clear, Patch::Set)
    }
}
