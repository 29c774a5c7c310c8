//! The `wasm-bindgen` tool, built from the locked library version so that the two cannot drift apart.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(std::env::args_os())
}
