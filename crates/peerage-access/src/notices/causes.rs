//! Which mails a cause can lead to. A new cause does not compile before it has a line here. docs/mails.md is generated
//! from this.

use peerage_registry::Cause;

use super::mail::MailKind;

/// The mails that a cause can lead to. Which of them are sent depends on the kind of record and on what changed.
#[expect(clippy::match_same_arms, reason = "causes stand in groups, each with its own reason")]
#[expect(clippy::too_many_lines, reason = "one arm for each cause, which makes a table")]
pub fn mails(cause: &Cause) -> &'static [MailKind] {
    match cause {
        Cause::Created => CREATED,
        Cause::Changed => CHANGED,
        Cause::Deleted => &[
            MailKind::ClientDeleted,
            MailKind::FactorRemoved,
            MailKind::MemberLeft,
            MailKind::RoleChanged,
            MailKind::StaffDeleted,
        ],
        Cause::Cascaded => &[MailKind::StaffDeleted],
        // A restored presence that was not approved is requested again.
        Cause::Undone => &[MailKind::StaffDeleted, MailKind::ObjectMoved, MailKind::CarrierAsked],
        Cause::Approved => &[MailKind::RowApproved, MailKind::CarrierListed],
        Cause::Refused { .. } => &[MailKind::RowRefused, MailKind::CarrierRejected],
        Cause::Unanswered => &[MailKind::JoinEnded],
        Cause::NumberTaken { .. } => &[MailKind::ObjectMoved],

        Cause::StaffRankChanged => &[MailKind::StaffRank, MailKind::StaffRankOfAnother],
        Cause::AddressKnown => &[MailKind::AccountKnown],
        Cause::AddressConfirmed => &[MailKind::AddressAdded],
        Cause::AddressRemoved => &[MailKind::AddressRemoved],
        Cause::MainAddressChanged => &[MailKind::MainAddress],
        Cause::UserNameChanged => &[MailKind::UserName],
        Cause::PasswordChangedByOwner => &[MailKind::PasswordChanged],
        Cause::PasswordReset => &[MailKind::PasswordReset],
        Cause::PasswordSetByOperator => &[MailKind::PasswordSetByOperator],
        Cause::AccountClosed => &[
            MailKind::AccountClosed,
            MailKind::StaffAccountClosed,
            MailKind::MemberAccountClosed,
            MailKind::RoleChanged,
            MailKind::KeyRevoked,
            MailKind::FactorRemoved,
            MailKind::ClientDeleted,
            MailKind::RecoveryStoppedByClosing,
        ],

        Cause::AccountRecovered => &[MailKind::PasswordRecovered, MailKind::FactorRemoved, MailKind::RecoveryTooLate],
        Cause::RecoveryProof => &[MailKind::RecoveryForReview, MailKind::RecoveryInReview, MailKind::RecoveryVouched],
        Cause::RecoveryRefused { .. } => &[MailKind::RecoveryRefused],
        Cause::RecoveryDone => &[MailKind::RecoveryDone],
        Cause::RecoveryStoppedByLink => &[MailKind::RecoveryStoppedByLink],
        Cause::RecoveryStoppedBySession => &[MailKind::RecoveryStoppedBySession],
        Cause::RecoveryStoppedByLogIn => &[MailKind::RecoveryStoppedByLogIn],
        Cause::RecoveryLapsed => &[MailKind::RecoveryLapsed],
        Cause::BarredByStoppedRecovery => &[MailKind::AccountSuspended, MailKind::StaffAccountSuspended],

        Cause::NewPlace => &[MailKind::NewLogIn],
        Cause::SessionReplacing => &[MailKind::OperatorSession],
        Cause::Used => &[MailKind::CodeUsed],

        Cause::FactorLogsIn => &[MailKind::FactorLogsIn],
        Cause::FactorRemoved => &[MailKind::FactorRemoved],
        Cause::BackupCodesRenewed => &[MailKind::CodesRenewed],
        Cause::MayBeCopied => &[MailKind::FactorCopied],

        Cause::KeyChanged => &[MailKind::KeyAddress],
        Cause::KeyWidened => &[MailKind::KeyWidened, MailKind::KeyAddress],
        Cause::KeyRotated => &[MailKind::KeyNewSecret],
        Cause::KeySuspended | Cause::KeySuspendedByRecovery | Cause::KeySuspendedByOwner => &[MailKind::KeySuspended],
        Cause::KeyIdle => &[MailKind::KeyIdle],
        Cause::KeyResumed => &[MailKind::KeyResumed],
        Cause::KeyRevoked | Cause::RoleEnded | Cause::RoleLeft => &[MailKind::KeyRevoked],
        Cause::KeyExposed => &[MailKind::KeyExposed],
        Cause::KeyExpires { .. } => &[MailKind::KeyExpires],
        Cause::KeyUsedFrom { .. } => &[MailKind::KeyNewNetwork],
        Cause::KeyExpired => &[MailKind::KeyExpiredUsed],

        Cause::AddedWithoutConsent => &[MailKind::MemberAddedByOperator],
        Cause::MadeAdmin => &[MailKind::MemberMadeAdmin],
        Cause::MadeMember => &[MailKind::MemberMadeMember],
        Cause::MemberRights => &[MailKind::MemberRights],
        Cause::MemberLeft => &[MailKind::MemberLeft, MailKind::RoleChanged, MailKind::KeyRevoked],
        Cause::OrganizationDeleted => {
            &[MailKind::MemberOrganizationDeleted, MailKind::RoleChanged, MailKind::KeyRevoked]
        }
        Cause::ReconfirmDue => &[MailKind::Reconfirm],
        Cause::ObjectMoved => &[MailKind::MemberRightsMoved, MailKind::RoleChanged],

        Cause::ApplicationDenied => &[MailKind::JoinDenied],
        Cause::InvitationFollowed => &[MailKind::RoleChanged],

        Cause::ClientChanged => &[MailKind::ClientChanged],
        Cause::ClientRotated => &[MailKind::ClientSecret],
        Cause::ClientDeleted => &[MailKind::ClientDeleted],
        Cause::Agreed { .. } | Cause::SignedIn { .. } => &[MailKind::NetworksShown],

        Cause::PortsProposed { .. } => &[MailKind::PortsProposed],
        Cause::ListProposed { .. } => &[MailKind::ListProposed],
        Cause::MemberListFailed { .. } => &[MailKind::ListFailed],

        // No news: data that was erased on legal request, and changes made by whole files.
        Cause::Emptied | Cause::Erasure(_) | Cause::Imported | Cause::Pruned | Cause::MemberListImported { .. } => &[],
        // Nothing changes for its owner.
        Cause::Resealed => &[],
        // The person who does this sees the result.
        Cause::ProposalAccepted
        | Cause::ProposalDismissed
        | Cause::ProposalRestored
        | Cause::NameChanged
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
        // Its end was announced, or is what everyone hoped for.
        Cause::ProposalResolved
        | Cause::Lapsed
        | Cause::InvitationExpired
        | Cause::SessionSurplus
        | Cause::SessionSurplusWaiting => &[],
        // Routine traffic of OAuth clients. What is refused there harms nobody.
        Cause::CodeExchanged { .. }
        | Cause::TokenRenewed { .. }
        | Cause::CodeShownAgain
        | Cause::CodeWithoutProof
        | Cause::SpentTokenShown => &[],
    }
}

const CREATED: &[MailKind] = &[
    MailKind::StaffRankOfAnother,
    MailKind::KeyMade,
    MailKind::KeyAddress,
    MailKind::MemberAdded,
    MailKind::RoleChanged,
    MailKind::PolicyChanged,
    MailKind::PolicyDemands,
    MailKind::KeyStops,
    MailKind::Invited,
    MailKind::JoinAsked,
    MailKind::JoinDenied,
    MailKind::LinkRegister,
    MailKind::LinkConfirm,
    MailKind::AddressTaken,
    MailKind::LinkPassword,
    MailKind::LinkUserName,
    MailKind::LinkRecover,
    MailKind::LinkStop,
    MailKind::LinkFinish,
    MailKind::FactorAdded,
    MailKind::OperatorSession,
    MailKind::ClientMade,
    MailKind::NetworksShown,
    MailKind::CarrierAsked,
];

/// Mails about a change without a specific cause, such as an operator's. Unknown causes from newer programs are treated
/// like this, so it lists everything that a change of a record alone can show.
const CHANGED: &[MailKind] = &[
    MailKind::KeyExposed,
    MailKind::KeyRevoked,
    MailKind::KeySuspended,
    MailKind::KeyResumed,
    MailKind::KeyAddress,
    MailKind::MemberRights,
    MailKind::RoleChanged,
    MailKind::PolicyChanged,
    MailKind::PolicyDemands,
    MailKind::KeyStops,
    MailKind::JoinDenied,
    MailKind::AddressAdded,
    MailKind::AddressRemoved,
    MailKind::MainAddress,
    MailKind::UserName,
    MailKind::AccountClosed,
    MailKind::AccountSuspended,
    MailKind::AccountReactivated,
    MailKind::StaffAccountClosed,
    MailKind::StaffAccountSuspended,
    MailKind::StaffAccountReactivated,
    MailKind::StaffRank,
    MailKind::StaffRankOfAnother,
    MailKind::PasswordChanged,
    MailKind::FactorLogsIn,
    MailKind::CodeUsed,
    MailKind::ClientSecret,
    MailKind::ClientChanged,
    MailKind::NetworksShown,
    MailKind::RecoveryDone,
    MailKind::RecoveryForReview,
    MailKind::RecoveryInReview,
    MailKind::RecoveryVouched,
    MailKind::ObjectMoved,
    MailKind::CarrierAsked,
];
