//! Instructions a request, counted by valgrind: a figure that a busy machine does not change.
//!
//!     cargo bench --features simulator --bench instructions [-- CASE]
//!
//! Each case runs in a process of its own under callgrind, twice: the difference of the two counts
//! is that of the requests alone. The simulator runs in this process, so that WeChat's side is not
//! counted.

mod app;
mod by_hand;
mod cases;

use std::{
    env,
    io::{self, Write as _},
    process::{Command, ExitCode, Stdio},
};

use actix_web::rt::{self, System};
use actix_wechat::simulator::Simulator;

use crate::{
    app::Side,
    cases::{Bench, Case},
};

const FEW: usize = 50;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [first, wechat_url, case, side, times] = args.as_slice()
        && first == "--run"
    {
        let (case, side) = (index(case), index(side));
        run(wechat_url, Case::ALL[case], Side::ALL[side], index(times));
        return ExitCode::SUCCESS;
    }
    let is_there = Command::new("valgrind").arg("--version").output().is_ok();
    if !is_there {
        eprintln!("valgrind is not installed; on Debian: apt-get install valgrind");
        return ExitCode::FAILURE;
    }
    let simulator = System::new().block_on(cases::simulator());
    println!(
        "{:<20} {:<18} {:>12} {:>7}  target",
        "", "", "instructions", "ratio"
    );
    for (at, case) in Case::ALL.into_iter().enumerate() {
        if args
            .iter()
            .all(|wanted| case.name().contains(wanted.as_str()))
        {
            compare(&simulator, at, case);
        }
    }
    ExitCode::SUCCESS
}

/// What the library may cost of what it is compared with.
const fn target(case: Case, side: Side) -> Option<f64> {
    match (case, side) {
        (Case::Cached, Side::Awc) => Some(0.86),
        (Case::Anonymous, Side::Awc) => Some(0.87),
        (Case::Login, Side::Reqwest) => Some(0.76),
        _ => None,
    }
}

fn compare(simulator: &Simulator, at: usize, case: Case) {
    let mut library = 0.0;
    for side in case.sides() {
        let each = count(simulator, at, case, *side);
        let mut line = format!("{:<20} {:<18} {each:>12.0}", case.name(), side.name());
        if *side == Side::Library {
            library = each;
        } else {
            let ratio = library / each;
            line += &format!(" {ratio:>7.3}");
            if let Some(target) = target(case, *side) {
                let met = if ratio <= target { "met" } else { "missed" };
                line += &format!("  {target:.2} {met}");
            }
        }
        println!("{line}");
    }
}

/// Instructions each time that a case is gone through.
fn count(simulator: &Simulator, at: usize, case: Case, side: Side) -> f64 {
    let many = if case.needs_code() { 250 } else { 1_050 };
    let side = Side::ALL
        .iter()
        .position(|known| *known == side)
        .expect("a side");
    let total = |times: usize| counted(simulator, &[at, side, times].map(|arg| arg.to_string()));
    (total(many) - total(FEW)) / (many - FEW) as f64
}

fn counted(simulator: &Simulator, args: &[String; 3]) -> f64 {
    let mut child = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().expect("the path of this program"))
        .args(["--run", simulator.url()])
        .args(args)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("valgrind");
    let codes: Vec<String> = (0..=index(&args[2]))
        .map(|_| app::code(simulator))
        .collect();
    let mut stdin = child.stdin.take().expect("its input");
    stdin
        .write_all(codes.join("\n").as_bytes())
        .expect("its input");
    drop(stdin);
    let output = child.wait_with_output().expect("its end");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    said.lines()
        .find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
        .unwrap_or_else(|| panic!("no count in {said}"))
}

/// What is counted: one case so many times, each with a code of its own. A first code logs in.
fn run(wechat_url: &str, case: Case, side: Side, times: usize) {
    let codes = io::read_to_string(io::stdin()).expect("codes");
    let codes = codes.lines();
    let codes: Vec<String> = codes.map(ToOwned::to_owned).take(times + 1).collect();
    let wechat_url = wechat_url.to_owned();
    System::new().block_on(async move {
        // In a task of the thread, as a server's requests are.
        let all = rt::spawn(async move {
            let bench = Bench::new(side, &wechat_url, &codes[0]).await;
            for code in &codes[1..] {
                bench.run(case, code).await;
            }
        });
        all.await.expect("requests");
    });
}

fn index(text: &str) -> usize {
    text.parse().expect("a number")
}
