//! How people join organizations, and who decides (spec/accounts.md, 11, 12 and 26; acceptance tests 10 to 15).

mod asking;
mod deciding;
mod inviting;
mod policies;
mod telling;
mod world;
