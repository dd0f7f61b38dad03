//! The whole surface of this gate on one page.

use axum::Router;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::get;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::Failure;
use crate::messages::send;
use crate::relations::{blocks, contacts};
use crate::users::{
    activation, delete, disconnect, list, offline, password, profile, register, resources, show,
    status,
};
use crate::{Gate, token};

fn table() -> OpenApiRouter<Gate> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(token::grant))
        .routes(routes!(register::register, list::list, delete::delete_page))
        .routes(routes!(show::show, profile::change, delete::delete))
        .routes(routes!(password::change, password::change_by_post))
        .routes(routes!(status::batch))
        .routes(routes!(status::one))
        .routes(routes!(offline::count))
        .routes(routes!(offline::message))
        .routes(routes!(activation::deactivate))
        .routes(routes!(activation::activate))
        .routes(routes!(disconnect::all, disconnect::all_by_post))
        .routes(routes!(disconnect::one, disconnect::one_by_get))
        .routes(routes!(resources::list))
        .routes(routes!(contacts::list))
        .routes(routes!(contacts::add, contacts::remove))
        .routes(routes!(blocks::list, blocks::add))
        .routes(routes!(blocks::remove))
        .routes(routes!(send::to_users))
        .routes(routes!(send::to_groups))
        .routes(routes!(send::to_rooms))
        .routes(routes!(send::as_before))
}

/// The routes, without what is around every request.
pub(crate) fn router(gate: Gate) -> Router {
    let (router, _) = table().split_for_parts();
    router
        // A user may be called "batch"; only the verb tells his status from the batch call.
        .route("/{org}/{app}/users/batch/status", get(status::of_batch))
        .fallback(|| async { Failure::of_status(StatusCode::NOT_FOUND) })
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED.into_response() })
        .with_state(gate)
}

/// The OpenAPI document of the routes.
pub(crate) fn document() -> OpenApi {
    table().split_for_parts().1
}

/// What the document says beside the routes.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Halloo REST",
        description = "Easemob's user system and messages. Every answer is JSON; an error of 400 and above has \
                       error, exception, timestamp, duration and error_description.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Tokens),
    tags(
        (name = "tokens", description = "Bearer tokens of apps and users"),
        (name = "users", description = "Accounts"),
        (name = "push", description = "Push settings of an account"),
        (name = "presence", description = "Live connections of an account"),
        (name = "messages", description = "Sending, and what waits for an account"),
        (name = "contacts", description = "Friends of an account"),
        (name = "blocks", description = "Who an account does not hear"),
    )
)]
struct Document;

struct Tokens;

impl utoipa::Modify for Tokens {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        for (name, description) in [
            (
                "app_token",
                "Token of the app, from `POST /{org}/{app}/token` with client credentials",
            ),
            ("user_token", "Token of a user, for what is his own"),
        ] {
            let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
            let bearer = bearer.description(Some(description)).build();
            components.add_security_scheme(name, SecurityScheme::Http(bearer));
        }
    }
}
