//! [`wx_login`]: WeChat's QR code within a page of the app's own.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode,
        header::{self, HeaderName},
    },
};
use serde_json::json;

use crate::{
    account::Account,
    address::callback::clean,
    answer::{append_cookie, depart::TOO_LONG_URL, head, outgoing::Outgoing},
    login::ReturnTo,
    metrics,
    reason::Reason,
    scope::Scope,
    visit::login_cookie::LoginCookie,
    worker::Worker,
};

static FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The options of WeChat's `wxLogin.js`, which shows the QR code of the website app within a page
/// of the app's own: `appid`, `scope`, `redirect_uri`, `state` and `self_redirect: false` as JSON.
///
/// It is the one answer to a script that sets the login cookie. The login is like any other:
/// whoever scans lands on `?return_to=`, a page of this app that takes the user; default `/`.
/// `redirect_uri` is percent-encoded, as the script wants it. The page adds `id`, the element to
/// show the code in, and what it likes of `style`, `href` and the like.
///
/// ```
/// use actix_web::{App, web};
///
/// let app = App::new().route("/wx_login", web::get().to(actix_wechat::wx_login));
/// # let _ = app;
/// ```
///
/// In the page, in a script file of the app's own:
///
/// ```js
/// fetch("/wx_login?return_to=/orders", { headers: { Accept: "application/json" } })
///   .then((answer) => answer.json())
///   .then((options) => new WxLogin({ id: "wechat", ...options }));
/// ```
///
/// after `<script src="https://res.wx.qq.com/connect/zh_CN/htmledition/js/wxLogin.js"></script>`,
/// the script's address in WeChat's guide for website apps. A page with a
/// `Content-Security-Policy` needs
///
/// ```text
/// script-src 'self' https://res.wx.qq.com; frame-src https://open.weixin.qq.com; connect-src 'self'
/// ```
///
/// # Errors
///
/// Each as JSON with `error`: 403 `foreign_site` for another site's script, known by
/// `Sec-Fetch-Site` or `Origin`; 404 `no_website_app` where the account has none; 414
/// `address_too_long`. What is no GET gets 405 without a body.
pub async fn wx_login(worker: Worker, req: HttpRequest) -> HttpResponse {
    let account = &worker.wechat().0;
    if req.method() != Method::GET {
        return head::plain(StatusCode::METHOD_NOT_ALLOWED)
            .insert_header((header::ALLOW, "GET"))
            .finish();
    }
    if !is_own_script(&req, account) {
        return refused(StatusCode::FORBIDDEN, "foreign_site");
    }
    let Some(appid) = account.logins.website_appid() else {
        return refused(StatusCode::NOT_FOUND, "no_website_app");
    };
    let outgoing = outgoing(&req, account);
    if outgoing.redirect_uri.len() > TOO_LONG_URL {
        return refused(StatusCode::URI_TOO_LONG, Reason::AddressTooLong.as_str());
    }
    let options = json!({
        "appid": appid,
        "scope": outgoing.state.scope.name(),
        "redirect_uri": outgoing.redirect_uri,
        "state": outgoing.state.encode(),
        // A login that came back inside the frame would be refused.
        "self_redirect": false,
    });
    metrics::login_started(account.appid(), outgoing.state.scope);
    let mut answer = head::json(StatusCode::OK, &options);
    append_cookie(&mut answer, outgoing.cookie);
    answer
}

fn outgoing(req: &HttpRequest, account: &Account) -> Outgoing {
    let page = ReturnTo::of(req).page(req, account);
    let page = page.split('#').next().unwrap_or_default();
    let page = match page.split_once('?') {
        Some((path, query)) => clean(path, Some(query), account.logins.appended()),
        None => page.into(),
    };
    let now = account.clock.now();
    let cookie = account.cookies.find(req.headers(), now);
    let pending = cookie.as_ref().and_then(LoginCookie::pending);
    let rounds = pending.map_or(0, |pending| pending.rounds);
    Outgoing::new(account, cookie.as_ref(), &page, Scope::Login, rounds, now)
}

/// A browser's script on a page of this site. Where a browser says nothing, nobody else reads the
/// answer.
fn is_own_script(req: &HttpRequest, account: &Account) -> bool {
    let headers = req.headers();
    let is_own_origin = headers
        .get_all(header::ORIGIN)
        .all(|origin| account.public.is_origin(origin.as_bytes()));
    let is_same_origin = headers
        .get_all(&FETCH_SITE)
        .all(|site| matches!(site.as_bytes(), b"same-origin" | b"none"));
    is_own_origin && is_same_origin
}

fn refused(status: StatusCode, error: &str) -> HttpResponse {
    head::json(status, &json!({ "error": error }))
}
