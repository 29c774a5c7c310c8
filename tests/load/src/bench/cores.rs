//! The same core budget for everybody who is measured: one processor.

use anyhow::{Context as _, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// While it lives, processes that are started from this thread are confined to one processor, and so are their threads.
/// The generator itself is confined meanwhile too.
pub(crate) struct Confined {
    before: CpuSet,
}

impl Confined {
    /// To the last processor that this thread may use: the first ones serve most interrupts.
    pub(crate) fn to_one() -> Result<Self> {
        let before = sched_getaffinity(None).context("the processors cannot be listed")?;
        let last = (0..CpuSet::MAX_CPU).rfind(|&cpu| before.is_set(cpu));
        let mut one = CpuSet::new();
        one.set(last.context("no processor may be used")?);
        sched_setaffinity(None, &one).context("the processor cannot be chosen")?;
        Ok(Self { before })
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        // Giving back what was had before is always allowed.
        let _ = sched_setaffinity(None, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_child_has_one_processor_and_the_thread_gets_its_own_back() {
        let before = sched_getaffinity(None).unwrap();
        let confined = Confined::to_one().unwrap();
        let output = Command::new("nproc")
            .env_remove("OMP_NUM_THREADS")
            .output()
            .unwrap();
        drop(confined);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "1\n");
        assert_eq!(sched_getaffinity(None).unwrap(), before);
    }
}
