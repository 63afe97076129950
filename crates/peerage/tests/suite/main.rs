//! Tests of the real program from the user's point of view: over HTTP and from the command line, on both stores.
//!
//! All of these tests are one binary, because each further binary costs another link of the whole server.

mod accounts;
mod assigned;
mod authorization;
mod backups;
mod checking;
mod corpora;
mod crash;
mod doctor;
mod editing;
mod examples;
mod finding;
mod future;
mod histories;
mod holding;
mod http;
mod import_and_export;
mod joining;
mod keeper;
mod keys;
mod lists;
mod member_lists;
mod objects;

mod operator;
mod packaging;
mod printed;
mod races;
mod secrets;
mod server;
mod sign_in;
mod skew;
mod slow_readers;
mod starting;
mod support;
mod tidy;
mod timing;
mod undo;
mod views;
mod visitor;
