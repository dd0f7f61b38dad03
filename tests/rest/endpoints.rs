//! The endpoints of the two vendor documents, the user tokens that stand beside them, and messages.

use serde_json::{Value, json};

use Access::{Any, App, Open, Own};

/// Whose token an endpoint takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// None is asked for.
    Open,
    /// The app's.
    App,
    /// The app's, or that of the user in the path.
    Own,
    /// Any of the app.
    Any,
}

/// One endpoint as the documents list it.
pub(crate) struct Endpoint {
    pub(crate) id: &'static str,
    pub(crate) method: &'static str,
    /// Below `/{org}/{app}`.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    /// The path of a request about Maya, whose friend is Omar.
    pub(crate) sample_path: &'static str,
    /// The body of that request, as JSON text.
    pub(crate) sample_body: Option<&'static str>,
    /// What a reader of the compatibility page should know.
    pub(crate) note: &'static str,
}

impl Endpoint {
    /// The endpoint called `id`.
    pub(crate) fn of(id: &str) -> &'static Self {
        let found = ENDPOINTS.iter().find(|endpoint| endpoint.id == id);
        found.unwrap_or_else(|| panic!("{id} is not listed"))
    }

    /// The body of the sample request.
    pub(crate) fn sample(&self) -> Option<Value> {
        let body = self.sample_body?;
        Some(serde_json::from_str(body).unwrap_or_else(|_| json!(body)))
    }
}

macro_rules! endpoints {
    ($($id:literal, $method:literal $path:literal, $access:ident, $sample:literal $body:expr, $note:literal;)*) => {
        &[$(Endpoint {
            id: $id,
            method: $method,
            path: $path,
            access: $access,
            sample_path: $sample,
            sample_body: $body,
            note: $note,
        }),*]
    };
}

/// Every endpoint, in the order of the specification.
pub(crate) const ENDPOINTS: &[Endpoint] = endpoints![
    "token.app", "POST" "/token", Open,
    "/token" Some(r#"{"grant_type":"client_credentials","client_id":"?","client_secret":"?"}"#),
    "`client_credentials`: an app token";

    "token.user.password", "POST" "/token", Open,
    "/token" Some(r#"{"grant_type":"password","username":"maya.lin","password":"pw-maya.lin"}"#),
    "`password`: a user token, as client SDKs fetch it; not in the two documents";

    "token.user.inherit", "POST" "/token", App,
    "/token" Some(r#"{"grant_type":"inherit","username":"maya.lin"}"#),
    "`inherit`: a user token by name; not in the two documents";

    "user.register.open", "POST" "/users", Open,
    "/users" Some(r#"{"username":"rosa","password":"pw-rosa"}"#),
    "an object, while the app's registration is open";

    "user.register.authorized", "POST" "/users", App,
    "/users" Some(r#"{"username":"rosa","password":"pw-rosa"}"#),
    "an object, or an array of one";

    "user.register.bulk", "POST" "/users", App,
    "/users" Some(r#"[{"username":"rosa","password":"pw-rosa"},{"username":"tom","password":"pw-tom"}]"#),
    "1 to 60 users; names that are taken are listed in `data`, anything else fails the whole call";

    "user.get", "GET" "/users/{username}", Any, "/users/maya.lin" None, "";

    "user.list", "GET" "/users", App, "/users" None,
    "the last page has no `cursor`; `limit` over 100 gives 100";

    "user.delete", "DELETE" "/users/{username}", App, "/users/maya.lin" None, "";

    "user.delete.bulk", "DELETE" "/users", App, "/users?limit=1" None,
    "the oldest first; `limit` over 100 deletes 100";

    "user.password", "PUT" "/users/{username}/password", App,
    "/users/maya.lin/password" Some(r#"{"newpassword":"n3w"}"#),
    "`POST` does the same";

    "user.push.nickname", "PUT" "/users/{username}", Own,
    "/users/maya.lin" Some(r#"{"nickname":"Maya L."}"#),
    "the push nickname";

    "user.push.display_style", "PUT" "/users/{username}", Own,
    "/users/maya.lin" Some(r#"{"notification_display_style":"1"}"#),
    "the display style of notifications; text or number in, number out";

    "user.push.no_disturbing", "PUT" "/users/{username}", Own,
    "/users/maya.lin" Some(r#"{"notification_no_disturbing":true,"notification_no_disturbing_start":"1","notification_no_disturbing_end":"3"}"#),
    "quiet hours; switching off keeps their times";

    "contact.add", "POST" "/users/{owner}/contacts/users/{friend}", Own,
    "/users/maya.lin/contacts/users/omar" None,
    "both directions, nobody is asked";

    "contact.remove", "DELETE" "/users/{owner}/contacts/users/{friend}", Own,
    "/users/maya.lin/contacts/users/omar" None, "";

    "contact.list", "GET" "/users/{owner}/contacts/users", Own,
    "/users/maya.lin/contacts/users" None, "newest first";

    "block.list", "GET" "/users/{owner}/blocks/users", Own,
    "/users/maya.lin/blocks/users" None,
    "newest first; `pageSize` and `cursor` page";

    "block.add", "POST" "/users/{owner}/blocks/users", Own,
    "/users/maya.lin/blocks/users" Some(r#"{"usernames":["omar"]}"#),
    "all or none";

    "block.remove", "DELETE" "/users/{owner}/blocks/users/{blocked}", Own,
    "/users/maya.lin/blocks/users/omar" None, "";

    "user.status", "GET" "/users/{username}/status", App,
    "/users/maya.lin/status" None,
    "the key in `data` is spelt as the caller spelt it";

    "user.status.batch", "POST" "/users/batch/status", App,
    "/users/batch/status" Some(r#"{"usernames":["maya.lin","omar"]}"#),
    "names that nobody has are offline";

    "user.offline_msg_count", "GET" "/users/{username}/offline_msg_count", App,
    "/users/maya.lin/offline_msg_count" None, "";

    "user.offline_msg_status", "GET" "/users/{username}/offline_msg_status/{msg_id}", App,
    "/users/maya.lin/offline_msg_status/123" None,
    "an id that does not wait is `delivered`";

    "user.deactivate", "POST" "/users/{username}/deactivate", App,
    "/users/maya.lin/deactivate" None, "an unknown user is 404";

    "user.activate", "POST" "/users/{username}/activate", App,
    "/users/maya.lin/activate" None, "";

    "user.disconnect", "GET" "/users/{username}/disconnect", App,
    "/users/maya.lin/disconnect" None,
    "`POST` does the same; tokens stay valid";

    "user.disconnect.device", "DELETE" "/users/{username}/disconnect/{resourceId}", App,
    "/users/maya.lin/disconnect/android_7f21c0" None,
    "`GET` does the same";

    "user.resources", "GET" "/users/{username}/resources", App,
    "/users/maya.lin/resources" None, "";

    "message.users", "POST" "/messages/users", App,
    "/messages/users" Some(r#"{"from":"maya.lin","to":["omar"],"type":"txt","body":{"msg":"hello"}}"#),
    "1 to 600 users; not in the two documents";

    "message.chatgroups", "POST" "/messages/chatgroups", App,
    "/messages/chatgroups" Some(r#"{"from":"maya.lin","to":["71"],"type":"txt","body":{"msg":"hello"}}"#),
    "1 to 3 groups; not in the two documents";

    "message.chatrooms", "POST" "/messages/chatrooms", App,
    "/messages/chatrooms" Some(r#"{"from":"maya.lin","to":["81"],"type":"txt","body":{"msg":"hello"}}"#),
    "1 to 10 rooms; not in the two documents";

    "message.older", "POST" "/messages", App,
    "/messages" Some(r#"{"target_type":"users","target":["omar"],"msg":{"type":"txt","msg":"hello"},"from":"maya.lin"}"#),
    "as older SDKs send; `useMsgId=true` answers ids; not in the two documents";
];
