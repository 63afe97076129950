//! The rules of writing, resource by resource (spec/write-api.md).

mod hostile;
mod links;
mod net;
mod places;
mod ports;
mod registry;
mod rights;
