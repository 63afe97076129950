//! A simple browser with cookies and forms: it requests pages, and sends forms with their hidden token.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::server::{TestResponse, TestServer, send};

/// A browser with its cookies.
pub struct Visitor<'a> {
    /// The nodes that answer in turn.
    nodes: Vec<&'a TestServer>,
    requests: Cell<usize>,
    cookies: RefCell<BTreeMap<String, String>>,
    /// The CSRF token on the last page.
    token: RefCell<String>,
}

/// A page that was received.
pub struct VisitedPage {
    pub answer: TestResponse,
    pub text: String,
}

impl VisitedPage {
    pub fn status(&self) -> u16 {
        self.answer.status
    }

    /// Returns the redirect target, or an empty text.
    pub fn location(&self) -> &str {
        self.answer.header("location").unwrap_or_default()
    }

    /// What the browser would send with the form in the page's main part: names and values, with the hidden ones.
    pub fn form_fields(&self) -> Vec<(String, String)> {
        let main = self.text.split("<main").nth(1).and_then(|rest| rest.split("</main>").next()).unwrap_or_default();
        let form = main.split("<form method=\"post\"").nth(1).and_then(|rest| rest.split("</form>").next());
        let form = form.expect("a form");
        let mut fields = Vec::new();
        let mut rest = form;
        while let Some(at) = rest.find('<') {
            rest = &rest[at..];
            let Some(end) = rest.find('>') else { break };
            let tag = &rest[..end];
            let name = attribute(tag, "name");
            if let (true, Some(name)) = (tag.starts_with("<input"), &name) {
                let is_box = matches!(attribute(tag, "type").as_deref(), Some("checkbox" | "radio"));
                if !is_box || tag.contains(" checked") {
                    fields.push((name.clone(), attribute(tag, "value").unwrap_or_else(|| "on".to_owned())));
                }
            } else if let (true, Some(name)) = (tag.starts_with("<textarea"), &name) {
                let text = rest[end + 1..].split("</textarea>").next().unwrap_or_default();
                fields.push((name.clone(), unescaped(text.strip_prefix('\n').unwrap_or(text))));
            } else if let (true, Some(name)) = (tag.starts_with("<select"), &name) {
                let options = rest[end + 1..].split("</select>").next().unwrap_or_default();
                let mut tags = options.split("<option").skip(1).map(|tag| tag.split('>').next().unwrap_or_default());
                let chosen = tags.clone().find(|tag| tag.contains(" selected")).or_else(|| tags.next());
                if let Some(value) = chosen.and_then(|tag| attribute(tag, "value")) {
                    fields.push((name.clone(), value));
                }
            }
            rest = &rest[end..];
        }
        fields
    }

    #[track_caller]
    pub fn shows(&self, text: &str) {
        assert!(self.text.contains(text), "{} without {text:?}:\n{}", self.status(), self.text);
    }
}

impl<'a> Visitor<'a> {
    pub fn new(server: &'a TestServer) -> Visitor<'a> {
        Visitor::of_nodes(&[server])
    }

    /// Makes a browser behind a load balancer that alternates between nodes.
    pub fn of_nodes(nodes: &[&'a TestServer]) -> Visitor<'a> {
        Visitor {
            nodes: nodes.to_vec(),
            requests: Cell::default(),
            cookies: RefCell::default(),
            token: RefCell::default(),
        }
    }

    /// Makes a browser with a session.
    pub fn with_session(server: &'a TestServer, session: &str) -> Visitor<'a> {
        let visitor = Visitor::new(server);
        visitor.cookies.borrow_mut().insert("peerage-session".to_owned(), session.to_owned());
        visitor
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
    }

    /// Returns the CSRF token on the last page.
    pub fn token(&self) -> String {
        self.token.borrow().clone()
    }

    pub fn get(&self, path: &str) -> VisitedPage {
        self.send("GET", path, &[], b"")
    }

    /// Sends a form with the CSRF token of the last page.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> VisitedPage {
        let token = self.token.borrow().clone();
        self.post_raw(path, &[&[("csrf", token.as_str())], fields].concat(), &[])
    }

    /// Sends a form as a script does: it requests JSON.
    pub fn post_for_json(&self, path: &str, fields: &[(&str, &str)]) -> VisitedPage {
        let token = self.token.borrow().clone();
        self.post_raw(path, &[&[("csrf", token.as_str())], fields].concat(), &[("Accept", "application/json")])
    }

    /// Sends the form of a page, with some fields replaced.
    pub fn send_form(&self, path: &str, page: &VisitedPage, step: &str, values: &[(&str, &str)]) -> VisitedPage {
        let mut fields = page.form_fields();
        fields.retain(|(name, _)| name != "step" && !values.iter().any(|(set, _)| set == name));
        fields.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        fields.push(("step".to_owned(), step.to_owned()));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        self.post_raw(path, &fields, &[])
    }

    /// Sends a form unchanged.
    pub fn post_raw(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> VisitedPage {
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let more = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", path, &[headers, &more].concat(), pairs.join("&").as_bytes())
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> VisitedPage {
        let cookies: Vec<String> =
            self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut all = headers.to_vec();
        if !cookies.is_empty() {
            all.push(("Cookie", &cookies));
        }
        if method == "POST" && body.is_empty() {
            all.push(("Content-Length", "0"));
        }
        let turn = self.requests.replace(self.requests.get() + 1);
        let node = self.nodes[turn % self.nodes.len()];
        let answer = send(&node.address, method, path, &all, body).expect("a connection");
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            self.keep(value);
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let field = ["csrfmiddlewaretoken", "csrf"].map(|name| format!("name=\"{name}\" value=\""));
        let token = field.iter().find_map(|field| text.split(field.as_str()).nth(1)?.split('"').next());
        if let Some(token) = token {
            token.clone_into(&mut self.token.borrow_mut());
        }
        VisitedPage { answer, text }
    }

    fn keep(&self, header: &str) {
        let pair = header.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else { return };
        let mut cookies = self.cookies.borrow_mut();
        if header.contains("Max-Age=0") {
            cookies.remove(name);
        } else {
            cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Returns the path of the first link in a mail that contains this text.
pub fn link(mail: &str, part: &str) -> String {
    let word = mail.split_whitespace().find(|word| word.contains(part)).unwrap_or_else(|| panic!("{part} in {mail}"));
    let path = word.split("://").nth(1).and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
    format!("/{path}")
}

/// The value of an attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    Some(unescaped(value))
}

/// A text without HTML's references.
fn unescaped(text: &str) -> String {
    let mut out = text.to_owned();
    for (reference, letter) in [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")] {
        out = out.replace(reference, letter);
    }
    out
}
