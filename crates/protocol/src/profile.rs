//! Profiles, and what may be changed of them.

use crate::Malformed;
use crate::code::Code;
use crate::id::{Timestamp, UserId};
use crate::limits;
use crate::wire;

pub use wire::{AdminForbidType, AllowType, Gender};

/// A user's profile (objects.json, `Profile`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are those of the public object, documented in profile.proto"
)]
pub struct Profile {
    pub user_id: UserId,
    pub nick: String,
    pub avatar: String,
    pub gender: Gender,
    pub birthday: u32,
    pub location: String,
    pub self_signature: String,
    pub allow_type: AllowType,
    pub language: u32,
    pub message_settings: u32,
    pub admin_forbid_type: AdminForbidType,
    pub level: u32,
    pub role: u32,
    pub custom_fields: Vec<(String, String)>,
    pub updated: Timestamp,
}

impl Profile {
    /// The profile of somebody of whom nothing is known but the name.
    pub fn empty(user_id: UserId) -> Self {
        Self {
            user_id,
            nick: String::new(),
            avatar: String::new(),
            gender: Gender::Unknown,
            birthday: 0,
            location: String::new(),
            self_signature: String::new(),
            allow_type: AllowType::AllowAny,
            language: 0,
            message_settings: 0,
            admin_forbid_type: AdminForbidType::None,
            level: 0,
            role: 0,
            custom_fields: Vec::new(),
            updated: Timestamp(0),
        }
    }

    /// The wire's form, which is also the store's.
    pub fn to_wire(&self) -> wire::Profile {
        wire::Profile {
            user_id: self.user_id.as_str().to_owned(),
            nick: self.nick.clone(),
            avatar: self.avatar.clone(),
            gender: self.gender as i32,
            birthday: self.birthday,
            location: self.location.clone(),
            self_signature: self.self_signature.clone(),
            allow_type: self.allow_type as i32,
            language: self.language,
            message_settings: self.message_settings,
            admin_forbid_type: self.admin_forbid_type as i32,
            level: self.level,
            role: self.role,
            custom_fields: self
                .custom_fields
                .iter()
                .map(|(key, value)| wire::CustomField {
                    key: key.clone(),
                    value: value.clone(),
                })
                .collect(),
            updated_ms: self.updated.0,
        }
    }

    /// Takes the wire's form, from a server or from the store.
    pub fn from_wire(wire: wire::Profile) -> Self {
        Self {
            gender: wire.gender(),
            allow_type: wire.allow_type(),
            admin_forbid_type: wire.admin_forbid_type(),
            user_id: UserId::trusted(wire.user_id),
            nick: wire.nick,
            avatar: wire.avatar,
            birthday: wire.birthday,
            location: wire.location,
            self_signature: wire.self_signature,
            language: wire.language,
            message_settings: wire.message_settings,
            level: wire.level,
            role: wire.role,
            custom_fields: wire
                .custom_fields
                .into_iter()
                .map(|it| (it.key, it.value))
                .collect(),
            updated: Timestamp(wire.updated_ms),
        }
    }
}

/// A change of one's own profile that keeps the limits; absent fields stay as they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfileChange(wire::UpdateProfile);

impl ProfileChange {
    /// Checks the limits of service.md 5.4.
    pub fn parse(wire: wire::UpdateProfile) -> Result<Self, Malformed> {
        if wire == wire::UpdateProfile::default() {
            return Err(Malformed::new(
                Code::PROFILE_INVALID,
                "there is no profile field to update",
            ));
        }
        for text in [&wire.nick, &wire.avatar, &wire.self_signature]
            .into_iter()
            .flatten()
        {
            if text.len() > limits::PROFILE_TEXT_BYTES_MAX {
                return Err(Malformed::new(
                    Code::PROFILE_VALUE_TOO_LONG,
                    "a field's value is above 500 bytes",
                ));
            }
        }
        if wire
            .location
            .as_ref()
            .is_some_and(|it| it.len() > limits::PROFILE_LOCATION_BYTES_MAX)
        {
            return Err(Malformed::new(
                Code::PROFILE_VALUE_INVALID,
                "the location is above 16 bytes",
            ));
        }
        let known = wire.gender.is_none_or(|it| Gender::try_from(it).is_ok())
            && wire.allow_type.is_none_or(|it| AllowType::try_from(it).is_ok())
            && wire
                .admin_forbid_type
                .is_none_or(|it| AdminForbidType::try_from(it).is_ok());
        if !known {
            return Err(Malformed::new(
                Code::PROFILE_VALUE_INVALID,
                "a field's value is not one of those allowed",
            ));
        }
        if wire.custom_fields.len() > limits::PROFILE_CUSTOM_FIELDS_MAX {
            return Err(Malformed::new(
                Code::PROFILE_INVALID,
                "there are more than 20 custom fields",
            ));
        }
        for field in &wire.custom_fields {
            let name = field.key.strip_prefix("Tag_Profile_Custom_").unwrap_or_default();
            if name.is_empty() || name.len() > 8 || !name.bytes().all(|it| it.is_ascii_alphanumeric()) {
                return Err(Malformed::new(
                    Code::PROFILE_TAG_UNKNOWN,
                    "a custom field's key is not Tag_Profile_Custom_ and 1 to 8 letters",
                ));
            }
            if field.value.len() > limits::PROFILE_TEXT_BYTES_MAX {
                return Err(Malformed::new(
                    Code::PROFILE_VALUE_TOO_LONG,
                    "a field's value is above 500 bytes",
                ));
            }
        }
        Ok(Self(wire))
    }

    /// The profile after the change.
    pub fn apply(self, profile: &mut Profile, now: Timestamp) {
        let it = self.0;
        let (gender, allow, forbid) = (
            it.gender.and_then(|it| it.try_into().ok()),
            it.allow_type.and_then(|it| it.try_into().ok()),
            it.admin_forbid_type.and_then(|it| it.try_into().ok()),
        );
        replace(&mut profile.nick, it.nick);
        replace(&mut profile.avatar, it.avatar);
        replace(&mut profile.gender, gender);
        replace(&mut profile.birthday, it.birthday);
        replace(&mut profile.location, it.location);
        replace(&mut profile.self_signature, it.self_signature);
        replace(&mut profile.allow_type, allow);
        replace(&mut profile.language, it.language);
        replace(&mut profile.message_settings, it.message_settings);
        replace(&mut profile.admin_forbid_type, forbid);
        replace(&mut profile.level, it.level);
        replace(&mut profile.role, it.role);
        for field in it.custom_fields {
            match profile
                .custom_fields
                .iter_mut()
                .find(|(key, _)| *key == field.key)
            {
                Some((_, value)) => *value = field.value,
                None => profile.custom_fields.push((field.key, field.value)),
            }
        }
        profile.custom_fields.truncate(limits::PROFILE_CUSTOM_FIELDS_MAX);
        profile.updated = now;
    }
}

fn replace<T>(field: &mut T, new: Option<T>) {
    if let Some(new) = new {
        *field = new;
    }
}
