//! `cargo xtask doctor`: which tools are there, which are missing, and how to get them.

use anyhow::Result;

use crate::install::line_for;
use crate::project::Project;
use crate::tools::{ALL, CHROMEDRIVER, CHROMIUM, State};

/// Prints the state of every tool; installs nothing.
pub(crate) fn run(project: &Project) -> Result<()> {
    let tools = project.tools.join("bin");
    println!(
        "tools are kept in {0}; to use them by hand: export PATH=\"{0}:$PATH\"",
        tools.display()
    );
    let mut missing = 0;
    for tool in ALL {
        match tool.state(project)? {
            State::Present(what) => {
                let version = tool
                    .version(project)
                    .filter(|version| *version != what)
                    .unwrap_or_default();
                println!("✓ {:<26} {what} {version}", tool.name);
            }
            State::Missing(why) => {
                missing += 1;
                let weight = if tool.loss.is_some() { "optional: " } else { "" };
                println!("✗ {:<26} {why}; {weight}{}", tool.name, tool.purpose);
                println!("  {:<26} {}", "", line_for(project, tool));
            }
        }
    }
    if let (Some(browser), Some(driver)) = (CHROMIUM.version(project), CHROMEDRIVER.version(project))
        && major(&browser) != major(&driver)
    {
        println!("✗ Chromium is {browser} but its driver is {driver}: install both from the same source");
    }
    match missing {
        0 => println!("Everything is there."),
        _ => println!(
            "Tasks install what they need by themselves where they can: as root on Debian, all of it."
        ),
    }
    Ok(())
}

fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}
