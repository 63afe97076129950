//! Why an event happened, in machine-readable form.
//!
//! The code that makes a change states the cause. Programs act on it, for example to decide which mails to send. What a
//! person writes about a change is stored separately, as a note, and has no effect.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

use crate::erased::ErasedEvents;
use crate::event::Action;

/// Makes the enum of causes, with their wording for readers of the audit log. An empty wording means that the change
/// itself says everything.
macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident: $kind:ty),+ })? $(($inner:ty))? => $wording:expr;)+) => {
        /// Why an event happened. Part of the actor, and so covered by its digest.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Cause {
            $($(#[$doc])* $name $({ $($field: $kind),+ })? $(($inner))?,)+
        }

        impl Cause {
            /// One sample of each cause, with empty values, for tables and tests.
            pub fn samples() -> Vec<Cause> {
                vec![$(Cause::$name $({ $($field: <$kind>::default()),+ })? $((<$inner>::default()))?),+]
            }

            /// English wording for readers of the audit log, or `None` if the change itself says everything.
            ///
            /// ```
            /// use peerage_registry::Cause;
            ///
            /// assert_eq!(Cause::KeyExpires { days: 7 }.wording().as_deref(), Some("expires in 7 days"));
            /// assert_eq!(Cause::Created.wording(), None);
            /// ```
            #[expect(unused_variables, reason = "a wording need not use all values of its cause")]
            pub fn wording(&self) -> Option<Cow<'static, str>> {
                let wording: Cow<'static, str> = match self {
                    $(Cause::$name { $($($field,)+)? .. } => Cow::from($wording),)+
                };
                (!wording.is_empty()).then_some(wording)
            }
        }
    };
}

causes! {
    /// Created by someone.
    Created => "";
    /// Changed by someone.
    Changed => "";
    /// Deleted by someone.
    Deleted => "";
    /// Deleted together with the object that it belonged to.
    Cascaded => "";
    /// Came with an import.
    Imported => "";
    /// A complete dump no longer contained the row.
    Pruned => "";
    /// Came from the member list of an exchange.
    MemberListImported { ix: u32 } => format!("import of the member list of exchange {ix}");
    /// The member list of an exchange cannot be imported, or only after a confirmation.
    MemberListFailed { ix: u32 } => format!("the member list of exchange {ix} was not imported");
    /// A member list proposes changes of a network's ports. The first of them has this cause.
    PortsProposed { ix: u32, proposals: Vec<u32>, count: u32 } =>
        format!("the member list of exchange {ix} proposes {count} changes");
    /// A member list proposes changes of ports at its exchange.
    ListProposed { ix: u32, count: u32, networks: u32 } =>
        format!("the member list of exchange {ix} proposes {count} changes to {networks} networks");
    /// A proposal of a member list was accepted.
    ProposalAccepted => "accepted from the member list of an exchange";
    ProposalDismissed => "dismissed";
    ProposalRestored => "shown again";
    /// A member list no longer proposes it, or the registry has it by now.
    ProposalResolved => "resolved";
    /// Someone undid earlier events.
    Undone => "undone";
    /// A request was approved.
    Approved => "approved";
    /// A request was refused. The text is meant for the requester.
    Refused { why: String } => "refused";
    /// Nobody decided about a request in time.
    Unanswered => "not decided within 90 days";
    /// The requester withdrew a request.
    RequestTakenBack => "the request was withdrawn";
    /// A network moved to an organization of the holder of its AS number.
    NumberTaken { asn: u32 } => format!("AS{asn} moved to an organization of its holder");
    /// A stored logo is now shown by its object.
    LogoShown => "a stored logo is shown";

    /// Someone requested an account with an address that already has one.
    AddressKnown => "an account was requested with this address";
    AddressConfirmed => "address confirmed";
    AddressRemoved => "address removed";
    MainAddressChanged => "main address changed";
    UserNameChanged => "user name changed";
    NameChanged => "name changed";
    LanguageChosen => "language chosen";
    MainOrganizationChosen => "main organization chosen";
    StaffRankChanged => "staff rank changed";
    /// A person is verified because they belong to an organization.
    MemberVerified => "member of an organization";
    /// A person's first security key was added.
    SecurityKeyAdded => "a key was added";
    PasswordChangedByOwner => "changed by its owner";
    PasswordReset => "reset with a mailed link";
    PasswordSetByOperator => "set by an operator";
    /// Ended because a password was changed.
    PasswordChanged => "the password was changed";
    /// Ended because an account was suspended.
    AccountBarred => "the account was suspended";
    /// Ended because an account was closed.
    AccountClosed => "the account was closed";

    AccountRecovered => "the account was recovered";
    RecoveryBegun => "begun";
    RecoveryProof => "proof";
    /// An admin confirmed that a member has lost their second factor.
    RecoveryVouched => "vouched for in a recovery of the account";
    RecoveryLetGoOn => "approved by staff";
    /// Staff refused a recovery. The text is meant for the account's owner.
    RecoveryRefused { why: String } => "refused by staff";
    RecoveryReminder => "reminder";
    RecoveryReady => "ready";
    RecoveryDone => "done";
    RecoveryStoppedByLink => "stopped by a mailed link";
    RecoveryStoppedBySession => "stopped by a session of the account";
    RecoveryStoppedByLogIn => "stopped by a login with a factor";
    /// A recovery no longer has enough evidence.
    RecoveryLapsed =>
        "ended: an address that was used as proof was removed, or an admin who vouched is no longer an admin";
    /// Someone stopped a recovery with the link in a mail, so the account is suspended.
    BarredByStoppedRecovery => "suspended: a recovery was stopped";
    /// Ended because of that suspension.
    RecoveryStopped => "a recovery was stopped";

    LoggedIn => "logged in";
    /// A login from a device or network that was not seen before.
    NewPlace => "from a new device or network";
    WaitsForFactor => "waits for the second factor";
    /// A session that waited for the second factor was replaced by a complete one.
    SessionOpened => "replaced by an open session";
    SessionReplaced => "replaced";
    SessionReplacing => "replaces another";
    SessionSurplus => "the oldest of too many";
    SessionSurplusWaiting => "the oldest of too many pending ones";
    LoggedOut => "logged out";
    LoggedOutElsewhere => "logged out everywhere else";
    /// The owner reported an action that they had not taken.
    NotByOwner => "its owner reported something that they had not done";
    /// It expired.
    Lapsed => "expired";
    /// A link, code or factor was used up.
    Used => "used";

    FactorRenamed => "renamed";
    FactorLogsIn => "logs in";
    FactorLogsInNoMore => "no longer logs in";
    FactorRemoved => "removed by its owner";
    /// Ended because a factor was removed.
    FactorGone => "a factor was removed";
    LastFactorGone => "no factor is left";
    BackupCodesRenewed => "renewed";
    /// The seed of an authenticator app was encrypted again, with another version of the server key.
    Resealed => "encrypted again with a newer server key";
    /// The signature counter of a security key went back.
    MayBeCopied => "its counter went back";

    KeyChanged => "changed";
    /// A key got more permissions.
    KeyWidened => "widened";
    /// A key got a new secret.
    KeyRotated => "rotated";
    KeySuspended => "suspended";
    KeySuspendedByRecovery => "suspended: the account was recovered";
    KeySuspendedByOwner => "suspended: its owner reported something that they had not done";
    /// A key was suspended because it was not used.
    KeyIdle => "suspended because it is not used";
    KeyResumed => "resumed";
    KeyRevoked => "revoked";
    /// The text of a key was found in public.
    KeyExposed => "exposed";
    /// A key expires in this many days.
    KeyExpires { days: u16 } => format!("expires in {days} {}", if *days == 1 { "day" } else { "days" });
    /// A key was used from networks that are new to it.
    KeyUsedFrom { networks: Vec<String> } => format!("used from {}", networks.join(", "));
    /// An expired key was used.
    KeyExpired => "refused because it has expired";

    /// The operator added a member without asking them.
    AddedWithoutConsent => "added without consent by the operator";
    MadeAdmin => "now admin";
    MadeMember => "now member";
    MemberRights => "permissions";
    MemberLeft => "left the organization";
    OrganizationDeleted => "the organization was deleted";
    /// A member has to confirm their address again.
    ReconfirmDue => "the address has to be confirmed again";
    RoleLeft => "left the role account";
    RoleEnded => "the role account was deleted";
    /// Permissions on an object ended because it moved to another organization.
    ObjectMoved => "permissions on an object that moved to another organization";

    ApplicationDenied => "denied";
    ApplicationCanceled => "canceled";
    /// Replaced by a newer one.
    Superseded => "superseded";
    /// Counts the mails of an invitation.
    InvitationMailed => "mail counted";
    InvitationFollowed => "followed an invitation";
    InvitationAccepted => "accepted";
    InvitationWithdrawn => "withdrawn";
    InvitationExpired => "expired";

    ClientChanged => "changed";
    ClientRotated => "rotated";
    ClientDeleted => "the application was deleted";
    Agreed { client: String } => format!("agreed: {client}");
    SignedIn { client: String } => format!("signed in: {client}");
    CodeExchanged { client: String } => format!("exchanged: {client}");
    TokenRenewed { client: String } => format!("renewed: {client}");
    TokenGivenBack => "revoked by the application";
    ConsentTakenBack => "consent revoked";
    CodeShownAgain => "a code was shown again";
    CodeWithoutProof => "a code was shown without its proof";
    SpentTokenShown => "a used token was shown again";

    /// Personal data was removed from a record as part of an erasure.
    Emptied => "emptied";
    /// Payload was erased from the log.
    Erasure(ErasedEvents) => "erased from the log";
}

impl Cause {
    /// The default cause of an action.
    pub fn of(action: Action) -> Cause {
        match action {
            Action::Create => Cause::Created,
            Action::Update | Action::Note => Cause::Changed,
            Action::Delete | Action::Erase => Cause::Deleted,
            Action::Import => Cause::Imported,
        }
    }

    /// The text for a requester whose request was refused.
    pub fn words(&self) -> Option<&str> {
        if let Cause::Refused { why } | Cause::RecoveryRefused { why } = self { Some(why) } else { None }
    }
}

/// Reads a cause. An unknown one is read as none, so that a log from a newer program stays readable.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cause>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Actor;

    #[test]
    fn each_cause_is_read_back_as_it_was_written() {
        for cause in Cause::samples() {
            let text = serde_json::to_string(&cause).expect("JSON");
            assert_eq!(serde_json::from_str::<Cause>(&text).expect("a cause"), cause, "{text}");
        }
        let said = |cause: Cause| cause.wording().map(Cow::into_owned);
        assert_eq!(said(Cause::Created), None);
        assert_eq!(said(Cause::KeyExpires { days: 1 }).as_deref(), Some("expires in 1 day"));
        let networks = vec!["192.0.2.0/24".to_owned(), "198.51.100.0/24".to_owned()];
        assert_eq!(said(Cause::KeyUsedFrom { networks }).as_deref(), Some("used from 192.0.2.0/24, 198.51.100.0/24"));
    }

    #[test]
    fn n19_an_actor_reads_with_a_known_an_unknown_and_no_cause() {
        let read = |text: &str| serde_json::from_str::<Actor>(text).expect("an actor");
        let known = Actor { name: "ann".to_owned(), cause: Some(Cause::KeyExpires { days: 7 }), ..Actor::default() };
        let text = serde_json::to_string(&known).expect("JSON");
        assert_eq!(text, r#"{"name":"ann","cause":{"key_expires":{"days":7}}}"#);
        assert_eq!(read(&text), known);
        assert_eq!(read(r#"{"name":"ann","cause":"key_rotated"}"#).cause, Some(Cause::KeyRotated));
        for text in [r#"{"name":"ann","cause":"of the year 2040"}"#, r#"{"name":"ann","reason":"widened"}"#] {
            assert_eq!((read(text).name.as_str(), read(text).cause), ("ann", None), "{text}");
        }
    }
}
