//! The registry from outside the crate: rules, filters and following, against plain models.

mod corpus;
mod filters;
mod follow;
mod model;
mod rules;
mod world;
