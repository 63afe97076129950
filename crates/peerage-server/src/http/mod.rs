//! What is the same for every request: connections, limits, headers, logs, measures.

pub mod accept;
pub mod arrival;
pub mod client;
pub mod connection;
pub mod connections;
pub mod content;
pub mod edge;
pub mod heavy;
pub mod measure;
pub mod path;
pub mod position;
pub mod prepared;
pub mod quota;
pub mod worded;
