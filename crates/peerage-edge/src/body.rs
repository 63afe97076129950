//! Reads request bodies, JSON and forms, into one structure (spec/write-api.md, 1 and 4.5).

use axum::http::header::{CONTENT_TYPE, HeaderMap};
use axum::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use peerage_registry::rules::RequestBody;
use serde_json::{Map, Value as Json};

use crate::Node;
use crate::arrival::is_too_slow;
use crate::edge::RequestSource;
use crate::errors::ApiError;
use crate::python_json;

/// The maximum number of parts of a multipart form, and of pairs of a form.
pub const PAIRS_MAX: usize = 1_000;

/// The maximum number of values of a JSON body, including nested ones.
pub const VALUES_MAX: usize = 20_000;

/// The number of bytes above which a body is parsed by the pool for heavy requests.
pub const PARSED_AT_ONCE_MAX: usize = 64 * 1024;

/// Reads a whole body, up to the limit in the settings.
pub async fn collect(app: &Node, body: axum::body::Body) -> Result<Bytes, ApiError> {
    collect_up_to(app.settings.limits.body_bytes_max, body).await
}

/// Reads a whole body, up to `max` bytes.
pub async fn collect_up_to(max: usize, body: axum::body::Body) -> Result<Bytes, ApiError> {
    // Do not start to read a body that announces that it is too long.
    if http_body::Body::size_hint(&body).lower() > max as u64 {
        return Err(ApiError::BodyTooLarge { max });
    }
    match Limited::new(body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::BodyTooLarge { max }),
        Err(error) if is_too_slow(&*error) => Err(ApiError::BodyTooSlow),
        Err(_) => Err(ApiError::BadRequest("The request body was incomplete.".to_owned())),
    }
}

/// Does the work here if the body is short, and in the pool for heavy requests otherwise.
pub async fn parse_in_place<T: Send + 'static>(
    app: &Node,
    request: &Parts,
    bytes: &Bytes,
    parse: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<T, ApiError> {
    if bytes.len() <= PARSED_AT_ONCE_MAX {
        return Ok(parse(bytes));
    }
    let (source, bytes) = (request.extensions.get::<RequestSource>().ok_or(ApiError::Internal)?, bytes.clone());
    app.heavy.run_at_once(source.address, move || parse(&bytes)).await
}

/// Whether a JSON text has more than `max` values, without parsing it.
pub fn has_more_values(json: &[u8], max: usize) -> bool {
    let (mut values, mut is_text, mut is_escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            // Each value except the first follows one of these.
            b',' | b'[' | b'{' if !is_text => values += 1,
            _ => {}
        }
        if values > max {
            return true;
        }
    }
    false
}

/// Reads a body that must not be empty.
///
/// # Errors
/// 400 if it is empty or cannot be read, 415 for another type, 503 if it is long and too many long ones are being read.
pub async fn read(app: &Node, request: &Parts, bytes: &Bytes) -> Result<RequestBody, ApiError> {
    let (method, kind) = (request.method.clone(), content_type(&request.headers).to_owned());
    parse_in_place(app, request, bytes, move |bytes| parse(method.as_str(), &kind, bytes)).await?
}

/// Parses a body of a content type. `method` appears in error texts.
///
/// # Errors
/// Those of [`read`] that the body itself causes.
pub fn parse(method: &str, kind: &str, bytes: &[u8]) -> Result<RequestBody, ApiError> {
    let nothing = || ApiError::BadRequest(format!("No data was supplied with the {method} request"));
    let unreadable =
        |why: &str| ApiError::BadRequest(format!("Data supplied with the {method} request could not be parsed: {why}"));
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if bytes.is_empty() {
        return Err(nothing());
    }
    match essence.as_str() {
        "" | "application/json" => {
            if has_more_values(bytes, VALUES_MAX) {
                return Err(unreadable(&format!("at most {VALUES_MAX} values are allowed")));
            }
            let Ok(value) = serde_json::from_slice::<Json>(bytes) else {
                let why = match std::str::from_utf8(bytes) {
                    Ok(text) => python_json::complaint(text),
                    Err(error) => format!(
                        "'utf-8' codec can't decode byte 0x{:02x} in position {}: invalid start byte",
                        bytes.get(error.valid_up_to()).copied().unwrap_or_default(),
                        error.valid_up_to()
                    ),
                };
                return Err(unreadable(&format!("JSON parse error - {why}")));
            };
            match value {
                Json::Object(values) if values.is_empty() => Err(nothing()),
                Json::Object(values) => Ok(RequestBody { values, is_form: false }),
                Json::Null => Err(nothing()),
                Json::Array(items) if items.is_empty() => Err(nothing()),
                other => Err(ApiError::Fields(Map::from_iter([
                    (
                        "non_field_errors".to_owned(),
                        Json::from(vec![format!(
                            "Invalid data. Expected a dictionary, but got {}.",
                            python_json::type_name(&other)
                        )]),
                    ),
                    ("meta".to_owned(), serde_json::json!({"error": "Bad Request"})),
                ]))),
            }
        }
        "application/x-www-form-urlencoded" => {
            let mut values = Map::new();
            for (key, value) in form_urlencoded::parse(bytes).into_owned() {
                add(&mut values, key, value).map_err(|why| unreadable(&why))?;
            }
            if values.is_empty() { Err(nothing()) } else { Ok(RequestBody { values, is_form: true }) }
        }
        "multipart/form-data" => {
            let values = multipart(kind, bytes).map_err(|why| unreadable(&why))?;
            if values.is_empty() { Err(nothing()) } else { Ok(RequestBody { values, is_form: true }) }
        }
        _ => Err(ApiError::UnsupportedMedia(kind.to_owned())),
    }
}

/// Reads JSON that may be missing. A missing body is an empty object.
pub async fn read_optional(app: &Node, request: &Parts, bytes: &Bytes) -> Result<RequestBody, ApiError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(RequestBody::default());
    }
    match read(app, request, bytes).await {
        Err(ApiError::BadRequest(text)) if text.starts_with("No data") => Ok(RequestBody::default()),
        outcome => outcome,
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Adds a value. A repeated key makes a list.
fn add(values: &mut Map<String, Json>, key: String, value: String) -> Result<(), String> {
    if values.len() >= PAIRS_MAX {
        return Err(format!("at most {PAIRS_MAX} values are allowed"));
    }
    match values.get_mut(&key) {
        None => {
            values.insert(key, Json::String(value));
        }
        Some(Json::Array(items)) if items.len() < PAIRS_MAX => items.push(Json::String(value)),
        Some(Json::Array(_)) => return Err(format!("at most {PAIRS_MAX} values are allowed")),
        Some(first) => {
            let both = vec![first.take(), Json::String(value)];
            *first = Json::Array(both);
        }
    }
    Ok(())
}

/// Reads the texts of a multipart form (RFC 7578). Files are not values.
fn multipart(kind: &str, bytes: &[u8]) -> Result<Map<String, Json>, String> {
    let boundary = multer::parse_boundary(kind).map_err(|error| error.to_string())?;
    let owned = Bytes::copy_from_slice(bytes);
    let stream = futures_util::stream::once(std::future::ready(Ok::<_, std::convert::Infallible>(owned)));
    let mut form = multer::Multipart::new(stream, boundary);
    let read = async {
        let mut values = Map::new();
        while let Some(field) = form.next_field().await.map_err(|error| error.to_string())? {
            let Some(name) = field.name().map(str::to_owned) else { continue };
            if field.file_name().is_some() {
                continue;
            }
            let text = field.text().await.map_err(|error| error.to_string())?;
            add(&mut values, name, text)?;
        }
        Ok(values)
    };
    // The whole body is in memory, so this never waits.
    let outcome = futures_util::FutureExt::now_or_never(read);
    outcome.unwrap_or_else(|| Err("Multipart form parse error".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(kind: &str, text: &str) -> Result<Json, ApiError> {
        parse("POST", kind, text.as_bytes()).map(|body| Json::Object(body.values))
    }

    #[test]
    fn json_and_forms_come_to_one_shape() {
        assert_eq!(body("application/json; charset=utf-8", r#"{"a": 1}"#), Ok(serde_json::json!({"a": 1})));
        assert_eq!(
            body("application/x-www-form-urlencoded", "a=1&b=x+y%20z&a=2&c="),
            Ok(serde_json::json!({"a": ["1", "2"], "b": "x y z", "c": ""}))
        );
        let form = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--x--\r\n";
        assert_eq!(body("multipart/form-data; boundary=x", form), Ok(serde_json::json!({"a": "one"})));
    }

    #[tokio::test]
    async fn n01_a_body_that_says_that_it_is_too_long_is_not_begun() {
        let body = axum::body::Body::from(vec![b' '; 11]);
        assert_eq!(collect_up_to(10, body).await, Err(ApiError::BodyTooLarge { max: 10 }));
        let pieces = (0..3).map(|_| Ok::<_, std::convert::Infallible>(Bytes::from_static(b"four")));
        let body = axum::body::Body::from_stream(futures_util::stream::iter(pieces));
        assert_eq!(collect_up_to(10, body).await, Err(ApiError::BodyTooLarge { max: 10 }));
        assert_eq!(collect_up_to(10, axum::body::Body::from("x")).await, Ok(Bytes::from_static(b"x")));
    }

    #[test]
    fn n01_the_values_of_a_json_body_are_bounded() {
        let with = |count: usize| format!("{{\"a\": [{}]}}", vec!["1"; count].join(","));
        assert!(body("application/json", &with(VALUES_MAX - 2)).is_ok());
        for many in [with(VALUES_MAX), "[".repeat(VALUES_MAX + 1), format!("[{}", "{},".repeat(VALUES_MAX))] {
            let text = "Data supplied with the POST request could not be parsed: at most 20000 values are allowed";
            assert_eq!(body("application/json", &many), Err(ApiError::BadRequest(text.to_owned())));
        }
        let text = format!("{{\"a\": \"\\\"{}\"}}", ",[{".repeat(VALUES_MAX));
        assert!(body("application/json", &text).is_ok(), "the content of a string does not count as values");
    }

    #[test]
    fn what_says_nothing_or_makes_no_sense_is_refused_in_the_words_that_clients_know() {
        for empty in ["", "{}", "[]", "null"] {
            let text = "No data was supplied with the POST request".to_owned();
            assert_eq!(body("application/json", empty), Err(ApiError::BadRequest(text)), "{empty}");
        }
        assert_eq!(
            body("application/json", "x"),
            Err(ApiError::BadRequest(
                "Data supplied with the POST request could not be parsed: JSON parse error - Expecting value: line 1 \
                 column 1 (char 0)"
                    .to_owned()
            ))
        );
        assert_eq!(body("text/xml", "<a/>"), Err(ApiError::UnsupportedMedia("text/xml".to_owned())));
        assert!(matches!(body("application/json", "[1]"), Err(ApiError::Fields(_))));
        assert!(matches!(body("multipart/form-data", "x"), Err(ApiError::BadRequest(_))));
    }
}
