//! The command line of Peerage, and the only place that creates a clock, a random source and a socket.

mod accounts;
mod backup;
mod breached;
mod chance;
mod check;
mod cli;
mod demo;
mod descriptors;
mod doctor;
mod export;
mod failure;
mod handbook;
mod health;
mod import;
mod logging;
mod mail_test;
mod mails;
mod migration;
mod operator;
mod own_pages;
mod parts;
mod progress;
mod schema;
mod serve;
mod server_key;
mod settings;
mod start_check;
mod store;
#[cfg(feature = "opentelemetry")]
mod traces;
mod version;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::CommandLine::parse();
    match cli.run() {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}
