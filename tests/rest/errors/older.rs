//! The settings that make refusals look as older or newer servers sent them.
//! Source: Easemob REST 1.6, last column, and 3.26, 18 and 30.

use halloo_testkit::TestServer;
use serde_json::json;

use super::{Row, crowd_limits, crowded, exception, provoke, rows};

/// The `exception` of servers before 2020; theirs without a name keep the newer one.
fn older_exception(error: &str) -> Option<&'static str> {
    Some(match error {
        "unauthorized" | "auth_bad_access_token" => {
            "org.apache.usergrid.rest.exceptions.SecurityException"
        }
        "duplicate_unique_property_exists" => {
            "org.apache.usergrid.persistence.exceptions.DuplicateUniquePropertyExistsException"
        }
        "required_property_not_found" => {
            "org.apache.usergrid.persistence.exceptions.RequiredPropertyNotFoundException"
        }
        "json_parse" => "org.codehaus.jackson.JsonParseException",
        "management" => "org.apache.usergrid.management.exceptions.ManagementException",
        "organization_application_not_found" => {
            "org.apache.usergrid.rest.exceptions.OrganizationApplicationNotFoundException"
        }
        "service_resource_not_found" => {
            "org.apache.usergrid.services.exceptions.ServiceResourceNotFoundException"
        }
        "entity_not_found" => "org.apache.usergrid.persistence.exceptions.EntityNotFoundException",
        "exceed_limit" => "com.easemob.group.exception.ExceedLimitException",
        "web_application" => "javax.ws.rs.WebApplicationException",
        "unsupported_service_operation" => {
            "org.apache.usergrid.services.exceptions.UnsupportedServiceOperationException"
        }
        other => return exception(other),
    })
}

#[tokio::test]
async fn older_errors_have_the_older_names_and_deactivating_nobody_is_400() {
    let (world, cast) = crowded(|config| {
        crowd_limits(config);
        config.easemob.older_errors = true;
    })
    .await;
    let mut seen = std::collections::BTreeSet::new();
    // One of each kind tells as much as all of them.
    let mut rows: Vec<Row> = rows()
        .into_iter()
        .filter(|row| seen.insert((row.status, row.error)))
        .collect();
    let management = "User with id null does not exist in app {application}";
    let deactivate = Row::new("user.deactivate", 400, "management", management);
    rows.push(deactivate.path("/users/nobody/deactivate"));
    let unknown = "Service resource not found";
    let activate = Row::new("user.activate", 404, "service_resource_not_found", unknown);
    rows.push(activate.path("/users/nobody/activate"));
    let wrong = provoke(&world, &cast, rows, older_exception).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn blocking_nobody_is_404_where_so_configured() {
    let server = TestServer::start_with(|config| config.easemob.unknown_block_target = 404).await;
    let mode = halloo_core::apps::Registration::Authorised;
    let app = server.app("acme-im", "chat", mode).await;
    for name in ["maya", "omar"] {
        app.register(name).await;
    }
    let body = json!({"usernames": ["omar", "nobody"]});
    let refused = app
        .call("POST", "/users/maya/blocks/users", Some(body))
        .await
        .refusal();
    assert_eq!(
        (refused.0, &*refused.1),
        (404, "service_resource_not_found")
    );
    let list = app.call("GET", "/users/maya/blocks/users", None).await.ok();
    assert_eq!(list["data"], json!([]), "all or none");
}
