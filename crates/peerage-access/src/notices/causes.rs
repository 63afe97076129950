//! Which mails a cause can lead to. A new cause does not compile before it has a line here. docs/mails.md is generated
//! from this.

use peerage_registry::Cause;

use super::mail::Mail;

/// The mails that a cause can lead to. Which of them are sent depends on the kind of record and on what changed.
#[expect(clippy::match_same_arms, reason = "causes stand in groups, each with its own reason")]
pub fn mails(cause: &Cause) -> &'static [Mail] {
    match cause {
        Cause::Created => CREATED,
        Cause::Changed => CHANGED,
        Cause::Deleted => {
            &[Mail::ClientDeleted, Mail::FactorRemoved, Mail::MemberLeft, Mail::RoleChanged, Mail::StaffDeleted]
        }
        Cause::Cascaded => &[Mail::StaffDeleted],
        Cause::Approved => &[Mail::RowApproved, Mail::CarrierListed],
        Cause::Refused { .. } => &[Mail::RowRefused, Mail::CarrierRejected],
        Cause::Unanswered => &[Mail::JoinEnded],
        Cause::NumberTaken { .. } => &[Mail::ObjectMoved],

        Cause::AddressKnown => &[Mail::AccountKnown],
        Cause::AddressConfirmed => &[Mail::AddressAdded],
        Cause::AddressRemoved => &[Mail::AddressRemoved],
        Cause::MainAddressChanged => &[Mail::MainAddress],
        Cause::UserNameChanged => &[Mail::UserName],
        Cause::PasswordChangedByOwner => &[Mail::PasswordChanged],
        Cause::PasswordReset => &[Mail::PasswordReset],
        Cause::PasswordSetByOperator => &[Mail::PasswordSetByOperator],
        Cause::AccountClosed => &[
            Mail::AccountClosed,
            Mail::StaffAccountClosed,
            Mail::MemberAccountClosed,
            Mail::RoleChanged,
            Mail::KeyRevoked,
            Mail::FactorRemoved,
            Mail::ClientDeleted,
            Mail::RecoveryStoppedByClosing,
        ],

        Cause::AccountRecovered => &[Mail::PasswordRecovered, Mail::FactorRemoved, Mail::RecoveryTooLate],
        Cause::RecoveryProof => &[Mail::RecoveryForReview, Mail::RecoveryInReview, Mail::RecoveryVouched],
        Cause::RecoveryRefused { .. } => &[Mail::RecoveryRefused],
        Cause::RecoveryDone => &[Mail::RecoveryDone],
        Cause::RecoveryStoppedByLink => &[Mail::RecoveryStoppedByLink],
        Cause::RecoveryStoppedBySession => &[Mail::RecoveryStoppedBySession],
        Cause::RecoveryStoppedByLogIn => &[Mail::RecoveryStoppedByLogIn],
        Cause::RecoveryLapsed => &[Mail::RecoveryLapsed],
        Cause::BarredByStoppedRecovery => &[Mail::AccountSuspended, Mail::StaffAccountSuspended],

        Cause::NewPlace => &[Mail::NewLogIn],
        Cause::SessionReplacing => &[Mail::OperatorSession],
        Cause::Used => &[Mail::CodeUsed],

        Cause::FactorLogsIn => &[Mail::FactorLogsIn],
        Cause::FactorRemoved => &[Mail::FactorRemoved],
        Cause::BackupCodesRenewed => &[Mail::CodesRenewed],
        Cause::MayBeCopied => &[Mail::FactorCopied],

        Cause::KeyChanged => &[Mail::KeyAddress],
        Cause::KeyWidened => &[Mail::KeyWidened, Mail::KeyAddress],
        Cause::KeyRotated => &[Mail::KeyNewSecret],
        Cause::KeySuspended | Cause::KeySuspendedByRecovery | Cause::KeySuspendedByOwner => &[Mail::KeySuspended],
        Cause::KeyIdle => &[Mail::KeyIdle],
        Cause::KeyResumed => &[Mail::KeyResumed],
        Cause::KeyRevoked | Cause::RoleEnded | Cause::RoleLeft => &[Mail::KeyRevoked],
        Cause::KeyExposed => &[Mail::KeyExposed],
        Cause::KeyExpires { .. } => &[Mail::KeyExpires],
        Cause::KeyUsedFrom { .. } => &[Mail::KeyNewNetwork],
        Cause::KeyExpired => &[Mail::KeyExpiredUsed],

        Cause::AddedWithoutConsent => &[Mail::MemberAddedByOperator],
        Cause::MadeAdmin => &[Mail::MemberMadeAdmin],
        Cause::MadeMember => &[Mail::MemberMadeMember],
        Cause::MemberRights => &[Mail::MemberRights],
        Cause::MemberLeft => &[Mail::MemberLeft, Mail::RoleChanged, Mail::KeyRevoked],
        Cause::OrganizationDeleted => &[Mail::MemberOrganizationDeleted, Mail::RoleChanged, Mail::KeyRevoked],
        Cause::ReconfirmDue => &[Mail::Reconfirm],
        Cause::ObjectMoved => &[Mail::MemberRightsMoved, Mail::RoleChanged],

        Cause::ApplicationDenied => &[Mail::JoinDenied],
        Cause::InvitationFollowed => &[Mail::RoleChanged],

        Cause::ClientChanged => &[Mail::ClientChanged],
        Cause::ClientRotated => &[Mail::ClientSecret],
        Cause::ClientDeleted => &[Mail::ClientDeleted],
        Cause::Agreed { .. } | Cause::SignedIn { .. } => &[Mail::NetworksShown],

        // No news: data that was erased on legal request, and changes made by whole files.
        Cause::Emptied | Cause::Erasure(_) | Cause::Imported | Cause::Pruned => &[],
        // The person who does this sees the result.
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
        // Another event of the same change is mailed.
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
        // The links that are created with it are mailed.
        Cause::RecoveryBegun | Cause::RecoveryLetGoOn | Cause::RecoveryReminder | Cause::RecoveryReady => &[],
        // Its end was announced.
        Cause::Lapsed | Cause::InvitationExpired | Cause::SessionSurplus | Cause::SessionSurplusWaiting => &[],
        // Routine traffic of OAuth clients. What is refused there harms nobody.
        Cause::CodeExchanged { .. }
        | Cause::TokenRenewed { .. }
        | Cause::CodeShownAgain
        | Cause::CodeWithoutProof
        | Cause::SpentTokenShown => &[],
    }
}

const CREATED: &[Mail] = &[
    Mail::KeyMade,
    Mail::KeyAddress,
    Mail::MemberAdded,
    Mail::RoleChanged,
    Mail::PolicyChanged,
    Mail::PolicyDemands,
    Mail::KeyStops,
    Mail::Invited,
    Mail::JoinAsked,
    Mail::JoinDenied,
    Mail::LinkRegister,
    Mail::LinkConfirm,
    Mail::AddressTaken,
    Mail::LinkPassword,
    Mail::LinkUserName,
    Mail::LinkRecover,
    Mail::LinkStop,
    Mail::LinkFinish,
    Mail::FactorAdded,
    Mail::OperatorSession,
    Mail::ClientMade,
    Mail::NetworksShown,
    Mail::CarrierAsked,
];

/// Mails about a change without a specific cause, such as an operator's. Unknown causes from newer programs are treated
/// like this, so it lists everything that a change of a record alone can show.
const CHANGED: &[Mail] = &[
    Mail::KeyExposed,
    Mail::KeyRevoked,
    Mail::KeySuspended,
    Mail::KeyResumed,
    Mail::KeyAddress,
    Mail::MemberRights,
    Mail::RoleChanged,
    Mail::PolicyChanged,
    Mail::PolicyDemands,
    Mail::KeyStops,
    Mail::JoinDenied,
    Mail::AddressAdded,
    Mail::AddressRemoved,
    Mail::MainAddress,
    Mail::UserName,
    Mail::AccountClosed,
    Mail::AccountSuspended,
    Mail::AccountReactivated,
    Mail::StaffAccountClosed,
    Mail::StaffAccountSuspended,
    Mail::StaffAccountReactivated,
    Mail::PasswordChanged,
    Mail::FactorLogsIn,
    Mail::CodeUsed,
    Mail::ClientSecret,
    Mail::ClientChanged,
    Mail::NetworksShown,
    Mail::RecoveryDone,
    Mail::RecoveryForReview,
    Mail::RecoveryInReview,
    Mail::RecoveryVouched,
    Mail::ObjectMoved,
    Mail::CarrierAsked,
];
