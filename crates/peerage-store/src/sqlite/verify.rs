//! Checks of what stands in the file.
