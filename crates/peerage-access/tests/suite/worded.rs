//! Mails as their readers get them, worded with the catalogues.

use peerage_access::notices::{FilledValue, MailNotice, TextCatalogue, WordedMail};
use peerage_pages::{PageTexts, TextArgument};

struct WordedTexts(PageTexts);

impl TextCatalogue for WordedTexts {
    fn text(&self, key: &str, filled: &[(&'static str, FilledValue)]) -> String {
        let filled: Vec<(&'static str, &dyn TextArgument)> = filled
            .iter()
            .map(|(name, value)| match value {
                FilledValue::Text(text) => (*name, text as &dyn TextArgument),
                FilledValue::Number(number) => (*name, number as &dyn TextArgument),
            })
            .chain([("support", &"support@x.example" as &dyn TextArgument)])
            .collect();
        self.0.with(key, &filled)
    }

    fn subject(&self, key: &str) -> String {
        self.0.subject(key)
    }

    fn message(&self, english: &str) -> String {
        self.0.message(english)
    }
}

/// A mail in English. It must be complete in every other language as well.
pub fn english(notice: &MailNotice) -> WordedMail {
    let letter = notice.word(&WordedTexts(PageTexts::english()));
    for (tag, _) in PageTexts::offered() {
        let other = notice.word(&WordedTexts(PageTexts::choose(Some(tag), None, None)));
        for text in [&other.subject, &other.body] {
            assert!(!text.contains("{$") && !text.contains("mail-"), "{tag}: {text}");
        }
        assert!(!other.subject.contains('\n') && !other.subject.is_empty(), "{tag}: {}", other.subject);
        assert!(tag == "en" || other.body != letter.body, "{tag}: {}", other.body);
        let links = |letter: &WordedMail| -> Vec<String> {
            letter.body.split_whitespace().filter(|word| word.contains("://")).map(str::to_owned).collect()
        };
        let (mut all, mut same) = (links(&letter), links(&other));
        all.iter_mut().chain(&mut same).for_each(|link| *link = link.trim_end_matches([':', '.', ',']).to_owned());
        all.sort();
        same.sort();
        assert_eq!(all, same, "{tag}: the same pages");
    }
    letter
}

/// The same for several mails.
pub fn all_english(notices: &[MailNotice]) -> Vec<WordedMail> {
    notices.iter().map(english).collect()
}
