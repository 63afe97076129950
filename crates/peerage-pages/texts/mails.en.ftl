# What mails say. A mail is the text under its key, and what else it consists of; its subject is the attribute.
# Words that people wrote arrive in one line, without anything that a mail program takes for a link.

## Parts of several mails

mail-and = and
mail-done-by = Done by { $by } at { $at }.
mail-done-by-from = Done by { $by } from { $address } at { $at }.
mail-by-key = the key { $key } ({ $name })
mail-by-nobody = the registry
mail-reason = The reason given: "{ $why }".
mail-reason-follows = The reason given:
mail-words = { $words }
mail-unexpected = If you did not expect this, check it at { $page }
mail-mistake = If this is a mistake, contact { $support }.
mail-operators = the operators of the registry
mail-somebody = A former member
mail-its-admins = Its admins
mail-a-site = A site
mail-the-staff = The registry's staff
mail-org-nameless = An organization without a name
mail-org-with-asn = { $org } ({ $asn })
mail-org-new = "{ $org }", which is not registered yet
mail-agent-nameless = an unnamed program
mail-not-you = If this was not you, log in and report it at { $page }: that ends all other sessions and suspends your keys. Then change your password, remove any second factor that is not yours at { $factors }, and contact { $support }.
mail-account = The account is { $name }.

## Keys

mail-key-kind-user = personal key
mail-key-kind-org = organization key
mail-key-kind-role = role key
mail-key-unexpected = If you did not expect this, revoke the key now: { $page }
mail-key-made = The { $kind } "{ $name }" ({ $id }) was created.
    .subject = A key was created
mail-key-new-network = The { $kind } "{ $name }" ({ $id }) was used from { $networks }. It was not used from there in the last 90 days.
    .subject = A key was used from a new network
mail-key-expired-used = The { $kind } "{ $name }" ({ $id }) has expired, but something still uses it. Check it at { $page }
    .subject = An expired key is still in use
mail-key-exposed = The { $kind } "{ $name }" ({ $id }) was found in a place where others could read it, so it was revoked. This cannot be undone. Create a new key, and check the audit log for what was done with this one. Where the key was found: { $page }
    .subject = A key was exposed and has been revoked
mail-key-revoked = The { $kind } "{ $name }" ({ $id }) was revoked. This cannot be undone. Details: { $page }
    .subject = A key was revoked
mail-key-idle = The { $kind } "{ $name }" ({ $id }) was suspended because it was unused for longer than your organization allows. Resume it if something needs it, or revoke it: { $page }
    .subject = An unused key was suspended
mail-key-suspended = The { $kind } "{ $name }" ({ $id }) was suspended. It is refused until someone resumes it: { $page }
    .subject = A key was suspended
mail-key-resumed = The { $kind } "{ $name }" ({ $id }) is accepted again.
    .subject = A key was resumed
mail-key-widened = The { $kind } "{ $name }" ({ $id }) has more permissions than before.
    .subject = A key has more permissions
mail-key-new-secret = The { $kind } "{ $name }" ({ $id }) has a new secret. { $old }
    .subject = A key has a new secret
mail-key-old-secret-until = The old one is accepted until { $until }.
mail-key-old-secret-ended = The old one is no longer accepted.
mail-key-expires =
    The { $kind } "{ $name }" ({ $id }) expires in { $days ->
        [one] { $days } day
       *[other] { $days } days
    }, on { $end }. After that, whatever uses it is refused. Extend it, or create a new key: { $page }
    .subject = A key expires soon
mail-key-address =
    This address was entered as the contact of the { $kind } "{ $name }" ({ $id }) at { $site }.

    If that is right, open this page to confirm it:
    .subject = Is this the right address for a key?
mail-key-address-else = If not, ignore this mail. Mails about the key are only sent to a confirmed address.
mail-key-stops = { $org } has a new rule: it { $rules }. { $stops } Create a new key before then and switch to it. Details: { $page }
    .subject = A key stops working soon
mail-key-rule-days =
    limits the lifetime of keys to at most { $days ->
        [one] { $days } day
       *[other] { $days } days
    }
mail-key-rule-networks = requires each key to name the networks it is used from
mail-key-stops-everywhere = From { $end }, the { $kind } "{ $name }" ({ $id }) is refused.
mail-key-stops-in-org = From { $end }, the { $kind } "{ $name }" ({ $id }) has no permissions in { $org }.

## Members, roles and requirements

mail-an-admin = an admin
mail-a-member = a member
mail-member-added = { $name } is now { $role } of { $org }.
    .subject = Someone joined your organization
mail-member-added-by-operator = { $name } is now { $role } of { $org }. The operators of the registry added them without an invitation.
    .subject = Someone joined your organization
mail-member-left = { $name } is no longer a member of { $org }.
    .subject = Someone left your organization
mail-member-organization-deleted = { $name } is no longer a member of { $org }, because the organization was deleted.
    .subject = Someone left your organization
mail-member-account-closed = { $name } is no longer a member of { $org }, because the account was closed.
    .subject = Someone left your organization
mail-member-made-admin = { $name } is now an admin of { $org }.
    .subject = Permissions in your organization changed
mail-member-made-member = { $name } is no longer an admin of { $org }, but still a member.
    .subject = Permissions in your organization changed
mail-member-rights = The permissions of { $name } in { $org } were changed.
    .subject = Permissions in your organization changed
mail-member-rights-moved = { $name } has fewer permissions in { $org }: an object on which they had permissions moved to another organization.
    .subject = Permissions in your organization changed
mail-reconfirm = { $org } asks its members to confirm their address from time to time. Please confirm yours now. Until then you cannot change anything in this organization. Your account and your other organizations are not affected.
    .subject = Confirm your address again
mail-reconfirm-page = Confirm your address: { $page }
mail-role-changed = The role "{ $role }" of { $org } was changed.
    .subject = A role was changed
mail-role-joined = { $name } now has the role.
mail-role-left = { $name } no longer has the role. Keys created in it were revoked.
mail-role-rights = The permissions of { $name } in it were changed.
mail-role-page = Admins can see all roles at { $page }
mail-policy-changed = The requirements of { $org } for its members and keys were changed. See them at { $page }
    .subject = Your organization's requirements changed
mail-policy-unexpected = If you did not expect this, talk to the other admins now.
mail-policy-demands = { $org } has new requirements for its members. To keep working there:
    .subject = Your organization needs you to do something
mail-policy-limited = Until then your permissions in it are limited. Your account and your other organizations are not affected.
mail-policy-page = Do it here: { $page }
mail-todo-passkey = Add a passkey that can log you in.
mail-todo-other-than-totp = Add a security key or a passkey. Codes from an authenticator app are not accepted.
mail-todo-beside-passkey = Add another second factor besides your passkey.
mail-todo-log-in-again = Log in again with a second factor that the organization accepts.
mail-todo-address = Add and confirm an address in one of the organization's domains.
mail-todo-confirm = Confirm your address again.
mail-todo-until = { $todo } You have time until { $until }.
mail-as-admin = an admin
mail-as-member = a member
mail-invited = { $by } invited you to join { $org } at { $site } as { $role }.
    .subject = You are invited to an organization
mail-invited-accept = To accept, open this page and log in. If you have no account yet, you can create one first:
mail-invited-until = The link works once, until { $until }. If you don't know what this is about, ignore this mail.
mail-join-asked = { $name } wants to join { $target }.
    .subject = Someone wants to join an organization
mail-join-asked-to-own = { $name } asks for ownership of { $target }.
mail-join-address = Their main address:
mail-address-confirmed = { $address } (confirmed)
mail-address-unconfirmed = { $address } (not confirmed)
mail-join-decide = Approve the request only if you know that they belong there: { $page }
mail-join-denied = The request of { $name } to join { $target } was denied.
    .subject = A request to join was denied
mail-join-ended = The request of { $name } to join { $target } has expired because nobody decided about it within 90 days. It can be made again.
    .subject = A request to join has expired

## Accounts

mail-link-register = Someone (hopefully you) asked for an account at { $site } with this address.
    .subject = Confirm your address to create your account
mail-link-register-open = Open this page to create it:
mail-link-register-else = The link works until { $until }. If this was not you, ignore this mail and no account is created.
mail-link-confirm = This address was entered for the account { $name } at { $site }.
    .subject = Confirm your address
mail-link-confirm-open = Open this page to confirm it:
mail-link-confirm-else = The link works until { $until }. If this was not you, ignore this mail and the address is not added.
mail-address-taken = Someone who is logged in to another account at { $site } tried to add this address to it. The address belongs to your account, so nothing was changed.
    .subject = Your address was entered for another account
mail-address-taken-else = If this was you, log in to the account that has the address and remove it there first.
mail-link-password = Someone (hopefully you) forgot the password of the account { $name } at { $site }.
    .subject = Choose a new password
mail-link-password-open = To choose a new one, open this page in the browser in which you asked for it:
mail-link-password-else = The link works once, until { $until }. You still need your second factor to log in. If this was not you, ignore this mail and the password stays as it is.
mail-link-user-name = Someone (hopefully you) forgot the user name for this address at { $site }.
    .subject = Your user name
mail-link-user-name-open = To see it, open this page in the browser in which you asked for it:
mail-link-user-name-else = The link works once, until { $until }. If this was not you, ignore this mail.
mail-link-recover = Someone (hopefully you) lost the second factor of the account { $name } at { $site }.
    .subject = Someone asked to recover your account
mail-link-recover-open = If this was you, open this page in the browser in which you asked for it:
mail-link-recover-else = The link works once, until { $until }. If this was not you, log in: that stops the recovery.
mail-link-stop = Someone provided enough proof to recover the account { $name } at { $site } without its second factor.
    .subject = Your account is being recovered: stop it if this is not you
mail-link-stop-open = If this is not the account's owner, open this page. It stops the recovery and suspends the account until its owner has spoken with the operators of the registry:
mail-link-stop-else = The owner can also stop it by logging in with a second factor, or with a button in an open session. If everything is as it should be, just wait.
mail-recovery-over = The waiting time is over: a link that opens the account was sent to whoever proved that they read its addresses.
mail-recovery-until = Nothing happens yet. The recovery can be stopped until { $until }.
mail-recovery-waits = Nothing happens yet. The recovery can still be stopped.
mail-link-finish = Nobody stopped the recovery of the account { $name } at { $site }.
    .subject = You can now recover your account
mail-link-finish-open = Open this page, choose a new password, then log in and set up a new second factor:
mail-link-finish-else = The link works once, until { $until }. Your keys stay suspended until you resume them, and for one day the account is read-only.
mail-account-known = Someone asked for an account at { $site } with this address, but it already belongs to the account { $name }.
    .subject = You already have an account
mail-account-known-else = If this was you, log in, or ask for a new password on the log-in page. If not, ignore this mail.
mail-address-added = { $address } was added to the account { $name } at { $site }.
    .subject = An address was added to your account
mail-address-removed = { $address } was removed from the account { $name } at { $site }.
    .subject = An address was removed from your account
mail-main-address = Mails about the account { $name } at { $site } now go to { $address }.
    .subject = The main address of your account changed
mail-user-name = The account { $name } at { $site } is now called { $new }.
    .subject = Your user name was changed
mail-account-closed = The account { $name } at { $site } was closed. Nobody can log in to it any more.
    .subject = Your account was closed
mail-account-suspended = The account { $name } at { $site } was suspended. Nobody can log in to it until it is reactivated.
    .subject = Your account was suspended
mail-account-out-else = If you did not expect this, contact { $support }.
mail-account-reactivated = The account { $name } at { $site } was suspended and is now active again. You can log in.
    .subject = Your account was reactivated
mail-staff-account-closed = The account { $name } was closed.
    .subject = An account was closed
mail-staff-account-suspended = The account { $name } was suspended.
    .subject = An account was suspended
mail-staff-account-reactivated = The account { $name } was reactivated.
    .subject = An account was reactivated
mail-staff-rank = The staff rank of your account { $name } at { $site } is now: { $rank }.
    .subject = Your staff rank was changed
mail-staff-rank-of-another = The staff rank of the account { $name } is now: { $rank }.
    .subject = A staff rank was changed
mail-staff-rank-why = You receive this mail because admins are told about changes of ranks. All ranks are on this page: { $page }
mail-rank-queue = queue
mail-rank-support = support
mail-rank-admin = admin
mail-rank-none = none
mail-staff-why = You receive this mail because staff are told what other staff do.
mail-password-changed = The password of the account { $name } at { $site } was changed.
    .subject = Your password was changed
mail-password-reset = The password of the account { $name } at { $site } was changed with a link sent by mail.
    .subject = Your password was changed
mail-password-set-by-operator = The operators of the registry set a new password for the account { $name } at { $site }.
    .subject = Your password was changed
mail-password-recovered = The account { $name } at { $site } was recovered and has a new password.
    .subject = Your password was changed
mail-password-sessions = All sessions were ended. Log in with the new password.
mail-password-else = If this was not you, choose another password now at { $page }

## Second factors and log-ins

mail-factor-app = authenticator app "{ $name }"
mail-factor-passkey = passkey "{ $name }"
mail-factor-security-key = security key "{ $name }"
mail-factor-added = The { $factor } was added to your account at { $site }. It can be used to log in.
    .subject = A second factor was added to your account
mail-factor-removed = The { $factor } was removed from your account at { $site }. All other sessions were ended.
    .subject = A second factor was removed from your account
mail-factor-logs-in = The { $factor } can now log in to your account at { $site } by itself, without your password.
    .subject = A key can now log in without your password
mail-factor-copied = The { $factor } was used at { $site }, but it counts fewer uses than we have seen. Someone may have a copy of it, so it was refused. If you did not copy it yourself, remove it from your account.
    .subject = One of your keys may have been copied
mail-code-used =
    A backup code of your account at { $site } was used. { $left ->
        [one] { $left } is left.
       *[other] { $left } are left.
    }
    .subject = A backup code was used
mail-code-used-few = Create new ones soon.
mail-codes-renewed = New backup codes were created for your account at { $site }. The old ones no longer work.
    .subject = Your backup codes were renewed
mail-new-log-in = Someone (hopefully you) logged in to your account at { $site } from a new device or network: { $address }, { $agent }.
    .subject = New log-in to your account
mail-operator-session = The operators of the registry at { $site } opened a session for your account, without your password or second factor. It ends at { $until }.
    .subject = An operator opened a session for your account

## Account recovery

mail-recovery-stopped-by-link = The recovery of the account { $name } at { $site } that began at { $begun } was stopped with a link sent by mail.
    .subject = A recovery was stopped
mail-recovery-stopped-by-session = The recovery of the account { $name } at { $site } that began at { $begun } was stopped from an open session of the account.
    .subject = A recovery was stopped
mail-recovery-stopped-by-log-in = The recovery of the account { $name } at { $site } that began at { $begun } was stopped because someone logged in with a second factor.
    .subject = A recovery was stopped
mail-recovery-stopped-by-closing = The recovery of the account { $name } at { $site } that began at { $begun } was stopped because the account was closed.
    .subject = A recovery was stopped
mail-recovery-lapsed = The recovery of the account { $name } at { $site } that began at { $begun } has ended: an address that was shown for it was removed, or an admin who vouched for it can no longer do so.
    .subject = A recovery was stopped
mail-recovery-too-late = The recovery of the account { $name } at { $site } that began at { $begun } was stopped because another recovery of the account was completed.
    .subject = A recovery was stopped
mail-recovery-refused = The recovery of the account { $name } at { $site } that began at { $begun } was refused by the registry's staff. The reason given: { $why }
    .subject = A recovery was stopped
mail-recovery-stopped-else = It changed nothing in the account. If you did not begin it, someone else tried to: change your password, and check who can read your mailboxes.
mail-recovery-done = The account { $name } at { $site } was recovered. It has a new password, and no second factor until its owner sets one up. All sessions were ended, its keys are suspended until the owner resumes them, and for one day the account is read-only.
    .subject = An account was recovered
mail-recovery-done-else = If this was not the account's owner, contact { $support } now.
mail-recovery-vouched = { $by } vouched for whoever wants to recover the account { $name } at { $site } without its second factor. Another proof is still needed, and everyone concerned is told before the account is opened.
    .subject = Someone vouched in a recovery
mail-recovery-vouched-else = If this is not right, log in, or tell the other admins.
mail-recovery-for-review = The account { $name } at { $site } is to be recovered without its second factor. It is the only admin of an organization, so staff decide. Review the recovery, then approve or refuse it: { $page }
    .subject = A recovery waits for your decision
mail-recovery-in-review = Someone provided enough proof to recover the account { $name } at { $site } without its second factor. It is the only admin of an organization, so the registry's staff review the recovery first. Nothing happens before they have decided.
    .subject = Staff are reviewing the recovery of your account
mail-recovery-log-in-stops = If this was not you, log in: that stops the recovery.

## Applications

mail-client-made = The application "{ $name }" ({ $id }) was registered. People can now sign in to it.
    .subject = An application was registered
mail-client-secret = The application "{ $name }" ({ $id }) has a new secret.
    .subject = An application has a new secret
mail-client-changed = The settings of the application "{ $name }" ({ $id }) were changed.
    .subject = An application was changed
mail-client-deleted = The application "{ $name }" ({ $id }) was deleted. Nobody can sign in to it any more.
    .subject = An application was deleted
mail-networks-shown = You let the site "{ $name }" see your networks and your permissions on them.
    .subject = A site can see your networks
mail-networks-undo = If you did not mean to, revoke its access: { $page }

## Objects of the registry

mail-object-org = organization "{ $name }"
mail-object-net = network "{ $name }"
mail-object-ix = exchange "{ $name }"
mail-object-fac = facility "{ $name }"
mail-object-carrier = carrier "{ $name }"
mail-object-campus = campus "{ $name }"
mail-object-other = object "{ $name }"
mail-object-moved = The { $object }{ $number } belonged to { $former } and now belongs to { $org }. Nothing else about it was changed. Permissions that were granted on it have ended.
    .subject = An object moved to another organization
mail-row-approved = The { $object } was approved: { $page }
    .subject = Your registration was approved
mail-row-refused = The { $object } was refused.
    .subject = Your registration was refused
mail-row-refused-else = If this is a mistake, register it again with more detail, or contact { $support }.
mail-staff-deleted = The { $object } of { $org } was deleted by the registry's staff.
    .subject = Staff deleted an object of your organization
mail-carrier-asked = The carrier "{ $carrier }" of { $org } asks to be listed at your facility "{ $fac }".
    .subject = A carrier asks to be listed at your facility
mail-carrier-decide = Approve or reject the request: { $page }
mail-carrier-listed = { $decider } approved that the carrier "{ $carrier }" is listed at the facility "{ $fac }": { $page }
    .subject = Your carrier is listed at a facility
mail-carrier-rejected = { $decider } rejected the request to list the carrier "{ $carrier }" at the facility "{ $fac }".
    .subject = Your carrier is not listed at a facility

mail-ports-proposed = The member list of the exchange "{ $ix }" differs from the ports of your network "{ $net }". { $count ->
        [one] It proposes one change
       *[other] It proposes { $count } changes
    } that you can accept or dismiss:
    .subject = An exchange proposes changes of your ports
mail-port-add = add a port: { $addresses }
mail-port-modify = change the port: { $addresses }
mail-port-delete = remove the port: { $addresses }
mail-ports-decide = See what differs, and decide: { $page }
mail-list-proposed = The member list of your exchange "{ $ix }" proposes { $count ->
        [one] one change
       *[other] { $count } changes
    } of ports to { $networks ->
        [one] one network, which decides
       *[other] { $networks } networks, which decide
    } about it.
    .subject = Your member list proposes changes of ports
mail-list-page = See what differs: { $page }
mail-list-failed = The member list of the exchange "{ $ix }" was not imported:
    .subject = A member list was not imported
mail-list-confirm = Look at what the import would change, and confirm it if it is right: { $page }
mail-list-check = Check your list: { $page }
