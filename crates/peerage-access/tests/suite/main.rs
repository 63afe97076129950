//! Who may do what, from outside the crate.

mod factors;
mod joining;
mod never_more;
mod timing;
mod worded;
