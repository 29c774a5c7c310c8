//! Where things are: the checkout, the build output, the tools; and the environment that tools are started in.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::npm;

/// The checkout and the machine, as every task sees them.
pub(crate) struct Project {
    /// The root of the checkout.
    pub(crate) root: PathBuf,
    /// Cargo's target directory.
    pub(crate) target: PathBuf,
    /// Tools that tasks install for themselves, outside the checkout so that a fresh clone finds them.
    pub(crate) tools: PathBuf,
    /// Whether the output of tools is shown as it comes.
    pub(crate) verbose: bool,
    /// Whether this runs in CI, where the output of tests belongs into the record.
    pub(crate) ci: bool,
}

impl Project {
    /// Finds the checkout this program was started from.
    pub(crate) fn locate(verbose: bool) -> Result<Self> {
        let crate_directory = env::var_os("CARGO_MANIFEST_DIR").context("start this as `cargo xtask`")?;
        let root = Path::new(&crate_directory)
            .ancestors()
            .nth(2)
            .context("no checkout around this crate")?;
        let tools = match env::var_os("STAGEDOOR_TOOLS") {
            Some(directory) => PathBuf::from(directory),
            None => PathBuf::from(env::var_os("HOME").context("HOME is not set: set STAGEDOOR_TOOLS")?)
                .join(".cache/stagedoor/tools"),
        };
        let mut project = Self {
            root: root.to_owned(),
            target: root.join("target"),
            tools: std::path::absolute(tools)?,
            verbose,
            ci: env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false"),
        };
        let metadata = project.json(
            "cargo",
            &["metadata", "--no-deps", "--format-version=1", "--offline"],
        )?;
        project.target = metadata["target_directory"]
            .as_str()
            .context("cargo names no target directory")?
            .into();
        Ok(project)
    }

    /// The version of the workspace, which is the product's.
    pub(crate) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    /// Where finished things go.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// A command that runs in the checkout, finds the tools, and has no standard input.
    pub(crate) fn command(&self, program: &str) -> Command {
        let path = self.find(program).unwrap_or_else(|| program.into());
        let mut command = Command::new(path);
        command
            .current_dir(&self.root)
            .env("PATH", self.path())
            .stdin(Stdio::null());
        // `cargo run` describes this crate to us in its environment. Handed on, it would describe the wrong crate
        // to build scripts, and those that watch such variables would build again on every change of caller.
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(about_this_crate) {
                command.env_remove(name);
            }
        }
        // A developer's setting for watching tests; left on, browsers would wait for a person.
        command.env_remove("NO_HEADLESS");
        // Where the end-to-end tests and the demo look for what was built.
        command.env("STAGEDOOR_EXTENSION_DIR", self.dist().join("extension"));
        command.env("STAGEDOOR_RELAY_BIN", self.target.join("debug/stagedoor"));
        command.env("STAGEDOOR_PROVIDER_DIR", npm::PROVIDER.folder(self));
        command.env("STAGEDOOR_AXE_DIR", npm::AXE.folder(self));
        // The test runner prefers whichever driver the environment names, over the browser that was asked for.
        for driver in ["CHROMEDRIVER", "GECKODRIVER", "SAFARIDRIVER", "MSEDGEDRIVER"] {
            command.env_remove(driver).env_remove(format!("{driver}_REMOTE"));
        }
        command
    }

    /// The standard output of a command that must succeed.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let output = self
            .command(program)
            .args(arguments)
            .output()
            .with_context(|| format!("cannot start {program}"))?;
        if !output.status.success() {
            bail!(
                "{program} {} failed: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The standard output of a command, as JSON.
    pub(crate) fn json(&self, program: &str, arguments: &[&str]) -> Result<serde_json::Value> {
        Ok(serde_json::from_str(&self.output(program, arguments)?)?)
    }

    /// The files that belong to the checkout, relative to its root: tracked ones, and new ones that git would track.
    pub(crate) fn files(&self) -> Result<Vec<String>> {
        let listed = self.output(
            "git",
            &["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        )?;
        let there = |name: &&str| !name.is_empty() && self.root.join(name).is_file();
        Ok(listed.split('\0').filter(there).map(str::to_owned).collect())
    }

    /// Finds a program among our tools, then on `PATH`.
    pub(crate) fn find(&self, program: &str) -> Option<PathBuf> {
        env::split_paths(&self.path())
            .map(|folder| folder.join(program))
            .find(|path| is_executable(path))
    }

    fn path(&self) -> OsString {
        let inherited = env::var_os("PATH").unwrap_or_default();
        // Debian puts servers where only root looks for programs.
        let servers = ["/usr/local/sbin", "/usr/sbin"].map(PathBuf::from);
        let folders = std::iter::once(self.tools.join("bin"))
            .chain(env::split_paths(&inherited))
            .chain(servers);
        // Joining fails only for a folder with a separator in its name, which PATH cannot express anyway.
        env::join_paths(folders).unwrap_or(inherited)
    }
}

fn about_this_crate(variable: &str) -> bool {
    [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_",
        "CARGO_PRIMARY_",
    ]
    .iter()
    .any(|prefix| variable.starts_with(prefix))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|entry| entry.is_file() && entry.permissions().mode() & 0o111 != 0)
}
