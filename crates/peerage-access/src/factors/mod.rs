//! How each kind of second factor proves itself (spec/accounts.md, 20): codes of an app, backup codes, security keys.
//!
//! What may be done with them stands in [`crate::acts::factors`] and [`crate::acts::log_in`].

pub mod backup;
pub mod totp;
pub mod webauthn;

/// Factors of one account, at most.
pub const FACTORS_MAX: usize = 20;

/// Letters of a factor's name, at most.
pub const NAME_LETTERS_MAX: usize = 64;
