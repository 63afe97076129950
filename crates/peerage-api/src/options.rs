//! Describes a resource in answer to OPTIONS (spec/read-api.md, 2.4).

use peerage_registry::json::push_text;

use crate::requests::json;
use peerage_edge::content::EdgeResponse;

/// Returns the description for callers that may only read: it has no actions.
pub fn describe(name: &str) -> EdgeResponse {
    let mut out = b"{\"data\": [{\"name\": ".to_vec();
    push_text(&mut out, name);
    out.extend_from_slice(
        b", \"description\": \"\", \"renders\": [\"application/json\"], \"parses\": [\"application/json\", \
          \"application/x-www-form-urlencoded\", \"multipart/form-data\"]}], \"meta\": {}}",
    );
    json(out)
}
