use halloo_core::apps::Registration;
use halloo_testkit::TestServer;

#[tokio::test]
async fn a_registered_user_is_shown() {
    let server = TestServer::start().await;
    let app = server.app("acme-im", "chat", Registration::Authorised).await;
    app.register("Maya.Lin").await;
    let shown = app.call("GET", "/users/maya.lin", None).await.ok();
    assert_eq!(shown["entities"][0]["username"], "maya.lin");
}
