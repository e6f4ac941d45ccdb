use std::process::ExitCode;

use crate::{
    failure::Failure, file::File, options::CheckOptions, output::print, settings::Settings,
};

pub(crate) fn check(options: &CheckOptions) -> Result<ExitCode, Failure> {
    let file = File::read(&options.file)?;
    let (accounts, people) = (file.accounts.len(), file.people.len());
    Settings::of_file(file)?;
    print(&format!(
        "{}: good, with {accounts} account{} and {people} {}\n",
        options.file.display(),
        if accounts == 1 { "" } else { "s" },
        if people == 1 { "person" } else { "people" },
    ));
    Ok(ExitCode::SUCCESS)
}
