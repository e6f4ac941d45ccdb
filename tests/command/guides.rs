//! The pages of `examples/` for people who write no Rust: what they tell to do is done, block by
//! block.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
};

use libtest_mimic::Trial;
use support::{
    Port, Visitor,
    program::{find, trial},
};

use crate::{desk::Desk, where_there_is};

pub(crate) fn trials() -> Vec<Trial> {
    let name = |language: &str| format!("guides::{language}_by_its_page");
    let own = |language: &'static str, programs: &[&'static str]| {
        let name = format!("command::{}", name(language));
        trial(&name, programs, move || follow(language))
    };
    let other = |language: &'static str, program: &'static str| {
        let there = find(program).is_some() && find("curl").is_some();
        where_there_is(program, there, &name(language), move || follow(language))
    };
    let mut trials = vec![
        own("python", &["bash", "curl", "python3"]),
        own("node", &["bash", "curl", "node"]),
        other("java", "java"),
        other("go", "go"),
        other("php", "php"),
    ];
    trials
        .extend(support::trials![[]; both_languages_say_the_same, the_files_are_shown_as_they_are, the_containers_variables_are_options]);
    trials
}

const LANGUAGES: [&str; 5] = ["python", "node", "java", "go", "php"];

fn folder(language: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(language)
}

fn page(language: &str, name: &str) -> String {
    fs::read_to_string(folder(language).join(name)).expect("a page")
}

/// The blocks of code, each as its language, a line break, and the code.
fn blocks(page: &str) -> Vec<&str> {
    page.split("\n```").skip(1).step_by(2).collect()
}

/// Runs what the page tells a shell, in a copy of its folder and at free ports; then somebody opens
/// the application that it started, if it did.
async fn follow(language: &'static str) {
    let desk = Desk::new();
    for file in fs::read_dir(folder(language)).expect("the folder") {
        let file = file.expect("a file").path();
        let name = file.file_name().expect("a name");
        fs::copy(&file, desk.path().join(name)).expect("a copy");
    }
    let page = page(language, "README.md");
    let commands: Vec<_> = blocks(&page)
        .into_iter()
        .filter_map(|block| block.strip_prefix("sh\n"))
        // Takes minutes, and was done: the command runs.
        .filter(|commands| !commands.contains("cargo install"))
        .collect();
    assert!(commands.len() >= 5, "{commands:#?}");
    let script = format!(
        "set -e\ntrap 'kill $(jobs -p)' EXIT\n{}\necho all done\nread -r _ || :\n",
        commands.join("\n")
    );
    let [http, proxy, app] = [(); 3].map(|()| Port::new());
    let bin = Path::new(crate::desk::COMMAND)
        .parent()
        .expect("its folder");
    let path = std::env::var("PATH").expect("a path");
    let mut shell = desk.program("bash");
    shell
        .args(["-c", &script])
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("WECHAT_SIM_HTTP", http.address())
        .env("WECHAT_SIM_PROXY", proxy.address())
        .env("PORT", app.number.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = shell.spawn().expect("a shell");
    let input = child.stdin.take();
    let mut said = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    while !said.ends_with("all done\n") {
        let read = out.read_line(&mut said).expect("a line");
        assert_ne!(read, 0, "the page's commands failed: {said}");
    }
    if script.contains("app.") {
        greets(&app.url()).await;
    } else {
        assert_eq!(said.matches("你好，小明！\n").count(), 2, "{said}");
    }
    drop(input);
    assert!(child.wait().expect("its end").success());
}

async fn greets(app: &str) {
    for _ in 0..6_000 {
        if std::net::TcpStream::connect(app.trim_start_matches("http://")).is_ok() {
            break;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let visitor = Visitor::new();
    let consent = visitor.visit(app).await;
    // Somebody else than who is signed in.
    let chosen = visitor.visit(&consent.link("小红")).await;
    let greeting = visitor.visit(&chosen.link("同意")).await;
    greeting.assert_status(200);
    assert_eq!(greeting.body, "你好，小红！");
    // A callback that was not asked for.
    let forged = visitor.elsewhere().snapshot();
    forged.drop_cookie(app, "state");
    let refused = forged.get(&greeting.url).await;
    assert_eq!(refused.status.as_u16(), 400, "{}", refused.body);
}

async fn both_languages_say_the_same() {
    for language in LANGUAGES.into_iter().chain(["container"]) {
        let (english, chinese) = (
            page(language, "README.md"),
            page(language, "README.zh-CN.md"),
        );
        assert_eq!(blocks(&english), blocks(&chinese), "{language}");
        let shape = |page: &str| {
            let lines = page.lines().filter(|line| line.starts_with(['#', '|']));
            lines
                .map(|line| (line.matches('#').count(), line.matches(" | ").count()))
                .collect::<Vec<_>>()
        };
        assert_eq!(shape(&english), shape(&chinese), "{language}");
        let names = |page: &str| {
            let text = page.split("\n```").step_by(2);
            let names = text.flat_map(|text| text.split('`').skip(1).step_by(2));
            names
                .map(str::to_owned)
                .collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(names(&english), names(&chinese), "{language}");
    }
}

async fn the_files_are_shown_as_they_are() {
    for language in LANGUAGES {
        let page = page(language, "README.md");
        let mut shown = 0;
        for (marker, rest) in page
            .split("<!-- ")
            .skip(1)
            .filter_map(|it| it.split_once(" -->\n"))
        {
            let file = fs::read_to_string(folder(language).join(marker)).expect("the file");
            let block = rest.split_once('\n').expect("a block").1;
            let block = block.split_once("\n```").expect("its end").0;
            assert_eq!(block, file.trim_end(), "{language}: {marker}");
            shown += 1;
        }
        assert!(shown > 0, "{language}");
    }
}

/// No container runs here; what its recipe sets is what the command reads.
async fn the_containers_variables_are_options() {
    let help = Desk::new().run(&["--help"]).assert_status(0).out;
    let page = page("container", "README.md");
    let mut variables = 0;
    for part in page.split("WECHAT_SIM_").skip(1) {
        let name = part.split(|char: char| !char.is_ascii_uppercase() && char != '_');
        let option = format!(
            "[env: WECHAT_SIM_{}=",
            name.into_iter().next().unwrap_or_default()
        );
        assert!(help.contains(&option), "{option}");
        variables += 1;
    }
    assert!(variables >= 5, "{page}");
}
