//! Domain objects as the vendor writes them.

use halloo_core::Millis;
use halloo_core::users::User;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// The user entity. Source: Easemob REST 1.5.
pub(crate) struct UserEntity<'a> {
    pub(crate) user: &'a User,
    /// When it is shown; decides `activated`.
    pub(crate) now: Millis,
}

impl Serialize for UserEntity<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let user = self.user;
        let mut map = serializer.serialize_map(None)?;
        let mut uuid = halloo_core::Uuid::encode_buffer();
        map.serialize_entry("uuid", &*user.uuid.hyphenated().encode_lower(&mut uuid))?;
        map.serialize_entry("type", "user")?;
        map.serialize_entry("created", &user.created.0)?;
        map.serialize_entry("modified", &user.modified.0)?;
        map.serialize_entry("username", user.name.as_str())?;
        map.serialize_entry("activated", &!user.ban.holds(self.now))?;
        if let Some(nickname) = &user.nickname {
            map.serialize_entry("nickname", nickname)?;
        }
        if let Some(push) = &user.push {
            if let Some(style) = push.display_style {
                map.serialize_entry("notification_display_style", &style.number())?;
            }
            if let Some(on) = push.do_not_disturb {
                map.serialize_entry("notification_no_disturbing", &on)?;
            }
            if let Some(hour) = push.quiet_from_hour {
                map.serialize_entry("notification_no_disturbing_start", &hour.get())?;
            }
            if let Some(hour) = push.quiet_to_hour {
                map.serialize_entry("notification_no_disturbing_end", &hour.get())?;
            }
            for (group, ignored) in &push.ignored_groups {
                map.serialize_entry(&format!("notification_ignore_{group}"), ignored)?;
            }
        }
        map.end()
    }
}

/// `{"key": value}` with a key that the caller chose.
pub(crate) struct Pair<'a, V>(pub(crate) &'a str, pub(crate) V);

impl<V: Serialize> Serialize for Pair<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &self.1)?;
        map.end()
    }
}
