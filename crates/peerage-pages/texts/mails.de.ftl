# Was Mails sagen. Eine Mail ist der Text unter ihrem Schlüssel und was sonst zu ihr gehört; ihr Betreff ist das Attribut.

## Teile mehrerer Mails

mail-and = und
mail-done-by = Ausgeführt von { $by } um { $at }.
mail-done-by-from = Ausgeführt von { $by } von { $address } aus um { $at }.
mail-by-key = dem Schlüssel { $key } ({ $name })
mail-by-nobody = dem Register
mail-reason = Die Begründung: "{ $why }".
mail-reason-follows = Die Begründung:
mail-words = { $words }
mail-unexpected = Wenn Sie das nicht erwartet haben, prüfen Sie es unter { $page }
mail-mistake = Wenn das ein Irrtum ist, wenden Sie sich an { $support }.
mail-operators = die Betreiber des Registers
mail-somebody = Ein früheres Mitglied
mail-its-admins = Das Admin-Team
mail-a-site = Eine Website
mail-the-staff = Das Team des Registers
mail-org-nameless = Eine Organisation ohne Namen
mail-org-with-asn = { $org } ({ $asn })
mail-org-new = "{ $org }", noch nicht registriert
mail-agent-nameless = ein Programm ohne Namen
mail-not-you = Wenn Sie das nicht waren, melden Sie sich an und geben Sie es unter { $page } an: Das beendet alle anderen Sitzungen und setzt Ihre Schlüssel aus. Ändern Sie danach Ihr Passwort, entfernen Sie unter { $factors } alle zweiten Faktoren, die nicht Ihnen gehören, und wenden Sie sich an { $support }.
mail-account = Das Konto heißt { $name }.

## Schlüssel

mail-key-kind-user = persönliche Schlüssel
mail-key-kind-org = Organisationsschlüssel
mail-key-kind-role = Rollenschlüssel
mail-key-unexpected = Wenn Sie das nicht erwartet haben, widerrufen Sie den Schlüssel sofort: { $page }
mail-key-made = Der { $kind } "{ $name }" ({ $id }) wurde angelegt.
    .subject = Ein Schlüssel wurde angelegt
mail-key-new-network = Der { $kind } "{ $name }" ({ $id }) wurde aus { $networks } benutzt. In den letzten 90 Tagen wurde er von dort nicht benutzt.
    .subject = Ein Schlüssel wurde aus einem neuen Netz benutzt
mail-key-expired-used = Der { $kind } "{ $name }" ({ $id }) ist abgelaufen, wird aber noch benutzt. Sehen Sie nach unter { $page }
    .subject = Ein abgelaufener Schlüssel wird noch benutzt
mail-key-exposed = Der { $kind } "{ $name }" ({ $id }) wurde an einer Stelle gefunden, an der andere ihn lesen konnten, und deshalb widerrufen. Das lässt sich nicht rückgängig machen. Legen Sie einen neuen Schlüssel an, und prüfen Sie im Audit-Log, was mit diesem geschehen ist. Wo er gefunden wurde: { $page }
    .subject = Ein Schlüssel wurde offengelegt und widerrufen
mail-key-revoked = Der { $kind } "{ $name }" ({ $id }) wurde widerrufen. Das lässt sich nicht rückgängig machen. Einzelheiten: { $page }
    .subject = Ein Schlüssel wurde widerrufen
mail-key-idle = Der { $kind } "{ $name }" ({ $id }) wurde ausgesetzt, weil er länger unbenutzt war, als Ihre Organisation erlaubt. Reaktivieren Sie ihn, falls er gebraucht wird, oder widerrufen Sie ihn: { $page }
    .subject = Ein unbenutzter Schlüssel wurde ausgesetzt
mail-key-suspended = Der { $kind } "{ $name }" ({ $id }) wurde ausgesetzt. Er wird abgelehnt, bis ihn jemand reaktiviert: { $page }
    .subject = Ein Schlüssel wurde ausgesetzt
mail-key-resumed = Der { $kind } "{ $name }" ({ $id }) wird wieder angenommen.
    .subject = Ein Schlüssel wurde reaktiviert
mail-key-widened = Der { $kind } "{ $name }" ({ $id }) hat mehr Rechte als zuvor.
    .subject = Ein Schlüssel hat mehr Rechte
mail-key-new-secret = Der { $kind } "{ $name }" ({ $id }) hat ein neues Geheimnis. { $old }
    .subject = Ein Schlüssel hat ein neues Geheimnis
mail-key-old-secret-until = Das alte wird noch bis { $until } angenommen.
mail-key-old-secret-ended = Das alte wird nicht mehr angenommen.
mail-key-expires =
    Der { $kind } "{ $name }" ({ $id }) läuft in { $days ->
        [one] { $days } Tag
       *[other] { $days } Tagen
    } ab, am { $end }. Danach wird alles abgelehnt, was ihn benutzt. Verlängern Sie ihn, oder legen Sie einen neuen Schlüssel an: { $page }
    .subject = Ein Schlüssel läuft bald ab
mail-key-address =
    Der { $kind } "{ $name }" ({ $id }) bei { $site } nennt diese Adresse als Kontakt.

    Wenn das stimmt, öffnen Sie diese Seite, um sie zu bestätigen:
    .subject = Ist das die richtige Adresse für einen Schlüssel?
mail-key-address-else = Andernfalls brauchen Sie nichts zu tun. Mails zu dem Schlüssel gehen nur an eine bestätigte Adresse.
mail-key-stops = { $org } hat eine neue Regel: Sie { $rules }. { $stops } Legen Sie vorher einen neuen Schlüssel an und stellen Sie auf ihn um. Einzelheiten: { $page }
    .subject = Ein Schlüssel funktioniert bald nicht mehr
mail-key-rule-days =
    begrenzt die Lebensdauer von Schlüsseln auf höchstens { $days ->
        [one] { $days } Tag
       *[other] { $days } Tage
    }
mail-key-rule-networks = verlangt, dass Schlüssel die Netze nennen, aus denen sie benutzt werden
mail-key-stops-everywhere = Ab { $end } wird der { $kind } "{ $name }" ({ $id }) abgelehnt.
mail-key-stops-in-org = Ab { $end } hat der { $kind } "{ $name }" ({ $id }) bei { $org } keine Rechte mehr.

## Mitglieder, Rollen und Anforderungen

mail-an-admin = Admin
mail-a-member = Mitglied
mail-member-added = { $name } ist jetzt { $role } von { $org }.
    .subject = Ihre Organisation hat ein neues Mitglied
mail-member-added-by-operator = { $name } ist jetzt { $role } von { $org }. Die Betreiber des Registers haben die Person ohne Einladung aufgenommen.
    .subject = Ihre Organisation hat ein neues Mitglied
mail-member-left = { $name } ist nicht mehr Mitglied von { $org }.
    .subject = Ein Mitglied hat Ihre Organisation verlassen
mail-member-organization-deleted = { $name } ist nicht mehr Mitglied von { $org }, weil die Organisation gelöscht wurde.
    .subject = Ein Mitglied hat Ihre Organisation verlassen
mail-member-account-closed = { $name } ist nicht mehr Mitglied von { $org }, weil das Konto geschlossen wurde.
    .subject = Ein Mitglied hat Ihre Organisation verlassen
mail-member-made-admin = { $name } ist jetzt Admin von { $org }.
    .subject = Rechte in Ihrer Organisation wurden geändert
mail-member-made-member = { $name } ist nicht mehr Admin von { $org }, aber weiterhin Mitglied.
    .subject = Rechte in Ihrer Organisation wurden geändert
mail-member-rights = Die Rechte von { $name } in { $org } wurden geändert.
    .subject = Rechte in Ihrer Organisation wurden geändert
mail-member-rights-moved = { $name } hat in { $org } weniger Rechte: Ein Objekt, auf das sich einige bezogen, gehört jetzt zu einer anderen Organisation.
    .subject = Rechte in Ihrer Organisation wurden geändert
mail-reconfirm = { $org } bittet ihre Mitglieder, von Zeit zu Zeit ihre Adresse zu bestätigen. Bitte bestätigen Sie jetzt Ihre. Bis dahin können Sie in dieser Organisation nichts ändern. Ihr Konto und Ihre anderen Organisationen sind nicht betroffen.
    .subject = Bestätigen Sie Ihre Adresse erneut
mail-reconfirm-page = Adresse bestätigen: { $page }
mail-role-changed = Die Rolle "{ $role }" von { $org } wurde geändert.
    .subject = Eine Rolle wurde geändert
mail-role-joined = { $name } hat jetzt die Rolle.
mail-role-left = { $name } hat die Rolle nicht mehr. Schlüssel, die in ihr angelegt wurden, sind widerrufen.
mail-role-rights = Die Rechte von { $name } in ihr wurden geändert.
mail-role-page = Admins sehen alle Rollen unter { $page }
mail-policy-changed = Die Anforderungen von { $org } an Mitglieder und Schlüssel wurden geändert. Sie finden sie unter { $page }
    .subject = Die Anforderungen Ihrer Organisation wurden geändert
mail-policy-unexpected = Wenn Sie das nicht erwartet haben, sprechen Sie sofort mit den anderen Admins.
mail-policy-demands = { $org } hat neue Anforderungen an ihre Mitglieder. Um dort weiterzuarbeiten:
    .subject = Ihre Organisation erwartet etwas von Ihnen
mail-policy-limited = Bis dahin sind Ihre Rechte dort eingeschränkt. Ihr Konto und Ihre anderen Organisationen sind nicht betroffen.
mail-policy-page = Hier geht es: { $page }
mail-todo-passkey = Fügen Sie einen Passkey hinzu, mit dem Sie sich anmelden können.
mail-todo-other-than-totp = Fügen Sie einen Sicherheitsschlüssel oder einen Passkey hinzu. Codes einer Authenticator-App werden nicht angenommen.
mail-todo-beside-passkey = Fügen Sie neben Ihrem Passkey einen weiteren zweiten Faktor hinzu.
mail-todo-log-in-again = Melden Sie sich mit einem zweiten Faktor neu an, den die Organisation annimmt.
mail-todo-address = Fügen Sie eine Adresse in einer der Domains der Organisation hinzu und bestätigen Sie sie.
mail-todo-confirm = Bestätigen Sie Ihre Adresse erneut.
mail-todo-until = { $todo } Sie haben bis { $until } Zeit.
mail-as-admin = Admin
mail-as-member = Mitglied
mail-invited = { $by } lädt Sie ein, { $org } bei { $site } als { $role } beizutreten.
    .subject = Sie sind in eine Organisation eingeladen
mail-invited-accept = Um anzunehmen, öffnen Sie diese Seite und melden Sie sich an. Wenn Sie noch kein Konto haben, können Sie zuerst eines anlegen:
mail-invited-until = Der Link funktioniert einmal, bis { $until }. Wenn Sie nicht wissen, worum es geht, brauchen Sie nichts zu tun.
mail-join-asked = { $name } möchte { $target } beitreten.
    .subject = Jemand möchte einer Organisation beitreten
mail-join-asked-to-own = { $name } beantragt, { $target } zu übernehmen.
mail-join-address = Hauptadresse der Person:
mail-address-confirmed = { $address } (bestätigt)
mail-address-unconfirmed = { $address } (nicht bestätigt)
mail-join-decide = Genehmigen Sie die Anfrage nur, wenn Sie wissen, dass die Person dazugehört: { $page }
mail-join-denied = Die Anfrage von { $name }, { $target } beizutreten, wurde abgelehnt.
    .subject = Eine Beitrittsanfrage wurde abgelehnt
mail-join-ended = Die Anfrage von { $name }, { $target } beizutreten, ist abgelaufen, weil 90 Tage lang niemand entschieden hat. Sie kann neu gestellt werden.
    .subject = Eine Beitrittsanfrage ist abgelaufen

## Konten

mail-link-register = Jemand (hoffentlich Sie) hat mit dieser Adresse ein Konto bei { $site } beantragt.
    .subject = Bestätigen Sie Ihre Adresse, um Ihr Konto anzulegen
mail-link-register-open = Öffnen Sie diese Seite, um es anzulegen:
mail-link-register-else = Der Link funktioniert bis { $until }. Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Es wird kein Konto angelegt.
mail-link-confirm = Diese Adresse wurde für das Konto { $name } bei { $site } angegeben.
    .subject = Bestätigen Sie Ihre Adresse
mail-link-confirm-open = Öffnen Sie diese Seite, um sie zu bestätigen:
mail-link-confirm-else = Der Link funktioniert bis { $until }. Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Die Adresse wird nicht hinzugefügt.
mail-address-taken = Jemand, der bei { $site } mit einem anderen Konto angemeldet ist, wollte diesem Ihre Adresse hinzufügen. Sie gehört zu Ihrem Konto, deshalb wurde nichts geändert.
    .subject = Ihre Adresse wurde für ein anderes Konto angegeben
mail-address-taken-else = Wenn Sie das waren, melden Sie sich mit dem Konto an, das die Adresse hat, und entfernen Sie sie dort zuerst.
mail-link-password = Jemand (hoffentlich Sie) hat das Passwort des Kontos { $name } bei { $site } vergessen.
    .subject = Wählen Sie ein neues Passwort
mail-link-password-open = Um ein neues zu wählen, öffnen Sie diese Seite in dem Browser, in dem Sie es angefordert haben:
mail-link-password-else = Der Link funktioniert einmal, bis { $until }. Zum Anmelden brauchen Sie weiterhin Ihren zweiten Faktor. Wenn Sie das nicht waren, brauchen Sie nichts zu tun: Das Passwort bleibt, wie es ist.
mail-link-user-name = Jemand (hoffentlich Sie) hat den Benutzernamen zu dieser Adresse bei { $site } vergessen.
    .subject = Ihr Benutzername
mail-link-user-name-open = Um ihn zu sehen, öffnen Sie diese Seite in dem Browser, in dem Sie ihn angefordert haben:
mail-link-user-name-else = Der Link funktioniert einmal, bis { $until }. Wenn Sie das nicht waren, brauchen Sie nichts zu tun.
mail-link-recover = Jemand (hoffentlich Sie) hat den zweiten Faktor des Kontos { $name } bei { $site } verloren.
    .subject = Jemand möchte Ihr Konto wiederherstellen
mail-link-recover-open = Wenn Sie das waren, öffnen Sie diese Seite in dem Browser, in dem Sie es angefordert haben:
mail-link-recover-else = Der Link funktioniert einmal, bis { $until }. Wenn Sie das nicht waren, melden Sie sich an: Das stoppt die Wiederherstellung.
mail-link-stop = Jemand hat genug nachgewiesen, um das Konto { $name } bei { $site } ohne zweiten Faktor wiederherzustellen.
    .subject = Ihr Konto wird wiederhergestellt: Stoppen Sie es, wenn Sie das nicht sind
mail-link-stop-open = Wenn das nicht die Person ist, der das Konto gehört, öffnen Sie diese Seite. Sie stoppt die Wiederherstellung und sperrt das Konto, bis seine Person mit den Betreibern des Registers gesprochen hat:
mail-link-stop-else = Gestoppt wird sie auch durch eine Anmeldung mit einem zweiten Faktor oder über einen Knopf in einer offenen Sitzung. Wenn alles seine Richtigkeit hat, warten Sie einfach.
mail-recovery-over = Die Wartezeit ist vorbei: Ein Link, der das Konto öffnet, ging an die Person, die nachgewiesen hat, dass sie die Mails an seine Adressen liest.
mail-recovery-until = Noch geschieht nichts. Die Wiederherstellung lässt sich bis { $until } stoppen.
mail-recovery-waits = Noch geschieht nichts. Die Wiederherstellung lässt sich noch stoppen.
mail-link-finish = Niemand hat die Wiederherstellung des Kontos { $name } bei { $site } gestoppt.
    .subject = Sie können Ihr Konto jetzt wiederherstellen
mail-link-finish-open = Öffnen Sie diese Seite, wählen Sie ein neues Passwort, melden Sie sich dann an und richten Sie einen neuen zweiten Faktor ein:
mail-link-finish-else = Der Link funktioniert einmal, bis { $until }. Ihre Schlüssel bleiben ausgesetzt, bis Sie sie reaktivieren, und einen Tag lang kann das Konto nur lesen.
mail-account-known = Jemand wollte bei { $site } mit dieser Adresse ein Konto anlegen, sie gehört aber schon zum Konto { $name }.
    .subject = Sie haben schon ein Konto
mail-account-known-else = Wenn Sie das waren, melden Sie sich an, oder fordern Sie auf der Anmeldeseite ein neues Passwort an. Andernfalls brauchen Sie nichts zu tun.
mail-address-added = { $address } wurde dem Konto { $name } bei { $site } hinzugefügt.
    .subject = Ihrem Konto wurde eine Adresse hinzugefügt
mail-address-removed = { $address } wurde aus dem Konto { $name } bei { $site } entfernt.
    .subject = Aus Ihrem Konto wurde eine Adresse entfernt
mail-main-address = Mails zum Konto { $name } bei { $site } gehen jetzt an { $address }.
    .subject = Die Hauptadresse Ihres Kontos wurde geändert
mail-user-name = Das Konto { $name } bei { $site } heißt jetzt { $new }.
    .subject = Ihr Benutzername wurde geändert
mail-account-closed = Das Konto { $name } bei { $site } wurde geschlossen. Niemand kann sich mehr damit anmelden.
    .subject = Ihr Konto wurde geschlossen
mail-account-suspended = Das Konto { $name } bei { $site } wurde gesperrt. Niemand kann sich damit anmelden, bis es reaktiviert wird.
    .subject = Ihr Konto wurde gesperrt
mail-account-out-else = Wenn Sie das nicht erwartet haben, wenden Sie sich an { $support }.
mail-account-reactivated = Das Konto { $name } bei { $site } war gesperrt und ist wieder aktiv. Sie können sich anmelden.
    .subject = Ihr Konto wurde reaktiviert
mail-staff-account-closed = Das Konto { $name } wurde geschlossen.
    .subject = Ein Konto wurde geschlossen
mail-staff-account-suspended = Das Konto { $name } wurde gesperrt.
    .subject = Ein Konto wurde gesperrt
mail-staff-account-reactivated = Das Konto { $name } wurde reaktiviert.
    .subject = Ein Konto wurde reaktiviert
mail-staff-rank = Der Rang Ihres Kontos { $name } bei { $site } im Team ist jetzt: { $rank }.
    .subject = Ihr Rang im Team wurde geändert
mail-staff-rank-of-another = Der Rang des Kontos { $name } im Team ist jetzt: { $rank }.
    .subject = Ein Rang im Team wurde geändert
mail-staff-rank-why = Sie erhalten diese Mail, weil Admins erfahren, wenn sich Ränge ändern. Alle Ränge stehen auf dieser Seite: { $page }
mail-rank-queue = Warteschlange
mail-rank-support = Support
mail-rank-admin = Admin
mail-rank-none = keiner
mail-staff-why = Sie erhalten diese Mail, weil das Team erfährt, was seine Mitglieder tun.
mail-password-changed = Das Passwort des Kontos { $name } bei { $site } wurde geändert.
    .subject = Ihr Passwort wurde geändert
mail-password-reset = Das Passwort des Kontos { $name } bei { $site } wurde über einen Link aus einer Mail geändert.
    .subject = Ihr Passwort wurde geändert
mail-password-set-by-operator = Die Betreiber des Registers haben für das Konto { $name } bei { $site } ein neues Passwort gesetzt.
    .subject = Ihr Passwort wurde geändert
mail-password-recovered = Das Konto { $name } bei { $site } wurde wiederhergestellt und hat ein neues Passwort.
    .subject = Ihr Passwort wurde geändert
mail-password-sessions = Alle Sitzungen wurden beendet. Melden Sie sich mit dem neuen Passwort an.
mail-password-else = Wenn Sie das nicht waren, wählen Sie sofort ein anderes Passwort unter { $page }

## Zweite Faktoren und Anmeldungen

mail-factor-app = Die Authenticator-App "{ $name }"
mail-factor-passkey = Der Passkey "{ $name }"
mail-factor-security-key = Der Sicherheitsschlüssel "{ $name }"
mail-factor-added = { $factor } wurde Ihrem Konto bei { $site } hinzugefügt und gilt jetzt bei der Anmeldung.
    .subject = Ihrem Konto wurde ein zweiter Faktor hinzugefügt
mail-factor-removed = { $factor } wurde aus Ihrem Konto bei { $site } entfernt. Alle anderen Sitzungen wurden beendet.
    .subject = Aus Ihrem Konto wurde ein zweiter Faktor entfernt
mail-factor-logs-in = { $factor } genügt ab jetzt, um sich ohne Passwort bei Ihrem Konto bei { $site } anzumelden.
    .subject = Ein Sicherheitsschlüssel meldet jetzt ohne Passwort an
mail-factor-copied = { $factor } wurde bei { $site } benutzt, zählt aber weniger Benutzungen, als wir gesehen haben. Vielleicht gibt es eine Kopie, deshalb wurde die Anmeldung abgelehnt. Wenn Sie keine Kopie gemacht haben, entfernen Sie diesen zweiten Faktor aus Ihrem Konto.
    .subject = Einer Ihrer Sicherheitsschlüssel wurde vielleicht kopiert
mail-code-used =
    Ein Ersatzcode Ihres Kontos bei { $site } wurde benutzt. { $left ->
        [one] { $left } ist noch übrig.
       *[other] { $left } sind noch übrig.
    }
    .subject = Ein Ersatzcode wurde benutzt
mail-code-used-few = Erstellen Sie bald neue.
mail-codes-renewed = Für Ihr Konto bei { $site } wurden neue Ersatzcodes erstellt. Die alten gelten nicht mehr.
    .subject = Ihre Ersatzcodes wurden erneuert
mail-new-log-in = Jemand (hoffentlich Sie) hat sich von einem neuen Gerät oder aus einem neuen Netz bei Ihrem Konto bei { $site } angemeldet: { $address }, { $agent }.
    .subject = Neue Anmeldung bei Ihrem Konto
mail-operator-session = Die Betreiber des Registers bei { $site } haben ohne Ihr Passwort und Ihren zweiten Faktor eine Sitzung für Ihr Konto geöffnet. Sie endet um { $until }.
    .subject = Die Betreiber haben eine Sitzung für Ihr Konto geöffnet

## Wiederherstellung von Konten

mail-recovery-stopped-by-link = Die Wiederherstellung des Kontos { $name } bei { $site }, die um { $begun } begann, wurde über einen Link aus einer Mail gestoppt.
    .subject = Eine Wiederherstellung wurde gestoppt
mail-recovery-stopped-by-session = Die Wiederherstellung des Kontos { $name } bei { $site }, die um { $begun } begann, wurde aus einer offenen Sitzung des Kontos gestoppt.
    .subject = Eine Wiederherstellung wurde gestoppt
mail-recovery-stopped-by-log-in = Die Wiederherstellung des Kontos { $name } bei { $site }, die um { $begun } begann, wurde gestoppt, weil sich jemand mit einem zweiten Faktor angemeldet hat.
    .subject = Eine Wiederherstellung wurde gestoppt
mail-recovery-stopped-by-closing = Die Wiederherstellung des Kontos { $name } bei { $site }, die um { $begun } begann, wurde gestoppt, weil das Konto geschlossen wurde.
    .subject = Eine Wiederherstellung wurde gestoppt
mail-recovery-lapsed = Die Wiederherstellung des Kontos { $name } bei { $site }, die um { $begun } begann, ist beendet: Eine dafür nachgewiesene Adresse wurde entfernt, oder ein Admin, der gebürgt hat, kann das nicht mehr.
    .subject = Eine Wiederherstellung wurde gestoppt
mail-recovery-too-late = Die Wiederherstellung des Kontos { $name } bei { $site }, die um { $begun } begann, wurde gestoppt, weil eine andere Wiederherstellung des Kontos abgeschlossen wurde.
    .subject = Eine Wiederherstellung wurde gestoppt
mail-recovery-refused = Die Wiederherstellung des Kontos { $name } bei { $site }, die um { $begun } begann, wurde vom Team des Registers abgelehnt. Die Begründung: { $why }
    .subject = Eine Wiederherstellung wurde gestoppt
mail-recovery-stopped-else = Am Konto hat sie nichts geändert. Wenn Sie sie nicht begonnen haben, hat es jemand anderes versucht: Ändern Sie das Passwort, und prüfen Sie, wer Ihre Postfächer lesen kann.
mail-recovery-done = Das Konto { $name } bei { $site } wurde wiederhergestellt. Es hat ein neues Passwort und keinen zweiten Faktor, bis seine Person einen einrichtet. Alle Sitzungen wurden beendet, die Schlüssel sind ausgesetzt, bis seine Person sie reaktiviert, und einen Tag lang kann das Konto nur lesen.
    .subject = Ein Konto wurde wiederhergestellt
mail-recovery-done-else = Wenn das nicht die Person war, der das Konto gehört, wenden Sie sich sofort an { $support }.
mail-recovery-vouched = { $by } bürgt für die Person, die das Konto { $name } bei { $site } ohne zweiten Faktor wiederherstellen möchte. Ein weiterer Nachweis ist noch nötig, und alle Betroffenen erfahren davon, bevor das Konto geöffnet wird.
    .subject = Jemand bürgt bei einer Wiederherstellung
mail-recovery-vouched-else = Wenn das nicht stimmt, melden Sie sich an, oder sagen Sie es den anderen Admins.
mail-recovery-for-review = Das Konto { $name } bei { $site } soll ohne zweiten Faktor wiederhergestellt werden. Es ist der einzige Admin einer Organisation, deshalb entscheidet das Team. Prüfen Sie die Wiederherstellung, und geben Sie sie frei oder lehnen Sie sie ab: { $page }
    .subject = Eine Wiederherstellung wartet auf Ihre Entscheidung
mail-recovery-in-review = Jemand hat genug nachgewiesen, um das Konto { $name } bei { $site } ohne zweiten Faktor wiederherzustellen. Es ist der einzige Admin einer Organisation, deshalb prüft das Team des Registers die Wiederherstellung zuerst. Bis es entschieden hat, geschieht nichts.
    .subject = Das Team prüft die Wiederherstellung Ihres Kontos
mail-recovery-log-in-stops = Wenn Sie das nicht waren, melden Sie sich an: Das stoppt die Wiederherstellung.

## Anwendungen

mail-client-made = Die Anwendung "{ $name }" ({ $id }) wurde registriert. Man kann sich jetzt bei ihr anmelden.
    .subject = Eine Anwendung wurde registriert
mail-client-secret = Die Anwendung "{ $name }" ({ $id }) hat ein neues Geheimnis.
    .subject = Eine Anwendung hat ein neues Geheimnis
mail-client-changed = Die Einstellungen der Anwendung "{ $name }" ({ $id }) wurden geändert.
    .subject = Eine Anwendung wurde geändert
mail-client-deleted = Die Anwendung "{ $name }" ({ $id }) wurde gelöscht. Niemand kann sich mehr bei ihr anmelden.
    .subject = Eine Anwendung wurde gelöscht
mail-networks-shown = Sie lassen die Website "{ $name }" Ihre Netze und Ihre Rechte darauf sehen.
    .subject = Eine Website kann Ihre Netze sehen
mail-networks-undo = Wenn Sie das nicht wollten, nehmen Sie es zurück: { $page }

## Objekte des Registers

mail-object-org = Die Organisation "{ $name }"
mail-object-net = Das Netz "{ $name }"
mail-object-ix = Der Austauschpunkt "{ $name }"
mail-object-fac = Das Rechenzentrum "{ $name }"
mail-object-carrier = Der Leitungsanbieter "{ $name }"
mail-object-campus = Der Campus "{ $name }"
mail-object-other = Das Objekt "{ $name }"
mail-object-moved = { $object }{ $number } gehörte zu { $former } und gehört jetzt zu { $org }. Sonst wurde nichts daran geändert. Rechte, die darauf vergeben waren, sind erloschen.
    .subject = Ein Objekt gehört jetzt zu einer anderen Organisation
mail-row-approved = { $object } wurde genehmigt: { $page }
    .subject = Ihre Registrierung wurde genehmigt
mail-row-refused = { $object } wurde abgelehnt.
    .subject = Ihre Registrierung wurde abgelehnt
mail-row-refused-else = Wenn das ein Irrtum ist, registrieren Sie das Objekt mit mehr Angaben noch einmal, oder wenden Sie sich an { $support }.
mail-staff-deleted = { $object } von { $org } wurde vom Team des Registers gelöscht.
    .subject = Das Team hat ein Objekt Ihrer Organisation gelöscht
mail-carrier-asked = Der Leitungsanbieter "{ $carrier }" von { $org } möchte in Ihrem Rechenzentrum "{ $fac }" aufgeführt werden.
    .subject = Ein Leitungsanbieter möchte in Ihrem Rechenzentrum aufgeführt werden
mail-carrier-decide = Genehmigen Sie die Anfrage, oder lehnen Sie sie ab: { $page }
mail-carrier-listed = { $decider } hat genehmigt, dass der Leitungsanbieter "{ $carrier }" im Rechenzentrum "{ $fac }" aufgeführt wird: { $page }
    .subject = Ihr Leitungsanbieter ist in einem Rechenzentrum aufgeführt
mail-carrier-rejected = { $decider } hat die Anfrage abgelehnt, den Leitungsanbieter "{ $carrier }" im Rechenzentrum "{ $fac }" aufzuführen.
    .subject = Ihr Leitungsanbieter ist in einem Rechenzentrum nicht aufgeführt

mail-ports-proposed = Die Mitgliederliste des Austauschpunkts "{ $ix }" stimmt nicht mit den Anschlüssen Ihres Netzes "{ $net }" überein. { $count ->
        [one] Sie schlägt eine Änderung vor,
       *[other] Sie schlägt { $count } Änderungen vor,
    } die Sie annehmen oder verwerfen können:
    .subject = Ein Austauschpunkt schlägt Änderungen Ihrer Anschlüsse vor
mail-port-add = Anschluss hinzufügen: { $addresses }
mail-port-modify = Anschluss ändern: { $addresses }
mail-port-delete = Anschluss entfernen: { $addresses }
mail-ports-decide = Sehen Sie die Unterschiede an, und entscheiden Sie: { $page }
mail-list-proposed = Die Mitgliederliste Ihres Austauschpunkts "{ $ix }" schlägt { $count ->
        [one] eine Änderung
       *[other] { $count } Änderungen
    } von Anschlüssen vor. { $networks ->
        [one] Ein Netz entscheidet
       *[other] { $networks } Netze entscheiden
    } darüber.
    .subject = Ihre Mitgliederliste schlägt Änderungen von Anschlüssen vor
mail-list-page = Sehen Sie die Unterschiede an: { $page }
mail-list-failed = Die Mitgliederliste des Austauschpunkts "{ $ix }" wurde nicht importiert:
    .subject = Eine Mitgliederliste wurde nicht importiert
mail-list-confirm = Sehen Sie an, was der Import ändern würde, und bestätigen Sie ihn, wenn es stimmt: { $page }
mail-list-check = Prüfen Sie Ihre Liste: { $page }
