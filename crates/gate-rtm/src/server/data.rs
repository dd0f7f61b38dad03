//! Values that an app keeps per user. Source: RTM server gate section 8.

use halloo_fpnn::Map;

use super::call::{Call, Handled};

/// `dataset`
pub(super) fn set(call: Call<'_>) -> Handled {
    let uid = call.uid("uid")?;
    let key = call.fields.text("key")?.to_owned();
    let value = call.fields.text("val")?.to_owned();
    call.later(async move |scope| {
        let (users, app) = (&scope.core().users, scope.app.id);
        users.set_data(app, uid, &key, &value).await?;
        Ok(Map::empty())
    })
}

/// `dataget`; without `val` when there is no such key.
pub(super) fn get(call: Call<'_>) -> Handled {
    let (uid, key) = (call.uid("uid")?, call.fields.text("key")?.to_owned());
    call.later(async move |scope| {
        let (users, app) = (&scope.core().users, scope.app.id);
        Ok(match users.data(app, uid, &key).await? {
            Some(value) => Map::new().text("val", &value).finish(),
            None => Map::empty(),
        })
    })
}

/// `datadel`
pub(super) fn remove(call: Call<'_>) -> Handled {
    let (uid, key) = (call.uid("uid")?, call.fields.text("key")?.to_owned());
    call.later(async move |scope| {
        let (users, app) = (&scope.core().users, scope.app.id);
        users.remove_data(app, uid, &key).await?;
        Ok(Map::empty())
    })
}
