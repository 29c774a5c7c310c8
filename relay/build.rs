//! Migrations are embedded at compile time; without this, a new one would not be noticed.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
