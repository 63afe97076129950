//! What an operator may set: by flag, by environment, in one TOML file, in this order of precedence.
//!
//! The file's keys are the fields of [`Config`]; flags and variables are those of [`flags::Flags`], which also hold the
//! one description of each setting that `--help` and `--print-config` show.

pub mod flags;
mod print;
mod resolve;

use std::net::SocketAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// All settings, with the defaults for what nobody set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub listen: SocketAddr,
    /// A path or a `postgres://` address; empty means the file in the user's data directory.
    pub database: String,
    pub public_url: String,
    pub dump_path: String,
    pub trusted_proxies: Vec<IpNet>,
    pub support_email: String,
    pub answer_cache_bytes: u64,
    pub log: Log,
    pub limits: Limits,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

/// Bounds on what strangers may send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub requests_per_second_per_address: u32,
    pub burst_per_address: u32,
    pub header_bytes: usize,
    pub query_bytes: usize,
    pub query_params: usize,
    pub body_bytes: usize,
    pub header_timeout_ms: u64,
    pub write_timeout_ms: u64,
    pub shutdown_timeout_ms: u64,
    pub connections: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: SocketAddr::from(([127, 0, 0, 1], 8300)),
            database: String::new(),
            public_url: String::new(),
            dump_path: "/dumps".to_owned(),
            trusted_proxies: Vec::new(),
            support_email: "support@localhost".to_owned(),
            answer_cache_bytes: 8 * 1024 * 1024,
            log: Log::default(),
            limits: Limits::default(),
        }
    }
}

impl Default for Log {
    fn default() -> Log {
        Log { format: LogFormat::Text, level: "info".to_owned() }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            requests_per_second_per_address: 1_000,
            burst_per_address: 10_000,
            header_bytes: 32 * 1024,
            query_bytes: 32 * 1024,
            query_params: 100,
            body_bytes: 2 * 1024 * 1024,
            header_timeout_ms: 30_000,
            write_timeout_ms: 60_000,
            shutdown_timeout_ms: 20_000,
            connections: 10_000,
        }
    }
}
