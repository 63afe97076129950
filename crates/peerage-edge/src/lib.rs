//! The layers that every request passes, whichever part of the server answers it: connections, limits, headers,
//! authentication, bodies, errors, logs, metrics.

pub mod accept;
pub mod arrival;
pub mod audit_log;
pub mod auth;
pub mod body;
pub mod bounds;
pub mod caller;
pub mod client;
pub mod connection;
pub mod connections;
pub mod content;
pub mod cookies;
pub mod edge;
pub mod endpoint;
pub mod errors;
mod forwarded;
mod framing;
pub mod guard;
pub mod hashing;
pub mod heavy;
pub mod log_reads;
mod logged_path;
pub mod measure;
pub mod node;
pub mod path;
pub mod path_patterns;
pub mod plain;
pub mod position;
pub mod prepared;
mod process;
pub mod python_json;
pub mod quota;
mod request_id;
pub mod retry;
mod route;
pub mod sending;
pub mod settings;
mod survey;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod uses;
pub mod worded;

pub use node::{Node, NodeParts};
pub use settings::{EdgeLimits, EdgeSettings};

/// The version in answers.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
