//! Every operation of the server's own OpenAPI document with every kind of credential.

use halloo_core::apps::Registration;
use halloo_testkit::{Client, TestServer};
use serde_json::Value;

use crate::world::{Credential, Names, World};

/// One operation of the document.
struct Operation {
    id: String,
    method: String,
    path: String,
    /// Which schemes it names; "" stands for none at all.
    schemes: Vec<String>,
    example: Option<String>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let schemes = operation["security"]
                .as_array()
                .unwrap()
                .iter()
                .map(|scheme| {
                    let names: Vec<&String> = scheme.as_object().unwrap().keys().collect();
                    names
                        .first()
                        .map(|name| (*name).clone())
                        .unwrap_or_default()
                });
            let example = operation.pointer("/requestBody/content/application~1json/example");
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                schemes: schemes.collect(),
                example: example.map(Value::to_string),
            });
        }
    }
    operations
}

impl Operation {
    fn names(&self, scheme: &str) -> bool {
        self.schemes.iter().any(|name| name == scheme)
    }

    /// Whether the operation is to take the credential. Source: Easemob REST 2.5.
    fn takes(&self, credential: Credential) -> bool {
        if self.schemes == [""] {
            return true;
        }
        match credential {
            Credential::Nobody => self.names(""),
            Credential::App => self.names("app_token"),
            Credential::Owner => self.names("user_token"),
            Credential::OtherUser => self.names("user_token") && self.id == "user.get",
            void => {
                assert!(void.is_void());
                false
            }
        }
    }

    /// A request about the user in question, with the document's own example as body.
    fn target(&self, app: &str, names: &Names<'_>, credential: Credential) -> String {
        let user = match credential {
            Credential::Banned => names.banned,
            Credential::Deleted => names.deleted,
            _ => names.owner,
        };
        let path = self
            .path
            .replace("/{org}/{app}", app)
            .replace("{username}", user);
        let path = path
            .replace("{friend}", names.other)
            .replace("{blocked}", names.other);
        let path = path.replace("{resource}", "web_1").replace("{msg_id}", "1");
        assert!(
            !path.contains('{'),
            "{path} has a parameter that is not known here"
        );
        path
    }
}

#[tokio::test]
async fn every_operation_takes_exactly_the_credentials_that_it_documents() {
    let world = World::on(TestServer::start().await, Registration::Open).await;
    let mut client = world.server.client();
    let document = client.call("GET", "/openapi.json", None, None).await.ok();
    let operations = operations(&document);
    assert!(operations.len() >= 26, "{} operations", operations.len());
    let mut wrong = Vec::new();
    for (number, operation) in operations.iter().enumerate() {
        let mut generation = 0;
        // Refusals first: what is taken may change the users that it is tried on.
        let mut credentials = Credential::ALL;
        credentials.sort_by_key(|credential| operation.takes(*credential));
        let mut cast = None;
        for credential in credentials {
            let text = ["owner", "other", "banned", "deleted"]
                .map(|role| format!("{role}-{number}-{generation}"));
            let names = Names {
                owner: &text[0],
                other: &text[1],
                banned: &text[2],
                deleted: &text[3],
            };
            if cast.is_none() {
                cast = Some(world.cast(names).await);
            }
            let token = cast.as_ref().and_then(|cast| cast.token(credential));
            let status = send(&mut client, &world, operation, &names, credential, token).await;
            let takes = operation.takes(credential);
            if (status != 401) != takes {
                wrong.push(format!(
                    "{} by {credential:?} was answered {status}, which names {:?}",
                    operation.id, operation.schemes
                ));
            }
            if takes {
                cast = None;
                generation += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn send(
    client: &mut Client,
    world: &World,
    operation: &Operation,
    names: &Names<'_>,
    credential: Credential,
    token: Option<&str>,
) -> u16 {
    let path = operation.target(&world.app.base(), names, credential);
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<_> = bearer
        .iter()
        .map(|b| ("authorization", b.as_str()))
        .collect();
    let body = operation.example.clone().unwrap_or_default();
    let reply = client
        .send(&operation.method, &path, &headers, body)
        .await
        .unwrap();
    let status = reply.status.as_u16();
    assert!(
        status < 500,
        "{} {path} was answered {status}",
        operation.method
    );
    status
}

#[tokio::test]
async fn every_call_about_one_user_reaches_a_user_called_batch() {
    let server = TestServer::start().await;
    let app = server
        .app("acme-im", "chat", Registration::Authorised)
        .await;
    app.register("omar").await;
    let document = server
        .client()
        .call("GET", "/openapi.json", None, None)
        .await
        .ok();
    for operation in operations(&document) {
        if !operation.path.contains("{username}") {
            continue;
        }
        // Some operation may just have deleted him.
        if app.call("GET", "/users/batch", None).await.status == 404 {
            app.register("batch").await;
        }
        let names = Names {
            owner: "batch",
            other: "omar",
            banned: "",
            deleted: "",
        };
        let path = operation.target("", &names, Credential::App);
        let body = operation.example.as_deref().map(|body| {
            let body = body.replace("maya.lin", "omar").replace("ines", "omar");
            serde_json::from_str(&body).unwrap()
        });
        let reply = app.call(&operation.method, &path, body).await;
        assert_eq!(reply.status, 200, "{} {path}", operation.method);
    }
    let asked = serde_json::json!({"usernames": ["batch"]});
    let status = app
        .call("POST", "/users/batch/status", Some(asked))
        .await
        .ok();
    assert_eq!(status["data"], serde_json::json!([{"batch": "offline"}]));
    let one = app.call("GET", "/users/batch/status", None).await.ok();
    assert_eq!(one["data"], serde_json::json!({"batch": "offline"}));
}
