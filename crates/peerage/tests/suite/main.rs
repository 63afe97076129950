//! The real program as its users meet it: over HTTP, from the command line, on both stores.
//!
//! One binary for all of these tests: each further binary costs a link of the whole server.

mod accounts;
mod authorization;
mod corpora;
mod crash;
mod doctor;
mod examples;
mod http;
mod import_and_export;
mod joining;
mod keeper;
mod keys;
mod operator;
mod printed;
mod races;
mod secrets;
mod server;
mod sign_in;
mod starting;
mod support;
mod tidy;
mod timing;
mod visitor;
