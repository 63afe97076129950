//! What every page shows around its own matter, as far as the request tells.

use peerage_access::acts::recovery;
use peerage_access::records::User;
use peerage_pages::{Frame, Notice, NoticeKind, PersonView, Texts, Theme};
use peerage_registry::Snapshot;
use peerage_schema::Resource;
use peerage_schema::tables::org;

use crate::visit::Visit;
use peerage_edge::cookies;
use peerage_edge::cookies::Name;

/// What an organization is called.
pub fn organization_name(snapshot: &Snapshot, org: u32) -> String {
    snapshot.row(Resource::Org, org).map_or_else(|| format!("{org}"), |row| row.text_or_empty(org::NAME).to_owned())
}

/// What a person is called.
pub fn person_name(user: &User) -> String {
    let name = user.full_name();
    if name.is_empty() { user.username.clone() } else { name }
}

/// The same where people have to be told apart, as in the log: two may have one name, and anybody may take another's.
pub fn person_and_username(user: &User) -> String {
    let name = user.full_name();
    if name.is_empty() { user.username.clone() } else { format!("{name} ({})", user.username) }
}

impl Visit {
    /// The texts of the page: as the reader chose, as their account says, as the browser asks.
    pub fn texts(&self) -> Texts {
        let chosen = cookies::read(&self.parts.headers, Name::Language, self.is_secure);
        let locale = self.session().and_then(|(user, _)| user.locale.as_deref());
        let accepted = self.parts.headers.get(axum::http::header::ACCEPT_LANGUAGE);
        Texts::choose(chosen.as_deref(), locale, accepted.and_then(|value| value.to_str().ok()))
    }

    /// The frame of a page that has forms; `key` is that of its title.
    pub fn frame(&self, key: &str) -> Frame<'_> {
        let mut frame = self.frame_without_forms(key);
        frame.csrf = self.csrf();
        frame
    }

    /// The frame of a page that sends nothing: a stranger's browser gets no mark for it.
    pub fn frame_without_forms(&self, key: &str) -> Frame<'_> {
        let mut frame = Frame::new(self.texts(), self.here()).titled(key);
        let theme = cookies::read(&self.parts.headers, Name::Theme, self.is_secure);
        frame.theme = Theme::named(theme.as_deref().unwrap_or_default());
        if let Some((user, _)) = self.session() {
            frame.csrf = self.csrf();
            frame.person = Some(self.person_view(user));
            frame.is_recovering = self.person().is_some()
                && recovery::open_of(&self.state.people, user.id, self.app.means.now()).next().is_some();
        }
        frame.notice = self.notice().map(|word| {
            let text = frame.texts.get(&word).into_owned();
            Notice { kind: NoticeKind::Done, text }
        });
        frame
    }

    fn person_view(&self, user: &User) -> PersonView {
        let places = self.state.people.memberships_of(user.id);
        let name = |org| organization_name(&self.state.snapshot, org);
        PersonView {
            name: person_name(user),
            is_staff: user.superuser,
            organizations: places.map(|member| (member.org, name(member.org))).collect(),
        }
    }
}
