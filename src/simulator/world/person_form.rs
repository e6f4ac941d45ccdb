use std::ops::Not;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::person::{Person, is_id};

/// A person as a file or the control API writes them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PersonForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The bytes that WeChat sends, where they are no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unionid: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    sex: u8,
    #[serde(skip_serializing_if = "Not::not")]
    sex_as_text: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    language: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    country: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    province: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    city: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    headimgurl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    privilege: Vec<String>,
    follower: Option<bool>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(sex: &u8) -> bool {
    *sex == 0
}

fn read(form: PersonForm) -> Result<Person, String> {
    let raw = form.nickname_base64.map(|text| BASE64.decode(text));
    let raw = raw
        .transpose()
        .map_err(|error| format!("`nickname_base64` is no base64: {error}"))?;
    let lossy = |raw: &Vec<u8>| String::from_utf8_lossy(raw).into_owned();
    let Some(name) = form.name.or_else(|| raw.as_ref().map(lossy)) else {
        return Err("`name` is missing, or `nickname_base64`".to_owned());
    };
    if form.sex > 2 {
        return Err("`sex` is 0, 1 or 2".to_owned());
    }
    let mut person = Person::named(name);
    if let Some(id) = &form.id {
        if !is_id(id) {
            return Err("`id` is 1 to 64 of A-Z, a-z, 0-9, `-` and `_`".to_owned());
        }
        person = person.with_id(id);
    }
    let mut profile = person.profile().clone();
    profile.raw_nickname = raw;
    profile.sex = form.sex;
    profile.sex_as_text = form.sex_as_text;
    profile.language = form.language;
    profile.country = form.country;
    profile.province = form.province;
    profile.city = form.city;
    profile.headimgurl = form.headimgurl;
    profile.privilege = form.privilege;
    profile.unionid = form.unionid;
    profile.follower = form.follower.unwrap_or(true);
    Ok(Person::of(profile))
}

impl<'de> Deserialize<'de> for Person {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(PersonForm::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Person {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        PersonForm::of(self.clone()).serialize(serializer)
    }
}

impl PersonForm {
    fn of(person: Person) -> Self {
        let profile = person.profile().clone();
        Self {
            id: Some(profile.id),
            name: Some(profile.name),
            nickname_base64: profile.raw_nickname.map(|raw| BASE64.encode(raw)),
            unionid: profile.unionid,
            sex: profile.sex,
            sex_as_text: profile.sex_as_text,
            language: profile.language,
            country: profile.country,
            province: profile.province,
            city: profile.city,
            headimgurl: profile.headimgurl,
            privilege: profile.privilege,
            follower: Some(profile.follower),
        }
    }
}
