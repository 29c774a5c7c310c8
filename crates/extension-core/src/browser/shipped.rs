//! What a module without the standard library brings along itself.
//!
//! The standard library would say in words what a panic was about, and nobody would read them: all that JavaScript sees of
//! it is a trap. The words, what puts them together, and what they are about were a twentieth of the module.

use core::panic::PanicInfo;

use dlmalloc::GlobalDlmalloc;

#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
