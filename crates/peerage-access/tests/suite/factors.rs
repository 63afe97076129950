//! Second factors and logins, decided as in the server (spec/accounts.md, 31: 2 to 6).

mod changes;
mod log_in;
mod matrix;
mod soft_key;
mod world;
