//! Values that an app keeps per user. Source: RTM server gate section 8.

use halloo_fpnn::Map;

use crate::call::{Call, Caller, Handled};

/// `dataset`
pub(crate) fn set<C: Caller>(call: Call<'_, C>) -> Handled {
    let uid = call.subject()?;
    let key = call.fields.text("key")?.to_owned();
    let value = call.fields.text("val")?.to_owned();
    call.later(async move |scope| {
        let (users, app) = (&scope.core().users, scope.app.id);
        users
            .set_data(app, scope.actor(), uid, &key, &value)
            .await?;
        Ok(Map::empty())
    })
}

/// `dataget`; without `val` when there is no such key.
pub(crate) fn get<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, key) = (call.subject()?, call.fields.text("key")?.to_owned());
    call.later(async move |scope| {
        let (users, app) = (&scope.core().users, scope.app.id);
        Ok(match users.data(app, uid, &key).await? {
            Some(value) => Map::new().text("val", &value).finish(),
            None => Map::empty(),
        })
    })
}

/// `datadel`
pub(crate) fn remove<C: Caller>(call: Call<'_, C>) -> Handled {
    let (uid, key) = (call.subject()?, call.fields.text("key")?.to_owned());
    call.later(async move |scope| {
        let (users, app) = (&scope.core().users, scope.app.id);
        users.remove_data(app, scope.actor(), uid, &key).await?;
        Ok(Map::empty())
    })
}
