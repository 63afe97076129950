//! What the people and keys of organization 1 of the demo have changed over months, oldest first. Each change is decided by
//! the rules of the registry, like a request.

use std::sync::Arc;

use peerage_access::AccessError;
use peerage_engine::{Caller, CommitSteps, DecisionContext};
use peerage_registry::query::{ListQuery, QueryBody, QueryParams, QueryWork, object};
use peerage_registry::rules::{self, RequestBody, WriteAction, WriteRequest};
use peerage_registry::{Actor, Cause, Viewer};
use peerage_schema::Resource;
use serde_json::{Map, Value as Json};

use super::activity::COMMAND;
use crate::operator::act::{OperatorContext, actor};

/// Who made a change.
pub enum SampleAuthor {
    /// By user name.
    Person(&'static str),
    /// By the name of the key.
    Key(&'static str),
}

/// A change of one row.
pub struct SampleChange {
    /// Days before today.
    pub ago: u32,
    by: SampleAuthor,
    row: Resource,
    /// 0 creates a row.
    id: u32,
    /// Members of the body as JSON; empty deletes the row.
    body: &'static str,
}

const fn change(ago: u32, by: SampleAuthor, row: Resource, id: u32, body: &'static str) -> SampleChange {
    SampleChange { ago, by, row, id, body }
}

const ANN: SampleAuthor = SampleAuthor::Person("ann");
const BEN: SampleAuthor = SampleAuthor::Person("ben");
const PORT_SYNC: SampleAuthor = SampleAuthor::Key("Port sync");

pub const CHANGES: [SampleChange; 16] = [
    change(184, ANN, Resource::Net, 25, r#"{"policy_general": "Selective"}"#),
    change(171, BEN, Resource::Fac, 1, r#"{"available_voltage_services": ["48 VDC", "400 VAC"]}"#),
    change(158, ANN, Resource::Ix, 1, r#"{"url_stats": "https://stats.glex.example/zurich"}"#),
    change(133, PORT_SYNC, Resource::Netixlan, 339, r#"{"speed": 20000}"#),
    change(127, PORT_SYNC, Resource::Netixlan, 309, r#"{"is_rs_peer": true}"#),
    change(111, ANN, Resource::Netfac, 0, r#"{"net_id": 25, "fac_id": 3}"#),
    change(96, ANN, Resource::Net, 25, r#"{"policy_general": "Open", "info_traffic": "5-10Gbps"}"#),
    change(83, BEN, Resource::Ix, 1, r#"{"service_level": "24/7 Support"}"#),
    change(69, PORT_SYNC, Resource::Netixlan, 339, r#"{"speed": 100000}"#),
    change(54, ANN, Resource::Poc, 55, r#"{"phone": "+15555552026"}"#),
    change(47, ANN, Resource::Fac, 1, r#"{"diverse_serving_substations": true}"#),
    change(33, PORT_SYNC, Resource::Netixlan, 32, r#"{"speed": 100000}"#),
    change(21, BEN, Resource::Net, 25, r#"{"info_prefixes4": 4, "info_prefixes6": 5}"#),
    change(12, ANN, Resource::Netfac, 83, ""),
    change(6, PORT_SYNC, Resource::Netixlan, 309, r#"{"bfd_support": true}"#),
    change(1, ANN, Resource::Ix, 1, r#"{"url_stats": "https://stats.glex.example"}"#),
];

/// Makes one of the changes, at the time of the context's clock.
pub async fn make(context: &mut OperatorContext, sample: &'static SampleChange) -> anyhow::Result<()> {
    let by = author(context, &sample.by)?;
    let decide = move |context: &DecisionContext<'_>| decide(sample, context).map(|steps| ((), steps));
    context.commit(&Caller::operator(by), decide).await
}

fn author(context: &OperatorContext, by: &SampleAuthor) -> anyhow::Result<Actor> {
    let actor = actor(COMMAND)?;
    let people = &context.people;
    Ok(match by {
        SampleAuthor::Person(username) => {
            let user = people.user_named(username).map(|user| user.id);
            Actor { name: (*username).to_owned(), user, ..actor }
        }
        SampleAuthor::Key(name) => {
            let key = people.keys().find(|entry| entry.key.name == *name).map(|entry| entry.key.public.clone());
            Actor { name: (*name).to_owned(), key, ..actor }
        }
    })
}

fn decide(sample: &SampleChange, context: &DecisionContext<'_>) -> Result<CommitSteps, AccessError> {
    let refused = |why: String| AccessError::Refused(format!("{} {}: {why}", sample.row.tag(), sample.id));
    let id = sample.id.to_string();
    let mut body = RequestBody::default();
    let act = match (sample.id, sample.body) {
        (_, "") => WriteAction::Delete(&id),
        (0, _) => WriteAction::Create,
        _ => {
            body.values = shown(sample.row, &id, context);
            WriteAction::Update(&id)
        }
    };
    if let Ok(Json::Object(values)) = serde_json::from_str(sample.body) {
        body.values.extend(values);
    }
    let (policy, outside, now) = (context.policy, context.facts, context.now);
    let request = WriteRequest { resource: sample.row, act, body: &body, authority: context.by, policy, outside, now };
    let decided = rules::decide(&request, context.registry).map_err(|refusal| refused(format!("{refusal:?}")))?;
    Ok(CommitSteps::of_rows(decided.steps, |step| Cause::of(step.action)))
}

/// What a client would send back of a row.
fn shown(resource: Resource, id: &str, context: &DecisionContext<'_>) -> Map<String, Json> {
    let (snapshot, params) = (&Arc::new(context.registry.clone()), QueryParams::parse("depth=0"));
    let work = QueryWork::full(snapshot);
    let viewer = Viewer::Verified;
    let question = ListQuery { snapshot, viewer: &viewer, resource, params: &params, url: "", work: &work };
    let Ok(QueryBody::Whole(bytes)) = object(&question, id).map(|answer| answer.body) else { return Map::new() };
    let mut answer: Json = serde_json::from_slice(&bytes).unwrap_or_default();
    let Json::Object(mut values) = answer["data"][0].take() else { return Map::new() };
    // An address that a port does not have is sent as an empty text.
    for address in ["ipaddr4", "ipaddr6"] {
        if values.get(address).is_some_and(Json::is_null) {
            values.insert(address.to_owned(), Json::String(String::new()));
        }
    }
    values
}
