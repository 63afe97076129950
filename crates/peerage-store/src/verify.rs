//! What a check of a store finds.
