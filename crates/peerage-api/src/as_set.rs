//! `/api/as_set`: the as-sets of networks; and `/api/asset`: logos (spec/read-api.md, 1.12 and 1.13).

use peerage_registry::json::{push_text, push_value};
use peerage_registry::query::work::{ROW, TEST};
use peerage_registry::query::{QueryBody, QueryResponse, integer};
use peerage_schema::Resource;
use peerage_schema::tables::net;
use serde_json::json;

use crate::manage::logos;
use crate::read::ReadContext;
use peerage_edge::content::EdgeResponse;
use peerage_edge::errors::ApiError;

impl ReadContext<'_> {
    /// Returns the as-sets of all live networks that have one, by AS number.
    pub fn as_sets(&self) -> Result<EdgeResponse, ApiError> {
        let snapshot = &self.state.snapshot;
        self.work().spend_each(snapshot.count(Resource::Net), ROW + TEST)?;
        let mut out = b"{\"data\": [{".to_vec();
        for row in snapshot.rows(Resource::Net).filter(|row| snapshot.is_live(Resource::Net, row)) {
            let Some(text) = row.text(net::IRR_AS_SET).filter(|text| !text.is_empty()) else { continue };
            if out.last() != Some(&b'{') {
                out.extend_from_slice(b", ");
            }
            push_text(&mut out, &row.int(net::ASN).unwrap_or(0).to_string());
            out.extend_from_slice(b": ");
            push_text(&mut out, text);
        }
        out.extend_from_slice(b"}], \"meta\": {}}");
        self.render(QueryResponse { body: QueryBody::Whole(out.into()) })
    }

    /// Returns the as-set of one network of any status.
    pub fn as_set(&self, asn: &str) -> Result<EdgeResponse, ApiError> {
        let asn = integer(asn).ok_or_else(|| ApiError::BadRequest("Invalid ASN".to_owned()))?;
        let snapshot = &self.state.snapshot;
        let net = snapshot.net_by_asn(asn).and_then(|id| snapshot.row(Resource::Net, id));
        let net = net.ok_or(ApiError::NotFoundEmpty)?;
        let text = net.text_or_empty(net::IRR_AS_SET);
        let mut out = Vec::new();
        push_value(&mut out, &json!({"data": [{asn.to_string(): text}], "meta": {}}));
        self.render(QueryResponse { body: QueryBody::Whole(out.into()) })
    }

    /// Returns the logo of a live object.
    pub fn asset(&self, kind: &str, id: &str) -> Result<EdgeResponse, ApiError> {
        let resource = logos::target(kind)?;
        let snapshot = &self.state.snapshot;
        let number = id.parse::<u32>().ok();
        let row = number.and_then(|id| snapshot.row(resource, id)).filter(|row| snapshot.is_live(resource, row));
        let model = resource.table().model;
        let row = row.ok_or_else(|| ApiError::Field("ref_id", format!("{model} with id {id} not found")))?;
        let id = row.id();
        Ok(logos::show(kind, id, self.state.people.logo(kind, id).map(AsRef::as_ref)))
    }
}
