//! Sees to it that the tools a task needs are there, and installs those that are missing.

use std::fs;

use anyhow::{Result, bail};

use crate::project::Project;
use crate::step::step;
use crate::tools::{Check, Install, State, Tool};

/// Tools run for moments and are compiled on every fresh machine, so they are compiled quickly rather than well.
const QUICK_BUILD: &[(&str, &str)] = &[
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// Installs what is missing of `tools`; an error names what a person has to install.
pub(crate) fn ensure(project: &Project, tools: &[&Tool]) -> Result<()> {
    let mut missing = Vec::new();
    for tool in tools {
        if let State::Missing(why) = tool.state(project)? {
            missing.push((*tool, why));
        }
    }
    install_packages(project, &missing)?;
    let mut by_hand = Vec::new();
    for (tool, why) in missing {
        if matches!(tool.install, Install::Apt(_)) && matches!(tool.state(project)?, State::Present(_)) {
            continue;
        }
        match (install(project, tool), tool.loss) {
            (Ok(true), _) => {}
            (_, Some(loss)) => println!(
                "! without {}: {loss}. To get it: {}",
                tool.name,
                line_for(project, tool)
            ),
            (Ok(false), None) => by_hand.push(format!(
                "  {} ({why}; {})\n    {}",
                tool.name,
                tool.purpose,
                line_for(project, tool)
            )),
            (Err(error), None) => return Err(error),
        }
    }
    if !by_hand.is_empty() {
        bail!(
            "these tools are missing and have to be installed by hand:\n{}",
            by_hand.join("\n")
        );
    }
    Ok(())
}

/// The line a person would type to install a tool.
pub(crate) fn line_for(project: &Project, tool: &Tool) -> String {
    match (&tool.install, &tool.check) {
        (Install::Apt(packages), _) if sells_browsers_as_snaps() && packages.contains(&"chromium-driver") => {
            "sudo snap install chromium  (brings chromedriver)".to_owned()
        }
        (Install::Apt(packages), _) if sells_browsers_as_snaps() && packages.contains(&"chromium") => {
            "sudo snap install chromium".to_owned()
        }
        (Install::Apt(packages), _) if sells_browsers_as_snaps() && packages.contains(&"firefox-esr") => {
            "sudo snap install firefox".to_owned()
        }
        (Install::Apt(packages), _) => format!("sudo apt-get install {}", packages.join(" ")),
        (Install::Crate(package), Check::Version(_, version)) => {
            format!(
                "cargo install {package} --version {version} --locked --root {}",
                project.tools.display()
            )
        }
        (Install::Crate(package), _) => format!("cargo install {package} --root {}", project.tools.display()),
        (Install::Pinned, _) => {
            format!(
                "cargo install --path crates/wasm-bindgen-pinned --locked --root {}",
                project.tools.display()
            )
        }
        (Install::Wheel(wheel), _) => format!("python3 -m {}", wheel.pip(project).join(" ")),
        (Install::Packages(packages), _) => format!("python3 -m {}", packages.pip(project).join(" ")),
        (Install::RustTarget, Check::Target(target)) => {
            format!("rustup target add {target}  (or your distribution's package of that standard library)")
        }
        (Install::RustTarget, _) => "rustup target add".to_owned(),
        (Install::RustComponent(component), _) => format!("rustup component add {component}"),
    }
}

/// Installs the missing packages in one go, where that is ours to do.
fn install_packages(project: &Project, missing: &[(&Tool, String)]) -> Result<()> {
    let packages: Vec<&str> = missing
        .iter()
        .filter_map(|(tool, _)| match tool.install {
            Install::Apt(packages) if !is_snap(tool) => Some(packages),
            _ => None,
        })
        .flatten()
        .copied()
        .collect();
    let may = rustix::process::geteuid().is_root() && project.find("apt-get").is_some();
    if packages.is_empty() || !may {
        return Ok(());
    }
    step(project, &format!("install {}", packages.join(" ")), |step| {
        step.run(project.command("apt-get").arg("update"))?;
        let mut command = project.command("apt-get");
        command
            .args(["install", "--yes", "--no-install-recommends"])
            .args(&packages);
        step.run(command.env("DEBIAN_FRONTEND", "noninteractive"))?;
        Ok(String::new())
    })
}

/// Installs one tool; false if that is not ours to do.
fn install(project: &Project, tool: &Tool) -> Result<bool> {
    let mut command = match (&tool.install, &tool.check) {
        (Install::Apt(_), _) => return Ok(false),
        (Install::Wheel(wheel), _) => {
            let mut command = project.command("python3");
            command.arg("-m").args(wheel.pip(project));
            command
        }
        (Install::Packages(packages), _) => {
            packages.clear(project)?;
            let mut command = project.command("python3");
            command.arg("-m").args(packages.pip(project));
            command
        }
        (Install::RustTarget, Check::Target(target)) if project.find("rustup").is_some() => {
            let mut command = project.command("rustup");
            command.args(["target", "add", target]);
            command
        }
        (Install::RustComponent(component), _) if project.find("rustup").is_some() => {
            let mut command = project.command("rustup");
            command.args(["component", "add", component]);
            command
        }
        (Install::RustTarget | Install::RustComponent(_), _) => return Ok(false),
        (Install::Crate(package), check) => {
            let mut command = project.command("cargo");
            command.args(["install", package]);
            if let Check::Version(_, version) = check {
                command.args(["--version", version]);
            }
            command
        }
        (Install::Pinned, _) => {
            let mut command = project.command("cargo");
            command.args(["install", "--path", "crates/wasm-bindgen-pinned"]);
            command
        }
    };
    if matches!(tool.install, Install::Crate(_) | Install::Pinned) {
        // One build folder for all of them: they share libraries, and it must not be the checkout's.
        command
            .args(["--locked", "--force", "--root"])
            .arg(&project.tools);
        command
            .arg("--target-dir")
            .arg(project.tools.join("build"))
            .envs(QUICK_BUILD.iter().copied());
        fs::create_dir_all(&project.tools)?;
    }
    step(project, &format!("install {}", tool.name), |step| {
        step.run(&mut command)?;
        if let Install::Wheel(wheel) = &tool.install {
            wheel.link(project)?;
        }
        if let Install::Packages(packages) = &tool.install {
            packages.keep_list(project)?;
        }
        Ok(String::new())
    })?;
    if let State::Missing(why) = tool.state(project)? {
        bail!("{} is still not right after installing it: {why}", tool.name);
    }
    Ok(true)
}

fn is_snap(tool: &Tool) -> bool {
    let browsers = ["chromium", "chromium-driver", "firefox-esr"];
    sells_browsers_as_snaps()
        && matches!(tool.install, Install::Apt(packages) if packages.iter().any(|name| browsers.contains(name)))
}

/// On Ubuntu, the packages of both browsers are empty shells around snaps, which need a running snapd.
fn sells_browsers_as_snaps() -> bool {
    fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}
