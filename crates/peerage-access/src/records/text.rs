//! How records represent times and hashes: as text.

/// Times as text.
pub mod time {
    use peerage_registry::moment::{self, Moment};
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
    pub fn serialize<S: Serializer>(time: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&moment::print_exact(*time))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(deserializer)?;
        moment::parse(&text).ok_or_else(|| serde::de::Error::custom("is no time"))
    }

    pub mod maybe {
        use super::{Deserialize, Deserializer, Moment, Serializer, moment};

        #[expect(clippy::ref_option, reason = "the form that serde calls")]
        pub fn serialize<S: Serializer>(time: &Option<Moment>, serializer: S) -> Result<S::Ok, S::Error> {
            match time {
                Some(time) => serializer.serialize_str(&moment::print_exact(*time)),
                None => serializer.serialize_none(),
            }
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Moment>, D::Error> {
            let text = Option::<String>::deserialize(deserializer)?;
            text.map(|text| moment::parse(&text).ok_or_else(|| serde::de::Error::custom("is no time"))).transpose()
        }
    }
}

/// Hashes as hexadecimal text.
pub mod stamp {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::server_key::SecretHash;

    pub fn serialize<S: Serializer>(stamp: &SecretHash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&data_encoding::HEXLOWER.encode(stamp))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretHash, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        bytes.try_into().map_err(|_| serde::de::Error::custom("has another length"))
    }
}
