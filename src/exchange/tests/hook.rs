use std::io;

use tokio::time;

use super::*;
use crate::{
    scope::Scope,
    sns::{errcode::Call, read::Answer},
};

fn a_login() -> Login {
    let answer = br#"{"access_token":"59_a","openid":"oABC"}"#;
    let answer = Answer::read(Call::Exchange, answer);
    let exchanged = answer.unwrap().into_exchanged();
    Login {
        user: WechatUser::without_profile("wx1", exchanged.openid, Scope::UserInfo),
        known_openid: None,
        tokens: exchanged.tokens,
    }
}

#[actix_web::test]
async fn hook_says_what_went_wrong() {
    type Run = fn(Login) -> Pin<Box<dyn Future<Output = io::Result<()>>>>;
    time::pause();
    let table: [(Run, Result<(), &str>); 5] = [
        (|_| Box::pin(async { Ok(()) }), Ok(())),
        (
            |_| Box::pin(async { Err(io::Error::other("no database")) }),
            Err("no database"),
        ),
        (
            |_| Box::pin(async { panic!("at once") }),
            Err("it panicked"),
        ),
        (|_| panic!("before there is a future"), Err("it panicked")),
        (
            |_| {
                Box::pin(async {
                    time::sleep(Duration::from_secs(10)).await;
                    Ok(())
                })
            },
            Err("it took longer than 5 seconds"),
        ),
    ];
    for (run, expected) in table {
        let told = Hook::new(run).run(a_login()).await;
        assert_eq!(told, expected.map_err(ToOwned::to_owned));
    }
}

#[actix_web::test]
async fn hook_has_five_seconds() {
    time::pause();
    for (millis, is_in_time) in [(4_999, true), (5_001, false)] {
        let hook = Hook::new(move |_| async move {
            time::sleep(Duration::from_millis(millis)).await;
            Ok::<(), io::Error>(())
        });
        let told = hook.run(a_login()).await;
        assert_eq!(told.is_ok(), is_in_time, "{millis}");
    }
}
