//! Cargo itself, for what a test needs built.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// The folder that cargo builds this test into, of its profile.
fn profile() -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    let folder = test.parent().and_then(Path::parent);
    folder.expect("cargo's build folder").to_owned()
}

/// Where cargo puts all that it builds.
pub fn target() -> PathBuf {
    let profile = profile();
    profile.parent().expect("cargo's build folder").to_owned()
}

/// Where cargo puts an example of this build.
pub fn example(name: &str) -> PathBuf {
    profile().join("examples").join(name)
}

/// A command of cargo's about this package, with all features and into the folder of this build.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    // What cargo tells a test of its package: build scripts that look there would run again, now
    // and at the next build without it.
    for (variable, _) in env::vars_os() {
        let told = ["CARGO_MANIFEST_", "CARGO_PKG_"];
        if told
            .iter()
            .any(|it| variable.to_string_lossy().starts_with(it))
        {
            command.env_remove(variable);
        }
    }
    command
        .args([name, "--quiet", "--all-features", "--target-dir"])
        .arg(target())
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    command
}

/// Builds the examples, for `cargo test --test …` does not: it would test those of yesterday.
pub fn build_examples() {
    let profile = profile();
    let profile = match profile.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let done = command("build")
        .args(["--examples", "--profile", profile])
        .output();
    let done = done.expect("cargo");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
