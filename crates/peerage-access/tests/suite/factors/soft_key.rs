//! A security key in software: it creates and signs what a real one would, and misbehaves if a test asks for it.

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

pub const SITE: &str = "https://peerage.example";

pub struct SoftKey {
    key: SigningKey,
    pub id: Vec<u8>,
    pub counter: u32,
    /// Whether it verifies its user.
    pub verifies: bool,
    handle: Vec<u8>,
}

fn unbase64(text: &Json) -> Vec<u8> {
    BASE64URL_NOPAD.decode(text.as_str().expect("a text").as_bytes()).expect("base64url")
}

fn base64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

impl SoftKey {
    pub fn new(seed: u8, verifies: bool) -> SoftKey {
        let key = SigningKey::from_slice(&[seed; 32]).expect("a scalar");
        SoftKey { key, id: vec![seed; 16], counter: 0, verifies, handle: Vec::new() }
    }

    fn authenticator_data(&self, has_credential: bool) -> Vec<u8> {
        let mut data = Sha256::digest(b"peerage.example").to_vec();
        let (present, verified, attested) = (1, u8::from(self.verifies) << 2, u8::from(has_credential) << 6);
        data.push(present | verified | attested);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(kind: &str, options: &Json) -> Vec<u8> {
        let challenge = options["challenge"].as_str().expect("a challenge");
        json!({"type": kind, "challenge": challenge, "origin": SITE, "crossOrigin": false}).to_string().into_bytes()
    }

    /// The browser's response to `navigator.credentials.create`.
    pub fn create(&mut self, options: &Json) -> String {
        self.handle = unbase64(&options["user"]["id"]);
        let point = self.key.verifying_key().to_sec1_point(false);
        let point = point.as_bytes();
        let mut data = self.authenticator_data(true);
        data.extend([9; 16]);
        data.extend((self.id.len() as u16).to_be_bytes());
        data.extend(&self.id);
        // COSE: EC2, ES256, P-256, x, y.
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..]);
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x58");
        object.push(data.len() as u8);
        object.extend(data);
        json!({
            "id": base64(&self.id), "rawId": base64(&self.id), "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {"credProps": {"rk": true}},
            "response": {
                "attestationObject": base64(&object),
                "clientDataJSON": base64(&Self::client_data("webauthn.create", options)),
                "transports": ["usb", "something-new"],
            },
        })
        .to_string()
    }

    /// The browser's response to `navigator.credentials.get`.
    pub fn get(&mut self, options: &Json) -> String {
        self.counter += 1;
        let data = self.authenticator_data(false);
        let client = Self::client_data("webauthn.get", options);
        let mut signed = data.clone();
        signed.extend(Sha256::digest(&client));
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": base64(&self.id), "rawId": base64(&self.id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": base64(&data),
                "clientDataJSON": base64(&client),
                "signature": base64(signature.to_der().as_bytes()),
                "userHandle": base64(&self.handle),
            },
        })
        .to_string()
    }
}
