//! Which mails a cause can lead to. A new cause does not compile before it has its line here; docs/mails.md is written from
//! it.

use peerage_registry::Cause;

#[expect(clippy::enum_glob_use, reason = "a table of mails")]
use super::mail::Mail::{self, *};

/// The mails that a cause can lead to. Which of them are sent depends on the kind of record and on what changed.
#[expect(clippy::match_same_arms, reason = "causes stand in groups, each with its own reason")]
pub fn mails(cause: &Cause) -> &'static [Mail] {
    match cause {
        Cause::Created => CREATED,
        Cause::Changed => CHANGED,
        Cause::Deleted => &[ClientDeleted, FactorRemoved, MemberLeft, RoleChanged, StaffDeleted],
        Cause::Cascaded => &[StaffDeleted],
        Cause::Approved => &[RowApproved, CarrierListed],
        Cause::Refused { .. } => &[RowRefused, CarrierRejected],
        Cause::Unanswered => &[JoinEnded],
        Cause::NumberTaken { .. } => &[ObjectMoved],

        Cause::AddressKnown => &[AccountKnown],
        Cause::AddressConfirmed => &[AddressAdded],
        Cause::AddressRemoved => &[AddressRemoved],
        Cause::MainAddressChanged => &[MainAddress],
        Cause::UserNameChanged => &[UserName],
        Cause::PasswordChangedByOwner => &[PasswordChanged],
        Cause::PasswordReset => &[PasswordReset],
        Cause::PasswordSetByOperator => &[PasswordSetByOperator],
        Cause::AccountClosed => &[
            AccountClosed,
            StaffAccountClosed,
            MemberAccountClosed,
            RoleChanged,
            KeyRevoked,
            FactorRemoved,
            ClientDeleted,
            RecoveryStoppedByClosing,
        ],

        Cause::AccountRecovered => &[PasswordRecovered, FactorRemoved, RecoveryTooLate],
        Cause::RecoveryProof => &[RecoveryForReview, RecoveryInReview, RecoveryVouched],
        Cause::RecoveryRefused { .. } => &[RecoveryRefused],
        Cause::RecoveryDone => &[RecoveryDone],
        Cause::RecoveryStoppedByLink => &[RecoveryStoppedByLink],
        Cause::RecoveryStoppedBySession => &[RecoveryStoppedBySession],
        Cause::RecoveryStoppedByLogIn => &[RecoveryStoppedByLogIn],
        Cause::RecoveryLapsed => &[RecoveryLapsed],
        Cause::BarredByStoppedRecovery => &[AccountSuspended, StaffAccountSuspended],

        Cause::NewPlace => &[NewLogIn],
        Cause::SessionReplacing => &[OperatorSession],
        Cause::Used => &[CodeUsed],

        Cause::FactorLogsIn => &[FactorLogsIn],
        Cause::FactorRemoved => &[FactorRemoved],
        Cause::BackupCodesRenewed => &[CodesRenewed],
        Cause::MayBeCopied => &[FactorCopied],

        Cause::KeyChanged => &[KeyAddress],
        Cause::KeyWidened => &[KeyWidened, KeyAddress],
        Cause::KeyRotated => &[KeyNewSecret],
        Cause::KeySuspended | Cause::KeySuspendedByRecovery | Cause::KeySuspendedByOwner => &[KeySuspended],
        Cause::KeyIdle => &[KeyIdle],
        Cause::KeyResumed => &[KeyResumed],
        Cause::KeyRevoked | Cause::RoleEnded | Cause::RoleLeft => &[KeyRevoked],
        Cause::KeyExposed => &[KeyExposed],
        Cause::KeyExpires { .. } => &[KeyExpires],
        Cause::KeyUsedFrom { .. } => &[KeyNewNetwork],
        Cause::KeyExpired => &[KeyExpiredUsed],

        Cause::AddedWithoutConsent => &[MemberAddedByOperator],
        Cause::MadeAdmin => &[MemberMadeAdmin],
        Cause::MadeMember => &[MemberMadeMember],
        Cause::MemberRights => &[MemberRights],
        Cause::MemberLeft => &[MemberLeft, RoleChanged, KeyRevoked],
        Cause::OrganizationDeleted => &[MemberOrganizationDeleted, RoleChanged, KeyRevoked],
        Cause::ReconfirmDue => &[Reconfirm],
        Cause::ObjectMoved => &[MemberRightsMoved, RoleChanged],

        Cause::ApplicationDenied => &[JoinDenied],
        Cause::InvitationFollowed => &[RoleChanged],

        Cause::ClientChanged => &[ClientChanged],
        Cause::ClientRotated => &[ClientSecret],
        Cause::ClientDeleted => &[ClientDeleted],
        Cause::Agreed { .. } | Cause::SignedIn { .. } => &[NetworksShown],

        // What was taken out by law is no news, and neither is what whole files bring and take.
        Cause::Emptied | Cause::Erasure(_) | Cause::Imported | Cause::Pruned => &[],
        // Whoever does this sees what becomes of it.
        Cause::NameChanged
        | Cause::LanguageChosen
        | Cause::MainOrganizationChosen
        | Cause::FactorRenamed
        | Cause::FactorLogsInNoMore
        | Cause::LoggedIn
        | Cause::WaitsForFactor
        | Cause::LoggedOut
        | Cause::LoggedOutElsewhere
        | Cause::RequestTakenBack
        | Cause::ApplicationCanceled
        | Cause::InvitationWithdrawn
        | Cause::TokenGivenBack
        | Cause::ConsentTakenBack => &[],
        // Another event of the same change is mailed about.
        Cause::LogoShown
        | Cause::MemberVerified
        | Cause::SecurityKeyAdded
        | Cause::PasswordChanged
        | Cause::AccountBarred
        | Cause::RecoveryStopped
        | Cause::RecoveryVouched
        | Cause::FactorGone
        | Cause::LastFactorGone
        | Cause::NotByOwner
        | Cause::Superseded
        | Cause::InvitationMailed
        | Cause::InvitationAccepted
        | Cause::SessionOpened
        | Cause::SessionReplaced => &[],
        // The links that are made with it are mailed.
        Cause::RecoveryBegun | Cause::RecoveryLetGoOn | Cause::RecoveryReminder | Cause::RecoveryReady => &[],
        // Its end was known.
        Cause::Lapsed | Cause::InvitationExpired | Cause::SessionSurplus | Cause::SessionSurplusWaiting => &[],
        // Everyday traffic of applications; what is refused there harms nobody.
        Cause::CodeExchanged { .. }
        | Cause::TokenRenewed { .. }
        | Cause::CodeShownAgain
        | Cause::CodeWithoutProof
        | Cause::SpentTokenShown => &[],
    }
}

const CREATED: &[Mail] = &[
    KeyMade,
    KeyAddress,
    MemberAdded,
    RoleChanged,
    PolicyChanged,
    PolicyDemands,
    KeyStops,
    Invited,
    JoinAsked,
    JoinDenied,
    LinkRegister,
    LinkConfirm,
    AddressTaken,
    LinkPassword,
    LinkUserName,
    LinkRecover,
    LinkStop,
    LinkFinish,
    FactorAdded,
    OperatorSession,
    ClientMade,
    NetworksShown,
    CarrierAsked,
];

/// A change of which nothing else is said, such as an operator's. Causes of newer programs are taken as this, so whatever
/// a change of a record alone shows is listed.
const CHANGED: &[Mail] = &[
    KeyExposed,
    KeyRevoked,
    KeySuspended,
    KeyResumed,
    KeyAddress,
    MemberRights,
    RoleChanged,
    PolicyChanged,
    PolicyDemands,
    KeyStops,
    JoinDenied,
    AddressAdded,
    AddressRemoved,
    MainAddress,
    UserName,
    AccountClosed,
    AccountSuspended,
    AccountReactivated,
    StaffAccountClosed,
    StaffAccountSuspended,
    StaffAccountReactivated,
    PasswordChanged,
    FactorLogsIn,
    CodeUsed,
    ClientSecret,
    ClientChanged,
    NetworksShown,
    RecoveryDone,
    RecoveryForReview,
    RecoveryInReview,
    RecoveryVouched,
    ObjectMoved,
    CarrierAsked,
];
