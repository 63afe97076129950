//! What a resource says of itself when asked with OPTIONS (spec/read-api.md, 2.4).

use peerage_registry::json::push_text;

use crate::requests::json;
use peerage_edge::content::EdgeResponse;

/// The description for somebody who may only read: no actions.
pub fn describe(name: &str) -> EdgeResponse {
    let mut out = b"{\"data\": [{\"name\": ".to_vec();
    push_text(&mut out, name);
    out.extend_from_slice(
        b", \"description\": \"\", \"renders\": [\"application/json\"], \"parses\": [\"application/json\", \
          \"application/x-www-form-urlencoded\", \"multipart/form-data\"]}], \"meta\": {}}",
    );
    json(out)
}
