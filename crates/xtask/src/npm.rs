//! Packages of Node's that tests and packaging use: installed at exactly the versions of their lock files, each set into a folder of
//! its own in the target directory.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::project::Project;
use crate::step::step;
use crate::tools::{Check, Install, Tool};

/// Node and its package manager, which needs Node.
pub(crate) static NPM: Tool = Tool {
    name: "Node and npm",
    purpose: "run the OpenID provider that tests sign in at and Mozilla's checker of extensions, and install the accessibility engine",
    check: Check::Program(&["npm"]),
    install: Install::Apt(&["nodejs", "npm"]),
    loss: None,
};

/// A set of packages.
pub(crate) struct Set {
    /// What it is, for people.
    about: &'static str,
    /// Where it is in the checkout.
    source: &'static str,
    /// The folder's name in the target directory.
    folder: &'static str,
    /// What of it is needed beside the list of packages and the lock file.
    files: &'static [&'static str],
}

/// The OpenID provider that the tests of signing in use.
pub(crate) const PROVIDER: Set = Set {
    about: "the OpenID provider of the tests",
    source: "tests/e2e/provider",
    folder: "provider",
    files: &["provider.mjs"],
};
/// The accessibility engine that the extension's pages are held to.
pub(crate) const AXE: Set = Set {
    about: "the accessibility engine of the tests",
    source: "tests/e2e/axe",
    folder: "axe",
    files: &[],
};

/// Mozilla's checker of extensions.
pub(crate) const WEB_EXT: Set = Set {
    about: "Mozilla's checker of extensions",
    source: "tests/web-ext",
    folder: "web-ext",
    files: &[],
};

impl Set {
    /// Where it is installed.
    pub(crate) fn folder(&self, project: &Project) -> PathBuf {
        project.target.join(self.folder)
    }

    /// Installs it, with what it depends on. Nothing of it is run.
    pub(crate) fn install(&self, project: &Project) -> Result<()> {
        let source = project.root.join(self.source);
        let folder = self.folder(project);
        fs::create_dir_all(&folder)?;
        for name in ["package.json", "package-lock.json"].iter().chain(self.files) {
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
        step(project, &format!("install {}", self.about), |step| {
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
}
