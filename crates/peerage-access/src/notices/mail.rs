//! All kinds of mail.

use peerage_registry::{EventSubject, Record};

/// The subject of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MailTopic {
    Of(Record),
    /// A row of the registry.
    Row,
}

/// Makes the enum of mails: each with its key in the catalogues, its topic, and its recipients.
macro_rules! mails {
    ($($name:ident $key:literal $topic:expr, $readers:expr;)+) => {
        /// A kind of mail.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum MailKind {
            $($name),+
        }

        impl MailKind {
            pub const ALL: &'static [MailKind] = &[$(MailKind::$name),+];

            /// Its key in the catalogues.
            pub fn key(self) -> &'static str {
                match self {
                    $(MailKind::$name => $key),+
                }
            }

            /// The recipients, for the documentation.
            pub fn readers(self) -> &'static str {
                match self {
                    $(MailKind::$name => $readers),+
                }
            }

            fn topic(self) -> MailTopic {
                use MailTopic::{Of, Row};
                match self {
                    $(MailKind::$name => $topic),+
                }
            }
        }
    };
}

const KEY: &str =
    "the key's confirmed contact and its person; for organization and role keys the organization's admins";
const ACCOUNT: &str = "every confirmed address of the account";
const ADDRESS: &str = "the address that was entered";
const MEMBER: &str = "the member and the organization's admins";
const CLIENT: &str = "the application's owner, or the admins of its organization";
const STAFF: &str = "the registry's staff";
const RECOVERY: &str = "every confirmed address of the account, and the admins of its person's organizations";
const OWNERS: &str = "the admins of the object's organization, and the person who registered the object";
const CARRIER: &str = "the admins of the carrier's organization, and the person who made the request";
const EXCHANGE: &str =
    "the exchange's technical address; if there is none, its policy address, or else the admins of its organization";

mails! {
    KeyMade "mail-key-made" Of(Record::Key), KEY;
    KeyNewNetwork "mail-key-new-network" Of(Record::Key), KEY;
    KeyExpiredUsed "mail-key-expired-used" Of(Record::Key), KEY;
    KeyExposed "mail-key-exposed" Of(Record::Key), KEY;
    KeyRevoked "mail-key-revoked" Of(Record::Key), KEY;
    KeyIdle "mail-key-idle" Of(Record::Key), KEY;
    KeySuspended "mail-key-suspended" Of(Record::Key), KEY;
    KeyResumed "mail-key-resumed" Of(Record::Key), KEY;
    KeyWidened "mail-key-widened" Of(Record::Key), KEY;
    KeyNewSecret "mail-key-new-secret" Of(Record::Key), KEY;
    KeyExpires "mail-key-expires" Of(Record::Key), KEY;
    KeyAddress "mail-key-address" Of(Record::Key), "the key's contact address, until it is confirmed";
    KeyStops "mail-key-stops" Of(Record::Policy), KEY;

    MemberAdded "mail-member-added" Of(Record::Member), MEMBER;
    MemberAddedByOperator "mail-member-added-by-operator" Of(Record::Member), MEMBER;
    MemberLeft "mail-member-left" Of(Record::Member), MEMBER;
    MemberOrganizationDeleted "mail-member-organization-deleted" Of(Record::Member), MEMBER;
    MemberAccountClosed "mail-member-account-closed" Of(Record::Member), MEMBER;
    MemberMadeAdmin "mail-member-made-admin" Of(Record::Member), MEMBER;
    MemberMadeMember "mail-member-made-member" Of(Record::Member), MEMBER;
    MemberRights "mail-member-rights" Of(Record::Member), MEMBER;
    MemberRightsMoved "mail-member-rights-moved" Of(Record::Member), MEMBER;
    Reconfirm "mail-reconfirm" Of(Record::Member), "the member";
    RoleChanged "mail-role-changed" Of(Record::Role), "the people who join or leave the role or whose permissions change, and the admins";
    PolicyChanged "mail-policy-changed" Of(Record::Policy), "the organization's admins";
    PolicyDemands "mail-policy-demands" Of(Record::Policy), "each member who has to do something";
    Invited "mail-invited" Of(Record::Invitation), "the invited address";
    JoinAsked "mail-join-asked" Of(Record::Application), "the organization's admins, or the registry's staff where there are none";
    JoinDenied "mail-join-denied" Of(Record::Application), "the person who made the request, and the organization's admins";
    JoinEnded "mail-join-ended" Of(Record::Application), "the person who made the request, and the organization's admins";

    LinkRegister "mail-link-register" Of(Record::Ticket), ADDRESS;
    LinkConfirm "mail-link-confirm" Of(Record::Ticket), ADDRESS;
    AddressTaken "mail-address-taken" Of(Record::Ticket), ADDRESS;
    LinkPassword "mail-link-password" Of(Record::Ticket), ADDRESS;
    LinkUserName "mail-link-user-name" Of(Record::Ticket), ADDRESS;
    LinkRecover "mail-link-recover" Of(Record::Ticket), "the address of the account";
    LinkStop "mail-link-stop" Of(Record::Ticket), RECOVERY;
    LinkFinish "mail-link-finish" Of(Record::Ticket), "the addresses that were shown for the recovery";
    AccountKnown "mail-account-known" Of(Record::User), ACCOUNT;
    AddressAdded "mail-address-added" Of(Record::User), ACCOUNT;
    AddressRemoved "mail-address-removed" Of(Record::User), "every confirmed address of the account, the removed one included";
    MainAddress "mail-main-address" Of(Record::User), ACCOUNT;
    UserName "mail-user-name" Of(Record::User), ACCOUNT;
    AccountClosed "mail-account-closed" Of(Record::User), ACCOUNT;
    AccountSuspended "mail-account-suspended" Of(Record::User), ACCOUNT;
    AccountReactivated "mail-account-reactivated" Of(Record::User), ACCOUNT;
    StaffAccountClosed "mail-staff-account-closed" Of(Record::User), STAFF;
    StaffAccountSuspended "mail-staff-account-suspended" Of(Record::User), STAFF;
    StaffAccountReactivated "mail-staff-account-reactivated" Of(Record::User), STAFF;
    StaffRank "mail-staff-rank" Of(Record::User), ACCOUNT;
    StaffRankOfAnother "mail-staff-rank-of-another" Of(Record::User), "the registry's other admins";
    PasswordChanged "mail-password-changed" Of(Record::Password), ACCOUNT;
    PasswordReset "mail-password-reset" Of(Record::Password), ACCOUNT;
    PasswordSetByOperator "mail-password-set-by-operator" Of(Record::Password), ACCOUNT;
    PasswordRecovered "mail-password-recovered" Of(Record::Password), ACCOUNT;
    FactorAdded "mail-factor-added" Of(Record::Factor), ACCOUNT;
    FactorRemoved "mail-factor-removed" Of(Record::Factor), ACCOUNT;
    FactorLogsIn "mail-factor-logs-in" Of(Record::Factor), ACCOUNT;
    FactorCopied "mail-factor-copied" Of(Record::Factor), ACCOUNT;
    CodeUsed "mail-code-used" Of(Record::Codes), ACCOUNT;
    CodesRenewed "mail-codes-renewed" Of(Record::Codes), ACCOUNT;
    NewLogIn "mail-new-log-in" Of(Record::Session), ACCOUNT;
    OperatorSession "mail-operator-session" Of(Record::Session), ACCOUNT;
    RecoveryStoppedByLink "mail-recovery-stopped-by-link" Of(Record::Recovery), RECOVERY;
    RecoveryStoppedBySession "mail-recovery-stopped-by-session" Of(Record::Recovery), RECOVERY;
    RecoveryStoppedByLogIn "mail-recovery-stopped-by-log-in" Of(Record::Recovery), RECOVERY;
    RecoveryStoppedByClosing "mail-recovery-stopped-by-closing" Of(Record::Recovery), RECOVERY;
    RecoveryLapsed "mail-recovery-lapsed" Of(Record::Recovery), RECOVERY;
    RecoveryTooLate "mail-recovery-too-late" Of(Record::Recovery), RECOVERY;
    RecoveryRefused "mail-recovery-refused" Of(Record::Recovery), RECOVERY;
    RecoveryDone "mail-recovery-done" Of(Record::Recovery), RECOVERY;
    RecoveryVouched "mail-recovery-vouched" Of(Record::Recovery), RECOVERY;
    RecoveryForReview "mail-recovery-for-review" Of(Record::Recovery), STAFF;
    RecoveryInReview "mail-recovery-in-review" Of(Record::Recovery), ACCOUNT;

    ClientMade "mail-client-made" Of(Record::Client), CLIENT;
    ClientSecret "mail-client-secret" Of(Record::Client), CLIENT;
    ClientChanged "mail-client-changed" Of(Record::Client), CLIENT;
    ClientDeleted "mail-client-deleted" Of(Record::Client), CLIENT;
    NetworksShown "mail-networks-shown" Of(Record::Consent), "the person who agreed";

    ObjectMoved "mail-object-moved" Row, "the admins of the former organization; if there are none, its members, or else the contacts of its keys";
    RowApproved "mail-row-approved" Row, OWNERS;
    RowRefused "mail-row-refused" Row, OWNERS;
    StaffDeleted "mail-staff-deleted" Row, "the admins of the object's organization";
    CarrierAsked "mail-carrier-asked" Row, "the admins of the facility's organization";
    CarrierListed "mail-carrier-listed" Row, CARRIER;
    CarrierRejected "mail-carrier-rejected" Row, CARRIER;

    PortsProposed "mail-ports-proposed" Of(Record::PortProposal), "the network's technical contacts; if there are none, its NOC, its policy contacts, or else the admins of its organization";
    ListProposed "mail-list-proposed" Of(Record::PortProposal), EXCHANGE;
    ListFailed "mail-list-failed" Of(Record::ImportFailure), "the exchange's technical address, its policy address, or else the admins of its organization; staff, too, if the guard against mass changes stopped it";
}

impl MailKind {
    /// Whether it reports changes of this kind of object.
    pub(super) fn is_about(self, subject: EventSubject) -> bool {
        match (self.topic(), subject) {
            (MailTopic::Of(record), EventSubject::Record(of)) => record == of,
            (MailTopic::Row, EventSubject::Row(_)) => true,
            (MailTopic::Of(_), EventSubject::Row(_)) | (MailTopic::Row, EventSubject::Record(_)) => false,
        }
    }

    /// Whether it goes to the person who created the row: see [`super::needs_author`].
    pub(super) fn goes_to_author(self) -> bool {
        matches!(
            self,
            MailKind::RowApproved | MailKind::RowRefused | MailKind::CarrierListed | MailKind::CarrierRejected
        )
    }
}
