//! PEM files of authorities that are trusted, which several sections name.

use std::path::Path;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use zeroize::Zeroizing;

use crate::files;

/// The largest such file, in bytes: all that a system trusts has a quarter of it.
const MAX_BYTES: u64 = 1024 * 1024;

/// What is in the file, which holds at least one certificate, and none that cannot be a root: that is a mistake to be told. The
/// error names the file, with cause and cure.
pub(crate) fn read_roots(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let at = |problem: String| format!("{}: {problem}", path.display());
    let content = files::read(path, MAX_BYTES)
        .map_err(|error| at(format!("{error}; name a PEM file of at most {MAX_BYTES} bytes")))?;
    let mut roots = RootCertStore::empty();
    for (index, certificate) in CertificateDer::pem_slice_iter(&content.bytes).enumerate() {
        // The library's own text may repeat what it read.
        let root = certificate.ok().and_then(|root| roots.add(root).ok());
        root.ok_or_else(|| {
            at(format!(
                "the block of certificate {} holds no certificate of an authority; copy the file again, as a whole",
                index + 1
            ))
        })?;
    }
    if roots.is_empty() {
        return Err(at(
            "holds no certificate in PEM form; name the file of the authority's certificate".to_owned(),
        ));
    }
    Ok(content.bytes)
}
