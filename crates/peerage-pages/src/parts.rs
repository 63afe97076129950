//! View models of page components, made by handlers and rendered by the macros in `templates/parts/`.

use std::borrow::Cow;

/// An object that looks like one that is not public yet.
#[derive(Clone, Debug)]
pub struct SimilarView {
    pub name: String,
    pub link: String,
    /// The AS number or the city.
    pub mark: String,
    /// In what it is similar.
    pub why: String,
}

/// Errors of a form, by field. An error without a field concerns the whole form.
#[derive(Clone, Debug, Default)]
pub struct FormErrors(Vec<(Cow<'static, str>, String)>);

impl FormErrors {
    pub fn none() -> FormErrors {
        FormErrors::default()
    }

    /// Adds an error of a field.
    pub fn on(mut self, field: impl Into<Cow<'static, str>>, text: impl Into<String>) -> FormErrors {
        self.0.push((field.into(), text.into()));
        self
    }

    /// Adds an error of the whole form.
    pub fn whole(self, text: impl Into<String>) -> FormErrors {
        self.on("", text)
    }

    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(of, _)| of == field).map(|(_, text)| text.as_str())
    }

    pub fn all(&self) -> &[(Cow<'static, str>, String)] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// An option of a `select` or of radio buttons.
#[derive(Clone, Debug)]
pub struct SelectChoice {
    pub value: String,
    pub label: String,
    /// Help below the label; for radio buttons only.
    pub help: String,
    pub is_chosen: bool,
}

impl SelectChoice {
    pub fn new(value: impl Into<String>, label: impl Into<String>, is_chosen: bool) -> SelectChoice {
        SelectChoice { value: value.into(), label: label.into(), help: String::new(), is_chosen }
    }

    pub fn with_help(mut self, help: impl Into<String>) -> SelectChoice {
        self.help = help.into();
        self
    }
}

/// A tab: a link to a related page.
#[derive(Clone, Debug)]
pub struct PageTab {
    pub label: String,
    pub address: String,
    pub is_current: bool,
    /// Number of pending items; not shown when zero.
    pub count: usize,
}

impl PageTab {
    pub fn new(label: impl Into<String>, address: impl Into<String>, is_current: bool) -> PageTab {
        PageTab { label: label.into(), address: address.into(), is_current, count: 0 }
    }

    pub fn with_count(mut self, count: usize) -> PageTab {
        self.count = count;
        self
    }
}

/// The position in a long list.
#[derive(Clone, Debug, Default)]
pub struct Paging {
    /// From 1.
    pub page: usize,
    pub pages: usize,
    pub newer: Option<String>,
    pub older: Option<String>,
}

/// A table of permissions: one row per namespace, one column per permission.
#[derive(Clone, Debug)]
pub struct PermissionMatrix {
    pub columns: Vec<String>,
    pub rows: Vec<MatrixRow>,
    /// Read-only.
    pub is_fixed: bool,
}

#[derive(Clone, Debug)]
pub struct MatrixRow {
    pub label: String,
    /// Shown below the label, as code.
    pub note: String,
    /// Indentation of the row: 0 to 3.
    pub depth: usize,
    pub cells: Vec<MatrixCell>,
}

#[derive(Clone, Debug)]
pub struct MatrixCell {
    /// Name and value of the field that the form sends.
    pub name: String,
    pub value: String,
    pub is_held: bool,
    /// Inherited from a row above, so it cannot be removed here.
    pub is_inherited: bool,
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;
    use crate::{PageFrame, PageTexts};

    #[derive(Template)]
    #[template(
        ext = "html",
        source = r#"{% import "parts/form.html" as form %}{% import "parts/show.html" as show %}
{{ form::summary(errors, at="x-") }}{% call form::form("/a", at="x") %}{{ form::text("mail", text, text, errors, help=text, at="x-") }}
{{ form::area("why", text, text, errors) }}{% endcall %}{{ show::secret(text, text, text) }}{{ show::badge(text) }}
{{ form::act("/a", text, what=text, ask=text, hidden_name="key", hidden_value=text) }}"#
    )]
    struct TestPage<'a> {
        frame: PageFrame<'a>,
        text: &'a str,
        errors: FormErrors,
    }

    #[test]
    fn parts_escape_what_they_show_and_tie_faults_to_fields() {
        let mut frame = PageFrame::new(PageTexts::english(), "/");
        frame.csrf = "proof";
        let text = "\"><script>alert('1')</script>";
        let errors = FormErrors::none().on("mail", text).whole("All wrong");
        assert_eq!((errors.count(), errors.of("why")), (2, None));
        let page = TestPage { frame, text, errors }.render().expect("a page");
        assert!(!page.contains("<script") && !page.contains("\"\"") && page.contains("&#60;script&#62;"));
        assert!(page.contains("href=\"#field-x-mail\"") && page.contains("role=\"alert\""));
        assert!(page.contains("id=\"field-x-mail\" name=\"mail\" aria-invalid=\"true\""), "{page}");
        assert!(page.contains("aria-describedby=\"error-x-mail help-x-mail\""), "{page}");
        assert_eq!(page.matches("name=\"csrfmiddlewaretoken\" value=\"proof\"").count(), 2);
    }

    #[test]
    fn the_weights_of_style_and_script_keep_their_bounds() {
        assert!(crate::STYLE.len() < 49_000 && crate::SCRIPT.len() < 32_000);
    }

    #[derive(Template)]
    #[template(
        ext = "html",
        source = r#"{% import "parts/form.html" as form %}{% import "parts/show.html" as show %}
{% call form::form("/go") %}{{ form::text("one", "two", name, errors, help=label) }}{{ form::area("three", "four", value, errors) }}
[{{ self.at }}]{{ form::hidden("five", name) }}{% endcall %}{{ show::secret("six", value, label) }}
{{ form::act("/act", "seven", hidden_name="eight", hidden_value=name) }}"#
    )]
    struct NamedPart<'a> {
        frame: PageFrame<'a>,
        name: &'a str,
        label: &'a str,
        value: &'a str,
        at: &'a str,
        errors: FormErrors,
    }

    #[test]
    fn a_page_may_call_its_fields_as_the_parts_call_theirs() {
        let frame = PageFrame::new(PageTexts::english(), "/");
        let page =
            NamedPart { frame, name: "NAME", label: "LABEL", value: "VALUE", at: "AT", errors: FormErrors::none() };
        let page = page.render().expect("a page");
        for part in [
            "name=\"one\" aria-describedby=\"help-one\" value=\"NAME\"",
            "id=\"help-one\">LABEL<",
            "\nVALUE</textarea>",
            "[AT]",
            "name=\"five\" value=\"NAME\"",
            ">VALUE</pre>",
            "name=\"eight\" value=\"NAME\"",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
    }
}
