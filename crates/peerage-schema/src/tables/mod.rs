//! One file a resource: its fields in output order. Data, no functions.

pub mod campus;
pub mod carrier;
pub mod carrierfac;
pub mod fac;
pub mod ix;
pub mod ixfac;
pub mod ixlan;
pub mod ixpfx;
pub mod net;
pub mod netfac;
pub mod netixlan;
pub mod org;
pub mod poc;
