//! What happens when a row is deleted, and what goes along.

use peerage_schema::Resource;
use peerage_schema::Resource::{Campus, Fac, Ix, Ixfac, Ixlan, Ixpfx, Net, Netfac, Netixlan, Org, Poc};

use super::{ModelRow, ModelStatus, NaiveModel, is_operative, parents};

impl NaiveModel {
    pub(super) fn delete(&mut self, kind: Resource, id: u32) -> u16 {
        if kind == Ixlan {
            return 403;
        }
        let Some(row) = self.standing(kind, id).cloned() else { return 204 };
        let points = |child: Resource, at: usize| {
            self.live(child).any(|(_, object)| if at == 0 { object.one == id } else { object.other == id })
        };
        let is_protected = match kind {
            Org => points(Net, 0) || points(Fac, 0) || points(Ix, 0),
            Fac => points(Ixfac, 1) || points(Netfac, 1),
            Ix => points(Ixfac, 0) || points(Netixlan, 1),
            Ixpfx => self.ports_in(row.one, row.prefix).next().is_some(),
            Poc => {
                let has_others =
                    self.live(Poc).any(|(other, poc)| other != id && poc.one == row.one && is_operative(poc.role));
                is_operative(row.role) && !has_others && self.live(Netixlan).any(|(_, port)| port.one == row.one)
            }
            _ => false,
        };
        if is_protected {
            return 403;
        }
        self.remove(kind, id);
        204
    }

    fn remove(&mut self, kind: Resource, id: u32) {
        if self.standing(kind, id).is_none() {
            return;
        }
        self.change(kind, id, |object| object.status = ModelStatus::Deleted);
        self.remove_children(kind, id);
        if kind == Campus {
            let ids: Vec<u32> = self.rows(Fac).filter(|(_, fac)| fac.campus == Some(id)).map(|(id, _)| id).collect();
            for fac in ids {
                self.change(Fac, fac, |object| object.campus = None);
            }
        }
    }

    pub(super) fn remove_children(&mut self, kind: Resource, id: u32) {
        for child in Resource::ALL {
            for (at, of) in parents(child).iter().enumerate().filter(|(_, of)| **of == kind) {
                let is_child = |object: &ModelRow| (if at == 0 { object.one } else { object.other }) == id;
                let ids: Vec<u32> = self.rows(child).filter(|(_, object)| is_child(object)).map(|(id, _)| id).collect();
                debug_assert_eq!(*of, kind);
                for child_id in ids {
                    self.remove(child, child_id);
                }
            }
        }
    }
}
