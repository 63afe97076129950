//! How each kind of second factor is verified (spec/accounts.md, 20): codes of authenticator apps, backup codes,
//! security keys.
//!
//! What can be done with them is in [`crate::acts::factors`] and [`crate::acts::log_in`].

pub mod backup;
pub mod totp;
pub mod webauthn;

/// Maximum number of factors of an account.
pub const FACTORS_MAX: usize = 20;

/// Maximum length of a factor's name, in characters.
pub const NAME_LETTERS_MAX: usize = 64;
