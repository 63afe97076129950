//! The salt of an event as stored in its column, and what it says about erased payload.

use peerage_registry::event::EventSalt;

const HALF: usize = 16;

/// Reads the salt from its column. Null is a salt of zeros. Returns `None` if the bytes are not a salt.
pub fn read(column: Option<&[u8]>) -> Option<EventSalt> {
    column.map_or(Some(EventSalt::default()), |bytes| bytes.try_into().ok())
}

/// Whether the actor was erased on legal request.
pub fn is_actor_erased(salt: &EventSalt) -> bool {
    salt[..HALF] == [0; HALF]
}

/// Whether the rows were erased on legal request.
pub fn are_rows_erased(salt: &EventSalt) -> bool {
    salt[HALF..] == [0; HALF]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_erased_for_themselves() {
        let state = |column: Option<&[u8]>| read(column).map(|salt| (is_actor_erased(&salt), are_rows_erased(&salt)));
        assert_eq!(state(None), Some((true, true)));
        assert_eq!(state(Some(&[0; 32])), Some((true, true)));
        assert_eq!(state(Some(&[7; 32])), Some((false, false)));
        let mut one = [7; 32];
        one[..16].fill(0);
        assert_eq!(state(Some(&one)), Some((true, false)));
        one.reverse();
        assert_eq!(state(Some(&one)), Some((false, true)));
        assert_eq!(state(Some(&[7; 16])), None);
        assert_eq!(state(Some(&[])), None);
    }
}
