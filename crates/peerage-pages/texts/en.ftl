# English. All other languages fall back to this catalogue; a test checks that it is complete.
# A key is page-thing. Placeholders are $names; a number selects the plural form.

number-group = ,

## Frame of every page

frame-skip = Skip to content
frame-main = Main
find-label = Search the registry
find-hint = Network, AS number, exchange, facility, city, IP address
menu-map = Map
menu-statistics = Statistics
frame-more = Menu
menu-docs = Docs
menu-api = API
menu-account = Account
menu-log-in = Log in
menu-register = Register
menu-log-out = Log out
menu-profile = Profile
menu-applications = Your apps
menu-factors = Security
menu-organizations = Organizations
menu-staff = Staff
look-language = Language
look-theme = Theme
theme-auto = System
theme-light = Light
theme-dark = Dark
theme-contrast = High contrast
notice-done = Done.
notice-info = Note:
notice-warning = Warning:
notice-failed = Error:

## Components

errors-title =
    { $count ->
        [one] There is one problem
       *[other] There are { $count } problems
    }
form-optional = optional
form-show = Show
form-hide = Hide
copy = Copy
copy-done = Copied
matrix-where = Applies to
matrix-yes = yes
matrix-no = no
matrix-inherited = yes, inherited
paging-label = Pages
paging-page = Page { $page } of { $pages }
paging-newer = Back
paging-older = Next

## Home page

home-title = Interconnection registry
home-about = Networks, exchanges and facilities, and how they connect. The API is compatible with PeeringDB's: point your PeeringDB clients at this server.
home-table = Registry contents
home-next = More
home-docs = API documentation
home-docs-about = parameters, filters and fields, with examples.
home-schema = OpenAPI document
home-schema-about = for generating clients.
home-dumps = Dump files
home-dumps-about = for mirrors:
home-search-do = Search
home-try = For example:
home-own = Your work
home-no-organization = You are not a member of an organization.
home-join = Join one
home-proposals =
    { $count ->
        [one] A member list proposes 1 change of ports of { $name }
       *[other] Member lists propose { $count } changes of ports of { $name }
    }
home-requests = Waiting for your decision
home-no-requests = Nothing is waiting.
home-request =
    { $count ->
        [one] { $name }: 1 request
       *[other] { $name }: { $count } requests
    }
home-keys = Keys that expire within 30 days
home-no-keys = None.
home-key = { $name }: expires on { $day }
home-recent = Recently updated
home-guides = Guides
home-kmz = All facilities for Google Earth (KMZ)

resources-org = Organizations
resources-net = Networks
resources-ix = Exchanges
resources-fac = Facilities
resources-carrier = Carriers
resources-campus = Campuses
resources-poc = Network contacts
resources-ixlan = Exchange LANs
resources-ixpfx = LAN prefixes
resources-ixfac = Exchanges at facilities
resources-netixlan = Networks at exchanges
resources-netfac = Networks at facilities
resources-carrierfac = Carriers at facilities

## Other pages

docs-title = API documentation
missing-title = Not found
missing-about = There is no page at this address. API paths have no trailing slash:
missing-registry = Registry
missing-api = API documentation

## Accounts

register-title = Create an account
register-about = Accounts are free. We'll send a link to your e-mail address. Open it to create the account.
register-closed = You need an invitation to create an account here. Ask an admin of your organization to invite you.
register-email = E-mail address
register-email-help = Use your work address if you can. It helps us confirm which organization you work for.
register-username = User name
register-username-help = Letters, digits and . _ -, or your e-mail address
register-password = Password
register-password-again = Repeat password
register-do = Create account
register-have-one = Already have an account? Log in
register-sent-title = Check your inbox
register-sent = We've sent an e-mail to this address. Open its link within three days to create the account.
register-unsent = If this address has no account yet, ask the operator of this server for the link. Open it within three days to create the account.
mail-unsent-title = This server does not send e-mail
mail-unsent = This server does not send e-mail. Ask its operator for the link.
name-first = First name
name-last = Last name
password-help = At least 12 characters. Use a sentence, or let your password manager generate one.
password-new = New password
password-again = Repeat new password
password-current = Current password
password-do = Change password
password-title = Password
password-about = Changing your password logs you out everywhere, including here.
confirm-title-registration = Create account
confirm-title-address = Confirm e-mail address
confirm-registration = You have confirmed that you can read e-mail sent to { $address }. Create the account { $account } now?
confirm-address = Add { $address } to the account { $account }?
confirm-address-log-in = This link adds the address { $address } to the account { $account }. To confirm it, log in to that account in this browser. If the account is not yours, ignore the e-mail.
confirm-registration-elsewhere = You have confirmed that you can read e-mail sent to { $address }. The account { $account } was requested in another browser. To create it, choose a password here. The password entered in the other browser is not used.
confirm-other-name = This user name has been taken in the meantime. Choose another one.
confirm-do = Confirm
link-title = This link does not work
link-refused = It has been used, has expired, or was requested in another browser. Request a new one.
ask-email = Account e-mail address
ask-do = Send e-mail
ask-back = Back to login
reset-title = Choose a new password
reset-about = We'll send a link to a confirmed address of your account. You can use it once, in this browser, for at least 30 minutes. Your second factor stays as it is.
reset-for = New password for { $name }:
names-title-forgotten = Forgotten user name
names-about = We'll send a link to this address. Open it in this browser to see the matching user name.
names-press = You can use this link once to see your user name.
names-do = Show user name
names-are = Your user name:
sent-title = Check your inbox
sent-about = If an account has this address, we are sending an e-mail to it now, or have sent one within the last few hours. Open the link in the newest e-mail in this browser.
sent-about-unsent = If an account has this address, ask the operator of this server for the link and open it in this browser.
busy-title = The server is busy
busy-about = Too many requests of this kind are waiting. Try again in a few seconds.
unchanged-title = The registry cannot be changed now
unchanged-about = This server cannot change anything at the moment. Nothing was changed. Go back and try again in a few seconds.
unknown-title = The change may have been made
unknown-about = The server's database did not say in time whether the change was made. Look before you repeat it.
wait-title = Please wait
wait-about = Too many e-mails have been requested from your network. Try again in a minute.
profile-title = Your account
profile-factors = Security: second factors, passkeys and backup codes
profile-sessions = Sessions: where you are logged in
profile-keys = Your API keys
profile-sites = Sites you sign in to with this account
addresses-title = E-mail addresses
addresses-about = Up to { $most }. Security notices go to all of them, other e-mails only to the main address.
addresses-address = Address
addresses-state = Status
addresses-act = Actions
addresses-main = main
addresses-awaited = awaiting confirmation
addresses-resend = Resend e-mail
addresses-make-main = Make main address
addresses-remove = Remove
addresses-remove-ask = Remove this address from your account?
addresses-add = New address
addresses-add-do = Add address
names-title = Name
names-save = Save name
username-save = Change user name
places-title = Organizations
places-none = You do not belong to an organization yet.
places-admin = admin
places-own = Default organization
places-own-help = The organization that addresses such as /net/self refer to.
places-own-none = none
places-own-do = Save organization
places-join = Request to join an organization
language-title = Language
language-choose = Language of pages and e-mails
language-help = The language selection at the bottom of each page applies to this browser only.
language-browser = browser default
language-do = Save language
close-title = Close account
close-open = Close this account …
close-warning = This revokes your keys, logs you out everywhere, removes you from your organizations, and erases your name and addresses. Your changes to the registry stay. You cannot undo this.
close-do = Close account permanently
told-logged-in-already = You are already logged in. You only need one account.
told-send-again = You are verified. Nothing has been changed yet. Submit the form again.
told-address-confirmed = Address confirmed.
told-account-made = Account created. You can log in now.
told-password-changed = Password changed. Log in with the new password.
told-address-mailed = We've sent an e-mail to this address. Open its link to add the address.
told-address-unsent = This server does not send e-mail. Ask its operator for the link that adds the address.
told-address-removed = Address removed.
told-address-main = Main address changed.
told-username-changed = User name changed.
told-name-changed = Name saved.
told-language-chosen = Language saved.
told-organization-chosen = Default organization saved.
told-account-closed = Your account has been closed. Thank you for using this registry.

## Account recovery

recover-title = Account recovery
recover-about = If you have a backup code, log in with your password and the code. If you don't, recover the account here. We'll send a link to every confirmed address of the account. You need two proofs: links opened from addresses in two different domains, or one such link and an admin of your organization who vouches for you. Then you wait three days, during which you and the people affected can stop the recovery.
recover-name = User name or e-mail address
recover-sent-title = Check your inboxes
recover-sent = If this account exists and has a second factor, we are sending e-mails to its addresses. Open their links in this browser within one day. In the meantime, an admin of your organization can vouch for you.
recover-unsent = If this account exists and has a second factor, ask the operator of this server for the links. Open them in this browser within one day. In the meantime, an admin of your organization can vouch for you.
recover-address = Confirm that you can read e-mail sent to this address and want to recover the account.
recover-address-do = Confirm recovery
recover-more = Your recovery request has number { $number }. The admin who vouches for you needs it. You have given one of two proofs. Open the link sent to an address in another domain, or ask an admin of your organization to vouch for you.
recover-waiting = You have given enough proof. In three days we'll send a link that gives you access to the account, unless someone stops the recovery. Everyone affected has been notified.
recover-review = You have given enough proof. Because you are the only admin of an organization, the registry's staff will review the request first.
recover-stop-title = Stop account recovery
recover-stop = Someone is trying to regain access to this account without its second factor. If this is not the owner, stop the recovery. The account is then suspended until the registry's staff have spoken with the owner.
recover-stop-do = Stop recovery and suspend account
recover-stopped = The recovery has been stopped and the account suspended. Contact the registry's operator to reactivate it.
told-recovered = Account recovered. Log in with the new password, then set up a second factor.

## Login, second factors, sessions

login-title = Log in
login-name = User name or e-mail address
login-do = Log in
login-passkey-title = Log in without a password
login-passkey-about = Use a passkey stored on this device, on your phone or on a security key.
login-passkey = Sign in with a passkey
login-forgot-password = Forgot your password?
login-forgot-name = Forgot your user name?
login-lost-factor = Lost your second factor?
login-code = Code from your authenticator app, or a backup code
login-code-help = Enter it together with your user name and password. You can also use a passkey, or a browser in which you have logged in before.
login-code-first = Too many wrong passwords have been entered for this account today. Enter a code as well.
login-wait = Too many attempts. Try again in { $seconds } seconds.
key-failed = That did not work. Your security key or passkey did not respond or was not accepted. Try again, or use another method.
key-needs-script = Security keys and passkeys need JavaScript. Allow it for this site, or use another method.
second-title = Two-factor authentication
second-about = Password accepted. Now verify with one of these within ten minutes:
second-do = Verify
second-key-title = Security key or passkey
second-key-about = Touch your key when it blinks, or follow your browser's instructions.
second-key-do = Use security key or passkey
second-totp-title = Authenticator app
second-totp-code = Six-digit code
second-totp-help = Each code works once.
second-backup-title = Backup code
second-backup-code = Backup code
second-backup-help = Each backup code works once.
second-backup-do = Use backup code
second-leave = Start over
prove-title = Verify again
prove-about = This changes who can access the account. Please verify again. You won't be asked again for ten minutes.
resume-title = Continue
resume-about = You are verified. Your entries have been kept. Submit the form to continue.
resume-do = Submit form
resume-leave = Cancel
forbidden-title = Not allowed
factors-title = Security
factors-own = Your second factors
factors-go-on = Continue
factors-none = You have no second factor yet. A passkey is the safest and fastest choice.
factors-only-one = You have one second factor. Add another one so that you are not locked out if you lose it.
factors-unconfirmed = Confirm your main address before you set up second factors.
coming-passkey = From { $day }, your organization { $name } requires a passkey. Add a passkey that can log you in.
coming-totp = From { $day }, your organization { $name } no longer accepts codes from an authenticator app. Add a security key or a passkey.
coming-beside = From { $day }, your organization { $name } requires another second factor in addition to a passkey. Add one.
coming-left = { $days ->
        [0] This is today.
        [one] One day is left.
       *[other] { $days } days are left.
    }
limited-title = Access limited
limited-passkey = Your access to { $name } is limited until you add a passkey that can log you in, and log in with it.
limited-totp = Your access to { $name } is limited until you add a security key or a passkey and log in with it. Codes from an authenticator app are not accepted there.
limited-beside = Your access to { $name } is limited until you add another second factor in addition to your passkey, and log in with both.
limited-not-shown = Your access to { $name } is limited because of the way you logged in. Log in again with a factor that it accepts.
told-demands-limited = You are logged in. Your access to one of your organizations is limited. See Security.
told-demands-coming = You are logged in. One of your organizations will soon require more from you. See Security.
factors-name = Name
factors-kind = Type
factors-created = Added
factors-used = Last used
factors-act = Actions
factors-app = authenticator app
factors-key = security key, used with your password
factors-passkey = passkey, logs you in without a password
factors-never = never
factors-rename = Rename
factors-new-name = Name
factors-save = Save name
factors-log-in-on = Allow login without password
factors-log-in-off = Require password
factors-remove = Remove
factors-remove-ask = Remove this factor? You will be logged out everywhere else.
factors-add-key = Add a passkey or security key
factors-add-key-about = A passkey is stored on your device, in your password manager or on a security key. It works on this site only, so nobody can trick you into giving it away.
factors-add-passkey = Log in with it without a password
factors-add-passkey-help = You will be asked for a PIN, fingerprint or face.
factors-add-key-do = Add key
factors-no-keys-here = Passkeys and security keys need a host name and TLS. They do not work at this address.
factors-add-app = Add an authenticator app
factors-add-app-about = An app on your phone shows a six-digit code that changes every 30 seconds.
factors-add-app-do = Set up app
setup-title = Add an authenticator app
setup-scan = Scan this QR code with your authenticator app.
setup-qr = QR code for the authenticator app
setup-type = Or enter this setup key in the app:
setup-secret = Setup key
setup-code = Six-digit code
setup-code-help = Enter the code that the app shows now.
setup-do = Add app
setup-leave = Not now
codes-title = Backup codes
codes-yours = Your backup codes
codes-once = You can see these codes only now. Each code lets you log in once if you lose your devices. Print them or store them in a safe place, but not on those devices.
codes-download = Download as text file
codes-print = Print
codes-kept = I have saved these codes
codes-few = running low
codes-see = View and replace
codes-made = Created { $time }.
codes-used = Used codes
codes-used-at = Time
codes-used-from = From
codes-about = Codes are stored in a form that nobody can read, so they cannot be shown again. Creating new codes revokes the old ones.
codes-renew = Create new codes
codes-renew-ask = Create new backup codes? The old ones will stop working.
codes-back = Back to Security
sessions-title = Sessions
sessions-about = You are logged in here. Log out sessions you don't recognize, then change your password. A session that is a day old, or has been idle for an hour, is read-only until you verify with a second factor again.
sessions-program = Browser or program
sessions-address = IP address
sessions-created = Logged in
sessions-seen = Last used
sessions-expires = Expires
sessions-ways = Verified by
sessions-act = Actions
sessions-this = this session
sessions-end = Log out
sessions-end-others = Log out everywhere else
sessions-end-others-ask = Log out of all other sessions?
sessions-pwd = password
sessions-otp = code
sessions-swk = security key
sessions-user = PIN or biometrics
told-logged-out = You are logged out.
told-factor-added = Second factor added.
told-factor-renamed = Second factor renamed.
told-factor-removed = Second factor removed.
told-key-changed = Key updated.
told-session-ended = Session logged out.
not-me-title = Wasn't this you?
not-me-about = If we notified you of a login or a change that you did not make, start here. This logs out all other sessions and all sites that you sign in to with this account, and suspends your personal keys until you resume them. Then change your password and check your second factors.
not-me-do = Secure my account
not-me-ask = Log out of all other sessions and suspend your keys?
told-not-me = All other sessions have been logged out and your keys suspended. Now change your password and check your second factors.
told-sessions-ended = All other sessions have been logged out.
codes-left =
    { $count ->
        [one] One backup code is left.
       *[other] { $count } backup codes are left.
    }
## Managing an organization

manage-pages = Pages of this organization
manage-people = People
manage-rights = Permissions
manage-roles = Role accounts
manage-keys = Keys
manage-hygiene = Security review
manage-audit = Audit log
manage-policy = Policy
people-title = People of { $name }
people-requests = Requests
people-requests-about = Approve only people you know to belong to this organization. An unconfirmed address proves nothing.
people-person = Person
people-mails = E-mail addresses
people-asked = Requested
people-decide = Actions
people-ownership = requests ownership
people-confirmed = confirmed
people-unconfirmed = not confirmed
people-approve = Approve
people-deny = Deny
people-members = Members
people-safety = Security
people-rank = Role
people-admin = admin
people-member = member
people-resting = limited: address not confirmed
people-last-admin = This is the last admin. Make someone else an admin first.
people-promote = Make admin
people-demote = Make member
people-rights = Permissions
people-remove = Remove
people-remove-ask = Remove this person? They lose their permissions, role accounts and role keys immediately.
people-invite = Invite someone
people-invite-about = They'll get an e-mail with a link that works once, for seven days. They don't need an account yet.
people-invite-email = E-mail address
people-invite-rights = Permissions besides reading
people-invite-rights-help = For members only. Admins can do everything. You can change permissions at any time.
people-invite-roles = Role accounts
people-invite-do = Send invitation
people-invited = Pending invitations
people-invited-by = Invited by
people-invited-until = Expires
people-withdraw = Withdraw invitation
factor-none = no second factor
factor-some = second factor
preset-none = none
preset-read = read all objects
preset-contacts = read all objects and private contacts
preset-networks = create and update networks
preset-exchanges = create and update exchanges
preset-facilities = create and update facilities and campuses
preset-all = everything except people
preset-whole = same permissions as you, now and in the future
rights-title = Permissions in { $name }
rights-search = Search for a network, exchange, facility, carrier or campus
rights-search-do = Search
rights-of = Permissions of { $name }
rights-copy = Copy permissions from
rights-copy-help = Fills in the form below. Nothing changes until you save.
rights-copy-do = Copy
rights-own = Granted permissions
rights-save = Save permissions
rights-back = Back to everyone
rights-effective = Effective permissions
rights-effective-about = Effective permissions combine role, role accounts and granted permissions. If several cover the same object, the most specific one applies.
rights-all = Overview
rights-all-about = C create, R read, U update, D delete. Select a name to change its permissions.
rights-who = Name
rights-create = Create
rights-read = Read
rights-update = Update
rights-delete = Delete
rights-admin-fixed = Admins can do everything. Make this person a member to grant individual permissions.
rights-place-org = The organization and everything in it
rights-place-users = People
rights-place-sessions = Peering sessions
rights-kind-person = person
rights-kind-key = key
rights-kind-role = role account
rights-nobody = There is no one with this name here.
roles-title = Role accounts of { $name }
roles-about = A role account stands for a task of the organization. It has a shared mailbox and the people who do the work. Role keys are revoked when their owner leaves the role account.
roles-none = There are no role accounts yet.
roles-email = Shared mailbox
roles-no-email = none
roles-people = People
roles-nobody = no one
roles-keys = Keys
roles-rights = Permissions of the role account
roles-change = Edit
roles-name = Name
roles-save = Save role account
roles-end = Delete role account …
roles-end-warning = This deletes the role account and revokes all of its keys.
roles-end-do = Delete role account
roles-key = Create a role key
roles-key-about = The key has the permissions that you and the role account share. The audit log names you. The key is revoked when you leave the role account.
roles-new = New role account
roles-kind = Type
roles-new-do = Create role account
keys-title = API keys of { $name }
keys-own-title = Your API keys
keys-about = Organization keys keep working when people leave. Role keys are revoked when their owner leaves the role account.
keys-own-about = A personal key can do what you can, or less if you restrict it. For an organization's work, create an organization key instead.
keys-none = There are no keys yet.
keys-all = Keys
keys-name = Name
keys-name-help = What will use this key? For example "nightly port sync".
keys-state = Status
keys-state-active = active
keys-state-rotating = two secrets
keys-state-suspended = suspended
keys-state-expired = expired
keys-state-revoked = revoked
keys-state-exposed = leaked
keys-rights = Permissions
keys-used = Last used
keys-never = never
keys-act = Actions
keys-expires = Expires
keys-expires-help = One year by default. Leave empty for no expiry, unless the organization sets a maximum.
keys-forever = never
keys-networks = Allowed networks
keys-anywhere = any
keys-networks-help = One per line, such as 192.0.2.0/24 or 2001:db8::/32. Leave empty to allow any network.
keys-note = Note
keys-email = Contact e-mail
keys-email-help = We send notices about this key here. A shared mailbox is best.
keys-preset = Permissions
keys-preset-help = You can change permissions later.
keys-readonly = read-only
keys-rotate = Replace secret
keys-rotate-ask = Create a new secret for this key? The old one keeps working for one day.
keys-suspend = Suspend
keys-resume = Resume
keys-revoke = Revoke
keys-revoke-ask = Revoke this key permanently?
keys-make = Create an API key
keys-make-do = Create key
keys-kind-user = personal
keys-kind-org = organization
keys-kind-role = role account
key-made-title = Your key
key-made-label = Key
key-made-warning = You can see this key only now. Store it in a safe place, such as a password manager. Anyone who has it can use its permissions.
key-made-try = Try it out
key-made-back = I have saved the key
hygiene-title = Security review of { $name }
hygiene-about = Findings about the organization's keys and people, and what to do about each.
hygiene-none = No findings.
hygiene-what = Finding
hygiene-do = Recommendation
hygiene-never-used = Created on { $day } and never used.
hygiene-never-used-do = Revoke it.
hygiene-unused = Last used on { $day }.
hygiene-unused-do = Revoke it, or suspend it first.
hygiene-expiring = Expires on { $day }.
hygiene-expiring-do = Extend it, or create the key that replaces it.
hygiene-no-expiry = Never expires.
hygiene-no-expiry-do = Set an expiry date, so that someone reviews the key by then.
hygiene-no-address = Has no contact address.
hygiene-no-address-do = Add the address of a mailbox that someone reads.
hygiene-no-contact = Nobody has confirmed the contact address { $address }.
hygiene-no-contact-do = Open the link in the e-mail that was sent there, or enter a mailbox that someone reads.
hygiene-left = Belongs to a person who has left the organization.
hygiene-left-do = Revoke it.
hygiene-admin-level = Can change everything in the organization.
hygiene-admin-level-do = Limit its permissions to what it changes. Its page lists what it has used.
hygiene-over-broad = { $where }: has write permission there but has not used it in 90 days.
hygiene-over-broad-do = Make it read-only there.
hygiene-shared = Used from { $networks } networks and by { $clients } clients.
hygiene-shared-do = Give each program its own key, and note what it is for.
hygiene-no-networks = Always used from { $network }, but accepted from anywhere.
hygiene-no-networks-do = Restrict it to this network.
hygiene-old-secret = Its secret is more than a year old.
hygiene-old-secret-do = Replace its secret.
hygiene-personal = This personal key changes objects of the organization.
hygiene-personal-do = Create an organization key or a role key for this work.
hygiene-no-factor = This member has no second factor.
hygiene-no-factor-do = Ask them to set one up. Until then, only a password protects their account.
audit-title = Audit log of { $name }
audit-kind = Type
audit-any = all
day-expected = Enter a date such as 2027-01-31.
audit-object = Object ID
audit-person = Person
audit-person-help = User name or e-mail address
audit-person-unknown = No one has this user name or address.
audit-object-number = Enter the ID as a number.
audit-any-key = any
audit-create = { $what } created
audit-update = { $what } changed
audit-delete = { $what } deleted
audit-erase = { $what } removed
audit-import = { $what } imported
audit-note = { $what }
audit-key = Key
audit-from = From
audit-to = Until
audit-do = Show
kind-org = Organization
kind-net = Network
kind-ix = Exchange
kind-fac = Facility
kind-carrier = Carrier
kind-campus = Campus
kind-poc = Network contact
kind-ixlan = Exchange LAN
kind-ixpfx = LAN prefix
kind-ixfac = Exchange presence
kind-netixlan = Exchange port
kind-netfac = Facility presence
kind-carrierfac = Carrier presence
kind-user = Account
kind-password = Password
kind-member = Member
kind-key = Key
kind-role = Role account
kind-policy = Policy
kind-session = Session
kind-logo = Logo
kind-factor = Second factor
kind-codes = Backup codes
kind-ticket = Link sent by e-mail
kind-recovery = Account recovery
kind-application = Membership request
kind-invitation = Invitation
kind-client = Application
kind-port-proposal = Proposal of a member list
kind-import-failure = Failed import
kind-consent = Site authorization
audit-none = No matching entries.
audit-time = Time
audit-who = Who
audit-what = Action
audit-changed = Fields
policy-title = Policy of { $name }
policy-nobody = No one would be locked out.
policy-locked-out =
    { $count ->
        [one] One person would lose access until they meet the policy
       *[other] { $count } people would lose access until they meet the policy
    }
policy-people = People
policy-domains = Allowed e-mail domains
policy-domains-help = One per line, such as example.net. Leave empty to allow any. New members need a confirmed address in one of these domains. Existing members stay and are flagged.
policy-subdomains = Include subdomains
policy-reconfirm = Reconfirm e-mail addresses
policy-reconfirm-help = Members who are overdue stay members but lose their permissions here until they confirm their address.
policy-never = never
policy-days = every { $days } days
policy-passkey = Require a passkey to log in
policy-passkey-help = Members can no longer log in with a password.
policy-totp = Do not accept codes from authenticator apps
policy-totp-help = Security keys and passkeys are still accepted.
policy-beside = Require another factor in addition to a passkey
policy-grace = Grace period for new requirements, in days
policy-grace-help = Applies to passkeys, authenticator apps and the additional factor. Until it ends, members can log in as before and are told when the requirement takes effect. 0 means immediately.
policy-keys = Keys
policy-key-days = Maximum lifetime of a key, in days
policy-key-days-help = Leave empty for no maximum. Older keys keep working for 14 days, and their owners get an e-mail.
policy-user-keys = Personal keys can access the organization
policy-requires-networks = New keys must list their allowed networks
policy-networks = Accept keys only from these networks
policy-save = Save changes
policy-preview = Who would be locked out?

## Staff

staff-pages = Staff pages
staff-queue = Queue
staff-users = Accounts
staff-recoveries = Recoveries
staff-undo = Undo
staff-ranks = Staff
queue-title = Pending requests
queue-none = There are no pending requests.
queue-doubt = needs review
queue-application = requests membership
queue-refuse = Reject …
queue-refuse-do = Reject request
queue-reason = Reason
queue-reason-help = The requester will see this.
queue-for = { $name } for { $target }
users-title = Accounts
users-search = User name, name or address
users-organizations = Organizations
users-barred = suspended
users-guest = not verified
users-staff = staff: { $rank }
users-has =
    { $factors ->
        [one] { $factors } factor
       *[other] { $factors } factors
    }, { $keys ->
        [one] { $keys } key
       *[other] { $keys } keys
    }
users-bar = Suspend
users-bar-ask = Suspend this account? Its sessions and keys stop working immediately.
users-let-in = Reactivate
recoveries-title = Account recoveries
recoveries-about = Recoveries in progress. Staff must approve the recovery of an organization's only admin.
recoveries-none = There are no recoveries in progress.
recoveries-begun = Started
recoveries-proofs = Proofs
recoveries-from = From

ranks-title = Staff and ranks
ranks-about = Each rank includes the ones before it. The person whose rank changes and the other admins get an e-mail.
ranks-rank = Rank
ranks-new = New rank
ranks-factor = second factor
ranks-no-factor = no second factor
ranks-last = This is the last admin. Make someone else an admin first.
ranks-change = Change rank …
ranks-change-do = Change rank
ranks-give = Give a rank
ranks-person = Person
ranks-person-help = User name or e-mail address of an existing account.
ranks-give-do = Give rank
rank-queue = Queue
rank-queue-about = Sees pending requests and decides about them.
rank-support = Support
rank-support-about = Also sees everything, suspends and reactivates accounts, reviews recoveries, undoes changes and confirms imports.
rank-admin = Admin
rank-admin-about = Can do everything, and gives and takes ranks.
rank-none = No rank

## Joining an organization

join-title = Request to join an organization
join-about = Enter an AS number, or the ID or name of an organization. The organization's admins decide about your request, or the registry's staff if it has no admins. If one of your confirmed addresses is in the registration of an AS number, you get its network immediately, unless it belongs to an organization that has admins.
join-asn = AS number
join-asn-help = For example AS64500.
join-org = Organization
join-org-help = ID or name. To register an AS number in one of your organizations, enter that organization. If you leave it empty, a new organization is created for the network.
join-do = Send request
join-requests = Your requests
join-target = Organization or AS number
join-cancel = Cancel request
join-state-pending = pending
join-state-denied = denied
join-state-canceled = canceled
join-state-approved = approved
sure-back = Cancel
own-title = Request ownership of an organization
own-text = { $name } has no admins. Do you want to request ownership?
own-mismatch = Your email address does not match the domain information we have on file for this organization.
own-do = Request ownership
place-leave-title = Leave organization
place-leave-text = You lose your permissions in { $name }, and leave its role accounts. The role keys you created are revoked.
place-leave-last = You are the last member. If you leave, no one manages the organization. If it no longer exists, delete it first.
place-leave-do = Leave organization
invitation-title = Invitation
invitation-text = You have been invited to join { $name } with the role { $rank }.
invitation-do = Accept invitation
invitation-gone = This invitation is invalid or has expired. Ask the person who invited you to send another one.
told-join-asked = Request sent. We'll email you when it has been decided.
told-join-unsent = Request sent.
told-join-approved = Request approved. The network now belongs to your organization.
told-join-denied = Request denied automatically. The reason is shown below.
told-join-canceled = Request canceled.
told-place-left = You have left the organization.
told-place-taken = Welcome! You are now a member of the organization.
told-request-approved = Request approved.
told-request-denied = Request denied.
told-rank-changed = Role changed.
told-person-removed = Person removed.
told-invitation-sent = Invitation sent.
told-invitation-unsent = Invitation created. This server does not send e-mail. Ask its operator for the link.
told-invitation-withdrawn = Invitation withdrawn.
told-rights-saved = Permissions saved.
told-role-saved = Role account saved.
told-role-ended = Role account deleted.
told-factor-changed = Login setting changed.
told-key-revoked = Key revoked.
told-policy-saved = Policy saved.
told-queue-refused = Request rejected.
told-account-barred = Account suspended.
told-account-let-in = Account reactivated.
## Sign in with Peerage

scope-openid = your account ID, and when and how you logged in
scope-profile = your name and user name, and whether your account is verified
scope-email = your main e-mail address
scope-networks = your networks, and your permissions on each of them
scope-amr = whether you used a second factor
consent-title = Sign in to another site
consent-to = Sign in to { $client }?
consent-about = { $client }, registered by { $owner }, wants to know who you are. If you allow it, you continue to { $host }.
consent-knows = The site will be able to see
consent-you = You are logged in as { $name }.
consent-networks = Which networks?
consent-all = All, including future networks
consent-some = Only selected networks
consent-ticked = Networks
consent-none-ticked = Select at least one network, or choose all.
consent-allow = Allow
consent-deny = Deny
consent-later = You can revoke access at any time:
oauth-error-title = Invalid sign-in request
oauth-error-client = The application is unknown here or has been deleted. Contact the site that sent you here.
oauth-error-address = The site has not registered the redirect URI in this request, so we did not send you there. Contact the site that sent you here.
oauth-error-twice = A parameter appears twice in this request. Contact the site that sent you here.
leave-title = Log out of Peerage?
leave-about = { $client } has logged you out. Do you want to log out of Peerage, too?
leave-do = Log out
leave-stay = Stay logged in
applications-title = Applications
applications-about = Sites and apps that people sign in to with their account here: your own, and those of organizations you manage.
applications-none = No applications have been registered yet.
application-title = Application
application-new-title = Register an application
application-name = Name
application-name-help = People see this name when they are asked for consent.
application-owner = Owner
application-owner-me = You
application-owner-gone = none
application-id = Client ID
application-kind = Type
application-kind-site = A site that keeps a secret on its server (confidential client)
application-kind-app = An app or page that cannot keep a secret (public client)
application-back = Redirect URIs
application-back-help = One per line, matched exactly. They start with https://. Apps may also use http://127.0.0.1 and http://[::1] with any port.
application-after = Post-logout redirect URIs
application-after-help = One per line.
application-backchannel = Back-channel logout URI
application-backchannel-help = When someone logs out, we send a logout token to this address (OpenID Connect Back-Channel Logout).
application-signing = ID token signing algorithm
application-legacy = Warning: this application does not use PKCE, so only its secret protects a stolen sign-in code. Turn PKCE on again as soon as its software supports it.
application-pkce = Allow sign-in without PKCE
application-pkce-help = Only for software written for PeeringDB that cannot send a code_challenge, such as IXP Manager. Without PKCE, anyone who intercepts a sign-in code and knows the secret can use it. Leave this off if the software supports PKCE.
application-save = Save changes
application-register = Register application
application-go = View application
application-secret = Client secret
application-secret-once = You can see this secret only now. Store it on the site's server and nowhere else.
application-discovery = Discovery document
application-rotate-about = The old secret keeps working for one day.
application-rotate-now = Revoke the old secret immediately, because others may have it
application-rotate = Create new secret
application-delete-open = Delete this application …
application-delete-warning = No one will be able to sign in to it any more, and all of its tokens are revoked. You cannot undo this.
application-delete = Delete application
application-registered-title = Application registered
application-rotated-title = New client secret
sites-title = Sites you sign in to
sites-about = These sites see your current account data. If your name or permissions change, they see the change the next time they ask.
sites-none = You have not signed in to any site yet.
sites-site = Site
sites-knows = Can see
sites-since = Authorized
sites-used = Last sign-in
sites-act = Actions
sites-chosen =
    { $count ->
        [one] of one network
       *[other] of { $count } networks
    }
sites-end = Revoke access
sites-end-ask = Revoke this site's access and sign out there?
told-site-ended = Access revoked.
told-application-saved = Application saved.
told-application-deleted = Application deleted.

## Recovery notices in sessions, single keys, permission sets, staff

recovering-about = Someone is trying to regain access to your account without its second factor. If this is not you, stop the recovery and change your password.
recovering-stop = Stop recovery
told-recovery-ended = Recovery stopped. If you did not start it, change your password.
link-used = It has already been used and works only once. Request a new one.
link-old = It has expired. Request a new one.
link-outlived = The address or password was changed after it was sent. Request a new one.
link-elsewhere = It works only in the browser in which it was requested. Open it there, or request a new one here.
again-about = Confirm your address again. { $names } requires this from time to time, and your access there is limited until you do so.
again-do = Confirm address
told-again-mailed = E-mail sent. Open its link to confirm the address again.
told-again-unsent = This server does not send e-mail. Ask its operator for the link that confirms the address.
told-join-proved = Address confirmed. It is in the registration of your AS number, so the network now belongs to one of your organizations.
people-from = since
people-recovering = Recovery request { $number }
people-vouch = Vouch
people-vouch-ask = Have you spoken with this person, and are you sure it is them? Vouching helps them regain access to the account without its second factor.
told-vouched = You have vouched for this person. Everyone affected has been notified.
bundle-owner = owner: everything, counts as an admin
bundle-admin = admin: everything, including people and keys
bundle-editor = editor: create, read and update all objects
bundle-contacts = contacts only: network contacts
bundle-peering = peering: peering sessions, for sites that use them
bundle-auditor = auditor: read everything, including the audit log
bundle-apps = apps only: applications of the organization
rights-bundle = Permission set
rights-bundle-help = Replaces the granted permissions with those of the set.
rights-bundle-do = Replace permissions
told-key-made-already = This form was already submitted, and a key is shown only once. If you did not save the key, replace its secret.
keys-recovered = Your account was recovered, so your keys have been suspended. Resume the keys you recognize and need, and revoke the others. You can resume keys with write permissions one day after the recovery.
contact-title = Confirm key contact
contact-about = { $address } was entered as the contact address of the key "{ $key }". Confirm it to get e-mails about this key there.
contact-do = Confirm contact
contact-done = Contact confirmed. E-mails about the key will be sent to this address.
contact-refused = This link is invalid or has expired. The key's contact address may have been changed since the e-mail was sent.
key-title = Key { $name }
key-back = All keys
key-id = ID
key-rights = Change permissions
key-made = Created
key-secret-made = Current secret created
key-old-until = Previous secret expires
key-count = Requests
key-overlap = Keep the old secret valid
key-overlap-none = no, revoke it now
key-overlap-hour = for an hour
key-overlap-day = for a day
key-overlap-three = for three days
key-overlap-week = for a week
key-overlap-month = for 30 days
key-edit = Edit key
key-edit-about = Restrictions take effect immediately. To extend permissions, you must verify with your second factor again.
key-per-minute = Requests per minute
key-per-minute-help = Leave empty for the registry's default limits.
key-rotates-itself = This key can replace its own secret
key-manages-members = This key can invite and remove members (never admins)
key-save = Save changes
key-try-about = Store the key in the environment variable PEERAGE_KEY first. Other users of the computer can see the arguments of a command.
key-use = Usage
key-use-what = Network, client or permission
hygiene-change = Change key
hygiene-secret = View key
hygiene-rights = Change permissions
hygiene-make = Create key
hygiene-people = View person
audit-field = Field
audit-field-help = Show only changes of this field, for example policy_url.
audit-lines = JSON lines
policy-idle-days = Suspend unused keys after (days)
policy-idle-days-help = Leave empty to never suspend them. At least 7. A suspended key can be resumed.
queue-look = Review
queue-one = Review request
recoveries-ends = Access restored
recoveries-approve = Approve recovery
recoveries-approve-ask = Have you made sure that this is the owner? The account can be accessed three days from now, unless someone stops the recovery.
recoveries-reason-help = The owner and the organization's admins will see this.
recoveries-state-open = collecting proofs
recoveries-state-waiting = waiting period
recoveries-state-review = awaiting your approval
told-recovery-approved = Recovery approved. The three-day waiting period has started.
told-recovery-refused = Recovery rejected.
told-rank-set = Rank changed.
presences-title = Carriers at your facilities
presences-about = These carriers want to be listed at one of your facilities. They are not shown there until you approve the request.
presences-carrier = Carrier
presences-facility = Facility
presences-reject = Reject …
presences-reject-do = Reject request
told-presence-approved = Request approved. The carrier is listed at the facility.
told-presence-rejected = Request rejected. The carrier's organization will get your reason by e-mail.
told-presence-unsent = Request rejected. This server does not send e-mail, so tell the carrier's organization your reason yourself.
queue-effects = Approving this request will:
effect-approve = publish { $kind } { $name }
effect-create-org = create the organization { $name }
effect-create-net = create the network { $asn } in it
effect-move-net = move the network { $name } ({ $asn }) there from { $from }
effect-admin = make { $person } an admin of { $name }
effect-member = make { $person } a member of { $name }
told-approved-row = Request approved. The object is now public.
told-approved-row-and-organization = Request approved. The object and its organization are now public.
told-approved-member = Request approved. The person is now a member of the organization.
told-approved-admin = Request approved. The person is now an admin of the organization.
told-approved-person-and-rows = Request approved. The person is now an admin of the organization. The organization and its networks are now public.
told-approved-new-organization = Request approved. The organization was created, and the person is its admin.
told-approved-new-network = Request approved. The organization and its network were created, and the person is an admin.
told-approved-moved-network = Request approved. The organization was created, the network was moved there, and the person is its admin.

## Pages of objects

object-page = Registry object
object-crumbs = Part of
object-sections = Lists
object-facts = Facts
object-notes = Notes
object-none = None.
object-no-match = Nothing matches the filter.
object-filter = Filter: { $list }
object-filter-hint = Filter these rows
object-filter-do = Filter
object-rows =
    { $total ->
        [one] { $count } of { $total } row
       *[other] { $count } of { $total } rows
    }
object-rows-all =
    { $total ->
        [one] { $total } row
       *[other] { $total } rows
    }
object-logo = Logo of { $name }
object-ixf = IX-F export
object-related = More of this organization
object-manage = Manage
object-pages = Pages: { $list }
object-api = API request:
object-examples = Examples
object-forms = This page as
object-text = plain text
object-gone = This object was deleted on
object-gone-owner = It belonged to
object-yes = yes
object-no = no
object-down = not operational
object-ports = Ports at exchanges
object-peers = Networks at this exchange
object-facilities = Facilities
object-local-facilities = Local facilities
object-contacts = Contacts
object-prefixes = Prefixes
object-networks = Networks
object-exchanges = Exchanges
object-carriers = Carriers
object-campuses = Campuses
object-ipv4 = IPv4
object-ipv6 = IPv6
object-rs = Route server
object-bfd = BFD
object-location = Port location
object-policy = Policy
object-networks-here = Networks here
object-policy-badge = { $policy } policy
object-routing = Routing
object-policy-group = Peering policy
object-about = About
object-contact = Contact
object-address = Address
object-social = Social media
object-lan = Peering LAN
object-figure-ports = Ports
object-figure-rs = { $count } with route server
object-figure-capacity = Listed capacity
object-figure-ipv6 = Ports with IPv6
object-figure-open = Open peers
object-hidden-anonymous =
    { $count ->
        [one] One contact is visible only to logged-in people with a confirmed address.
       *[other] { $count } contacts are visible only to logged-in people with a confirmed address.
    }
object-hidden-person =
    { $count ->
        [one] One contact is hidden from you. The network's organization decides who can see it.
       *[other] { $count } contacts are hidden from you. The network's organization decides who can see them.
    }
object-as-of = This page shows the object as it was on
object-now = Show it as it is now
object-as-of-moved = What has moved to another object since then is not in its lists.
object-where = Where
object-map = Map: where { $name } is
object-larger-map = Larger map
object-charts = Ports
object-compare = Statistics of all exchanges
object-countries =
    { $count ->
        [one] 1 country
       *[other] { $count } countries
    }
object-where-facilities =
    { $count ->
        [one] 1 facility in { $countries }
       *[other] { $count } facilities in { $countries }
    }

history-title = History
history-feed = Atom feed
history-none = No changes to show.
history-then = as it was then
history-at-malformed = That is not a date or time: write 2026-01-31 or 2026-01-31T12:00:00Z.
history-too-large = This object has too many rows to be shown as it was.
history-before-malformed = before: expected a number, as the link to older changes has it.
history-create = Created
history-update = Changed
history-delete = Deleted
history-erase = Erased
history-import = import
history-imported = Imported
history-note = Note
history-undone = { $what } by an undo
history-empty = nothing
history-erased = erased
history-content-erased = The content of this change was erased on legal request.
history-first-values =
    { $count ->
        [one] { $count } field was set
       *[other] { $count } fields were set
    }
history-member = a member of { $org }
history-key = a key of { $org }
history-staff = staff
history-person = a person

## Documentation

guides-title = Documentation
guides-tasks = Guides
guides-tables = Reference
guides-search = Search the documentation
guides-find = Search
guides-none = Nothing in the documentation has these words.

## Search

search-title = Search
search-results = Results for “{ $text }”
search-all = All
search-kinds = Kinds of objects
search-none = Nothing was found.
search-too-long = A query has at most 255 characters and 16 words.
search-relaxed = No object has all words; these have some of them.
search-fuzzy = Similar spellings are included, because few names have exactly these words.
search-partial = There can be more results: this query takes too long to answer completely. Add a word.
search-unknown-place = No place named “{ $place }” is known, so the words are searched for in names.
search-similar = spelt similarly
search-port = { $address } is a port at { $exchange }, { $speed }
search-km = { $km } km away
search-exchanges =
    { $count ->
        [one] { $count } exchange
       *[other] { $count } exchanges
    }
search-networks =
    { $count ->
        [one] { $count } network
       *[other] { $count } networks
    }
search-help = What you can type
search-type = Type
search-finds = Finds
search-example-asn = The network with this AS number. A part of a number finds all that begin with it.
search-example-name = Objects with this word in a name, whatever the accents
search-example-address = Whose port has this IP address, or which LAN contains it
search-example-in = One kind of object in a city or country
search-example-near = One kind of object near a city, with a distance
search-example-point = Objects near a point
search-example-phrase = These words in this order
search-example-without = The first word, but not the second
search-example-field = A word in one field
search-example-set = The network with this AS-SET
search-quick = Results while you type
search-quick-all = All results

## Pages of the operator

own-label = About this registry
own-about = About
own-terms = Terms
own-privacy = Privacy
own-imprint = Imprint
own-program = This registry runs Peerage { $version }, free software under the licences Apache 2.0 and MIT.
own-guides = Guides for people, scripts and operators
own-data = Data of others in this program
own-help = Help

## Advanced search and comparison

menu-advanced = Search filters
menu-compare = Compare
advanced-title = Advanced search
advanced-kinds = Kinds of objects
advanced-filters = Filters
advanced-main = Name and owner
advanced-about = Properties
advanced-location = Location
advanced-presence = Presence
advanced-name = Name
advanced-name-help = Words of the name, the long name or another name.
advanced-object-help = A name, or the number in the address of its page.
advanced-objects-help = One a line: a name, or an AS number such as AS64500.
advanced-organizations-help = One a line: the name of an organization. Its networks, exchanges and facilities count.
advanced-at-ix = At exchange
advanced-not-at-ix = Not at exchange
advanced-at-fac = At facility
advanced-not-at-fac = Not at facility
advanced-all-net = All of these networks are present
advanced-any-net = Any of these networks is present
advanced-not-net = None of these networks is present
advanced-org-present = Organizations that are present
advanced-org-not-present = Organizations that are not present
advanced-ipblock = Peering LAN
advanced-ipblock-help = The beginning of a prefix, such as 192.0.2.
advanced-capacity = Capacity of at least
advanced-capacity-help = Sum of all port speeds, in Mbit/s.
advanced-no-fac = Hide exchanges without facilities
advanced-distance = Within (km)
advanced-distance-help = Around the city, which needs a country as well. For accounts with a confirmed address.
advanced-any = Any
advanced-active = Filters in use
advanced-remove = Remove filter: { $filter }
advanced-columns = Columns
advanced-do = Search
advanced-reset = Reset
advanced-results = Results
advanced-no-results = Correct the filters to see results.
advanced-request = API request
advanced-raw = CSV with raw values
advanced-unknown = Nothing is called “{ $name }”. Check the spelling, or enter an ID.
advanced-ambiguous = “{ $name }” can mean several objects. Choose one:
advanced-no-asn = “{ $text }” is not an AS number. Enter one such as AS64500.
advanced-too-many-names = At most { $max } names can be looked up at once. Enter AS numbers or IDs instead.
advanced-too-many = The address has too many parameters. At most { $max } are allowed.
compare-title = Compare
compare-kinds = What is compared
compare-peers = New peers
compare-networks-about = Shows at which exchanges and facilities networks are together, and how far the nearest places of two are apart if they share none.
compare-exchanges-about = Shows which networks exchanges have in common.
compare-facilities-about = Shows which networks facilities have in common.
compare-peers-about = Shows whom a network would meet at an exchange, and whom of them it meets nowhere else.
compare-networks-help = Up to 10 AS numbers in any form, or one name a line.
compare-objects-help = Up to 10: one name a line, or numbers from the addresses of their pages.
compare-network-help = An AS number such as AS64500, or a name.
compare-do = Compare
compare-too-many = At most { $max } can be compared here. Remove some.
compare-nothing = Name what is to be compared: asn, ix or fac, or net and ix.
compare-unknown = No network has the AS number { $items } in this registry.
compare-objects = Compared objects
compare-without = Compare without { $name }
compare-nowhere = These two networks have no exchange and no facility in common.
compare-nearest = Their nearest facilities are
compare-rows = Rows
compare-views = View
compare-all = All
compare-some = At least two
compare-any = Any
compare-everyone = Everyone here
compare-new = Met nowhere else
compare-matrix = Matrix
compare-list = List
compare-who = Who is there
compare-present = Present
compare-speed-here = Speed here
compare-elsewhere = Common exchanges elsewhere
compare-common-facilities = Common facilities
compare-is-there = { $net } is at { $ix }. These are the others.
compare-is-not-there = { $net } is not at { $ix }. It would meet these networks there.

## The map

map-title = World map
map-kind = Type
map-all-kinds = All types
map-country = Country
map-all-countries = All countries
map-text = Name or city
map-show = Show
map-reset = Reset
map-keys = Map. Use the arrow keys to move it, and + and - to zoom.
map-moves = Move the map
map-closer = Zoom in
map-farther = Zoom out
map-west = Move west
map-north = Move north
map-south = Move south
map-east = Move east
map-cluster = { $count } places: { $names }, …
map-km = { $km } km
map-about = Select a circle with a number to zoom in. Exchanges are shown at each of their facilities. Outlines: Natural Earth.
map-in-view =
    { $count ->
        [0] Nothing in view
        [one] 1 object in view
       *[other] { $count } objects in view
    }
map-unplaced =
    { $count ->
        [one] 1 place that matches has no coordinates.
       *[other] { $count } places that match have no coordinates.
    }
map-files = Download:
map-none = Nothing here matches. Zoom out, or change the filter.

## Statistics

statistics-title = Statistics
statistics-growth = Growth
statistics-growth-about = Active objects at the end of each month.
statistics-exchanges = Largest exchanges by networks
statistics-capacity = Largest exchanges by listed capacity
statistics-speeds = Port speeds
statistics-ipv6 = Ports with IPv6
statistics-policies = Peering policies
statistics-scopes = Geographic scope of networks
statistics-countries = Networks by country of their organization
statistics-regions = Exchanges by region
statistics-with-ipv6 = With IPv6 address
statistics-without-ipv6 = Without
statistics-unknown = Not stated
statistics-other = Other
statistics-value = Value
statistics-share = Share
statistics-speed = Speed
statistics-month = Month
statistics-year = { $change } in a year
statistics-table = Data table
statistics-more = The first { $count } of { $total } rows. The CSV file has all of them.
statistics-taken = Counted

## How long ago

ago-now = just now
ago-minutes =
    { $count ->
        [one] 1 minute ago
       *[other] { $count } minutes ago
    }
ago-hours =
    { $count ->
        [one] 1 hour ago
       *[other] { $count } hours ago
    }
ago-days =
    { $count ->
        [one] 1 day ago
       *[other] { $count } days ago
    }
ago-months =
    { $count ->
        [one] 1 month ago
       *[other] { $count } months ago
    }
ago-years =
    { $count ->
        [one] 1 year ago
       *[other] { $count } years ago
    }

## Editing objects

object-edit = Edit
edit-facts = Facts
edit-parts = Parts of the object
edit-general = General
edit-more = More
edit-title = Edit { $name }
edit-list-title = { $name }: { $list }
edit-add-net = Add a network
edit-add-ix = Add an exchange
edit-add-fac = Add a facility
edit-add-carrier = Add a carrier
edit-add-campus = Add a campus
edit-new-net = The network is public at once if one of your confirmed addresses is in the registration of its AS number.
edit-new-ix = The exchange is public at once if its prefix is registered to you and its member list can be read. Otherwise, staff of the registry approves it.
edit-new-fac = Staff of the registry approves new facilities before they are public.
edit-new-carrier = Staff of the registry approves new carriers before they are public.
edit-new-campus = A campus is public as soon as it has two facilities. Add it as the campus of your facilities.
edit-note = Reason
edit-note-help = The history shows it to your organization.
edit-preview = Check changes
edit-preview-title = Check changes
edit-cancel = Cancel
edit-save = Save changes
edit-back = Back to the form
edit-delete-link = Delete
edit-delete-title = Delete
edit-delete-named = Delete { $name }
edit-more-deleted =
    { $count ->
        [one] 1 more object is deleted with it.
       *[other] { $count } more objects are deleted with it.
    }
edit-conflict-title = Someone else was faster
edit-conflict-about = Others changed the same fields since you opened the form. Choose what to keep. Nothing has been saved yet.
edit-theirs = As others saved it:
edit-mine = As you entered it:
edit-gone = This was deleted after you opened the form.
edit-no-permission = You do not have permission to change this field.
edit-row = Row { $id }
edit-new-row = New row { $row }
edit-deletion-changed = What would be deleted has changed since. Look at it again.
edit-unknown = Not stated
edit-first = Row
edit-remove = Remove
edit-remove-row = Remove: { $row }
edit-paste = Paste rows
edit-paste-rows = Rows from a spreadsheet
edit-paste-about = One row a line, in this order or with these names in the first line: { $columns }. A row with an address or object of the list changes that row.
edit-paste-do = Add to the form
edit-paste-too-long = Paste at most { $bytes } bytes at once.
edit-paste-line = Line { $line } cannot be read.
edit-paste-too-many = At most { $count } rows can be added at once.
edit-paste-columns = Line { $line } has { $have } columns, but the list has { $most }.
edit-more-rows = More rows
edit-page-before = Previous rows
edit-page-after = More rows of the list
edit-profile-service = Service { $row }
edit-profile-name = Name or address at service { $row }
edit-summary = This will be saved: { $parts }.
edit-count-created =
    { $count ->
        [one] 1 created
       *[other] { $count } created
    }
edit-count-changed =
    { $count ->
        [one] 1 changed
       *[other] { $count } changed
    }
edit-count-deleted =
    { $count ->
        [one] 1 deleted
       *[other] { $count } deleted
    }
edit-start-over = Start over
edit-undo = Undo
edit-left = Characters left: #
edit-markdown = Preview
edit-markdown-of = Preview: { $field }
edit-markdown-failed = The preview could not be loaded. Try again.
edit-markdown-long = The text is too long for a preview. The limit is { $bytes } bytes.
edit-draft = You have unsaved entries for this form.
edit-draft-restore = Restore entries
edit-draft-discard = Discard entries
edit-offline = You are offline. Your entries are still in the form. Send it again when you are connected.
edit-stale = You have logged in again since this form was opened. Nothing has been saved yet. Check your entries, then continue.
expired-title = Your login has expired
expired-about = Nothing has been saved yet. This page keeps your entries while you log in again.
expired-log-in = Log in (opens a new tab)
expired-then = Then return to this page and continue.
expired-continue = Continue editing
told-edit-saved = Saved.
told-edit-nothing = Nothing has changed.
told-edit-deleted = Deleted.
told-edit-created = Added.
told-edit-pending = Added. Staff of the registry will look at it before it is public.

## Undo

undo-link = Undo
undo-import-link = Undo import
undo-do = Undo
undo-title = Undo a change of { $name }
undo-import-title = Undo an import of { $name }
undo-left = Left as it is
undo-left-field = { $field } was changed since.
undo-left-gone = It was deleted since.
undo-left-restored = It was restored since.
undo-left-grown = Other rows were added to it since.
undo-left-erased = The content of this change was erased on legal request.
undo-nothing = These changes have nothing that can be undone.
undo-refused = This cannot be undone.
undo-has-changed = What would be undone has changed since. Look at it again.
undo-too-many = This would change { $count } rows, and at most { $most } can be changed at once.
undo-too-many-events = There are more than { $most } events. Choose a shorter time.
undo-more =
    { $count ->
        [one] 1 more row changes.
       *[other] { $count } more rows change.
    }
undo-staff-title = Undo changes
undo-staff-about = Undo what one person or key changed in objects within a day. Rows that others changed since stay as they are.
undo-one-of-both = Enter either a person or a key.
undo-key-help = Name or public ID
undo-no-key = No key has this name or public ID.
undo-several-keys = Several keys have this name. Enter the public ID.
undo-day = Day
undo-day-help = In UTC
undo-time-expected = Enter a time such as 14:30.
undo-time-order = The end must be after the beginning.
undo-preview = Check changes
told-undone = Undone.

## Imports of member lists

import-title = Member list
import-of = { $name }: member list
import-about = An exchange publishes the list of its members in the format of the IX-F. An import compares it with the ports in this registry. Ports of networks that let exchanges update them are changed; for others, it says what differs.
import-url = Address
import-no-url = none; the facts of the exchange's LAN have it
import-daily = Daily import allowed
import-state = Requested import
import-never = never
import-last = Last import
import-networks = networks in the list: { $count }
import-preview = Preview an import
import-request = Request an import
import-planned = What an import would do
import-problems = Problems of the list
import-nothing = The list says nothing about this LAN.
import-network = Network
import-action = Action
import-addresses = Addresses
import-speed = Speed
import-reason = Reason
import-more =
    { $count ->
        [one] 1 more row is in the JSON.
       *[other] { $count } more rows are in the JSON.
    }
import-guard = The import would remove { $count } of { $ports } ports. More than { $most } are not removed without a confirmation, so it would stop and change nothing.
import-add = Added
import-modify = Changed
import-delete = Removed
import-suggest-add = Missing
import-suggest-modify = Differs
import-suggest-delete = Not in the list
import-noop = Equal
import-ignore = Ignored
proposals-title = Proposals
proposals-of = { $name }: proposals
proposals-about-net = Where the member lists of exchanges differ from your ports. Nothing changes until you accept a proposal. A dismissed one is hidden until the list states something else.
proposals-about-ix = Where your member list differs from ports of networks that decide about them themselves.
proposals-none = No member list proposes a change.
proposals-open = Open proposals
proposals-seen = List last imported:
proposals-changes = Changes
proposals-since = Proposed since
proposals-add = Add
proposals-modify = Change
proposals-delete = Remove
proposals-accept = Accept selected
proposals-dismiss = Dismiss selected
proposals-accept-all = Accept all { $count }
proposals-restore = Show again
proposals-dismissed = Dismissed: { $count }
proposals-more = { $count } more are in the JSON.
proposals-choose = Select at least one proposal.
proposals-changed = A proposal has changed or was resolved after you opened the page. Look at it again.
proposals-too-many = At most { $most } proposals can be decided at once.
told-proposals-accepted = Accepted. Your ports are changed.
told-proposals-dismissed = Dismissed.
told-proposals-restored = Shown again.
import-failed = The last import failed:
import-changed = What an import would remove is no longer what was shown. Preview it again.
import-confirm = Import it as shown
import-confirm-tick = I have looked at what would be removed
import-not-confirmed = Confirm that you have looked at what would be removed.
import-guard-proposals = The import would propose to remove { $count } of { $ports } ports. More than { $most } at once need a confirmation, so it would stop and change nothing.
renumber-title = Renumber
renumber-of = Renumber { $name }
renumber-about = All ports of the LAN get their new addresses in one change. You see every change before it is made. It takes the permission to change each of the ports.
renumber-by-prefix = By prefix
renumber-from = Old prefix
renumber-to = New prefix
renumber-to-help = At least as large as the old one. The host part of each address stays. If the LAN does not have the prefix, it is added.
renumber-removes-old = Remove the old prefix
renumber-by-list = Or by a list
renumber-list = Old and new addresses
renumber-list-help = One port a line: the old address, a space, the new address.
renumber-changed = What would change is no longer what was shown. Check it again.
renumber-more = { $count } more changes are not listed.
told-renumbered = Renumbered.
told-import-done = The member list was imported.
told-import-queued = Import requested. It starts in a moment.
validate-title = Check a member list
validate-about = Paste a member list in the format of the IX-F (Euro-IX JSON schema, versions 0.3 to 1.0). Nothing of it is stored.
validate-list = Member list
validate-help = JSON, at most 256 KiB.
validate-do = Check
validate-importable = The list can be imported.
validate-not-importable = The list cannot be imported as it is.
validate-counts = Members: { $members }, connections: { $connections }, ports: { $ports }.
validate-findings = Findings
validate-line = Line
validate-kind = Kind
validate-finding = Finding
validate-path = Where
validate-more =
    { $count ->
        [one] 1 more finding is not shown.
       *[other] { $count } more findings are not shown.
    }
validate-error = Error
validate-warning = Warning
validate-note = Note

# What a person has asked for.
requests-title = Your requests
requests-all = All your requests
requests-about = Requests of the last 90 days, and everything that is still pending.
requests-objects = New objects
requests-no-objects = None of your new objects had to be approved.
requests-claims = Memberships
requests-no-claims = You have no membership requests.
requests-suggest = Suggest an object
requests-suggest-about = Is something missing that does not belong to your organization? Suggest it. Staff of the registry reviews every suggestion.
request-pending = pending
request-approved = approved
request-refused = rejected
request-deleted = deleted
request-next = Next step
request-next-staff = Staff of the registry decides. You get an e-mail.
request-next-admins = The admins of the organization decide. You get an e-mail.
request-next-campus = Add it as the campus of two facilities. It is then public.
request-edit = Edit
similar-about = These objects look similar. Check that yours is not one of them.
similar-name = similar name
similar-address = similar address
similar-website = same website
outlook-live = It will be public as soon as you save it.
outlook-staff = Staff of the registry will review it before it is public.
outlook-ix = Staff of the registry will review it before it is public, because none of your confirmed addresses is in the registration of its prefix.
outlook-ix-because = Staff of the registry will review it before it is public. The automatic check says: { $reason }.
outlook-campus = It will be public as soon as two facilities belong to it.
suggest-net = Suggest a network
suggest-fac = Suggest a facility
suggest-about-net = Suggest a network that is missing. Staff of the registry reviews it. Whoever holds its AS number can take it over at any time.
suggest-about-fac = Suggest a facility that is missing. Staff of the registry reviews it before it is public.
shortcuts-title = Keyboard shortcuts
shortcuts-on = Use single-key shortcuts
shortcuts-close = Close
shortcut-find = Go to the search box
shortcut-home = Go to the home page
shortcut-net = Search networks
shortcut-ix = Search exchanges
shortcut-fac = Search facilities
shortcut-org = Search organizations
shortcut-next = Go to the next row
shortcut-before = Go to the previous row
shortcut-compare = Compare
shortcut-copy = Copy the address of the page
shortcut-edit = Edit
shortcut-save = Check or save changes
shortcut-cancel = Cancel. What you entered is offered again
edit-sides-about = The facility where the exchange connects each port. It must be one of the exchange’s facilities.
edit-campus-about = Facilities of the organization, and the campus that each belongs to. Facilities of a campus are at most 50 km apart.
suggest-ix = Suggest an exchange
suggest-about-ix = Suggest an exchange that is missing. Staff of the registry reviews it before it is public.
hint-look = Look up
hint-failed = This could not be looked up. You can go on without it.
hint-known = { $number } belongs to { $name }, which is registered already.
hint-reserved = AS numbers like { $number } are private or reserved.
hint-later = Too many lookups. Try { $number } again in a minute.
hint-holder = { $number } is registered to { $holder }.
hint-net-own = { $number } is registered to { $holder }, with an address of yours. The network will be public at once.
hint-net-other = { $number } is registered to { $holder }, without a confirmed address of yours. Add one to the record of { $number } first, or the network is refused.
hint-ix-own = { $number } is registered to { $holder }, with an address of yours. With a member list of at least three networks, the exchange will be public at once.
hint-ix-other = { $number } is registered to { $holder }, without a confirmed address of yours. Staff of the registry will review the exchange.
hint-block-own = The registration of { $number } covers a block of AS numbers and has an address of yours.
hint-block = The registration of { $number } covers a block of AS numbers and does not show who holds this one.
hint-unassigned = { $number } is not assigned by any regional Internet registry.
hint-unavailable = The registration of { $number } cannot be looked up now.
import-fetching = The list is being fetched.
import-reading = The list is being read.
import-deciding = { $done } of { $total } changes are checked.
import-writing = The changes are being saved.
import-reload = Show the current state
hint-nothing = Nothing similar is registered.
