//! The pages to which mails link. Mails contain no other addresses, and a test of the server looks up each of these in
//! its routes.

use peerage_registry::ids::{InvitationId, OrgId};
use peerage_schema::Resource;

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link<'a> {
    /// The person's sessions, at the button that ends all others.
    NotMe,
    Factors,
    Profile,
    LogIn,
    ConfirmEmail(&'a str),
    Forgotten,
    NewPassword(&'a str),
    UserName(&'a str),
    RecoverAddress(&'a str),
    StopRecovery(&'a str),
    FinishRecovery(&'a str),
    Invitation(InvitationId, &'a str),
    /// A personal key, by its public id.
    OwnKey(&'a str),
    /// A key of an organization, by its public id.
    OrgKey(OrgId, &'a str),
    /// Confirms a key's contact address: the key's public id, and the code.
    ConfirmKey(&'a str, &'a str),
    OrgPeople(OrgId),
    OrgPolicy(OrgId),
    OrgRoles(OrgId),
    Staff,
    Recoveries,
    Applications,
    Consents,
    /// A row of the registry.
    Row(Resource, u32),
}

impl Link<'_> {
    /// One sample of each.
    pub const SAMPLES: [Link<'static>; 23] = [
        Link::NotMe,
        Link::Factors,
        Link::Profile,
        Link::LogIn,
        Link::ConfirmEmail("WORD"),
        Link::Forgotten,
        Link::NewPassword("WORD"),
        Link::UserName("WORD"),
        Link::RecoverAddress("WORD"),
        Link::StopRecovery("WORD"),
        Link::FinishRecovery("WORD"),
        Link::Invitation(InvitationId::new(5), "WORD"),
        Link::OwnKey("abcdefghijkl"),
        Link::OrgKey(OrgId::new(7), "abcdefghijkl"),
        Link::ConfirmKey("abcdefghijkl", "WORD"),
        Link::OrgPeople(OrgId::new(7)),
        Link::OrgPolicy(OrgId::new(7)),
        Link::OrgRoles(OrgId::new(7)),
        Link::Staff,
        Link::Recoveries,
        Link::Applications,
        Link::Consents,
        Link::Row(Resource::Net, 42),
    ];

    /// Path, query and fragment.
    pub fn path(self) -> String {
        match self {
            Link::NotMe => "/account/sessions/#not-me".to_owned(),
            Link::Factors => "/account/two_factor/".to_owned(),
            Link::Profile => "/profile".to_owned(),
            Link::LogIn => "/login".to_owned(),
            Link::ConfirmEmail(word) => format!("/accounts/confirm-email/{word}/"),
            Link::Forgotten => "/reset-password".to_owned(),
            Link::NewPassword(word) => format!("/reset-password?token={word}"),
            Link::UserName(word) => format!("/username-retrieve/complete?secret={word}"),
            Link::RecoverAddress(word) => format!("/account/recover/address?token={word}"),
            Link::StopRecovery(word) => format!("/account/recover/stop?token={word}"),
            Link::FinishRecovery(word) => format!("/account/recover/finish?token={word}"),
            Link::Invitation(id, code) => format!("/invitation/{id}/{code}"),
            Link::OwnKey(public) => format!("/profile/key/{public}"),
            Link::OrgKey(org, public) => format!("/org/{org}/manage/key/{public}"),
            Link::ConfirmKey(public, code) => format!("/account/key-contact?token={public}.{code}"),
            Link::OrgPeople(org) => format!("/org/{org}/manage/people"),
            Link::OrgPolicy(org) => format!("/org/{org}/manage/policy"),
            Link::OrgRoles(org) => format!("/org/{org}/manage/roles"),
            Link::Staff => "/staff".to_owned(),
            Link::Recoveries => "/staff/recoveries".to_owned(),
            Link::Applications => "/oauth2/applications/".to_owned(),
            Link::Consents => "/oauth2/authorized_tokens/".to_owned(),
            Link::Row(resource, id) => format!("/api/{}/{id}", resource.tag()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Link;

    #[test]
    fn n18_mails_name_no_address_but_by_a_link() {
        // Each link has a sample.
        let kinds: std::collections::BTreeSet<String> = Link::SAMPLES
            .iter()
            .map(|link| format!("{link:?}").split('(').next().unwrap_or_default().to_owned())
            .collect();
        assert_eq!(kinds.len(), Link::SAMPLES.len());
        let source = include_str!("links.rs");
        let begin = source.find("pub enum Link").expect("the enum");
        let body = &source[begin..begin + source[begin..].find("\n}").expect("its end")];
        let variants = body.lines().filter(|line| {
            let line = line.trim();
            line.ends_with(',') && line.starts_with(|letter: char| letter.is_ascii_uppercase())
        });
        assert_eq!(variants.count(), Link::SAMPLES.len(), "a link without a sample");
        for (name, text) in [
            ("notices.rs", include_str!("../notices.rs")),
            ("accounts.rs", include_str!("accounts.rs")),
            ("clients.rs", include_str!("clients.rs")),
            ("factors.rs", include_str!("factors.rs")),
            ("joining.rs", include_str!("joining.rs")),
            ("key_rules.rs", include_str!("key_rules.rs")),
            ("keys.rs", include_str!("keys.rs")),
            ("members.rs", include_str!("members.rs")),
            ("presence.rs", include_str!("presence.rs")),
            ("recovery.rs", include_str!("recovery.rs")),
            ("registry.rs", include_str!("registry.rs")),
            ("words.rs", include_str!("words.rs")),
        ] {
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                assert!(!line.contains("site}/") && !line.contains("{}/"), "{name}: {line}");
            }
        }
    }
}
