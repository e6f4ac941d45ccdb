use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write as _},
    process::ExitCode,
};

use crate::{failure::Failure, options::InitOptions, output::print};

pub(crate) fn init(options: &InitOptions) -> Result<ExitCode, Failure> {
    let path = &options.file;
    let mut open = OpenOptions::new();
    let written = open
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(EXAMPLE.as_bytes()));
    match written {
        Ok(()) => {
            print(&format!(
                "{} is written: start with `wechat-sim`\n",
                path.display()
            ));
            Ok(ExitCode::SUCCESS)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failure::Failed(format!(
            "{} is there already: name another file, or delete it",
            path.display()
        ))),
        Err(error) => Err(Failure::at(path, "write", &error)),
    }
}

const EXAMPLE: &str = r#"# What `wechat-sim` plays. `wechat-sim check` says whether it is good.

http = "127.0.0.1:7301"               # both of WeChat's hosts, and the page
proxy = "127.0.0.1:7302"              # for clients that hard-code them; "off" for none
consent = "ask"                       # or "automatic", "refuse"

# 公众号测试号: it logs in any browser, and redirects to any port of this machine.
[[account]]
kind = "test"
appid = "wx7e57000000000001"
secret = "7e57c0de5ec2e7007e57c0de5ec2e700"
bound = true                          # answers carry a unionid

# 服务号, as strict as WeChat: its own browser and this domain only.
[[account]]
kind = "official"
appid = "wx00000000000000a1"
secret = "7e57000000000000000000000000000a"
domains = ["shop.example.test"]
bound = true

# 网站应用, the login by QR code.
[[account]]
kind = "website"
appid = "wx00000000000000b1"
secret = "7e57000000000000000000000000000b"
domains = ["shop.example.test"]

# The first person is signed in.
[[person]]
id = "ming"                           # openids follow from it, the same in every run
name = "小明"
unionid = "o6_bmasdasdsad6_2sgVt7hMZOPfL"

[[person]]
id = "hong"
name = "小红"
"#;
