//! The import of the member list of exchange 1 of the demo. The list differs from the ports in a few places, so that networks
//! have proposals to decide about.

use std::sync::Arc;

use anyhow::Context;
use peerage_engine::member_import::MemberImport;
use peerage_engine::member_import::MemberListSource;
use peerage_engine::{Caller, DecisionContext};
use peerage_ixf::{CleanList, GuardLimits};
use peerage_registry::{Actor, Row, Snapshot};
use peerage_schema::Resource;
use peerage_schema::tables::netixlan;
use serde_json::{Value as Json, json};

use super::activity::COMMAND;
use crate::operator::act::{OperatorContext, actor};

const EXCHANGE: u32 = 1;

/// The network of organization 1.
const OWN_NET: i64 = 25;

/// Days before today.
pub const AGO: u32 = 3;

/// Imports the list, at the time of the context's clock.
pub async fn import(context: &mut OperatorContext) -> anyhow::Result<()> {
    let source = MemberListSource::of(&context.snapshot, EXCHANGE).context("exchange 1 of the demo has no list")?;
    let list = Arc::new(list(&context.snapshot, source.lan)?);
    let MemberListSource { ix, lan, url } = source;
    let (limits, confirmed) = (GuardLimits::default(), None);
    let import =
        MemberImport { ix, lan, url, list, limits, is_requested: true, confirmed, meter: std::sync::Arc::default() };
    let by = Actor { name: format!("member list of exchange {ix}"), ..actor(COMMAND)? };
    context.commit(&Caller::operator(by), move |context: &DecisionContext<'_>| Ok(import.decide(context))).await?;
    Ok(())
}

/// The ports of the LAN as its exchange lists them: the own network's port is out of service and has a second one, and of two
/// other networks one has left, and one has a port more.
fn list(registry: &Snapshot, lan: u32) -> anyhow::Result<CleanList> {
    let ids = registry.pointing(netixlan::IXLAN_ID, lan).to_vec();
    let ports = ids.iter().filter_map(|id| registry.row(Resource::Netixlan, *id));
    let live = ports.filter(|row| registry.is_live(Resource::Netixlan, row));
    let mut members: Vec<Json> = Vec::new();
    for (at, row) in live.enumerate() {
        let is_own = row.int(netixlan::NET_ID) == Some(OWN_NET);
        if at == 7 {
            continue;
        }
        members.push(member(row, !is_own));
        if is_own || at == 12 {
            let mut more = member(row, true);
            let address = format!("11.250.4.{}", 230 + at);
            more["connection_list"][0]["vlan_list"] = json!([{"vlan_id": 1, "ipv4": {"address": address}}]);
            members.push(more);
        }
    }
    let document =
        json!({"version": "1.0", "timestamp": "2026-01-01T00:00:00Z", "ixp_list": [], "member_list": members});
    let text = serde_json::to_string_pretty(&document)?;
    let file = peerage_ixf::parse(text.as_bytes()).map_err(|error| anyhow::anyhow!("{error}"))?;
    peerage_ixf::clean(&file).map_err(|error| anyhow::anyhow!("{error}"))
}

fn member(row: &Row, is_active: bool) -> Json {
    let address = |text: Option<&str>| text.map_or(Json::Null, |address| json!({"address": address}));
    json!({
        "asnum": row.int(netixlan::ASN),
        "connection_list": [{
            "ixp_id": EXCHANGE,
            "state": if is_active { "active" } else { "inactive" },
            "if_list": [{"if_speed": row.int(netixlan::SPEED)}],
            "vlan_list": [{
                "vlan_id": 1,
                "ipv4": address(row.text(netixlan::IPADDR4)),
                "ipv6": address(row.text(netixlan::IPADDR6)),
            }],
        }],
    })
}
