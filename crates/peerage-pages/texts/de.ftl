# Deutsch. Der Katalog ist vollständig; fehlte ein Text, stünde er auf Englisch da.

number-group = .

## Rahmen jeder Seite

frame-skip = Zum Inhalt springen
frame-main = Hauptnavigation
find-label = Register durchsuchen
find-hint = Netz, AS-Nummer, Austauschpunkt, Rechenzentrum, Ort, IP-Adresse
menu-map = Karte
menu-statistics = Statistik
frame-more = Menü
menu-docs = Doku
menu-api = API
menu-account = Konto
menu-log-in = Anmelden
menu-register = Registrieren
menu-log-out = Abmelden
menu-profile = Profil
menu-applications = Eigene Apps
menu-factors = Sicherheit
menu-organizations = Organisationen
menu-staff = Team
look-language = Sprache
look-theme = Farbschema
theme-auto = System
theme-light = Hell
theme-dark = Dunkel
theme-contrast = Hoher Kontrast
notice-done = Erledigt.
notice-info = Hinweis:
notice-warning = Achtung:
notice-failed = Fehler:

## Bausteine

errors-title =
    { $count ->
        [one] Es gibt ein Problem
       *[other] Es gibt { $count } Probleme
    }
form-optional = optional
form-show = Anzeigen
form-hide = Verbergen
copy = Kopieren
copy-done = Kopiert
matrix-where = Gilt für
matrix-yes = ja
matrix-no = nein
matrix-inherited = ja, geerbt
paging-label = Seiten
paging-page = Seite { $page } von { $pages }
paging-newer = Zurück
paging-older = Weiter

## Startseite

home-title = Interconnection-Register
home-about = Netze, Austauschpunkte und Rechenzentren und wie sie verbunden sind. Die API ist mit der von PeeringDB kompatibel: Stellen Sie Ihre PeeringDB-Programme einfach auf diesen Server um.
home-table = Inhalt des Registers
home-next = Mehr
home-docs = API-Dokumentation
home-docs-about = Parameter, Filter und Felder, mit Beispielen (englisch).
home-schema = OpenAPI-Dokument
home-schema-about = zum Erzeugen von Clients.
home-dumps = Dump-Dateien
home-dumps-about = für Spiegelserver:
home-search-do = Suchen
home-try = Zum Beispiel:
home-own = Ihre Aufgaben
home-no-organization = Sie gehören keiner Organisation an.
home-join = Einer beitreten
home-proposals =
    { $count ->
        [one] Eine Mitgliederliste schlägt 1 Änderung von Anschlüssen von { $name } vor
       *[other] Mitgliederlisten schlagen { $count } Änderungen von Anschlüssen von { $name } vor
    }
home-requests = Wartet auf Ihre Entscheidung
home-no-requests = Nichts wartet.
home-request =
    { $count ->
        [one] { $name }: 1 Anfrage
       *[other] { $name }: { $count } Anfragen
    }
home-keys = Schlüssel, die in den nächsten 30 Tagen ablaufen
home-no-keys = Keine.
home-key = { $name }: läuft am { $day } ab
home-recent = Zuletzt geändert
home-guides = Anleitungen
home-kmz = Alle Rechenzentren für Google Earth (KMZ)

resources-org = Organisationen
resources-net = Netze
resources-ix = Austauschpunkte
resources-fac = Rechenzentren
resources-carrier = Carrier
resources-campus = Campus
resources-poc = Ansprechpartner der Netze
resources-ixlan = LANs der Austauschpunkte
resources-ixpfx = Präfixe der LANs
resources-ixfac = Austauschpunkte in Rechenzentren
resources-netixlan = Netze an Austauschpunkten
resources-netfac = Netze in Rechenzentren
resources-carrierfac = Carrier in Rechenzentren

## Weitere Seiten

docs-title = API-Dokumentation
missing-title = Nicht gefunden
missing-about = Unter dieser Adresse gibt es keine Seite. Pfade der API enden ohne Schrägstrich:
missing-registry = Register
missing-api = API-Dokumentation

## Konten

register-title = Konto anlegen
register-about = Ein Konto ist kostenlos. Wir schicken einen Link an Ihre E-Mail-Adresse. Öffnen Sie ihn, um das Konto anzulegen.
register-closed = Für ein Konto brauchen Sie hier eine Einladung. Bitten Sie einen Admin Ihrer Organisation darum.
register-email = E-Mail-Adresse
register-email-help = Am besten Ihre dienstliche Adresse: Sie hilft uns, Ihre Organisation zu bestätigen.
register-username = Benutzername
register-username-help = Buchstaben, Ziffern und . _ -, oder Ihre E-Mail-Adresse
register-password = Passwort
register-password-again = Passwort wiederholen
register-do = Konto anlegen
register-have-one = Sie haben schon ein Konto? Anmelden
register-sent-title = Sehen Sie in Ihr Postfach
register-sent = Wir haben eine E-Mail an diese Adresse geschickt. Öffnen Sie den Link darin innerhalb von drei Tagen, um das Konto anzulegen.
register-unsent = Wenn es zu dieser Adresse noch kein Konto gibt, bitten Sie den Betreiber dieses Servers um den Link. Öffnen Sie ihn innerhalb von drei Tagen, um das Konto anzulegen.
mail-unsent-title = Dieser Server verschickt keine E-Mails
mail-unsent = Dieser Server verschickt keine E-Mails. Bitten Sie den Betreiber um den Link.
name-first = Vorname
name-last = Nachname
password-help = Mindestens 12 Zeichen. Nehmen Sie einen ganzen Satz oder ein Passwort aus Ihrem Passwortmanager.
password-new = Neues Passwort
password-again = Neues Passwort wiederholen
password-current = Aktuelles Passwort
password-do = Passwort ändern
password-title = Passwort
password-about = Wenn Sie Ihr Passwort ändern, werden Sie überall abgemeldet, auch hier.
confirm-title-registration = Konto anlegen
confirm-title-address = E-Mail-Adresse bestätigen
confirm-registration = Sie können E-Mails an { $address } lesen. Möchten Sie das Konto { $account } jetzt anlegen?
confirm-address = Möchten Sie { $address } zum Konto { $account } hinzufügen?
confirm-address-log-in = Dieser Link fügt die Adresse { $address } zum Konto { $account } hinzu. Melden Sie sich in diesem Browser mit diesem Konto an, um sie zu bestätigen. Wenn das Konto nicht Ihnen gehört, ignorieren Sie die E-Mail.
confirm-registration-elsewhere = Sie können E-Mails an { $address } lesen. Das Konto { $account } wurde in einem anderen Browser angefordert. Um es anzulegen, wählen Sie hier ein Passwort. Das im anderen Browser eingegebene Passwort wird nicht verwendet.
confirm-other-name = Dieser Benutzername ist inzwischen vergeben. Wählen Sie einen anderen.
confirm-do = Bestätigen
link-title = Dieser Link funktioniert nicht
link-refused = Er wurde schon benutzt, ist abgelaufen oder wurde in einem anderen Browser angefordert. Fordern Sie einen neuen an.
ask-email = E-Mail-Adresse des Kontos
ask-do = E-Mail senden
ask-back = Zurück zur Anmeldung
reset-title = Neues Passwort wählen
reset-about = Wir schicken einen Link an eine bestätigte Adresse Ihres Kontos. Er gilt einmal, in diesem Browser, mindestens 30 Minuten lang. Ihr zweiter Faktor bleibt unverändert.
reset-for = Neues Passwort für { $name }:
names-title-forgotten = Benutzername vergessen
names-about = Wir schicken einen Link an diese Adresse. Öffnen Sie ihn in diesem Browser, um den zugehörigen Benutzernamen zu sehen.
names-press = Mit diesem Link können Sie Ihren Benutzernamen einmal anzeigen.
names-do = Benutzernamen anzeigen
names-are = Ihr Benutzername:
sent-title = Sehen Sie in Ihr Postfach
sent-about = Wenn ein Konto diese Adresse hat, ist eine E-Mail unterwegs oder wurde in den letzten Stunden verschickt. Öffnen Sie den Link aus der neuesten E-Mail in diesem Browser.
sent-about-unsent = Wenn ein Konto diese Adresse hat, bitten Sie den Betreiber dieses Servers um den Link. Öffnen Sie ihn in diesem Browser.
busy-title = Der Server ist ausgelastet
busy-about = Zu viele Anfragen dieser Art warten. Versuchen Sie es in einigen Sekunden noch einmal.
unchanged-title = Das Register kann gerade nicht geändert werden
unchanged-about = Dieser Server kann im Augenblick nichts ändern. Es wurde nichts geändert. Gehen Sie zurück und versuchen Sie es in einigen Sekunden noch einmal.
unknown-title = Die Änderung ist vielleicht gespeichert
unknown-about = Die Datenbank des Servers hat nicht rechtzeitig gemeldet, ob die Änderung gespeichert wurde. Sehen Sie nach, bevor Sie sie wiederholen.
wait-title = Bitte warten
wait-about = Aus Ihrem Netz wurden zu viele E-Mails angefordert. Versuchen Sie es in einer Minute noch einmal.
profile-title = Ihr Konto
profile-factors = Sicherheit: zweite Faktoren, Passkeys, Ersatzcodes
profile-sessions = Sitzungen: wo Sie angemeldet sind
profile-keys = Ihre API-Schlüssel
profile-sites = Websites, bei denen Sie sich mit diesem Konto anmelden
addresses-title = E-Mail-Adressen
addresses-about = Bis zu { $most }. Sicherheitshinweise gehen an alle, andere E-Mails nur an die Hauptadresse.
addresses-address = Adresse
addresses-state = Status
addresses-act = Aktionen
addresses-main = Hauptadresse
addresses-awaited = noch nicht bestätigt
addresses-resend = E-Mail erneut senden
addresses-make-main = Zur Hauptadresse machen
addresses-remove = Entfernen
addresses-remove-ask = Diese Adresse aus Ihrem Konto entfernen?
addresses-add = Neue Adresse
addresses-add-do = Adresse hinzufügen
names-title = Name
names-save = Namen speichern
username-save = Benutzernamen ändern
places-title = Organisationen
places-none = Sie gehören noch keiner Organisation an.
places-admin = Admin
places-own = Standardorganisation
places-own-help = Die Organisation, auf die sich Adressen wie /net/self beziehen.
places-own-none = keine
places-own-do = Organisation speichern
places-join = Aufnahme in eine Organisation beantragen
language-title = Sprache
language-choose = Sprache von Seiten und E-Mails
language-help = Die Sprachauswahl unten auf jeder Seite gilt nur für diesen Browser.
language-browser = Einstellung des Browsers
language-do = Sprache speichern
close-title = Konto schließen
close-open = Dieses Konto schließen …
close-warning = Ihre Schlüssel werden widerrufen, Sie werden überall abgemeldet und verlassen Ihre Organisationen, und Ihr Name und Ihre Adressen werden gelöscht. Ihre Änderungen am Register bleiben erhalten. Das lässt sich nicht rückgängig machen.
close-do = Konto endgültig schließen
told-logged-in-already = Sie sind bereits angemeldet. Sie brauchen nur ein Konto.
told-send-again = Ihre Identität ist bestätigt. Bisher wurde nichts geändert. Senden Sie das Formular noch einmal ab.
told-address-confirmed = Adresse bestätigt.
told-account-made = Konto angelegt. Sie können sich jetzt anmelden.
told-password-changed = Passwort geändert. Melden Sie sich mit dem neuen Passwort an.
told-address-mailed = Wir haben eine E-Mail an diese Adresse geschickt. Öffnen Sie den Link darin, um die Adresse hinzuzufügen.
told-address-unsent = Dieser Server verschickt keine E-Mails. Bitten Sie den Betreiber um den Link, der die Adresse hinzufügt.
told-address-removed = Adresse entfernt.
told-address-main = Hauptadresse geändert.
told-username-changed = Benutzername geändert.
told-name-changed = Name gespeichert.
told-language-chosen = Sprache gespeichert.
told-organization-chosen = Standardorganisation gespeichert.
told-account-closed = Ihr Konto wurde geschlossen. Vielen Dank, dass Sie dieses Register genutzt haben.

## Kontowiederherstellung

recover-title = Konto wiederherstellen
recover-about = Wenn Sie einen Ersatzcode haben, melden Sie sich mit Ihrem Passwort und dem Code an. Wenn nicht, können Sie das Konto hier wiederherstellen. Wir schicken einen Link an jede bestätigte Adresse des Kontos. Sie brauchen zwei Nachweise: geöffnete Links aus Postfächern in zwei verschiedenen Domains, oder einen solchen Link und einen Admin Ihrer Organisation, der für Sie bürgt. Danach warten Sie drei Tage. In dieser Zeit können Sie und alle Betroffenen die Wiederherstellung stoppen.
recover-name = Benutzername oder E-Mail-Adresse
recover-sent-title = Sehen Sie in Ihre Postfächer
recover-sent = Wenn es dieses Konto gibt und es einen zweiten Faktor hat, sind E-Mails an seine Adressen unterwegs. Öffnen Sie die Links darin innerhalb eines Tages in diesem Browser. In der Zwischenzeit kann ein Admin Ihrer Organisation für Sie bürgen.
recover-unsent = Wenn es dieses Konto gibt und es einen zweiten Faktor hat, bitten Sie den Betreiber dieses Servers um die Links. Öffnen Sie sie innerhalb eines Tages in diesem Browser. In der Zwischenzeit kann ein Admin Ihrer Organisation für Sie bürgen.
recover-address = Bestätigen Sie, dass Sie E-Mails an diese Adresse lesen können und das Konto wiederherstellen möchten.
recover-address-do = Wiederherstellung bestätigen
recover-more = Ihr Antrag hat die Nummer { $number }. Der Admin, der für Sie bürgt, braucht sie. Sie haben einen von zwei Nachweisen erbracht. Öffnen Sie den Link, der an eine Adresse in einer anderen Domain ging, oder bitten Sie einen Admin Ihrer Organisation, für Sie zu bürgen.
recover-waiting = Ihre Nachweise reichen aus. In drei Tagen schicken wir Ihnen einen Link, mit dem Sie wieder in das Konto kommen, sofern niemand die Wiederherstellung stoppt. Alle Betroffenen wurden benachrichtigt.
recover-review = Ihre Nachweise reichen aus. Weil Sie der einzige Admin einer Organisation sind, prüft das Team des Registers den Antrag zuerst.
recover-stop-title = Wiederherstellung stoppen
recover-stop = Jemand versucht, ohne den zweiten Faktor wieder in dieses Konto zu kommen. Wenn das nicht der Inhaber ist, stoppen Sie die Wiederherstellung. Das Konto wird dann gesperrt, bis das Team des Registers mit dem Inhaber gesprochen hat.
recover-stop-do = Wiederherstellung stoppen und Konto sperren
recover-stopped = Die Wiederherstellung wurde gestoppt und das Konto gesperrt. Wenden Sie sich an den Betreiber des Registers, um es wieder freizuschalten.
told-recovered = Konto wiederhergestellt. Melden Sie sich mit dem neuen Passwort an und richten Sie dann einen zweiten Faktor ein.

## Anmelden, zweite Faktoren, Sitzungen

login-title = Anmelden
login-name = Benutzername oder E-Mail-Adresse
login-do = Anmelden
login-passkey-title = Ohne Passwort anmelden
login-passkey-about = Verwenden Sie einen Passkey auf diesem Gerät, auf Ihrem Telefon oder auf einem Sicherheitsschlüssel.
login-passkey = Mit Passkey anmelden
login-forgot-password = Passwort vergessen?
login-forgot-name = Benutzername vergessen?
login-lost-factor = Zweiten Faktor verloren?
login-code = Code Ihrer Authenticator-App oder ein Ersatzcode
login-code-help = Geben Sie ihn zusammen mit Benutzername und Passwort ein. Sie können auch einen Passkey verwenden oder einen Browser, in dem Sie schon einmal angemeldet waren.
login-code-first = Für dieses Konto wurden heute zu viele falsche Passwörter eingegeben. Geben Sie zusätzlich einen Code ein.
login-wait = Zu viele Versuche. Versuchen Sie es in { $seconds } Sekunden noch einmal.
key-failed = Das hat nicht funktioniert. Ihr Sicherheitsschlüssel oder Passkey hat nicht geantwortet oder wurde nicht akzeptiert. Versuchen Sie es noch einmal oder verwenden Sie eine andere Methode.
key-needs-script = Sicherheitsschlüssel und Passkeys brauchen JavaScript. Erlauben Sie es für diese Website oder verwenden Sie eine andere Methode.
second-title = Zwei-Faktor-Anmeldung
second-about = Passwort akzeptiert. Bestätigen Sie die Anmeldung innerhalb von zehn Minuten auf eine dieser Arten:
second-do = Bestätigen
second-key-title = Sicherheitsschlüssel oder Passkey
second-key-about = Berühren Sie den Schlüssel, wenn er blinkt, oder folgen Sie den Anweisungen des Browsers.
second-key-do = Sicherheitsschlüssel oder Passkey verwenden
second-totp-title = Authenticator-App
second-totp-code = Sechsstelliger Code
second-totp-help = Jeder Code gilt einmal.
second-backup-title = Ersatzcode
second-backup-code = Ersatzcode
second-backup-help = Jeder Ersatzcode gilt einmal.
second-backup-do = Ersatzcode verwenden
second-leave = Von vorn beginnen
prove-title = Identität bestätigen
prove-about = Diese Änderung betrifft den Zugang zum Konto. Bitte bestätigen Sie noch einmal Ihre Identität. Sie werden dann zehn Minuten lang nicht mehr gefragt.
resume-title = Fortfahren
resume-about = Ihre Identität ist bestätigt. Ihre Eingaben sind noch da. Senden Sie das Formular ab, um fortzufahren.
resume-do = Formular absenden
resume-leave = Abbrechen
forbidden-title = Nicht erlaubt
factors-title = Sicherheit
factors-own = Ihre zweiten Faktoren
factors-go-on = Weiter
factors-none = Sie haben noch keinen zweiten Faktor. Ein Passkey ist am sichersten und am schnellsten.
factors-only-one = Sie haben einen zweiten Faktor. Fügen Sie einen weiteren hinzu, damit Sie nicht ausgesperrt sind, wenn Sie ihn verlieren.
factors-unconfirmed = Bestätigen Sie zuerst Ihre Hauptadresse. Danach können Sie zweite Faktoren einrichten.
coming-passkey = Ab { $day } verlangt Ihre Organisation { $name } einen Passkey. Fügen Sie einen Passkey hinzu, mit dem Sie sich anmelden können.
coming-totp = Ab { $day } akzeptiert Ihre Organisation { $name } keine Codes aus einer Authenticator-App mehr. Fügen Sie einen Sicherheitsschlüssel oder Passkey hinzu.
coming-beside = Ab { $day } verlangt Ihre Organisation { $name } zusätzlich zum Passkey einen weiteren Faktor. Fügen Sie einen hinzu.
coming-left = { $days ->
        [0] Das ist heute.
        [one] Es bleibt ein Tag.
       *[other] Es bleiben { $days } Tage.
    }
limited-title = Zugriff eingeschränkt
limited-passkey = Ihr Zugriff auf { $name } ist eingeschränkt, bis Sie einen Passkey hinzufügen, mit dem Sie sich anmelden können, und sich damit anmelden.
limited-totp = Ihr Zugriff auf { $name } ist eingeschränkt, bis Sie einen Sicherheitsschlüssel oder Passkey hinzufügen und sich damit anmelden. Codes aus einer Authenticator-App werden dort nicht akzeptiert.
limited-beside = Ihr Zugriff auf { $name } ist eingeschränkt, bis Sie zusätzlich zum Passkey einen weiteren Faktor hinzufügen und sich mit beiden anmelden.
limited-not-shown = Ihr Zugriff auf { $name } ist wegen der Art Ihrer Anmeldung eingeschränkt. Melden Sie sich noch einmal mit einem Faktor an, den die Organisation akzeptiert.
told-demands-limited = Sie sind angemeldet. Ihr Zugriff auf eine Ihrer Organisationen ist eingeschränkt. Näheres unter „Sicherheit“.
told-demands-coming = Sie sind angemeldet. Eine Ihrer Organisationen stellt bald höhere Anforderungen. Näheres unter „Sicherheit“.
factors-name = Name
factors-kind = Art
factors-created = Hinzugefügt
factors-used = Zuletzt benutzt
factors-act = Aktionen
factors-app = Authenticator-App
factors-key = Sicherheitsschlüssel, zusätzlich zum Passwort
factors-passkey = Passkey, meldet ohne Passwort an
factors-never = nie
factors-rename = Umbenennen
factors-new-name = Name
factors-save = Namen speichern
factors-log-in-on = Anmeldung ohne Passwort erlauben
factors-log-in-off = Passwort verlangen
factors-remove = Entfernen
factors-remove-ask = Diesen Faktor entfernen? Sie werden überall sonst abgemeldet.
factors-add-key = Passkey oder Sicherheitsschlüssel hinzufügen
factors-add-key-about = Ein Passkey ist auf Ihrem Gerät, in Ihrem Passwortmanager oder auf einem Sicherheitsschlüssel gespeichert. Er funktioniert nur auf dieser Website, deshalb kann ihn Ihnen niemand mit einem Trick entlocken.
factors-add-passkey = Anmeldung ohne Passwort erlauben
factors-add-passkey-help = Sie werden dann nach PIN, Fingerabdruck oder Gesicht gefragt.
factors-add-key-do = Schlüssel hinzufügen
factors-no-keys-here = Passkeys und Sicherheitsschlüssel brauchen einen Hostnamen und TLS. Unter dieser Adresse funktionieren sie nicht.
factors-add-app = Authenticator-App hinzufügen
factors-add-app-about = Eine App auf Ihrem Telefon zeigt einen sechsstelligen Code, der alle 30 Sekunden wechselt.
factors-add-app-do = App einrichten
setup-title = Authenticator-App hinzufügen
setup-scan = Scannen Sie diesen QR-Code mit Ihrer Authenticator-App.
setup-qr = QR-Code für die Authenticator-App
setup-type = Oder geben Sie diesen Einrichtungsschlüssel in der App ein:
setup-secret = Einrichtungsschlüssel
setup-code = Sechsstelliger Code
setup-code-help = Geben Sie den Code ein, den die App jetzt anzeigt.
setup-do = App hinzufügen
setup-leave = Nicht jetzt
codes-title = Ersatzcodes
codes-yours = Ihre Ersatzcodes
codes-once = Sie sehen diese Codes nur jetzt. Mit jedem Code können Sie sich einmal anmelden, wenn Sie Ihre Geräte verloren haben. Drucken Sie sie aus oder bewahren Sie sie an einem sicheren Ort auf, nicht auf diesen Geräten.
codes-download = Als Textdatei herunterladen
codes-print = Drucken
codes-kept = Ich habe die Codes aufbewahrt
codes-few = nur noch wenige
codes-see = Ansehen und ersetzen
codes-made = Erstellt: { $time }.
codes-used = Benutzte Codes
codes-used-at = Zeit
codes-used-from = Von
codes-about = Codes werden so gespeichert, dass niemand sie lesen kann. Deshalb lassen sie sich nicht noch einmal anzeigen. Wenn Sie neue Codes erstellen, werden die alten ungültig.
codes-renew = Neue Codes erstellen
codes-renew-ask = Neue Ersatzcodes erstellen? Die alten werden ungültig.
codes-back = Zurück zur Sicherheit
sessions-title = Sitzungen
sessions-about = Hier sind Sie angemeldet. Melden Sie Sitzungen ab, die Sie nicht kennen, und ändern Sie dann Ihr Passwort. Ist eine Sitzung einen Tag alt oder war sie eine Stunde inaktiv, können Sie darin nur lesen, bis Sie Ihren zweiten Faktor erneut bestätigen.
sessions-program = Browser oder Programm
sessions-address = IP-Adresse
sessions-created = Angemeldet
sessions-seen = Zuletzt benutzt
sessions-expires = Läuft ab
sessions-ways = Bestätigt durch
sessions-act = Aktionen
sessions-this = diese Sitzung
sessions-end = Abmelden
sessions-end-others = Überall sonst abmelden
sessions-end-others-ask = Alle anderen Sitzungen abmelden?
sessions-pwd = Passwort
sessions-otp = Code
sessions-swk = Sicherheitsschlüssel
sessions-user = PIN oder Biometrie
told-logged-out = Sie sind abgemeldet.
told-factor-added = Zweiter Faktor hinzugefügt.
told-factor-renamed = Zweiter Faktor umbenannt.
told-factor-removed = Zweiter Faktor entfernt.
told-key-changed = Schlüssel geändert.
told-session-ended = Sitzung abgemeldet.
not-me-title = Das waren nicht Sie?
not-me-about = Wenn wir Ihnen eine Anmeldung oder Änderung gemeldet haben, die nicht von Ihnen stammt, beginnen Sie hier. Alle anderen Sitzungen und alle Websites, bei denen Sie sich mit diesem Konto anmelden, werden abgemeldet, und Ihre persönlichen Schlüssel werden ausgesetzt, bis Sie sie wieder aktivieren. Ändern Sie danach Ihr Passwort und prüfen Sie Ihre zweiten Faktoren.
not-me-do = Mein Konto absichern
not-me-ask = Alle anderen Sitzungen abmelden und Ihre Schlüssel aussetzen?
told-not-me = Alle anderen Sitzungen wurden abgemeldet und Ihre Schlüssel ausgesetzt. Ändern Sie jetzt Ihr Passwort und prüfen Sie Ihre zweiten Faktoren.
told-sessions-ended = Alle anderen Sitzungen wurden abgemeldet.
codes-left =
    { $count ->
        [one] Ein Ersatzcode ist übrig.
       *[other] { $count } Ersatzcodes sind übrig.
    }
## Eine Organisation verwalten

manage-pages = Seiten dieser Organisation
manage-people = Personen
manage-rights = Rechte
manage-roles = Rollenkonten
manage-keys = Schlüssel
manage-hygiene = Sicherheitsprüfung
manage-audit = Protokoll
manage-policy = Richtlinien
people-title = Personen von { $name }
people-requests = Anträge
people-requests-about = Nehmen Sie nur Personen auf, die sicher zu dieser Organisation gehören. Eine unbestätigte Adresse beweist nichts.
people-person = Person
people-mails = E-Mail-Adressen
people-asked = Beantragt
people-decide = Aktionen
people-ownership = beantragt die Inhaberschaft
people-confirmed = bestätigt
people-unconfirmed = nicht bestätigt
people-approve = Aufnehmen
people-deny = Ablehnen
people-members = Mitglieder
people-safety = Sicherheit
people-rank = Rolle
people-admin = Admin
people-member = Mitglied
people-resting = eingeschränkt: Adresse nicht bestätigt
people-last-admin = Das ist der letzte Admin. Machen Sie zuerst jemand anderen zum Admin.
people-promote = Zum Admin machen
people-demote = Zum Mitglied machen
people-rights = Rechte
people-remove = Entfernen
people-remove-ask = Diese Person entfernen? Sie verliert sofort ihre Rechte, Rollenkonten und Rollenschlüssel.
people-invite = Jemanden einladen
people-invite-about = Die Person bekommt eine E-Mail mit einem Link, der einmal und sieben Tage lang gilt. Sie braucht noch kein Konto.
people-invite-email = E-Mail-Adresse
people-invite-rights = Rechte zusätzlich zum Lesen
people-invite-rights-help = Nur für Mitglieder. Admins dürfen alles. Sie können die Rechte jederzeit ändern.
people-invite-roles = Rollenkonten
people-invite-do = Einladung senden
people-invited = Offene Einladungen
people-invited-by = Eingeladen von
people-invited-until = Läuft ab
people-withdraw = Einladung zurückziehen
factor-none = kein zweiter Faktor
factor-some = zweiter Faktor
preset-none = keine
preset-read = alle Objekte lesen
preset-contacts = alle Objekte und private Kontakte lesen
preset-networks = Netze anlegen und ändern
preset-exchanges = Austauschpunkte anlegen und ändern
preset-facilities = Rechenzentren und Campus anlegen und ändern
preset-all = alles außer Personen
preset-whole = dieselben Rechte wie Sie, jetzt und künftig
rights-title = Rechte in { $name }
rights-search = Netz, Austauschpunkt, Rechenzentrum, Carrier oder Campus suchen
rights-search-do = Suchen
rights-of = Rechte von { $name }
rights-copy = Rechte kopieren von
rights-copy-help = Füllt das Formular aus. Erst beim Speichern ändert sich etwas.
rights-copy-do = Kopieren
rights-own = Vergebene Rechte
rights-save = Rechte speichern
rights-back = Zurück zu allen
rights-effective = Wirksame Rechte
rights-effective-about = Die wirksamen Rechte ergeben sich aus Rolle, Rollenkonten und vergebenen Rechten. Gelten mehrere für dasselbe Objekt, entscheidet das genaueste.
rights-all = Überblick
rights-all-about = C anlegen, R lesen, U ändern, D löschen. Wählen Sie einen Namen, um dessen Rechte zu ändern.
rights-who = Name
rights-create = Anlegen
rights-read = Lesen
rights-update = Ändern
rights-delete = Löschen
rights-admin-fixed = Admins dürfen alles. Machen Sie diese Person zum Mitglied, um einzelne Rechte zu vergeben.
rights-place-org = Die Organisation und alles darin
rights-place-users = Personen
rights-place-sessions = Peering-Sitzungen
rights-kind-person = Person
rights-kind-key = Schlüssel
rights-kind-role = Rollenkonto
rights-nobody = Hier gibt es niemanden mit diesem Namen.
roles-title = Rollenkonten von { $name }
roles-about = Ein Rollenkonto steht für eine Aufgabe der Organisation. Es hat ein gemeinsames Postfach und die Personen, die sich darum kümmern. Rollenschlüssel werden widerrufen, wenn ihr Inhaber das Rollenkonto verlässt.
roles-none = Es gibt noch keine Rollenkonten.
roles-email = Gemeinsames Postfach
roles-no-email = keines
roles-people = Personen
roles-nobody = niemand
roles-keys = Schlüssel
roles-rights = Rechte des Rollenkontos
roles-change = Bearbeiten
roles-name = Name
roles-save = Rollenkonto speichern
roles-end = Rollenkonto löschen …
roles-end-warning = Das Rollenkonto wird gelöscht, und alle seine Schlüssel werden widerrufen.
roles-end-do = Rollenkonto löschen
roles-key = Rollenschlüssel erstellen
roles-key-about = Der Schlüssel hat die Rechte, die Sie und das Rollenkonto gemeinsam haben. Das Protokoll nennt Sie. Der Schlüssel wird widerrufen, wenn Sie das Rollenkonto verlassen.
roles-new = Neues Rollenkonto
roles-kind = Art
roles-new-do = Rollenkonto anlegen
keys-title = API-Schlüssel von { $name }
keys-own-title = Ihre API-Schlüssel
keys-about = Schlüssel der Organisation funktionieren weiter, wenn Personen gehen. Rollenschlüssel werden widerrufen, wenn ihr Inhaber das Rollenkonto verlässt.
keys-own-about = Ein persönlicher Schlüssel kann, was Sie können, oder weniger, wenn Sie ihn einschränken. Für Aufgaben einer Organisation erstellen Sie besser einen Schlüssel der Organisation.
keys-none = Es gibt noch keine Schlüssel.
keys-all = Schlüssel
keys-name = Name
keys-name-help = Wofür ist der Schlüssel? Zum Beispiel „nächtlicher Abgleich der Ports“.
keys-state = Status
keys-state-active = aktiv
keys-state-rotating = zwei Geheimnisse
keys-state-suspended = ausgesetzt
keys-state-expired = abgelaufen
keys-state-revoked = widerrufen
keys-state-exposed = öffentlich bekannt geworden
keys-rights = Rechte
keys-used = Zuletzt benutzt
keys-never = nie
keys-act = Aktionen
keys-expires = Läuft ab
keys-expires-help = Standardmäßig ein Jahr. Leer lassen für unbegrenzt, sofern die Organisation keine Höchstdauer festlegt.
keys-forever = nie
keys-networks = Erlaubte Netze
keys-anywhere = alle
keys-networks-help = Eines je Zeile, zum Beispiel 192.0.2.0/24 oder 2001:db8::/32. Leer lassen, um alle zu erlauben.
keys-note = Notiz
keys-email = Kontaktadresse
keys-email-help = Dorthin gehen Hinweise zu diesem Schlüssel. Am besten ist ein gemeinsames Postfach.
keys-preset = Rechte
keys-preset-help = Sie können die Rechte später ändern.
keys-readonly = nur Lesen
keys-rotate = Geheimnis ersetzen
keys-rotate-ask = Ein neues Geheimnis für diesen Schlüssel erstellen? Das alte gilt noch einen Tag.
keys-suspend = Aussetzen
keys-resume = Wieder aktivieren
keys-revoke = Widerrufen
keys-revoke-ask = Diesen Schlüssel endgültig widerrufen?
keys-make = API-Schlüssel erstellen
keys-make-do = Schlüssel erstellen
keys-kind-user = persönlich
keys-kind-org = Organisation
keys-kind-role = Rollenkonto
key-made-title = Ihr Schlüssel
key-made-label = Der Schlüssel
key-made-warning = Sie sehen diesen Schlüssel nur jetzt. Bewahren Sie ihn sicher auf, zum Beispiel in einem Passwortmanager. Wer ihn hat, kann seine Rechte nutzen.
key-made-try = Ausprobieren
key-made-back = Ich habe den Schlüssel gespeichert
hygiene-title = Sicherheitsprüfung von { $name }
hygiene-about = Befunde zu den Schlüsseln und Personen der Organisation, jeweils mit einer Empfehlung.
hygiene-none = Keine Befunde.
hygiene-what = Befund
hygiene-do = Empfehlung
hygiene-never-used = Angelegt am { $day } und nie benutzt.
hygiene-never-used-do = Widerrufen Sie ihn.
hygiene-unused = Zuletzt benutzt am { $day }.
hygiene-unused-do = Widerrufen Sie ihn, oder setzen Sie ihn zuerst aus.
hygiene-expiring = Läuft am { $day } ab.
hygiene-expiring-do = Verlängern Sie ihn, oder legen Sie den Schlüssel an, der ihn ersetzt.
hygiene-no-expiry = Läuft nie ab.
hygiene-no-expiry-do = Setzen Sie ein Ablaufdatum, damit ihn bis dahin jemand überprüft.
hygiene-no-address = Hat keine Kontaktadresse.
hygiene-no-address-do = Tragen Sie die Adresse eines Postfachs ein, das jemand liest.
hygiene-no-contact = Niemand hat die Kontaktadresse { $address } bestätigt.
hygiene-no-contact-do = Öffnen Sie den Link in der E-Mail, die dorthin ging, oder tragen Sie ein Postfach ein, das jemand liest.
hygiene-left = Gehört einer Person, die die Organisation verlassen hat.
hygiene-left-do = Widerrufen Sie ihn.
hygiene-admin-level = Kann alles in der Organisation ändern.
hygiene-admin-level-do = Beschränken Sie seine Rechte auf das, was er ändert. Seine Seite zeigt, was er benutzt hat.
hygiene-over-broad = { $where }: hat dort Schreibrechte, sie aber 90 Tage lang nicht benutzt.
hygiene-over-broad-do = Erlauben Sie dort nur das Lesen.
hygiene-shared = Aus { $networks } Netzen und von { $clients } Programmen benutzt.
hygiene-shared-do = Geben Sie jedem Programm einen eigenen Schlüssel, und vermerken Sie, wofür er ist.
hygiene-no-networks = Immer aus { $network } benutzt, aber von überall angenommen.
hygiene-no-networks-do = Beschränken Sie ihn auf dieses Netz.
hygiene-old-secret = Sein Geheimnis ist älter als ein Jahr.
hygiene-old-secret-do = Ersetzen Sie das Geheimnis.
hygiene-personal = Dieser persönliche Schlüssel ändert Objekte der Organisation.
hygiene-personal-do = Erstellen Sie dafür einen Schlüssel der Organisation oder einen Rollenschlüssel.
hygiene-no-factor = Dieses Mitglied hat keinen zweiten Faktor.
hygiene-no-factor-do = Bitten Sie darum, einen einzurichten. Bis dahin schützt nur ein Passwort das Konto.
audit-title = Protokoll von { $name }
audit-kind = Art
audit-any = alle
day-expected = Geben Sie ein Datum wie 2027-01-31 ein.
audit-object = ID des Objekts
audit-person = Person
audit-person-help = Benutzername oder E-Mail-Adresse
audit-person-unknown = Niemand hat diesen Benutzernamen oder diese Adresse.
audit-object-number = Geben Sie die ID als Zahl ein.
audit-any-key = alle
audit-create = { $what } angelegt
audit-update = { $what } geändert
audit-delete = { $what } gelöscht
audit-erase = { $what } entfernt
audit-import = { $what } importiert
audit-note = { $what }
audit-key = Schlüssel
audit-from = Von
audit-to = Bis
audit-do = Anzeigen
kind-org = Organisation
kind-net = Netz
kind-ix = Austauschpunkt
kind-fac = Rechenzentrum
kind-carrier = Carrier
kind-campus = Campus
kind-poc = Ansprechpartner
kind-ixlan = LAN
kind-ixpfx = LAN-Präfix
kind-ixfac = Austauschpunkt im Rechenzentrum
kind-netixlan = Anschluss am Austauschpunkt
kind-netfac = Netz im Rechenzentrum
kind-carrierfac = Carrier im Rechenzentrum
kind-user = Konto
kind-password = Passwort
kind-member = Mitglied
kind-key = Schlüssel
kind-role = Rollenkonto
kind-policy = Richtlinien
kind-session = Sitzung
kind-logo = Logo
kind-factor = Zweiter Faktor
kind-codes = Ersatzcodes
kind-ticket = Per E-Mail geschickter Link
kind-recovery = Wiederherstellung
kind-application = Antrag auf Aufnahme
kind-invitation = Einladung
kind-client = Anwendung
kind-port-proposal = Vorschlag einer Mitgliederliste
kind-import-failure = Fehlgeschlagener Import
kind-consent = Freigabe für eine Website
audit-none = Keine passenden Einträge.
audit-time = Zeit
audit-who = Wer
audit-what = Aktion
audit-changed = Felder
policy-title = Richtlinien von { $name }
policy-nobody = Niemand würde ausgesperrt.
policy-locked-out =
    { $count ->
        [one] Eine Person würde den Zugriff verlieren, bis sie die Richtlinien erfüllt
       *[other] { $count } Personen würden den Zugriff verlieren, bis sie die Richtlinien erfüllen
    }
policy-people = Personen
policy-domains = Erlaubte E-Mail-Domains
policy-domains-help = Eine je Zeile, zum Beispiel example.net. Leer lassen, um alle zu erlauben. Neue Mitglieder brauchen eine bestätigte Adresse in einer dieser Domains. Bisherige Mitglieder bleiben und werden markiert.
policy-subdomains = Subdomains einschließen
policy-reconfirm = E-Mail-Adressen erneut bestätigen
policy-reconfirm-help = Wer die Frist versäumt, bleibt Mitglied, verliert hier aber die Rechte, bis die Adresse bestätigt ist.
policy-never = nie
policy-days = alle { $days } Tage
policy-passkey = Passkey zum Anmelden verlangen
policy-passkey-help = Mitglieder können sich nicht mehr mit einem Passwort anmelden.
policy-totp = Codes aus Authenticator-Apps nicht akzeptieren
policy-totp-help = Sicherheitsschlüssel und Passkeys werden weiterhin akzeptiert.
policy-beside = Zusätzlich zum Passkey einen weiteren Faktor verlangen
policy-grace = Übergangsfrist für neue Anforderungen, in Tagen
policy-grace-help = Gilt für Passkeys, Authenticator-Apps und den weiteren Faktor. Bis zum Ende der Frist können sich Mitglieder wie bisher anmelden und sehen, ab wann die Anforderung gilt. 0 bedeutet sofort.
policy-keys = Schlüssel
policy-key-days = Maximale Gültigkeitsdauer eines Schlüssels in Tagen
policy-key-days-help = Leer lassen für keine Höchstdauer. Ältere Schlüssel gelten noch 14 Tage; ihre Inhaber bekommen eine E-Mail.
policy-user-keys = Persönliche Schlüssel haben Zugriff auf die Organisation
policy-requires-networks = Neue Schlüssel müssen ihre erlaubten Netze angeben
policy-networks = Schlüssel nur aus diesen Netzen akzeptieren
policy-save = Änderungen speichern
policy-preview = Wer würde ausgesperrt?

## Team des Registers

staff-pages = Seiten des Teams
staff-queue = Warteschlange
staff-users = Konten
staff-recoveries = Wiederherstellungen
staff-undo = Rückgängig machen
staff-ranks = Team
queue-title = Offene Anfragen
queue-none = Es gibt keine offenen Anfragen.
queue-doubt = genauer prüfen
queue-application = beantragt die Mitgliedschaft
queue-refuse = Ablehnen …
queue-refuse-do = Anfrage ablehnen
queue-reason = Grund
queue-reason-help = Der Antragsteller sieht diesen Text.
queue-for = { $name } für { $target }
users-title = Konten
users-search = Benutzername, Name oder Adresse
users-organizations = Organisationen
users-barred = gesperrt
users-guest = nicht geprüft
users-staff = Team: { $rank }
users-has =
    { $factors ->
        [one] { $factors } Faktor
       *[other] { $factors } Faktoren
    }, { $keys ->
        [one] { $keys } Schlüssel
       *[other] { $keys } Schlüssel
    }
users-bar = Sperren
users-bar-ask = Dieses Konto sperren? Seine Sitzungen und Schlüssel funktionieren dann sofort nicht mehr.
users-let-in = Freischalten
recoveries-title = Wiederherstellungen
recoveries-about = Laufende Wiederherstellungen. Ist jemand der einzige Admin einer Organisation, muss das Team zustimmen.
recoveries-none = Derzeit wird kein Konto wiederhergestellt.
recoveries-begun = Begonnen
recoveries-proofs = Nachweise
recoveries-from = Von
ranks-title = Team und Ränge
ranks-about = Jeder Rang schließt die vorigen ein. Die Person, deren Rang sich ändert, und die anderen Admins bekommen eine E-Mail.
ranks-rank = Rang
ranks-new = Neuer Rang
ranks-factor = zweiter Faktor
ranks-no-factor = kein zweiter Faktor
ranks-last = Das ist der letzte Admin. Machen Sie zuerst jemand anderen zum Admin.
ranks-change = Rang ändern …
ranks-change-do = Rang ändern
ranks-give = Rang vergeben
ranks-person = Person
ranks-person-help = Benutzername oder E-Mail-Adresse eines bestehenden Kontos.
ranks-give-do = Rang vergeben
rank-queue = Warteschlange
rank-queue-about = Sieht wartende Anträge und entscheidet darüber.
rank-support = Support
rank-support-about = Sieht außerdem alles, sperrt und reaktiviert Konten, prüft Wiederherstellungen, macht Änderungen rückgängig und bestätigt Importe.
rank-admin = Admin
rank-admin-about = Kann alles, vergibt und entzieht Ränge.
rank-none = Kein Rang

## Organisationen beitreten

join-title = Aufnahme in eine Organisation beantragen
join-about = Geben Sie eine AS-Nummer oder die ID oder den Namen einer Organisation an. Über den Antrag entscheiden die Admins der Organisation oder, wenn es keine gibt, das Team des Registers. Steht eine Ihrer bestätigten Adressen in der Registrierung einer AS-Nummer, bekommen Sie deren Netz sofort, außer es gehört zu einer Organisation mit Admins.
join-asn = AS-Nummer
join-asn-help = Zum Beispiel AS64500.
join-org = Organisation
join-org-help = ID oder Name. Um eine AS-Nummer in einer Ihrer Organisationen einzutragen, geben Sie diese an. Wenn das Feld leer bleibt, wird für das Netz eine neue Organisation angelegt.
join-do = Antrag senden
join-requests = Ihre Anträge
join-target = Organisation oder AS-Nummer
join-cancel = Antrag zurückziehen
join-state-pending = offen
join-state-denied = abgelehnt
join-state-canceled = zurückgezogen
join-state-approved = angenommen
sure-back = Abbrechen
own-title = Inhaberschaft einer Organisation beantragen
own-text = { $name } hat keine Admins. Möchten Sie die Inhaberschaft beantragen?
own-mismatch = Ihre E-Mail-Adresse passt nicht zu den Domains, die für diese Organisation hinterlegt sind.
own-do = Inhaberschaft beantragen
place-leave-title = Organisation verlassen
place-leave-text = Sie verlieren Ihre Rechte in { $name } und verlassen die Rollenkonten. Die Rollenschlüssel, die Sie erstellt haben, werden widerrufen.
place-leave-last = Sie sind das letzte Mitglied. Wenn Sie gehen, verwaltet niemand mehr die Organisation. Wenn es sie nicht mehr gibt, löschen Sie sie vorher.
place-leave-do = Organisation verlassen
invitation-title = Einladung
invitation-text = Sie wurden zu { $name } eingeladen, mit der Rolle { $rank }.
invitation-do = Einladung annehmen
invitation-gone = Diese Einladung ist ungültig oder abgelaufen. Bitten Sie um eine neue.
told-join-asked = Antrag gesendet. Wir schicken Ihnen eine E-Mail, sobald darüber entschieden ist.
told-join-unsent = Antrag gesendet.
told-join-approved = Antrag angenommen. Das Netz gehört jetzt zu Ihrer Organisation.
told-join-denied = Antrag automatisch abgelehnt. Der Grund steht unten.
told-join-canceled = Antrag zurückgezogen.
told-place-left = Sie haben die Organisation verlassen.
told-place-taken = Willkommen! Sie sind jetzt Mitglied der Organisation.
told-request-approved = Antrag angenommen.
told-request-denied = Antrag abgelehnt.
told-rank-changed = Rolle geändert.
told-person-removed = Person entfernt.
told-invitation-sent = Einladung gesendet.
told-invitation-unsent = Einladung erstellt. Dieser Server verschickt keine E-Mails. Bitten Sie den Betreiber um den Link.
told-invitation-withdrawn = Einladung zurückgezogen.
told-rights-saved = Rechte gespeichert.
told-role-saved = Rollenkonto gespeichert.
told-role-ended = Rollenkonto gelöscht.
told-factor-changed = Anmeldeeinstellung geändert.
told-key-revoked = Schlüssel widerrufen.
told-policy-saved = Richtlinien gespeichert.
told-queue-refused = Anfrage abgelehnt.
told-account-barred = Konto gesperrt.
told-account-let-in = Konto freigeschaltet.
## Sign in with Peerage

scope-openid = Ihre Konto-ID und wann und wie Sie sich angemeldet haben
scope-profile = Ihren Namen und Benutzernamen und ob Ihr Konto verifiziert ist
scope-email = Ihre Haupt-E-Mail-Adresse
scope-networks = Ihre Netze und Ihre Rechte an jedem davon
scope-amr = ob Sie einen zweiten Faktor benutzt haben
consent-title = Bei einer anderen Website anmelden
consent-to = Bei { $client } anmelden?
consent-about = { $client }, registriert von { $owner }, möchte wissen, wer Sie sind. Wenn Sie zustimmen, geht es weiter zu { $host }.
consent-knows = Die Website erfährt
consent-you = Sie sind angemeldet als { $name }.
consent-networks = Welche Netze?
consent-all = Alle, auch künftige
consent-some = Nur ausgewählte
consent-ticked = Netze
consent-none-ticked = Wählen Sie mindestens ein Netz aus oder wählen Sie alle.
consent-allow = Erlauben
consent-deny = Ablehnen
consent-later = Sie können den Zugriff jederzeit widerrufen:
oauth-error-title = Ungültige Anmeldeanfrage
oauth-error-client = Die Anwendung ist hier nicht bekannt oder wurde gelöscht. Wenden Sie sich an die Website, von der Sie kommen.
oauth-error-address = Die Website hat die Weiterleitungsadresse dieser Anfrage nicht registriert. Deshalb haben wir Sie nicht dorthin geschickt. Wenden Sie sich an die Website, von der Sie kommen.
oauth-error-twice = Ein Parameter kommt in dieser Anfrage doppelt vor. Wenden Sie sich an die Website, von der Sie kommen.
leave-title = Von Peerage abmelden?
leave-about = { $client } hat Sie abgemeldet. Möchten Sie sich auch von Peerage abmelden?
leave-do = Abmelden
leave-stay = Angemeldet bleiben
applications-title = Anwendungen
applications-about = Websites und Apps, bei denen man sich mit einem hiesigen Konto anmelden kann: Ihre eigenen und die der Organisationen, die Sie verwalten.
applications-none = Es sind noch keine Anwendungen registriert.
application-title = Anwendung
application-new-title = Anwendung registrieren
application-name = Name
application-name-help = Diesen Namen sehen Personen, wenn sie um Zustimmung gebeten werden.
application-owner = Inhaber
application-owner-me = Sie
application-owner-gone = keiner
application-id = Client-ID
application-kind = Art
application-kind-site = Eine Website, die ein Geheimnis auf ihrem Server aufbewahrt (confidential client)
application-kind-app = Eine App oder Seite, die kein Geheimnis bewahren kann (public client)
application-back = Weiterleitungsadressen (Redirect-URIs)
application-back-help = Eine je Zeile, exakt verglichen. Sie beginnen mit https://. Apps können auch http://127.0.0.1 und http://[::1] mit beliebigem Port verwenden.
application-after = Weiterleitungsadressen nach dem Abmelden
application-after-help = Eine je Zeile.
application-backchannel = Adresse für Logout-Tokens
application-backchannel-help = Wenn sich jemand abmeldet, schicken wir ein Logout-Token an diese Adresse (OpenID Connect Back-Channel Logout).
application-signing = Signaturverfahren der ID-Tokens
application-legacy = Achtung: Diese Anwendung verwendet kein PKCE. Ein gestohlener Anmeldecode ist deshalb nur durch ihr Geheimnis geschützt. Schalten Sie PKCE wieder ein, sobald die Software es unterstützt.
application-pkce = Anmeldung ohne PKCE erlauben
application-pkce-help = Nur für Software, die für PeeringDB geschrieben wurde und keine code_challenge senden kann, zum Beispiel IXP Manager. Ohne PKCE kann jeder, der das Geheimnis kennt, einen abgefangenen Anmeldecode benutzen. Lassen Sie dies ausgeschaltet, wenn die Software PKCE unterstützt.
application-save = Änderungen speichern
application-register = Anwendung registrieren
application-go = Anwendung ansehen
application-secret = Client-Secret
application-secret-once = Sie sehen dieses Geheimnis nur jetzt. Speichern Sie es auf dem Server der Website und nirgends sonst.
application-discovery = Discovery-Dokument
application-rotate-about = Das alte Geheimnis gilt noch einen Tag.
application-rotate-now = Altes Geheimnis sofort widerrufen, weil andere es kennen könnten
application-rotate = Neues Geheimnis erstellen
application-delete-open = Diese Anwendung löschen …
application-delete-warning = Niemand kann sich mehr bei ihr anmelden, und alle ihre Tokens werden widerrufen. Das lässt sich nicht rückgängig machen.
application-delete = Anwendung löschen
application-registered-title = Anwendung registriert
application-rotated-title = Neues Client-Secret
sites-title = Websites, bei denen Sie sich anmelden
sites-about = Diese Websites sehen Ihre aktuellen Kontodaten. Wenn sich Ihr Name oder Ihre Rechte ändern, sehen sie das bei der nächsten Abfrage.
sites-none = Sie haben sich noch bei keiner Website angemeldet.
sites-site = Website
sites-knows = Sieht
sites-since = Freigegeben
sites-used = Letzte Anmeldung
sites-act = Aktionen
sites-chosen =
    { $count ->
        [one] von einem Netz
       *[other] von { $count } Netzen
    }
sites-end = Zugriff widerrufen
sites-end-ask = Zugriff dieser Website widerrufen und dort abmelden?
told-site-ended = Zugriff widerrufen.
told-application-saved = Anwendung gespeichert.
told-application-deleted = Anwendung gelöscht.

## Wiederherstellung in Sitzungen, einzelne Schlüssel, Rechtepakete, Team

recovering-about = Jemand versucht, ohne zweiten Faktor wieder in Ihr Konto zu kommen. Wenn Sie das nicht sind, stoppen Sie die Wiederherstellung und ändern Sie Ihr Passwort.
recovering-stop = Wiederherstellung stoppen
told-recovery-ended = Wiederherstellung gestoppt. Wenn Sie sie nicht begonnen haben, ändern Sie Ihr Passwort.
link-used = Er wurde schon benutzt und gilt nur einmal. Fordern Sie einen neuen an.
link-old = Er ist abgelaufen. Fordern Sie einen neuen an.
link-outlived = Nach dem Versand wurde die Adresse oder das Passwort geändert. Fordern Sie einen neuen an.
link-elsewhere = Er funktioniert nur in dem Browser, in dem er angefordert wurde. Öffnen Sie ihn dort oder fordern Sie hier einen neuen an.
again-about = Bestätigen Sie Ihre Adresse noch einmal. { $names } verlangt das von Zeit zu Zeit, und bis dahin ist Ihr Zugriff dort eingeschränkt.
again-do = Adresse bestätigen
told-again-mailed = E-Mail verschickt. Öffnen Sie den Link darin, um die Adresse erneut zu bestätigen.
told-again-unsent = Dieser Server verschickt keine E-Mails. Bitten Sie den Betreiber um den Link, der die Adresse bestätigt.
told-join-proved = Adresse bestätigt. Sie steht in der Registrierung Ihrer AS-Nummer, deshalb gehört das Netz jetzt zu einer Ihrer Organisationen.
people-from = seit
people-recovering = Wiederherstellung { $number }
people-vouch = Bürgen
people-vouch-ask = Haben Sie mit der Person gesprochen, und sind Sie sicher, dass sie es ist? Mit Ihrer Bürgschaft kommt sie leichter ohne zweiten Faktor in das Konto zurück.
told-vouched = Sie haben für diese Person gebürgt. Alle Betroffenen wurden benachrichtigt.
bundle-owner = Inhaber: alles, zählt als Admin
bundle-admin = Admin: alles, auch Personen und Schlüssel
bundle-editor = Redakteur: alle Objekte anlegen, lesen und ändern
bundle-contacts = nur Kontakte: Ansprechpartner der Netze
bundle-peering = Peering: Peering-Sitzungen, für Websites, die sie nutzen
bundle-auditor = Prüfer: alles lesen, auch das Protokoll
bundle-apps = nur Apps: Anwendungen der Organisation
rights-bundle = Rechtepaket
rights-bundle-help = Ersetzt die vergebenen Rechte durch die des Pakets.
rights-bundle-do = Rechte ersetzen
told-key-made-already = Dieses Formular wurde bereits abgesendet, und ein Schlüssel wird nur einmal angezeigt. Wenn Sie ihn nicht gespeichert haben, ersetzen Sie sein Geheimnis.
keys-recovered = Ihr Konto wurde wiederhergestellt, deshalb sind Ihre Schlüssel ausgesetzt. Aktivieren Sie die Schlüssel, die Sie kennen und brauchen, und widerrufen Sie die anderen. Schlüssel mit Schreibrechten können Sie einen Tag nach der Wiederherstellung aktivieren.
contact-title = Kontakt eines Schlüssels bestätigen
contact-about = { $address } wurde als Kontaktadresse des Schlüssels „{ $key }“ angegeben. Bestätigen Sie sie, damit E-Mails zu diesem Schlüssel dorthin gehen.
contact-do = Kontakt bestätigen
contact-done = Kontakt bestätigt. E-Mails zu diesem Schlüssel gehen an diese Adresse.
contact-refused = Dieser Link ist ungültig oder abgelaufen. Vielleicht wurde die Kontaktadresse des Schlüssels geändert, nachdem die E-Mail verschickt wurde.
key-title = Schlüssel { $name }
key-back = Alle Schlüssel
key-id = ID
key-rights = Rechte ändern
key-made = Erstellt
key-secret-made = Aktuelles Geheimnis erstellt
key-old-until = Voriges Geheimnis läuft ab
key-count = Anfragen
key-overlap = Altes Geheimnis gültig lassen
key-overlap-none = nein, sofort widerrufen
key-overlap-hour = eine Stunde
key-overlap-day = einen Tag
key-overlap-three = drei Tage
key-overlap-week = eine Woche
key-overlap-month = 30 Tage
key-edit = Schlüssel bearbeiten
key-edit-about = Einschränkungen gelten sofort. Um Rechte zu erweitern, müssen Sie Ihren zweiten Faktor noch einmal bestätigen.
key-per-minute = Anfragen pro Minute
key-per-minute-help = Leer lassen für die Standardgrenzen des Registers.
key-rotates-itself = Dieser Schlüssel darf sein Geheimnis selbst ersetzen
key-manages-members = Dieser Schlüssel darf Mitglieder einladen und entfernen (nie Admins)
key-save = Änderungen speichern
key-try-about = Speichern Sie den Schlüssel zuerst in der Umgebungsvariablen PEERAGE_KEY. Die Argumente eines Befehls können andere Benutzer des Rechners sehen.
key-use = Nutzung
key-use-what = Netz, Programm oder Recht
hygiene-change = Schlüssel ändern
hygiene-secret = Schlüssel ansehen
hygiene-rights = Rechte ändern
hygiene-make = Schlüssel erstellen
hygiene-people = Person ansehen
audit-field = Feld
audit-field-help = Nur Änderungen dieses Felds, zum Beispiel policy_url.
audit-lines = JSON-Zeilen
policy-idle-days = Ungenutzte Schlüssel aussetzen nach (Tagen)
policy-idle-days-help = Leer lassen, um sie nie auszusetzen. Mindestens 7. Ein ausgesetzter Schlüssel kann wieder aktiviert werden.
queue-look = Prüfen
queue-one = Anfrage prüfen
recoveries-ends = Zugang ab
recoveries-approve = Wiederherstellung genehmigen
recoveries-approve-ask = Haben Sie sichergestellt, dass es der Inhaber ist? In drei Tagen wird das Konto zugänglich, sofern niemand die Wiederherstellung stoppt.
recoveries-reason-help = Der Inhaber und die Admins der Organisation sehen diesen Text.
recoveries-state-open = sammelt Nachweise
recoveries-state-waiting = Wartezeit
recoveries-state-review = wartet auf Ihre Genehmigung
told-recovery-approved = Wiederherstellung genehmigt. Die Wartezeit von drei Tagen hat begonnen.
told-recovery-refused = Wiederherstellung abgelehnt.
told-rank-set = Rang geändert.
presences-title = Carrier in Ihren Rechenzentren
presences-about = Diese Carrier möchten in einem Ihrer Rechenzentren verzeichnet sein. Sie werden dort erst angezeigt, wenn Sie die Anfrage genehmigen.
presences-carrier = Carrier
presences-facility = Rechenzentrum
presences-reject = Ablehnen …
presences-reject-do = Anfrage ablehnen
told-presence-approved = Anfrage angenommen. Der Carrier ist im Rechenzentrum verzeichnet.
told-presence-rejected = Anfrage abgelehnt. Die Organisation des Carriers erhält Ihre Begründung per E-Mail.
told-presence-unsent = Anfrage abgelehnt. Dieser Server verschickt keine E-Mails: Teilen Sie der Organisation des Carriers Ihre Begründung selbst mit.
queue-effects = Mit der Genehmigung:
effect-approve = wird veröffentlicht: { $kind } { $name }
effect-create-org = wird die Organisation { $name } angelegt
effect-create-net = wird darin das Netz { $asn } angelegt
effect-move-net = wechselt das Netz { $name } ({ $asn }) von { $from } dorthin
effect-admin = wird { $person } Admin von { $name }
effect-member = wird { $person } Mitglied von { $name }
told-approved-row = Anfrage genehmigt. Das Objekt ist jetzt öffentlich.
told-approved-row-and-organization = Anfrage genehmigt. Das Objekt und seine Organisation sind jetzt öffentlich.
told-approved-member = Antrag genehmigt. Die Person ist jetzt Mitglied der Organisation.
told-approved-admin = Antrag genehmigt. Die Person ist jetzt Admin der Organisation.
told-approved-person-and-rows = Antrag genehmigt. Die Person ist jetzt Admin der Organisation. Die Organisation und ihre Netze sind jetzt öffentlich.
told-approved-new-organization = Antrag genehmigt. Die Organisation wurde angelegt, und die Person ist ihr Admin.
told-approved-new-network = Antrag genehmigt. Organisation und Netz wurden angelegt, und die Person ist Admin.
told-approved-moved-network = Antrag genehmigt. Die Organisation wurde angelegt, das Netz dorthin verschoben, und die Person ist Admin.

## Seiten von Objekten

object-page = Objekt des Registers
object-crumbs = Teil von
object-sections = Listen
object-facts = Angaben
object-notes = Bemerkungen
object-none = Keine.
object-no-match = Nichts passt zum Filter.
object-filter = Filter: { $list }
object-filter-hint = Diese Zeilen filtern
object-filter-do = Filtern
object-rows =
    { $total ->
        [one] { $count } von { $total } Zeile
       *[other] { $count } von { $total } Zeilen
    }
object-rows-all =
    { $total ->
        [one] { $total } Zeile
       *[other] { $total } Zeilen
    }
object-logo = Logo von { $name }
object-ixf = IX-F-Export
object-related = Mehr von dieser Organisation
object-manage = Verwalten
object-pages = Seiten: { $list }
object-api = API-Anfrage:
object-examples = Beispiele
object-forms = Diese Seite als
object-text = reiner Text
object-gone = Dieses Objekt wurde gelöscht am
object-gone-owner = Es gehörte zu
object-yes = ja
object-no = nein
object-down = nicht in Betrieb
object-ports = Ports an Austauschpunkten
object-peers = Netze an diesem Austauschpunkt
object-facilities = Rechenzentren
object-local-facilities = Rechenzentren vor Ort
object-contacts = Kontakte
object-prefixes = Präfixe
object-networks = Netze
object-exchanges = Austauschpunkte
object-carriers = Carrier
object-campuses = Campus
object-ipv4 = IPv4
object-ipv6 = IPv6
object-rs = Route-Server
object-bfd = BFD
object-location = Ort des Ports
object-policy = Policy
object-networks-here = Netze dort
object-policy-badge = Policy: { $policy }
object-routing = Routing
object-policy-group = Peering-Policy
object-about = Über
object-contact = Kontakt
object-address = Adresse
object-social = Soziale Medien
object-lan = Peering-LAN
object-figure-ports = Ports
object-figure-rs = { $count } mit Route-Server
object-figure-capacity = Angegebene Kapazität
object-figure-ipv6 = Ports mit IPv6
object-figure-open = Offene Peers
object-hidden-anonymous =
    { $count ->
        [one] Einen Kontakt sehen nur angemeldete Personen mit bestätigter Adresse.
       *[other] { $count } Kontakte sehen nur angemeldete Personen mit bestätigter Adresse.
    }
object-hidden-person =
    { $count ->
        [one] Ein Kontakt ist für Sie verborgen. Die Organisation des Netzes entscheidet, wer ihn sieht.
       *[other] { $count } Kontakte sind für Sie verborgen. Die Organisation des Netzes entscheidet, wer sie sieht.
    }
object-as-of = Diese Seite zeigt das Objekt, wie es war am
object-now = Jetzigen Stand zeigen
object-as-of-moved = Was seitdem zu einem anderen Objekt gekommen ist, steht nicht in den Listen.
object-where = Wo
object-map = Karte: wo { $name } ist
object-larger-map = Größere Karte
object-charts = Ports
object-compare = Statistik aller Exchanges
object-countries =
    { $count ->
        [one] 1 Land
       *[other] { $count } Ländern
    }
object-where-facilities =
    { $count ->
        [one] 1 Rechenzentrum in { $countries }
       *[other] { $count } Rechenzentren in { $countries }
    }

history-title = Verlauf
history-feed = Atom-Feed
history-none = Es gibt keine Änderungen zu zeigen.
history-then = damaliger Stand
history-at-malformed = Das ist kein Datum und keine Zeit: Schreiben Sie 2026-01-31 oder 2026-01-31T12:00:00Z.
history-too-large = Dieses Objekt hat zu viele Zeilen, um es so zu zeigen, wie es war.
history-before-malformed = before: Erwartet wird eine Zahl, wie sie im Link zu älteren Änderungen steht.
history-create = Angelegt
history-update = Geändert
history-delete = Gelöscht
history-erase = Endgültig gelöscht
history-import = Import
history-imported = Importiert
history-note = Vermerk
history-undone = { $what } beim Rückgängigmachen
history-empty = nichts
history-erased = gelöscht
history-content-erased = Der Inhalt dieser Änderung wurde auf rechtliche Anforderung gelöscht.
history-first-values =
    { $count ->
        [one] { $count } Feld wurde gesetzt
       *[other] { $count } Felder wurden gesetzt
    }
history-member = ein Mitglied von { $org }
history-key = ein Schlüssel von { $org }
history-staff = Betreiber
history-person = eine Person

## Dokumentation

guides-title = Dokumentation
guides-tasks = Anleitungen (englisch)
guides-tables = Nachschlagen (englisch)
guides-search = Dokumentation durchsuchen
guides-find = Suchen
guides-none = Nichts in der Dokumentation enthält diese Wörter.

## Suche

search-title = Suche
search-results = Ergebnisse für „{ $text }“
search-all = Alle
search-kinds = Arten von Objekten
search-none = Nichts gefunden.
search-too-long = Eine Anfrage hat höchstens 255 Zeichen und 16 Wörter.
search-relaxed = Kein Objekt enthält alle Wörter; diese enthalten einige davon.
search-fuzzy = Ähnliche Schreibweisen sind dabei, weil wenige Namen genau diese Wörter enthalten.
search-partial = Es kann mehr Ergebnisse geben: Diese Anfrage vollständig zu beantworten dauert zu lange. Ein weiteres Wort hilft.
search-unknown-place = Ein Ort namens „{ $place }“ ist nicht bekannt; die Wörter werden in Namen gesucht.
search-similar = ähnlich geschrieben
search-port = { $address } ist ein Port an { $exchange }, { $speed }
search-km = { $km } km entfernt
search-exchanges =
    { $count ->
        [one] { $count } Austauschpunkt
       *[other] { $count } Austauschpunkte
    }
search-networks =
    { $count ->
        [one] { $count } Netz
       *[other] { $count } Netze
    }
search-help = Was man eingeben kann
search-type = Eingabe
search-finds = Findet
search-example-asn = Das Netz mit dieser AS-Nummer. Ein Teil einer Nummer findet alle, die damit beginnen.
search-example-name = Objekte mit diesem Wort im Namen, gleich mit welchen Akzenten
search-example-address = Wessen Port diese IP-Adresse hat, oder welches LAN sie enthält
search-example-in = Eine Art von Objekt in einer Stadt oder einem Land
search-example-near = Eine Art von Objekt nahe einer Stadt, mit Entfernung
search-example-point = Objekte nahe einem Punkt
search-example-phrase = Diese Wörter in dieser Reihenfolge
search-example-without = Das erste Wort, aber nicht das zweite
search-example-field = Ein Wort in einem Feld
search-example-set = Das Netz mit diesem AS-SET
search-quick = Ergebnisse beim Tippen
search-quick-all = Alle Ergebnisse

## Seiten des Betreibers

own-label = Über dieses Register
own-about = Über
own-terms = Nutzungsbedingungen
own-privacy = Datenschutz
own-imprint = Impressum
own-program = Dieses Register betreibt Peerage { $version }, freie Software unter den Lizenzen Apache 2.0 und MIT.
own-guides = Anleitungen für Personen, Skripte und Betreiber
own-data = Daten anderer in diesem Programm
own-help = Hilfe
## Erweiterte Suche und Vergleich

menu-advanced = Suchfilter
menu-compare = Vergleichen
advanced-title = Erweiterte Suche
advanced-kinds = Arten von Objekten
advanced-filters = Filter
advanced-main = Name und Inhaber
advanced-about = Eigenschaften
advanced-location = Ort
advanced-presence = Präsenz
advanced-name = Name
advanced-name-help = Wörter des Namens, des langen Namens oder eines anderen Namens.
advanced-object-help = Ein Name oder die Nummer in der Adresse der Seite.
advanced-objects-help = Je Zeile ein Name oder eine AS-Nummer wie AS64500.
advanced-organizations-help = Je Zeile der Name einer Organisation. Es zählen ihre Netze, Austauschpunkte und Rechenzentren.
advanced-at-ix = Am Austauschpunkt
advanced-not-at-ix = Nicht am Austauschpunkt
advanced-at-fac = Im Rechenzentrum
advanced-not-at-fac = Nicht im Rechenzentrum
advanced-all-net = Alle diese Netze sind da
advanced-any-net = Eines dieser Netze ist da
advanced-not-net = Keines dieser Netze ist da
advanced-org-present = Organisationen, die da sind
advanced-org-not-present = Organisationen, die nicht da sind
advanced-ipblock = Peering-LAN
advanced-ipblock-help = Der Anfang eines Präfixes, etwa 192.0.2.
advanced-capacity = Kapazität von mindestens
advanced-capacity-help = Summe aller Port-Geschwindigkeiten in Mbit/s.
advanced-no-fac = Austauschpunkte ohne Rechenzentrum ausblenden
advanced-distance = Im Umkreis von (km)
advanced-distance-help = Um den Ort, zu dem auch ein Land gehört. Für Konten mit bestätigter Adresse.
advanced-any = Beliebig
advanced-active = Gesetzte Filter
advanced-remove = Filter entfernen: { $filter }
advanced-columns = Spalten
advanced-do = Suchen
advanced-reset = Zurücksetzen
advanced-results = Ergebnisse
advanced-no-results = Berichtigen Sie die Filter, um Ergebnisse zu sehen.
advanced-request = API-Anfrage
advanced-raw = CSV mit unveränderten Werten
advanced-unknown = Nichts heißt „{ $name }“. Prüfen Sie die Schreibweise oder geben Sie eine ID ein.
advanced-ambiguous = „{ $name }“ kann mehrere Objekte bedeuten. Wählen Sie eines:
advanced-no-asn = „{ $text }“ ist keine AS-Nummer. Geben Sie eine wie AS64500 ein.
advanced-too-many-names = Höchstens { $max } Namen können auf einmal gesucht werden. Geben Sie stattdessen AS-Nummern oder IDs ein.
advanced-too-many = Die Adresse hat zu viele Parameter. Höchstens { $max } sind möglich.
compare-title = Vergleichen
compare-kinds = Was verglichen wird
compare-peers = Neue Peers
compare-networks-about = Zeigt, an welchen Austauschpunkten und in welchen Rechenzentren Netze gemeinsam sind und wie weit die nächsten Orte von zweien auseinanderliegen, die nichts gemeinsam haben.
compare-exchanges-about = Zeigt, welche Netze Austauschpunkte gemeinsam haben.
compare-facilities-about = Zeigt, welche Netze Rechenzentren gemeinsam haben.
compare-peers-about = Zeigt, wen ein Netz an einem Austauschpunkt träfe und wen davon sonst nirgends.
compare-networks-help = Bis zu 10 AS-Nummern in beliebiger Form, oder je Zeile ein Name.
compare-objects-help = Bis zu 10: je Zeile ein Name, oder Nummern aus den Adressen ihrer Seiten.
compare-network-help = Eine AS-Nummer wie AS64500 oder ein Name.
compare-do = Vergleichen
compare-too-many = Höchstens { $max } können hier verglichen werden. Entfernen Sie einige.
compare-nothing = Nennen Sie, was verglichen werden soll: asn, ix oder fac, oder net und ix.
compare-unknown = Kein Netz in diesem Verzeichnis hat die AS-Nummer { $items }.
compare-objects = Verglichene Objekte
compare-without = Ohne { $name } vergleichen
compare-nowhere = Diese beiden Netze haben keinen Austauschpunkt und kein Rechenzentrum gemeinsam.
compare-nearest = Ihre nächsten Rechenzentren sind
compare-rows = Zeilen
compare-views = Ansicht
compare-all = Alle
compare-some = Mindestens zwei
compare-any = Irgendeines
compare-everyone = Alle hier
compare-new = Sonst nirgends
compare-matrix = Matrix
compare-list = Liste
compare-who = Wer da ist
compare-present = Da
compare-speed-here = Geschwindigkeit hier
compare-elsewhere = Gemeinsame Austauschpunkte anderswo
compare-common-facilities = Gemeinsame Rechenzentren
compare-is-there = { $net } ist an { $ix }. Das sind die anderen.
compare-is-not-there = { $net } ist nicht an { $ix }. Es träfe dort diese Netze.
# Die Karte
map-title = Weltkarte
map-kind = Art
map-all-kinds = Alle Arten
map-country = Land
map-all-countries = Alle Länder
map-text = Name oder Stadt
map-show = Anzeigen
map-reset = Zurücksetzen
map-keys = Karte. Mit den Pfeiltasten verschieben, mit + und - zoomen.
map-moves = Karte verschieben
map-closer = Vergrößern
map-farther = Verkleinern
map-west = Nach Westen
map-north = Nach Norden
map-south = Nach Süden
map-east = Nach Osten
map-cluster = { $count } Orte: { $names }, …
map-km = { $km } km
map-about = Ein Kreis mit Zahl vergrößert die Karte. Exchanges stehen an jedem ihrer Rechenzentren. Umrisse: Natural Earth.
map-in-view =
    { $count ->
        [0] Nichts im Ausschnitt
        [one] 1 Objekt im Ausschnitt
       *[other] { $count } Objekte im Ausschnitt
    }
map-unplaced =
    { $count ->
        [one] 1 passender Ort hat keine Koordinaten.
       *[other] { $count } passende Orte haben keine Koordinaten.
    }
map-files = Herunterladen:
map-none = Hier passt nichts. Verkleinern Sie die Karte oder ändern Sie den Filter.

# Statistik
statistics-title = Statistik
statistics-growth = Wachstum
statistics-growth-about = Aktive Objekte am Ende jedes Monats.
statistics-exchanges = Größte Exchanges nach Netzen
statistics-capacity = Größte Exchanges nach angegebener Kapazität
statistics-speeds = Port-Geschwindigkeiten
statistics-ipv6 = Ports mit IPv6
statistics-policies = Peering-Richtlinien
statistics-scopes = Geografische Reichweite der Netze
statistics-countries = Netze nach Land ihrer Organisation
statistics-regions = Exchanges nach Region
statistics-with-ipv6 = Mit IPv6-Adresse
statistics-without-ipv6 = Ohne
statistics-unknown = Keine Angabe
statistics-other = Andere
statistics-value = Wert
statistics-share = Anteil
statistics-speed = Geschwindigkeit
statistics-month = Monat
statistics-year = { $change } in einem Jahr
statistics-table = Datentabelle
statistics-more = Die ersten { $count } von { $total } Zeilen. Die CSV-Datei enthält alle.
statistics-taken = Gezählt

# Wie lange her
ago-now = gerade eben
ago-minutes =
    { $count ->
        [one] vor 1 Minute
       *[other] vor { $count } Minuten
    }
ago-hours =
    { $count ->
        [one] vor 1 Stunde
       *[other] vor { $count } Stunden
    }
ago-days =
    { $count ->
        [one] vor 1 Tag
       *[other] vor { $count } Tagen
    }
ago-months =
    { $count ->
        [one] vor 1 Monat
       *[other] vor { $count } Monaten
    }
ago-years =
    { $count ->
        [one] vor 1 Jahr
       *[other] vor { $count } Jahren
    }

## Objekte bearbeiten

object-edit = Bearbeiten
edit-facts = Angaben
edit-parts = Teile des Objekts
edit-general = Allgemein
edit-more = Weitere Angaben
edit-title = { $name } bearbeiten
edit-list-title = { $name }: { $list }
edit-add-net = Netz hinzufügen
edit-add-ix = Austauschpunkt hinzufügen
edit-add-fac = Rechenzentrum hinzufügen
edit-add-carrier = Carrier hinzufügen
edit-add-campus = Campus hinzufügen
edit-new-net = Das Netz ist sofort öffentlich, wenn eine Ihrer bestätigten Adressen im Registereintrag seiner AS-Nummer steht.
edit-new-ix = Der Austauschpunkt ist sofort öffentlich, wenn sein Präfix auf Sie registriert und seine Mitgliederliste lesbar ist. Andernfalls gibt ihn das Team der Registry frei.
edit-new-fac = Das Team der Registry gibt neue Rechenzentren frei, bevor sie öffentlich sind.
edit-new-carrier = Das Team der Registry gibt neue Carrier frei, bevor sie öffentlich sind.
edit-new-campus = Ein Campus ist öffentlich, sobald er zwei Rechenzentren hat. Geben Sie ihn bei Ihren Rechenzentren als Campus an.
edit-note = Grund
edit-note-help = Der Verlauf zeigt ihn Ihrer Organisation.
edit-preview = Änderungen prüfen
edit-preview-title = Änderungen prüfen
edit-cancel = Abbrechen
edit-save = Änderungen speichern
edit-back = Zurück zum Formular
edit-delete-link = Löschen
edit-delete-title = Löschen
edit-delete-named = { $name } löschen
edit-more-deleted =
    { $count ->
        [one] 1 weiteres Objekt wird damit gelöscht.
       *[other] { $count } weitere Objekte werden damit gelöscht.
    }
edit-conflict-title = Jemand war schneller
edit-conflict-about = Andere haben dieselben Felder geändert, seit Sie das Formular geöffnet haben. Wählen Sie, was bleiben soll. Noch ist nichts gespeichert.
edit-theirs = Wie andere es gespeichert haben:
edit-mine = Wie Sie es eingegeben haben:
edit-gone = Das wurde gelöscht, nachdem Sie das Formular geöffnet hatten.
edit-no-permission = Ihnen fehlt die Berechtigung, dieses Feld zu ändern.
edit-row = Zeile { $id }
edit-new-row = Neue Zeile { $row }
edit-deletion-changed = Was gelöscht würde, hat sich inzwischen geändert. Sehen Sie es noch einmal an.
edit-unknown = Keine Angabe
edit-first = Zeile
edit-remove = Entfernen
edit-remove-row = Entfernen: { $row }
edit-paste = Zeilen einfügen
edit-paste-rows = Zeilen aus einer Tabelle
edit-paste-about = Eine Zeile je Eintrag, in dieser Reihenfolge oder mit diesen Namen in der ersten Zeile: { $columns }. Eine Zeile mit einer Adresse oder einem Objekt der Liste ändert die vorhandene.
edit-paste-do = Ins Formular übernehmen
edit-paste-too-long = Fügen Sie höchstens { $bytes } Bytes auf einmal ein.
edit-paste-line = Zeile { $line } ist nicht lesbar.
edit-paste-too-many = Höchstens { $count } Zeilen lassen sich auf einmal hinzufügen.
edit-paste-columns = Zeile { $line } hat { $have } Spalten, die Liste hat { $most }.
edit-more-rows = Mehr Zeilen
edit-page-before = Vorherige Zeilen
edit-page-after = Weitere Zeilen der Liste
edit-profile-service = Dienst { $row }
edit-profile-name = Name oder Adresse bei Dienst { $row }
edit-summary = Das wird gespeichert: { $parts }.
edit-count-created =
    { $count ->
        [one] 1 angelegt
       *[other] { $count } angelegt
    }
edit-count-changed =
    { $count ->
        [one] 1 geändert
       *[other] { $count } geändert
    }
edit-count-deleted =
    { $count ->
        [one] 1 gelöscht
       *[other] { $count } gelöscht
    }
edit-start-over = Von vorn beginnen
edit-undo = Rückgängig
edit-left = Verbleibende Zeichen: #
edit-markdown = Vorschau
edit-markdown-of = Vorschau: { $field }
edit-markdown-failed = Die Vorschau konnte nicht geladen werden. Versuchen Sie es noch einmal.
edit-markdown-long = Der Text ist zu lang für eine Vorschau. Möglich sind { $bytes } Bytes.
edit-draft = Sie haben nicht gespeicherte Eingaben zu diesem Formular.
edit-draft-restore = Eingaben wiederherstellen
edit-draft-discard = Eingaben verwerfen
edit-offline = Sie sind offline. Ihre Eingaben sind noch im Formular. Senden Sie es noch einmal, sobald Sie verbunden sind.
edit-stale = Sie haben sich neu angemeldet, seit dieses Formular geöffnet wurde. Noch ist nichts gespeichert. Prüfen Sie Ihre Eingaben und fahren Sie dann fort.
expired-title = Ihre Anmeldung ist abgelaufen
expired-about = Noch ist nichts gespeichert. Diese Seite behält Ihre Eingaben, während Sie sich neu anmelden.
expired-log-in = Anmelden (öffnet einen neuen Tab)
expired-then = Kehren Sie dann zu dieser Seite zurück und fahren Sie fort.
expired-continue = Weiter bearbeiten
told-edit-saved = Gespeichert.
told-edit-nothing = Es hat sich nichts geändert.
told-edit-deleted = Gelöscht.
told-edit-created = Hinzugefügt.
told-edit-pending = Hinzugefügt. Das Team der Registry sieht es an, bevor es öffentlich ist.

## Rückgängig machen

undo-link = Rückgängig machen
undo-import-link = Import rückgängig machen
undo-do = Rückgängig machen
undo-title = Eine Änderung von { $name } rückgängig machen
undo-import-title = Einen Import von { $name } rückgängig machen
undo-left = Bleibt, wie es ist
undo-left-field = { $field } wurde seitdem geändert.
undo-left-gone = Das wurde seitdem gelöscht.
undo-left-restored = Das wurde seitdem wiederhergestellt.
undo-left-grown = Seitdem wurden ihm andere Zeilen hinzugefügt.
undo-left-erased = Der Inhalt dieser Änderung wurde auf rechtliche Anforderung gelöscht.
undo-nothing = An diesen Änderungen gibt es nichts rückgängig zu machen.
undo-refused = Das kann nicht rückgängig gemacht werden.
undo-has-changed = Was rückgängig gemacht würde, hat sich inzwischen geändert. Sehen Sie es noch einmal an.
undo-too-many = Das würde { $count } Zeilen ändern, und höchstens { $most } können auf einmal geändert werden.
undo-too-many-events = Es gibt mehr als { $most } Ereignisse. Wählen Sie eine kürzere Zeit.
undo-more =
    { $count ->
        [one] Eine weitere Zeile ändert sich.
       *[other] { $count } weitere Zeilen ändern sich.
    }
undo-staff-title = Änderungen rückgängig machen
undo-staff-about = Machen Sie rückgängig, was eine Person oder ein Schlüssel an einem Tag an Objekten geändert hat. Zeilen, die andere seitdem geändert haben, bleiben, wie sie sind.
undo-one-of-both = Geben Sie entweder eine Person oder einen Schlüssel an.
undo-key-help = Name oder öffentliche ID
undo-no-key = Kein Schlüssel hat diesen Namen oder diese öffentliche ID.
undo-several-keys = Mehrere Schlüssel haben diesen Namen. Geben Sie die öffentliche ID an.
undo-day = Tag
undo-day-help = In UTC
undo-time-expected = Geben Sie eine Zeit wie 14:30 an.
undo-time-order = Das Ende muss nach dem Anfang liegen.
undo-preview = Änderungen prüfen
told-undone = Rückgängig gemacht.

## Importe von Mitgliederlisten

import-title = Mitgliederliste
import-of = { $name }: Mitgliederliste
import-about = Ein Austauschpunkt veröffentlicht die Liste seiner Mitglieder im Format des IX-F. Ein Import vergleicht sie mit den Anschlüssen in dieser Registry. Anschlüsse von Netzen, die das erlauben, werden geändert; bei anderen steht, was abweicht.
import-url = Adresse
import-no-url = keine; sie steht bei den Angaben zum LAN des Austauschpunkts
import-daily = Täglicher Import erlaubt
import-state = Angeforderter Import
import-never = nie
import-last = Letzter Import
import-networks = Netze in der Liste: { $count }
import-preview = Import ansehen
import-request = Import anfordern
import-planned = Was ein Import täte
import-problems = Fehler der Liste
import-nothing = Die Liste sagt nichts über dieses LAN.
import-network = Netz
import-action = Aktion
import-addresses = Adressen
import-speed = Geschwindigkeit
import-reason = Grund
import-more =
    { $count ->
        [one] 1 weitere Zeile steht im JSON.
       *[other] { $count } weitere Zeilen stehen im JSON.
    }
import-guard = Der Import würde { $count } von { $ports } Anschlüssen entfernen. Mehr als { $most } werden nicht ohne Bestätigung entfernt; er würde anhalten und nichts ändern.
import-add = Hinzugefügt
import-modify = Geändert
import-delete = Entfernt
import-suggest-add = Fehlt
import-suggest-modify = Weicht ab
import-suggest-delete = Nicht in der Liste
import-noop = Gleich
import-ignore = Übergangen
proposals-title = Vorschläge
proposals-of = { $name }: Vorschläge
proposals-about-net = Wo die Mitgliederlisten von Austauschpunkten von Ihren Anschlüssen abweichen. Nichts ändert sich, bevor Sie einen Vorschlag annehmen. Ein verworfener bleibt verborgen, bis die Liste etwas anderes sagt.
proposals-about-ix = Wo Ihre Mitgliederliste von Anschlüssen der Netze abweicht, die selbst darüber entscheiden.
proposals-none = Keine Mitgliederliste schlägt etwas vor.
proposals-open = Offene Vorschläge
proposals-seen = Liste zuletzt importiert:
proposals-changes = Änderungen
proposals-since = Vorgeschlagen seit
proposals-add = Hinzufügen
proposals-modify = Ändern
proposals-delete = Entfernen
proposals-accept = Ausgewählte annehmen
proposals-dismiss = Ausgewählte verwerfen
proposals-accept-all = Alle { $count } annehmen
proposals-restore = Wieder zeigen
proposals-dismissed = Verworfen: { $count }
proposals-more = { $count } weitere stehen im JSON.
proposals-choose = Wählen Sie mindestens einen Vorschlag aus.
proposals-changed = Ein Vorschlag hat sich geändert oder ist erledigt, seit Sie ihn gesehen haben. Sehen Sie noch einmal nach.
proposals-too-many = Höchstens { $most } Vorschläge lassen sich auf einmal entscheiden.
told-proposals-accepted = Angenommen. Ihre Anschlüsse sind geändert.
told-proposals-dismissed = Verworfen.
told-proposals-restored = Wird wieder gezeigt.
import-failed = Der letzte Import ist fehlgeschlagen:
import-changed = Was ein Import entfernen würde, ist nicht mehr, was gezeigt wurde. Sehen Sie ihn noch einmal an.
import-confirm = So importieren wie gezeigt
import-confirm-tick = Ich habe angesehen, was entfernt würde
import-not-confirmed = Bestätigen Sie, dass Sie angesehen haben, was entfernt würde.
import-guard-proposals = Der Import würde vorschlagen, { $count } von { $ports } Anschlüssen zu entfernen. Mehr als { $most } auf einmal brauchen eine Bestätigung; er würde anhalten und nichts ändern.
renumber-title = Umnummerieren
renumber-of = { $name } umnummerieren
renumber-about = Alle Anschlüsse des LANs bekommen ihre neuen Adressen in einer Änderung. Sie sehen jede Änderung, bevor sie geschieht. Nötig ist die Berechtigung, jeden der Anschlüsse zu ändern.
renumber-by-prefix = Nach Präfix
renumber-from = Altes Präfix
renumber-to = Neues Präfix
renumber-to-help = Mindestens so groß wie das alte. Der Hostteil jeder Adresse bleibt. Hat das LAN das Präfix nicht, so wird es hinzugefügt.
renumber-removes-old = Altes Präfix entfernen
renumber-by-list = Oder nach einer Liste
renumber-list = Alte und neue Adressen
renumber-list-help = Ein Anschluss je Zeile: die alte Adresse, ein Leerzeichen, die neue Adresse.
renumber-changed = Was sich ändern würde, ist nicht mehr, was gezeigt wurde. Prüfen Sie es noch einmal.
renumber-more = { $count } weitere Änderungen sind nicht aufgeführt.
told-renumbered = Umnummeriert.
told-import-done = Die Mitgliederliste wurde importiert.
told-import-queued = Import angefordert. Er beginnt gleich.
validate-title = Mitgliederliste prüfen
validate-about = Fügen Sie eine Mitgliederliste im Format des IX-F ein (JSON-Schema von Euro-IX, Versionen 0.3 bis 1.0). Nichts davon wird gespeichert.
validate-list = Mitgliederliste
validate-help = JSON, höchstens 256 KiB.
validate-do = Prüfen
validate-importable = Die Liste lässt sich importieren.
validate-not-importable = Die Liste lässt sich so nicht importieren.
validate-counts = Mitglieder: { $members }, Verbindungen: { $connections }, Anschlüsse: { $ports }.
validate-findings = Befunde
validate-line = Zeile
validate-kind = Art
validate-finding = Befund
validate-path = Stelle
validate-more =
    { $count ->
        [one] 1 weiterer Befund wird nicht gezeigt.
       *[other] { $count } weitere Befunde werden nicht gezeigt.
    }
validate-error = Fehler
validate-warning = Warnung
validate-note = Hinweis

# Was jemand beantragt hat.
requests-title = Ihre Anfragen
requests-all = Alle Ihre Anfragen
requests-about = Anfragen der letzten 90 Tage und alles, was noch offen ist.
requests-objects = Neue Objekte
requests-no-objects = Keines Ihrer neuen Objekte musste freigegeben werden.
requests-claims = Mitgliedschaften
requests-no-claims = Sie haben keine Anträge auf Mitgliedschaft.
requests-suggest = Objekt vorschlagen
requests-suggest-about = Fehlt etwas, das nicht zu Ihrer Organisation gehört? Schlagen Sie es vor. Das Team der Registry prüft jeden Vorschlag.
request-pending = offen
request-approved = freigegeben
request-refused = abgelehnt
request-deleted = gelöscht
request-next = Nächster Schritt
request-next-staff = Das Team der Registry entscheidet. Sie bekommen eine E-Mail.
request-next-admins = Die Admins der Organisation entscheiden. Sie bekommen eine E-Mail.
request-next-campus = Geben Sie ihn bei zwei Rechenzentren als Campus an. Dann ist er öffentlich.
request-edit = Bearbeiten
similar-about = Diese Objekte sind ähnlich. Prüfen Sie, ob Ihres schon dabei ist.
similar-name = ähnlicher Name
similar-address = ähnliche Adresse
similar-website = gleiche Website
outlook-live = Es ist öffentlich, sobald Sie speichern.
outlook-staff = Das Team der Registry prüft es, bevor es öffentlich ist.
outlook-ix = Das Team der Registry prüft ihn, bevor er öffentlich ist, denn keine Ihrer bestätigten Adressen steht im Registereintrag des Präfixes.
outlook-ix-because = Das Team der Registry prüft ihn, bevor er öffentlich ist. Die automatische Prüfung ergab: { $reason }.
outlook-campus = Er ist öffentlich, sobald zwei Rechenzentren dazugehören.
suggest-net = Netz vorschlagen
suggest-fac = Rechenzentrum vorschlagen
suggest-about-net = Schlagen Sie ein Netz vor, das fehlt. Das Team der Registry prüft es. Wer seine AS-Nummer hält, kann es jederzeit übernehmen.
suggest-about-fac = Schlagen Sie ein Rechenzentrum vor, das fehlt. Das Team der Registry prüft es, bevor es öffentlich ist.
shortcuts-title = Tastenkürzel
shortcuts-on = Kürzel mit einer Taste verwenden
shortcuts-close = Schließen
shortcut-find = Zum Suchfeld
shortcut-home = Zur Startseite
shortcut-net = Netze suchen
shortcut-ix = Austauschpunkte suchen
shortcut-fac = Rechenzentren suchen
shortcut-org = Organisationen suchen
shortcut-next = Zur nächsten Zeile
shortcut-before = Zur vorigen Zeile
shortcut-compare = Vergleichen
shortcut-copy = Adresse der Seite kopieren
shortcut-edit = Bearbeiten
shortcut-save = Änderungen prüfen oder speichern
shortcut-cancel = Abbrechen. Ihre Eingaben werden wieder angeboten
edit-sides-about = Das Rechenzentrum, in dem der Austauschpunkt jeden Anschluss schaltet. Es muss eines des Austauschpunkts sein.
edit-campus-about = Rechenzentren der Organisation und der Campus, zu dem jedes gehört. Rechenzentren eines Campus liegen höchstens 50 km auseinander.
suggest-ix = Austauschpunkt vorschlagen
suggest-about-ix = Schlagen Sie einen Austauschpunkt vor, der fehlt. Das Team der Registry prüft ihn, bevor er öffentlich ist.
hint-look = Nachschlagen
hint-failed = Das konnte nicht nachgeschlagen werden. Sie können ohne das fortfahren.
hint-known = { $number } gehört zu { $name } und ist schon eingetragen.
hint-reserved = AS-Nummern wie { $number } sind privat oder reserviert.
hint-later = Zu viele Anfragen. Versuchen Sie es mit { $number } in einer Minute noch einmal.
hint-holder = { $number } ist auf { $holder } eingetragen.
hint-net-own = { $number } ist auf { $holder } eingetragen, mit einer Ihrer Adressen. Das Netz ist sofort öffentlich.
hint-net-other = { $number } ist auf { $holder } eingetragen, ohne eine bestätigte Adresse von Ihnen. Tragen Sie zuerst eine in den Eintrag von { $number } ein, sonst wird das Netz abgelehnt.
hint-ix-own = { $number } ist auf { $holder } eingetragen, mit einer Ihrer Adressen. Mit einer Mitgliederliste von mindestens drei Netzen ist der Austauschpunkt sofort öffentlich.
hint-ix-other = { $number } ist auf { $holder } eingetragen, ohne eine bestätigte Adresse von Ihnen. Das Team der Registry prüft den Austauschpunkt.
hint-block-own = Der Eintrag von { $number } umfasst einen Block von AS-Nummern und enthält eine Ihrer Adressen.
hint-block = Der Eintrag von { $number } umfasst einen Block von AS-Nummern und sagt nicht, wem diese gehört.
hint-unassigned = { $number } ist von keiner regionalen Internet-Registry vergeben.
hint-unavailable = Der Eintrag von { $number } kann gerade nicht nachgeschlagen werden.
import-fetching = Die Liste wird geholt.
import-reading = Die Liste wird gelesen.
import-deciding = { $done } von { $total } Änderungen sind geprüft.
import-writing = Die Änderungen werden gespeichert.
import-reload = Aktuellen Stand zeigen
hint-nothing = Nichts Ähnliches ist eingetragen.
