//! Mail to a strict server.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use data_encoding::BASE64;
use peerage_outbound::{MailError, MailSettings, Mailer, PlainMail};

use crate::smtp_double::{ReceivedMail, SmtpBehavior, SmtpDouble};

fn mail() -> PlainMail {
    PlainMail {
        to: vec!["noc@one.example".to_owned(), "Peering@Two.example".to_owned()],
        subject: "A network was added".to_owned(),
        body: "Hello,\n\n.a dot begins this line\n.\n..\nand From here on\nit ends".to_owned(),
        reference: "outbox-17".to_owned(),
    }
}

fn settings(double: &SmtpDouble, scheme: &str, login: &str) -> MailSettings {
    let mut settings = MailSettings::new(format!("{scheme}://{login}{}", double.address), "peerage@registry.example");
    settings.name = Some("Peerage, the registry".to_owned());
    settings.hello = Some("node-1.registry.example".to_owned());
    settings.timeout = Duration::from_secs(10);
    settings
}

fn trusting(double: &SmtpDouble, folder: &tempfile::TempDir, settings: MailSettings) -> MailSettings {
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, &double.certificate).unwrap();
    MailSettings { ca_file: Some(file), ..settings }
}

async fn send(settings: &MailSettings, mail: &PlainMail) -> Result<(), MailError> {
    Mailer::from_settings(settings).unwrap().send(mail).await
}

fn answering(command: &'static str, answer: &'static str) -> SmtpBehavior {
    SmtpBehavior { answers: HashMap::from([(command, answer)]), ..SmtpBehavior::default() }
}

/// Unfolded header lines, and the body.
fn parts(received: &ReceivedMail) -> (Vec<(String, String)>, String) {
    let (head, body) = received.text.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let headers = head.split("\r\n").map(|line| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
        (name.to_ascii_lowercase(), value.to_owned())
    });
    (headers.collect(), body.to_owned())
}

fn header(received: &ReceivedMail, name: &str) -> String {
    let (headers, _) = parts(received);
    let mut found = headers.into_iter().filter(|(each, _)| each == name);
    let (_, value) = found.next().unwrap_or_else(|| panic!("no {name}"));
    assert!(found.next().is_none(), "{name} twice");
    value
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_meant() {
    let double = SmtpDouble::start(SmtpBehavior::default()).await;
    send(&settings(&double, "smtp", ""), &mail()).await.unwrap();
    let received = double.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].from, "peerage@registry.example");
    assert_eq!(received[0].to, ["noc@one.example", "Peering@two.example"]);
    let from = header(&received[0], "from");
    let (name, address) = from.rsplit_once(' ').unwrap();
    assert_eq!((decoded_words(name).as_str(), address), ("Peerage, the registry", "<peerage@registry.example>"));
    assert_eq!(header(&received[0], "to"), "noc@one.example, Peering@two.example");
    assert_eq!(header(&received[0], "subject"), "A network was added");
    assert_eq!(header(&received[0], "message-id"), "<outbox-17@registry.example>");
    assert_eq!(header(&received[0], "auto-submitted"), "auto-generated");
    assert_eq!(header(&received[0], "mime-version"), "1.0");
    assert_eq!(header(&received[0], "content-type"), "text/plain; charset=utf-8");
    assert_eq!(header(&received[0], "content-transfer-encoding"), "7bit");
    assert!(header(&received[0], "date").ends_with(" +0000"));
    let (headers, body) = parts(&received[0]);
    assert_eq!(headers.iter().map(|(name, _)| name).collect::<HashSet<_>>().len(), headers.len());
    assert_eq!(body.trim_end(), mail().body.replace('\n', "\r\n"));
}

#[tokio::test]
async fn foreign_and_long_text_arrives_whole() {
    let double = SmtpDouble::start(SmtpBehavior::default()).await;
    let body = format!("Zürich\n{}\n.\nпиринг 🙂\n", "long ".repeat(1_000));
    let subject = "Ihr Netz in Zürich ist eingetragen und пиринг ".repeat(5);
    let sent = PlainMail { subject: subject.clone(), body: body.clone(), ..mail() };
    send(&settings(&double, "smtp", ""), &sent).await.unwrap();
    let received = &double.received()[0];
    assert_eq!(decoded_words(&header(received, "subject")), subject.trim());
    let (_, encoded) = parts(received);
    let plain = match header(received, "content-transfer-encoding").as_str() {
        "base64" => BASE64.decode(encoded.replace("\r\n", "").as_bytes()).unwrap(),
        "quoted-printable" => quoted_printable(&encoded),
        other => panic!("{other}"),
    };
    assert_eq!(String::from_utf8(plain).unwrap().replace("\r\n", "\n").trim_end(), body.trim_end());
    let longest = received.text.split("\r\n").map(str::len).max();
    assert!(longest <= Some(998), "{longest:?}");
}

/// RFC 2047, base64 and quoted words; spaces between two of them are ignored.
fn decoded_words(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut was_encoded = false;
    for word in text.split(' ') {
        let Some(inner) = word.strip_prefix("=?utf-8?").and_then(|rest| rest.strip_suffix("?=")) else {
            bytes.extend(if bytes.is_empty() { "" } else { " " }.bytes().chain(word.bytes()));
            was_encoded = false;
            continue;
        };
        if !was_encoded && !bytes.is_empty() {
            bytes.push(b' ');
        }
        let (kind, encoded) = inner.split_once('?').unwrap();
        bytes.extend(match kind {
            "b" | "B" => BASE64.decode(encoded.as_bytes()).unwrap(),
            _ => quoted_printable(&encoded.replace('_', "=20")),
        });
        was_encoded = true;
    }
    String::from_utf8(bytes).unwrap()
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let text = text.replace("=\r\n", "");
    let mut pieces = text.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        bytes.extend(&piece.as_bytes()[2..]);
    }
    bytes
}

#[tokio::test]
async fn a_mail_that_is_sent_again_can_be_recognised() {
    let double = SmtpDouble::start(SmtpBehavior::default()).await;
    let settings = settings(&double, "smtp", "");
    send(&settings, &mail()).await.unwrap();
    send(&settings, &mail()).await.unwrap();
    send(&settings, &PlainMail { reference: "outbox-18".to_owned(), ..mail() }).await.unwrap();
    let ids: Vec<String> = double.received().iter().map(|received| header(received, "message-id")).collect();
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[tokio::test]
async fn nothing_in_a_mail_becomes_a_header_or_a_command() {
    let double = SmtpDouble::start(SmtpBehavior::default()).await;
    let evil = "x\r\nBcc: victim@three.example\r\n\r\n.\r\nMAIL FROM:<a@b>\r\n";
    let mut settings = settings(&double, "smtp", "");
    settings.name = Some(evil.to_owned());
    let sent = PlainMail { subject: evil.to_owned(), body: evil.to_owned(), reference: evil.to_owned(), ..mail() };
    send(&settings, &sent).await.unwrap();
    let received = double.received();
    assert_eq!((received.len(), received[0].to.len()), (1, 2));
    assert!(parts(&received[0]).0.iter().all(|(name, _)| name != "bcc"));
    for to in ["a@b.example\r\nRCPT TO:<c@d.example>", "<a@b.example>", "a@b.example>", "a b@c.example"] {
        let unfit = send(&settings, &PlainMail { to: vec![to.to_owned()], ..mail() }).await.unwrap_err();
        assert!(matches!(unfit, MailError::Unfit(_)) && unfit.is_lasting(), "{to}");
    }
    assert_eq!(double.received().len(), 1);
}

#[tokio::test]
async fn user_and_password_are_given_where_they_are_asked() {
    let login = Some(("peerage@x", "p:@/ss w"));
    let double = SmtpDouble::start(SmtpBehavior { login, ..SmtpBehavior::default() }).await;
    send(&settings(&double, "smtp", "peerage%40x:p%3A%40%2Fss%20w@"), &mail()).await.unwrap();
    assert_eq!(double.received().len(), 1);
    for login in ["peerage%40x:secret@", ""] {
        let refused = send(&settings(&double, "smtp", login), &mail()).await.unwrap_err();
        assert!(!refused.is_lasting(), "{refused:?}");
        assert!(!format!("{refused} {refused:?}").contains("secret"));
    }
    // A server that offers no login gets neither the password nor the mail.
    let double = SmtpDouble::start(SmtpBehavior::default()).await;
    let refused = send(&settings(&double, "smtp", "user:secret@"), &mail()).await.unwrap_err();
    assert!(matches!(refused, MailError::Passing(_)));
    assert_eq!(double.received().len(), 0);
}

#[tokio::test]
async fn a_server_that_repeats_the_password_does_not_make_us_repeat_it() {
    let echo = "535 5.7.8 AUTH PLAIN AHVzZXIAc2VjcmV0 (secret) failed";
    let manners = SmtpBehavior { login: Some(("user", "other")), ..answering("AUTH", echo) };
    let double = SmtpDouble::start(manners).await;
    let refused = send(&settings(&double, "smtp", "user:secret@"), &mail()).await.unwrap_err().to_string();
    assert!(!refused.contains("secret") && !refused.contains("AHVzZXIAc2VjcmV0"), "{refused}");
}

#[tokio::test]
async fn encryption_by_command_and_from_the_first_byte() {
    let folder = tempfile::tempdir().unwrap();
    for (scheme, manners) in [
        ("smtp+starttls", SmtpBehavior { offers_starttls: true, ..SmtpBehavior::default() }),
        ("smtps", SmtpBehavior { is_encrypted: true, ..SmtpBehavior::default() }),
    ] {
        let login = Some(("user", "secret"));
        let double = SmtpDouble::start(SmtpBehavior { login, ..manners }).await;
        let plain = settings(&double, scheme, "user:secret@");
        let trusting = trusting(&double, &folder, plain.clone());
        send(&trusting, &mail()).await.unwrap();
        assert!(double.received()[0].was_encrypted, "{scheme}");
        // Without the file, the certificate is not trusted.
        let refused = send(&plain, &mail()).await.unwrap_err();
        assert!(matches!(refused, MailError::Passing(_)), "{scheme}: {refused:?}");
        assert_eq!(double.received().len(), 1);
    }
}

#[tokio::test]
async fn a_server_without_encryption_gets_nothing_that_should_be_encrypted() {
    let double = SmtpDouble::start(SmtpBehavior::default()).await;
    for scheme in ["smtp+starttls", "smtps"] {
        let mut settings = settings(&double, scheme, "");
        settings.timeout = Duration::from_secs(2);
        let refused = send(&settings, &mail()).await.unwrap_err();
        assert!(matches!(refused, MailError::Passing(_)), "{scheme}");
    }
    // The first bytes of smtps are not a command, which the test server records as an error of ours.
    assert!(double.faults().len() <= 1, "{:?}", double.faults());
}

/// An attacker on the path can append lines to the last response before encryption. They must not count as the
/// server's.
#[tokio::test]
async fn answers_from_before_encryption_are_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    for answer in ["220 go ahead\r\n250 double.example", "220 go ahead\r\n250-x\r\n250 AUTH LOGIN\r\n250 ok"] {
        let answers = HashMap::from([("STARTTLS", answer), ("BODY", "550 5.7.1 refused")]);
        let double =
            SmtpDouble::start(SmtpBehavior { offers_starttls: true, answers, ..SmtpBehavior::default() }).await;
        let trusting = trusting(&double, &folder, settings(&double, "smtp+starttls", ""));
        let refused = send(&trusting, &mail()).await.unwrap_err();
        assert!(matches!(refused, MailError::Passing(_)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_encryption_is_asked_again_later() {
    for (command, answer) in [
        ("STARTTLS", "454 4.7.0 not now"),
        ("STARTTLS", "501 5.5.4 never"),
        ("EHLO", "250-double.example\r\n250 SIZE"),
        ("EHLO", "550 5.7.1 not you"),
        ("GREETING", "554 5.3.2 no service"),
        ("GREETING", "no number"),
        ("GREETING", "220-"),
    ] {
        let manners = SmtpBehavior { offers_starttls: true, ..answering(command, answer) };
        let double = SmtpDouble::start(manners).await;
        let mut settings = settings(&double, "smtp+starttls", "user:secret@");
        settings.timeout = Duration::from_secs(1);
        let refused = send(&settings, &mail()).await.unwrap_err();
        assert!(matches!(refused, MailError::Passing(_)), "{command} {answer}: {refused:?}");
        assert_eq!(double.received().len(), 0);
    }
}

#[tokio::test]
async fn lasting_refusals_are_told_apart_from_passing_ones() {
    for command in ["MAIL", "RCPT", "DATA", "BODY"] {
        let double = SmtpDouble::start(answering(command, "550-5.1.1 nobody here\r\n550 5.1.1 of that name")).await;
        let refused = send(&settings(&double, "smtp", ""), &mail()).await.unwrap_err();
        let MailError::Refused { code: 550, text } = &refused else { panic!("{command}: {refused:?}") };
        assert!(text.contains("nobody here") && refused.is_lasting(), "{text}");
        assert_eq!(double.received().len(), 0);

        let double = SmtpDouble::start(answering(command, "451 4.7.1 later please")).await;
        let refused = send(&settings(&double, "smtp", ""), &mail()).await.unwrap_err();
        assert!(matches!(&refused, MailError::Passing(text) if text.contains("451 4.7.1 later")), "{refused:?}");
        assert!(!refused.is_lasting());
        assert_eq!(double.received().len(), 0);
    }
}

#[tokio::test]
async fn a_refusal_at_the_door_is_not_about_the_mail() {
    for (command, answer) in [
        ("GREETING", "554 5.3.2 no service here"),
        ("GREETING", "421 4.3.2 too busy"),
        ("EHLO", "550 5.7.1 not you"),
        ("MAIL", "530 5.7.0 log in first"),
        ("GREETING", "nonsense"),
    ] {
        let double = SmtpDouble::start(answering(command, answer)).await;
        let mut settings = settings(&double, "smtp", "");
        settings.timeout = Duration::from_secs(3);
        let refused = send(&settings, &mail()).await.unwrap_err();
        assert!(matches!(refused, MailError::Passing(_)), "{command} {answer}: {refused:?}");
    }
    let nobody = MailSettings::new("smtp://127.0.0.1:1", "peerage@registry.example");
    assert!(matches!(send(&nobody, &mail()).await, Err(MailError::Passing(_))));
}

#[tokio::test]
async fn a_slow_server_is_given_up_for_now() {
    for command in ["GREETING", "EHLO", "RCPT", "BODY"] {
        let double = SmtpDouble::start(answering(command, "")).await;
        let mut settings = settings(&double, "smtp", "");
        settings.timeout = Duration::from_millis(300);
        let refused = send(&settings, &mail()).await.unwrap_err();
        assert_eq!(refused, MailError::Passing("not done within 0.3 s".to_owned()), "{command}");
    }
}

#[tokio::test]
async fn a_server_that_is_slow_to_part_has_taken_the_mail() {
    let double = SmtpDouble::start(answering("QUIT", "")).await;
    send(&settings(&double, "smtp", ""), &mail()).await.unwrap();
    assert_eq!(double.received().len(), 1);
}

#[tokio::test]
async fn a_folder_holds_one_file_a_mail() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("mail");
    let settings = MailSettings::new(format!("file:{}", inner.display()), "peerage@registry.example");
    for reference in ["1", "../2", "1"] {
        send(&settings, &PlainMail { reference: reference.to_owned(), ..mail() }).await.unwrap();
    }
    let mut names: Vec<_> = std::fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["1.eml", "=2E=2E=2F2.eml"]);
    let text = std::fs::read_to_string(inner.join("1.eml")).unwrap();
    assert!(text.contains("Message-ID: <1@registry.example>\r\n"));
    std::fs::write(folder.path().join("file"), "").unwrap();
    let settings = MailSettings::new(format!("file:{}/file/x", folder.path().display()), "peerage@registry.example");
    assert!(matches!(send(&settings, &mail()).await, Err(MailError::Passing(_))));
}

#[tokio::test]
async fn the_log_takes_every_mail_that_could_be_sent() {
    let settings = MailSettings::new("log", "peerage@registry.example");
    send(&settings, &mail()).await.unwrap();
    assert!(send(&settings, &PlainMail { to: Vec::new(), ..mail() }).await.unwrap_err().is_lasting());
}

#[tokio::test]
async fn a_file_of_certificates_must_hold_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let mut settings = MailSettings::new("smtps://mail.example", "peerage@registry.example");
    settings.ca_file = Some(file.clone());
    assert!(Mailer::from_settings(&settings).is_err());
    std::fs::write(&file, "no certificate").unwrap();
    let error = Mailer::from_settings(&settings).unwrap_err().to_string();
    assert!(error.contains("there is no certificate in it"), "{error}");
}
