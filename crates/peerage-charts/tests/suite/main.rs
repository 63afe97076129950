//! Tests of everything that the crate draws and writes, as a page would use it.

mod charts;
mod files;
mod maps;
mod pictures;
mod timing;
