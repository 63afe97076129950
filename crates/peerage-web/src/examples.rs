//! The request of a search as programs send it: for a shell, and in three languages.

use peerage_pages::find::RequestExample;

/// Programs that send a request to this address and count the rows of its answer.
///
/// The address is quoted as each language needs it, whatever it contains.
pub fn of(url: &str) -> Vec<RequestExample> {
    let quoted = serde_json::Value::String(url.to_owned()).to_string();
    vec![
        RequestExample { key: "as-curl", language: "curl", code: format!("curl --fail {}", shell_quoted(url)) },
        RequestExample { key: "as-python", language: "Python", code: PYTHON.replace(PLACE, &quoted) },
        RequestExample { key: "as-javascript", language: "JavaScript", code: JAVASCRIPT.replace(PLACE, &quoted) },
        RequestExample { key: "as-go", language: "Go", code: GO.replace(PLACE, &quoted) },
    ]
}

/// Where the templates have the address. A string of JSON is the same in all three languages, because letters are never
/// written as pairs of escapes.
const PLACE: &str = "ADDRESS";

const PYTHON: &str = r#"import json
from urllib.request import urlopen

with urlopen(ADDRESS) as answer:
    rows = json.load(answer)["data"]
print(len(rows))"#;

const JAVASCRIPT: &str = r"const answer = await fetch(ADDRESS);
if (!answer.ok) throw new Error(`${answer.status}`);
const { data } = await answer.json();
console.log(data.length);";

const GO: &str = r#"package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
)

func main() {
	response, err := http.Get(ADDRESS)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		log.Fatal(response.Status)
	}
	var answer struct{ Data []map[string]any }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(answer.Data))
}"#;

/// A word for a POSIX shell.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_quoted_for_each_language() {
        let all = of("https://registry.example/api/net?name_search=o'x\"\\$(id)`y`");
        let code = |language: &str| all.iter().find(|example| example.language == language).map(|of| of.code.clone());
        let curl = code("curl").expect("an example");
        assert_eq!(curl, r#"curl --fail 'https://registry.example/api/net?name_search=o'\''x"\$(id)`y`'"#);
        for language in ["Python", "JavaScript", "Go"] {
            let code = code(language).expect("an example");
            assert!(code.contains(r#"("https://registry.example/api/net?name_search=o'x\"\\$(id)`y`")"#), "{code}");
        }
    }

    #[test]
    fn a_shell_reads_the_address_as_it_is() {
        let url = "http://h/api/net?a=it's&b=$HOME`x`\"\\!";
        let curl = shell_quoted(url);
        let printed =
            std::process::Command::new("sh").arg("-c").arg(format!("printf %s {curl}")).output().expect("a shell");
        assert_eq!(String::from_utf8_lossy(&printed.stdout), url);
    }
}
