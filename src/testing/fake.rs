//! [`WechatUser::fake`]: made-up users.

use std::time::SystemTime;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    middleware::{Next, from_fn},
};

use crate::{extract::memo::Memo, scope::Scope, user::WechatUser};

impl WechatUser {
    /// A made-up user with this nickname, for tests; the other fields can be set on it.
    ///
    /// The openid follows from the nickname: two names are two users. An extractor of the app's own
    /// that asks [`WechatUser`] finds this user, too.
    ///
    /// ```
    /// let user = actix_wechat::WechatUser::fake("小明");
    /// assert_eq!(user.nickname, "小明");
    /// assert!(!user.openid.is_empty());
    /// ```
    #[must_use]
    pub fn fake(nickname: &str) -> Self {
        let mut user =
            Self::without_profile("wxfake", format!("oFake-{nickname}"), Scope::UserInfo);
        nickname.clone_into(&mut user.nickname);
        user.logged_in_at = SystemTime::now();
        user
    }

    /// Makes this user the one who sends a request: a test's, before it is called.
    ///
    /// It needs no account, no session and no network.
    ///
    /// ```
    /// use actix_web::{App, test, web};
    /// use actix_wechat::WechatUser;
    ///
    /// # actix_web::rt::System::new().block_on(async {
    /// async fn page(user: WechatUser) -> String {
    ///     format!("hello {}", user.display_name())
    /// }
    /// let app = test::init_service(App::new().route("/", web::get().to(page))).await;
    /// let request = test::TestRequest::get().uri("/").to_request();
    /// WechatUser::fake("小明").sign_in(&request);
    /// assert_eq!(test::call_and_read_body(&app, request).await, "hello 小明");
    /// # });
    /// ```
    pub fn sign_in(self, request: &impl HttpMessage) {
        request.extensions_mut().insert(Memo {
            appid: None,
            user: self,
        });
    }

    /// A middleware that makes this user the one who sends every request: for tests over real
    /// sockets, beside the app's session middleware.
    ///
    /// ```
    /// use actix_web::{App, web};
    /// use actix_wechat::WechatUser;
    ///
    /// # actix_web::rt::System::new().block_on(async {
    /// async fn page(user: WechatUser) -> String {
    ///     format!("hello {}", user.display_name())
    /// }
    /// let server = actix_test::start(|| {
    ///     App::new()
    ///         .wrap(WechatUser::fake("小明").everywhere())
    ///         .route("/", web::get().to(page))
    /// });
    /// let mut answer = server.get("/").send().await.unwrap();
    /// assert_eq!(answer.body().await.unwrap(), "hello 小明");
    /// # });
    /// ```
    pub fn everywhere<S, B>(
        self,
    ) -> impl Transform<
        S,
        ServiceRequest,
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >
    where
        S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
        B: MessageBody + 'static,
    {
        from_fn(move |req: ServiceRequest, next: Next<B>| {
            self.clone().sign_in(&req);
            next.call(req)
        })
    }
}
