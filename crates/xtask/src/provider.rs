//! The OpenID provider that the tests of signing in use: a package of Node's, installed at exactly the versions of its lock
//! file into the target directory.

use std::fs;

use anyhow::{Context as _, Result};

use crate::project::Project;
use crate::step::step;
use crate::tools::{Check, Install, Tool};

/// Where it is in the checkout, and what of it is needed to run it.
const SOURCE: &str = "tests/e2e/provider";
const FILES: [&str; 3] = ["package.json", "package-lock.json", "provider.mjs"];

/// Node and its package manager, which needs Node.
pub(crate) static NPM: Tool = Tool {
    name: "Node and npm",
    purpose: "run the OpenID provider that tests sign in at",
    check: Check::Program(&["npm"]),
    install: Install::Apt(&["nodejs", "npm"]),
    loss: None,
};

/// Puts the provider into its folder in the target directory, with what it depends on. Nothing of it is run.
pub(crate) fn install(project: &Project) -> Result<()> {
    let source = project.root.join(SOURCE);
    let folder = project.provider();
    fs::create_dir_all(&folder)?;
    for name in FILES {
        let (from, to) = (source.join(name), folder.join(name));
        fs::copy(&from, &to)
            .with_context(|| format!("cannot copy {} into the target directory", from.display()))?;
    }
    // The lock file of what is installed, written last: an installation that broke off is made again.
    let lock = fs::read(source.join("package-lock.json"))?;
    let installed = folder.join("installed-lock.json");
    if fs::read(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    step(project, "install the OpenID provider of the tests", |step| {
        let mut npm = project.command("npm");
        // Scripts of packages are not run: none of these needs one.
        step.run(
            npm.current_dir(&folder)
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]),
        )?;
        fs::write(&installed, &lock)?;
        Ok(String::new())
    })
}
