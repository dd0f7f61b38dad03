//! Login tokens of end users. Source: RTM server gate section 4.1.

use halloo_fpnn::Map;

use super::Call;
use crate::call::Handled;

/// `gettoken`
pub(super) fn get(call: Call<'_>) -> Handled {
    let uid = call.uid("uid")?;
    call.later(async move |scope| {
        let token = scope.core().tokens.grant_login(&scope.app, uid).await?;
        Ok(Map::new().text("token", &token).finish())
    })
}

/// `removetoken`
pub(super) fn remove(call: Call<'_>) -> Handled {
    let uid = call.uid("uid")?;
    call.later(async move |scope| {
        scope.core().tokens.revoke_logins(scope.app.id, uid).await?;
        Ok(Map::empty())
    })
}
