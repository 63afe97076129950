//! Which program this is.

use std::sync::LazyLock;

/// Version, commit and table layout.
pub fn text() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let (version, built_from) = (env!("CARGO_PKG_VERSION"), env!("PEERAGE_BUILT_FROM"));
        format!("{version} ({built_from}, table layout {})", peerage_store::layout_version())
    });
    &TEXT
}
