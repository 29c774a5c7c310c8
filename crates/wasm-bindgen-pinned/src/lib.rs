//! Nothing of its own: this package only carries the two tools in `src/bin`.
