//! Each thing that can be said wrongly, with the message that tells what to say instead.

use std::net::TcpListener;

use libtest_mimic::Trial;
use support::trials;

use crate::desk::Desk;

pub(crate) fn trials() -> Vec<Trial> {
    trials![[];
        what_is_wrong_in_a_file,
        what_is_wrong_with_options,
        a_port_that_is_taken,
        the_example_is_good_and_never_written_over,
    ]
}

const ACCOUNT: &str = "[[account]]\nkind = \"test\"\n";

async fn what_is_wrong_in_a_file() {
    let lines = |count: usize| "\n".repeat(count);
    let table = [
        // On line 7, of every kind: what is no TOML, what is no field, what is no value of it.
        (
            lines(6) + "consent \"ask\"",
            "line 7: key with no value, expected `=`",
        ),
        (
            lines(6) + "consnet = \"ask\"",
            "line 7, consnet: unknown field `consnet`: did you mean `consent`?",
        ),
        (
            lines(6) + "colour = \"red\"",
            "line 7, colour: unknown field `colour`: write one of http, https, proxy, \
             pass_through, tls_dir, allow_host, token_file, consent, account, person",
        ),
        (
            lines(6) + "consent = \"automatc\"",
            "line 7, consent: unknown variant `automatc`: did you mean `automatic`?",
        ),
        (
            lines(6) + "consent = \"yes\"",
            "line 7, consent: unknown variant `yes`: write one of ask, automatic, refuse",
        ),
        (
            lines(6) + "token_file = 7",
            "line 7, token_file: invalid type: integer `7`, expected path string: put it in quotes",
        ),
        (
            lines(6) + "pass_through = \"true\"",
            "line 7, pass_through: invalid type: string \"true\", expected a boolean: write it \
             without quotes",
        ),
        (
            lines(6) + "allow_host = \"sim\"",
            "line 7, allow_host: invalid type: string \"sim\", expected a sequence: put it in \
             brackets, `[\"…\"]`",
        ),
        (
            lines(6) + "http = \"localhost\"",
            "line 7, http: `localhost` is no address: write `127.0.0.1:7301`, `7301` or `off`",
        ),
        (
            lines(6) + "http = true",
            "line 7, http: write `127.0.0.1:7301`, `7301` or `off`",
        ),
        (
            lines(5) + "http = 7301\nhttp = 7302",
            "line 7: duplicate key",
        ),
        (
            lines(6) + "[[persons]]",
            "line 7, persons: unknown field `persons`: did you mean `person`?",
        ),
        // In an account.
        (
            lines(4) + ACCOUNT + "secrte = \"x\"",
            "line 7, account[0].secrte: unknown field `secrte`: did you mean `secret`?",
        ),
        (
            lines(6) + "[[account]]\nappid = \"wx1\"",
            "line 7, account[0]: `kind` is missing: `wechat-sim init` writes an example",
        ),
        (
            lines(5) + "[[account]]\nkind = \"offical\"",
            "line 7, account[0].kind: unknown variant `offical`: did you mean `official`?",
        ),
        (
            lines(6) + "[[account]]\nkind = \"official\"\nsecret = \"s\"",
            "line 7, account[0]: `appid` is missing",
        ),
        (
            lines(4) + ACCOUNT + "bad_token_errcode = 7",
            "line 7, account[0].bad_token_errcode: `bad_token_errcode` is 40001 or 40014",
        ),
        (
            lines(4) + ACCOUNT + "domains = [\"https://a.test\"]",
            "line 7, account[0].domains: `https://a.test` in `domains` is no domain",
        ),
        (
            lines(4) + ACCOUNT + "bound = 1",
            "line 7, account[0].bound: invalid type: integer `1`, expected a boolean",
        ),
        (
            lines(4) + ACCOUNT + "[[account]]\nkind = \"test\"",
            "line 7, account[1].appid: `wx7e57000000000001` is the appid of an earlier account: give \
             this one its own",
        ),
        // In a person.
        (
            lines(5) + "[[person]]\nname = 7",
            "line 7, person[0].name: invalid type: integer `7`, expected a string: put it in quotes",
        ),
        (
            lines(6) + "[[person]]\nid = \"ming\"",
            "line 7, person[0]: `name` is missing, or `nickname_base64`",
        ),
        (
            lines(4) + "[[person]]\nname = \"小明\"\nid = \"小明\"",
            "line 7, person[0].id: `id` is 1 to 64 of",
        ),
        (
            lines(5) + "[[person]]\nnickname_base64 = \"?\"",
            "line 7, person[0].nickname_base64: `nickname_base64` is no base64",
        ),
        (
            lines(4) + "[[person]]\nname = \"小明\"\n[[person]]\nname = \"小明\"",
            "line 7, person[1].id: `",
        ),
    ];
    for (text, expected) in table {
        let desk = Desk::with_file(&text);
        for arguments in [&["check"][..], &["serve"], &["exec", "--", "true"]] {
            let done = desk.run(arguments).assert_status(2);
            let expected = format!("wechat-sim: wechat-sim.toml, {expected}");
            assert!(done.err.starts_with(&expected), "{}\n{expected}", done.err);
            assert_eq!(done.err.lines().count(), 1, "{}", done.err);
            assert_eq!(done.out, "");
        }
    }
}

async fn what_is_wrong_with_options() {
    let desk = Desk::new();
    desk.write("token", &"7e57".repeat(16));
    desk.write("short", "7e57\n");
    desk.write("latin1.toml", "");
    std::fs::write(desk.path().join("latin1.toml"), b"# caf\xe9").expect("a file");
    desk.write("reaching.toml", "http = \"0.0.0.0:0\"\n");
    desk.write("open.toml", "pass_through = true\n");
    let table: &[(&[&str], &str)] = &[
        (&["--htpp", "1"], "a similar argument exists: '--http'"),
        (&["srve"], "a similar subcommand exists: 'serve'"),
        (&["exec"], "<COMMAND>"),
        (
            &["exec", "--http", "1", "--", "true"],
            "unexpected argument '--http'",
        ),
        (&["env"], "--for <LANGUAGE>"),
        (
            &["env", "--for", "perl"],
            "[possible values: python, node, go, java, php, ruby]",
        ),
        (
            &["ready", "--wait", "soon"],
            "invalid value 'soon' for '--wait <TIME>'",
        ),
        (
            &["--http", "example.com"],
            "`example.com` is no address: write `127.0.0.1:7301`, `7301` or `off`",
        ),
        (
            &["--http", "127.0.0.1:65536"],
            "`127.0.0.1:65536` is no address",
        ),
        (
            &["--http", "off"],
            "`http` cannot be off, it has the page and the health check: leave it out",
        ),
        (
            &["--config", "nowhere.toml"],
            "cannot read nowhere.toml: No such file or directory (os error 2): `wechat-sim init` \
             writes an example",
        ),
        (&["check", "latin1.toml"], "save it as UTF-8"),
        (
            &["--http", "0.0.0.0:0"],
            "`--http 0.0.0.0:0` lets others in, and whoever reaches the simulator can be anybody: \
             add `--allow-host NAME` and `--token-file FILE`, or listen on 127.0.0.1",
        ),
        (
            &["check", "reaching.toml"],
            "`--http 0.0.0.0:0` lets others in",
        ),
        (
            &["--https", "[::]:0", "--allow-host", "sim"],
            "`--https [::]:0` lets others in, and whoever reaches the simulator can be anybody: add \
             `--token-file FILE`, or",
        ),
        (
            &["--proxy", "192.0.2.1:0", "--token-file", "token"],
            "`--proxy 192.0.2.1:0` lets others in, and whoever reaches the simulator can be \
             anybody: add `--allow-host NAME`, or",
        ),
        (
            &["--token-file", "nowhere"],
            "cannot read the token in nowhere: No such file or directory (os error 2): write one \
             with `openssl rand -hex 32`",
        ),
        (
            &["--token-file", "short"],
            "short holds no token of 16 or more visible ASCII characters",
        ),
        (
            &["--allow-host", "http://sim"],
            "`http://sim` in `allow-host` is no host: write a name like `wechat-sim`",
        ),
        (
            &["--pass-through"],
            "`--pass-through` is the proxy's: add `--proxy 127.0.0.1:7302`",
        ),
        (&["check", "open.toml"], "`--pass-through` is the proxy's"),
        (
            &[
                "--proxy",
                "0.0.0.0:0",
                "--pass-through",
                "--allow-host",
                "sim",
                "--token-file",
                "token",
            ],
            "`--proxy 0.0.0.0:0` with `--pass-through` is an open proxy",
        ),
    ];
    for (arguments, expected) in table {
        let done = desk.run(arguments).assert_status(2);
        assert!(
            done.err.contains(expected),
            "{arguments:?}: {}\n{expected}",
            done.err
        );
        assert_eq!(done.out, "", "{arguments:?}");
    }
    // As variables.
    for (variable, value, expected) in [
        ("WECHAT_SIM_HTTP", "example.com", "is no address"),
        ("WECHAT_SIM_HTTPS", "0.0.0.0:0", "lets others in"),
        ("WECHAT_SIM_PROXY", "7302.5", "is no address"),
        (
            "WECHAT_SIM_CONFIG",
            "nowhere.toml",
            "cannot read nowhere.toml",
        ),
        (
            "WECHAT_SIM_ALLOW_HOST",
            "sim,a b",
            "`a b` in `allow-host` is no host",
        ),
        ("WECHAT_SIM_TOKEN_FILE", "nowhere", "cannot read the token"),
        ("WECHAT_SIM_PASS_THROUGH", "1", "is the proxy's"),
    ] {
        let mut command = desk.command(&[]);
        command.env(variable, value);
        let done = crate::desk::Done::of(command).assert_status(2);
        assert!(done.err.contains(expected), "{variable}: {}", done.err);
    }
}

async fn a_port_that_is_taken() {
    let desk = Desk::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address").to_string();
    for option in ["--http", "--https", "--proxy"] {
        let mut command = desk.command(&[option, &address]);
        if option != "--http" {
            command.args(["--http", "127.0.0.1:0"]);
        }
        let done = crate::desk::Done::of(command).assert_status(3);
        let expected = format!(
            "wechat-sim: `{option} {address}`: the port is taken by another program: name another \
             one, or end that program\n"
        );
        assert_eq!(done.err, expected);
        assert_eq!(done.out, "");
    }
    // Not this machine's: no port of it can be taken.
    desk.write("token", &"7e57".repeat(16));
    let done = desk.run(&[
        "--http",
        "192.0.2.1:7301",
        "--allow-host",
        "sim",
        "--token-file",
        "token",
    ]);
    let done = done.assert_status(1);
    assert!(
        done.err.contains("it is not this machine's"),
        "{}",
        done.err
    );
}

async fn the_example_is_good_and_never_written_over() {
    let desk = Desk::new();
    let done = desk.run(&["init"]).assert_status(0);
    assert_eq!(
        done.out,
        "wechat-sim.toml is written: start with `wechat-sim`\n"
    );
    let example = desk.read("wechat-sim.toml");
    let done = desk.run(&["init"]).assert_status(1);
    assert!(
        done.err.contains("wechat-sim.toml is there already"),
        "{}",
        done.err
    );
    assert_eq!(desk.read("wechat-sim.toml"), example);

    let done = desk.run(&["check"]).assert_status(0);
    assert_eq!(
        done.out,
        "wechat-sim.toml: good, with 3 accounts and 2 people\n"
    );
    let done = desk.run(&["init", "nowhere/else.toml"]).assert_status(1);
    assert!(
        done.err.contains("cannot write nowhere/else.toml"),
        "{}",
        done.err
    );
    let done = desk.run(&["check", "nowhere.toml"]).assert_status(2);
    assert!(done.err.contains("`wechat-sim init`"), "{}", done.err);
}
