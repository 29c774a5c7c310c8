//! `[health]`: a listener of its own, so that no path of the public API is exempt from authentication.

use std::net::SocketAddr;

use super::{Listen, listen::parse_address, section::Section};

/// The health listener.
#[derive(Debug, Clone)]
pub struct Health {
    /// Address and port; port 0 takes a free one.
    pub address: SocketAddr,
}

impl Health {
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let default = SocketAddr::from(([127, 0, 0, 1], 9090));
        Some(Self {
            address: section.parsed_or("address", default, parse_address)?,
        })
    }

    /// Refuses the public listener's address: two cannot have one.
    pub(super) fn check(&self, listen: &Listen, root: &mut Section<'_>) {
        if self.address == listen.address && self.address.port() != 0 {
            root.fault(
                "health.address",
                "is listen.address, too; give it a port of its own",
            );
        }
    }
}
