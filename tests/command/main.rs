//! `wechat-sim` as its users run it: a program of its own, and clients in other languages that know
//! nothing of it.

mod certificates;
mod clients;
mod desk;
mod exec;
mod guides;
mod mistakes;
mod proxy;
mod start;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = mistakes::trials();
    trials.extend(start::trials());
    trials.extend(certificates::trials());
    trials.extend(proxy::trials());
    trials.extend(exec::trials());
    trials.extend(clients::trials());
    trials.extend(guides::trials());
    libtest_mimic::run(&arguments, trials).exit();
}

/// A test that is ignored, by what it needs, wherever that is missing; the other trials fail in CI.
fn where_there_is<F>(
    needs: &str,
    there: bool,
    name: &str,
    test: impl FnOnce() -> F + Send + 'static,
) -> Trial
where
    F: Future<Output = ()> + 'static,
{
    if there {
        return support::program::trial(&format!("command::{name}"), &[], test);
    }
    Trial::test(name, || Ok(()))
        .with_kind(format!("needs {needs}"))
        .with_ignored_flag(true)
}
