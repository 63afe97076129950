//! Converts a mail to the bytes that are sent (RFC 5322, MIME).

use lettre::address::Envelope;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::{Address, message::header};
use url::Host;

use super::PlainMail;

const RECIPIENTS_MAX: usize = 100;
const SUBJECT_CHARS_MAX: usize = 500;
const BODY_BYTES_MAX: usize = 1 << 20;
const REFERENCE_BYTES_MAX: usize = 64;
const NAME_CHARS_MAX: usize = 100;
/// RFC 5321, 4.5.3.1.3, without the angle brackets.
const ADDRESS_BYTES_MAX: usize = 254;

/// The sender of a mail.
#[derive(Debug)]
pub(super) struct SenderAddress(Mailbox);

impl SenderAddress {
    pub fn new(from: &str, name: Option<&str>) -> Result<Self, String> {
        let name = name.map(|name| one_line(name, NAME_CHARS_MAX)).filter(|name| !name.is_empty());
        Ok(Self(Mailbox::new(name, address(from)?)))
    }
}

/// A mail as it is sent.
#[derive(Debug)]
pub(super) struct EncodedMail {
    pub envelope: Envelope,
    /// Headers and body with CR LF line breaks, in ASCII.
    pub bytes: Vec<u8>,
    /// The reference, encoded for a file name and for a `Message-ID`.
    pub name: String,
}

impl EncodedMail {
    /// # Errors
    /// What cannot be sent, in words.
    pub fn write(SenderAddress(from): &SenderAddress, mail: &PlainMail) -> Result<Self, String> {
        if mail.to.is_empty() || mail.to.len() > RECIPIENTS_MAX {
            return Err(format!("{} recipients; expected 1 to {RECIPIENTS_MAX}", mail.to.len()));
        }
        if mail.body.len() > BODY_BYTES_MAX {
            return Err(format!("a body of {} bytes; expected at most {BODY_BYTES_MAX}", mail.body.len()));
        }
        let name = name(&mail.reference)?;
        let to = mail.to.iter().map(|text| address(text)).collect::<Result<Vec<_>, _>>()?;
        let envelope = Envelope::new(Some(from.email.clone()), to.clone()).map_err(|error| error.to_string())?;
        let mut builder = Message::builder()
            .from(from.clone())
            .subject(one_line(&mail.subject, SUBJECT_CHARS_MAX))
            .date_now()
            .message_id(Some(format!("<{name}@{}>", from.email.domain())))
            // RFC 3834: prevents automatic replies.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .header(header::MIME_VERSION_1_0)
            .header(ContentType::TEXT_PLAIN)
            .envelope(envelope.clone());
        for recipient in to {
            builder = builder.to(Mailbox::new(None, recipient));
        }
        let message = builder.body(lines(&mail.body)).map_err(|error| error.to_string())?;
        Ok(Self { envelope, bytes: message.formatted(), name })
    }
}

/// An address that every server accepts: an ASCII local part, and a domain that is converted to ASCII (RFC 5891).
fn address(text: &str) -> Result<Address, String> {
    let wrong = || format!("{text:?} is not a mail address; expected name@domain in ASCII");
    let (local, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
    if !local.is_ascii() || text.len() > ADDRESS_BYTES_MAX {
        return Err(wrong());
    }
    let Ok(Host::Domain(domain)) = Host::parse(domain) else { return Err(wrong()) };
    Address::new(local, domain).map_err(|_| wrong())
}

/// Removes control characters, which could start another header.
fn one_line(text: &str, chars_max: usize) -> String {
    let text: String = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).take(chars_max).collect();
    text.trim().to_owned()
}

/// Converts line breaks to CR LF. Among other control characters, only the tab is allowed (RFC 5322, 3.5).
fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\n' => lines.push_str("\r\n"),
            '\t' => lines.push('\t'),
            sign if sign.is_control() => lines.push(' '),
            sign => lines.push(sign),
        }
    }
    lines
}

/// Keeps letters, digits, `-` and `_`. Each other byte becomes `=` and its value, so that different references stay
/// different and none leaves its folder.
fn name(reference: &str) -> Result<String, String> {
    if reference.is_empty() || reference.len() > REFERENCE_BYTES_MAX {
        return Err(format!("a reference of {} bytes; expected 1 to {REFERENCE_BYTES_MAX}", reference.len()));
    }
    let mut name = String::new();
    for byte in reference.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("={byte:02X}"));
        }
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> PlainMail {
        PlainMail {
            to: vec!["noc@example.net".to_owned()],
            subject: "Subject".to_owned(),
            body: "Body\n".to_owned(),
            reference: "outbox-7".to_owned(),
        }
    }

    fn letter(name: Option<&str>, mail: &PlainMail) -> String {
        let sender = SenderAddress::new("peerage@registry.example", name).unwrap();
        String::from_utf8(EncodedMail::write(&sender, mail).unwrap().bytes).unwrap()
    }

    /// Unfolded headers.
    fn headers(letter: &str) -> Vec<String> {
        let (head, _) = letter.split_once("\r\n\r\n").unwrap();
        head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n").map(str::to_owned).collect()
    }

    fn names(letter: &str) -> Vec<String> {
        headers(letter).iter().map(|line| line.split(':').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_letter_has_each_header_once() {
        let letter = letter(Some("Peerage"), &mail());
        let mut names = names(&letter);
        names.sort();
        assert_eq!(
            names,
            [
                "Auto-Submitted",
                "Content-Transfer-Encoding",
                "Content-Type",
                "Date",
                "From",
                "MIME-Version",
                "Message-ID",
                "Subject",
                "To",
            ]
        );
        let headers = headers(&letter);
        assert!(headers.contains(&"Message-ID: <outbox-7@registry.example>".to_owned()), "{headers:?}");
        assert!(headers.contains(&"Auto-Submitted: auto-generated".to_owned()), "{headers:?}");
        assert!(letter.ends_with("\r\n\r\nBody\r\n"), "{letter}");
    }

    #[test]
    fn nothing_begins_another_header() {
        let expected = names(&letter(Some("Peerage"), &mail()));
        for breaks in ["\r\n", "\n", "\r", "\r\n ", "\n\t", "\u{85}", "\u{2028}", "\0", "\u{b}", "=?utf-8?q?=0D=0A?="] {
            let evil = format!("x{breaks}Bcc: victim@example.net{breaks}{breaks}Body");
            let long = format!("{}{breaks}Bcc: victim@example.net", "é".repeat(200));
            for text in [evil, long] {
                let letter = letter(Some(&text), &PlainMail { subject: text.clone(), ..mail() });
                assert_eq!(names(&letter), expected, "{letter}");
                assert!(letter.is_ascii());
                let sender = SenderAddress::new("peerage@registry.example", None).unwrap();
                assert!(EncodedMail::write(&sender, &PlainMail { to: vec![text.clone()], ..mail() }).is_err());
            }
        }
        for to in
            ["a@example.net\r\nBcc: b@example.net", "a@example.net, b@example.net", "A <a@example.net>", "a\n@b.c"]
        {
            let sender = SenderAddress::new("peerage@registry.example", None).unwrap();
            assert!(EncodedMail::write(&sender, &PlainMail { to: vec![to.to_owned()], ..mail() }).is_err(), "{to}");
        }
    }

    #[test]
    fn long_and_foreign_text_is_wrapped_and_encoded() {
        let subject = "Zürich ".repeat(60);
        for body in ["ü".repeat(5_000), "x".repeat(5_000), "a\rb\nc\r\nd\0".repeat(100), ".\n..\n".to_owned()] {
            let letter = letter(Some("Ångström, \"AB\" <x>"), &PlainMail { subject: subject.clone(), body, ..mail() });
            assert!(letter.is_ascii());
            for line in letter.split("\r\n") {
                assert!(line.len() <= 998 && !line.contains(['\r', '\n', '\0']), "{line}");
            }
        }
    }

    #[test]
    fn domains_of_other_scripts_become_ascii() {
        let letter = letter(None, &PlainMail { to: vec!["noc@bücher.example".to_owned()], ..mail() });
        assert!(headers(&letter).contains(&"To: noc@xn--bcher-kva.example".to_owned()), "{letter}");
    }

    #[test]
    fn references_are_names() {
        for (reference, expected) in [("17", "17"), ("a.b/../c", "a=2Eb=2F=2E=2E=2Fc"), ("é>\r\n", "=C3=A9=3E=0D=0A")]
        {
            assert_eq!(name(reference).unwrap(), expected);
        }
        assert!(name("").is_err() && name(&"x".repeat(65)).is_err());
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let sender = SenderAddress::new("peerage@registry.example", None).unwrap();
        for mail in [
            PlainMail { to: vec![], ..mail() },
            PlainMail { to: vec!["a@example.net".to_owned(); 101], ..mail() },
            PlainMail { to: vec!["ä@example.net".to_owned()], ..mail() },
            PlainMail { to: vec!["a@127.0.0.1".to_owned()], ..mail() },
            PlainMail { to: vec![format!("{}@example.net", "a".repeat(300))], ..mail() },
            PlainMail { body: "x".repeat(BODY_BYTES_MAX + 1), ..mail() },
            PlainMail { reference: String::new(), ..mail() },
        ] {
            assert!(EncodedMail::write(&sender, &mail).is_err(), "{:?}", mail.to);
        }
    }
}
