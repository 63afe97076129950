//! `/api/`: the list of resources (spec/read-api.md, 11).

use peerage_registry::json::push_text;

use crate::read::ReadContext;
use crate::requests::json;
use peerage_edge::content::EdgeResponse;

/// In the order of the reference server.
const NAMES: [&str; 14] = [
    "fac",
    "carrier",
    "carrierfac",
    "ix",
    "ixfac",
    "ixlan",
    "ixpfx",
    "net",
    "poc",
    "netfac",
    "netixlan",
    "org",
    "campus",
    "as_set",
];

pub fn answer(request: &ReadContext<'_>, with_suffix: bool) -> EdgeResponse {
    let suffix = if with_suffix { ".json" } else { "" };
    let base_url = request.base_url();
    let mut out = b"{\"data\": [{".to_vec();
    for name in NAMES {
        if out.last() != Some(&b'{') {
            out.extend_from_slice(b", ");
        }
        push_text(&mut out, name);
        out.extend_from_slice(b": ");
        push_text(&mut out, &format!("{base_url}/api/{name}{suffix}"));
    }
    out.extend_from_slice(b"}], \"meta\": {}}");
    json(out)
}
