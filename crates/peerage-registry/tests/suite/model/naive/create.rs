//! What happens when a row is created.

use peerage_schema::Resource;
use peerage_schema::Resource::{
    Campus, Carrier, Carrierfac, Fac, Ix, Ixfac, Ixlan, Ixpfx, Net, Netfac, Netixlan, Org, Poc,
};

use super::{ModelBody, ModelRow, ModelStatus, NaiveModel, SUGGESTIONS, has_name, parents};

impl NaiveModel {
    pub(super) fn create(&mut self, kind: Resource, body: &ModelBody) -> u16 {
        if kind == Ixlan {
            return 403;
        }
        let mut body = body.clone();
        let is_suggested = body.suggests && matches!(kind, Net | Fac);
        if is_suggested {
            body.one = SUGGESTIONS;
        }
        let ids = [body.one, body.other];
        if parents(kind).iter().zip(ids).any(|(of, id)| self.status(*of, id) != Some(ModelStatus::Live)) {
            return 400;
        }
        let taken = self.suggestion_of_number(&body).filter(|_| kind == Net && !is_suggested);
        let namesake = if has_name(kind) { self.namesake(kind, taken, body.name) } else { None };
        if namesake.is_some_and(|(_, status)| status != ModelStatus::Deleted) {
            return 400;
        }
        let mut object = ModelRow {
            status: ModelStatus::Live,
            name: if has_name(kind) { body.name.to_owned() } else { String::new() },
            one: body.one,
            other: body.other,
            campus: None,
            is_placed: false,
            asn: body.asn,
            ipaddr4: "",
            ipaddr6: "",
            prefix: body.prefix,
            mac: "",
            role: body.role,
            visible: body.visible,
            has_email: body.has_email,
            net_side: None,
            ix_side: None,
        };
        match kind {
            Fac if body.campus.is_some() => return 400,
            Org | Carrier | Campus | Fac => object.status = ModelStatus::Pending,
            Net if self.holder(Net, taken, |net| net.asn == body.asn).is_some() => return 400,
            Net if is_suggested => object.status = ModelStatus::Pending,
            Ix => return self.create_exchange(object, namesake, &body),
            Ixpfx => return self.create_prefix(object, &body),
            Netixlan => return self.create_port(object, &body),
            Poc if body.visible == "Private" || !(body.has_email || body.has_phone) => return 400,
            Netfac | Ixfac | Carrierfac => {
                let twin = self.holder(kind, None, |twin| (twin.one, twin.other) == (body.one, body.other));
                match twin {
                    Some((id, ModelStatus::Deleted)) => {
                        let is_own = self.row(Carrier, body.one).map(|carrier| carrier.one)
                            == self.row(Fac, body.other).map(|fac| fac.one);
                        let is_asked = kind == Carrierfac && !is_own;
                        let status = if is_asked { ModelStatus::Pending } else { ModelStatus::Live };
                        self.change(kind, id, |twin| twin.status = status);
                        return 201;
                    }
                    Some(_) => return 400,
                    None => {}
                }
            }
            _ => {}
        }
        self.give_up_name(kind, namesake);
        if let Some(id) = taken {
            self.remove_children(kind, id);
        }
        let id = taken.unwrap_or_else(|| self.last_id(kind) + 1);
        self.put(kind, id, object);
        201
    }

    /// The suggested network that is taken over by someone who registers its number.
    fn suggestion_of_number(&self, body: &ModelBody) -> Option<u32> {
        let is_free = |net: &ModelRow| net.asn == body.asn && net.one == SUGGESTIONS && body.one != SUGGESTIONS;
        let mut all = self.rows(Net).filter(|(_, net)| net.status != ModelStatus::Deleted && is_free(net));
        all.next().map(|(id, _)| id)
    }

    /// A deleted row gives up its name to a new one.
    fn give_up_name(&mut self, kind: Resource, namesake: Option<(u32, ModelStatus)>) {
        let Some((id, _)) = namesake else { return };
        let mut name = format!("{} #{id}", self.row(kind, id).expect("the namesake").name);
        while self.namesake(kind, None, &name).is_some() {
            name = format!("{name} #{id}");
        }
        self.change(kind, id, |object| object.name = name);
    }

    fn create_exchange(&mut self, mut object: ModelRow, namesake: Option<(u32, ModelStatus)>, body: &ModelBody) -> u16 {
        if body.one == SUGGESTIONS || self.is_overlapped(body.prefix, None, None) {
            return 400;
        }
        let held = self.holder(Ixpfx, None, |prefix| prefix.prefix == body.prefix);
        if held.is_some_and(|(_, status)| status != ModelStatus::Deleted) {
            return 400;
        }
        self.give_up_name(Ix, namesake);
        object.status = ModelStatus::Pending;
        let id = self.last_id(Ix) + 1;
        let lan = ModelRow { name: String::new(), one: id, mac: "", ..object.clone() };
        let prefix = held.map_or_else(|| self.last_id(Ixpfx) + 1, |(id, _)| id);
        self.put(Ixpfx, prefix, ModelRow { prefix: body.prefix, ..lan.clone() });
        self.put(Ixlan, id, lan);
        self.put(Ix, id, object);
        201
    }

    fn create_prefix(&mut self, object: ModelRow, body: &ModelBody) -> u16 {
        let held = self.holder(Ixpfx, None, |prefix| prefix.prefix == body.prefix);
        let id = match held {
            Some((id, ModelStatus::Deleted)) => id,
            Some(_) => return 400,
            None => self.last_id(Ixpfx) + 1,
        };
        if self.is_overlapped(body.prefix, Some(body.one), None) {
            return 400;
        }
        self.put(Ixpfx, id, object);
        201
    }

    fn create_port(&mut self, object: ModelRow, body: &ModelBody) -> u16 {
        let Some(gone) = self.addresses(body, None) else { return 400 };
        let object = ModelRow { ipaddr4: body.ipaddr4, ipaddr6: body.ipaddr6, ..object };
        let id = match gone.split_first() {
            Some((id, others)) => {
                self.lose_addresses(others, body);
                *id
            }
            None => self.last_id(Netixlan) + 1,
        };
        self.put(Netixlan, id, object);
        201
    }
}
