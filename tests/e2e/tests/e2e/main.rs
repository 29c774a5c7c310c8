//! Tests of the whole product in real browsers.

mod drivers;
