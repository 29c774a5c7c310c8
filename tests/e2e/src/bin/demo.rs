//! Shows the product at work.
fn main() {}
