//! Published values: the tests of certificate transparency, and the examples of the signed-note and tlog-checkpoint
//! specifications.

use sha2::{Digest, Sha256};
use signed_note::{Note, VerifierList};
use stagedoor_ledger::checkpoint::{CheckpointError, SignedCheckpoint, SigningKey, VerifyingKey};
use stagedoor_ledger::proof::{prove_consistency, prove_inclusion};
use stagedoor_ledger::{Frontier, Hash, Node};

/// The leaves of certificate transparency's reference tests.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// The roots over the first 0, 1, 2... of them.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const SECOND: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
const THIRD_AND_FOURTH: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
const LAST_FOUR: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
const FIFTH: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
const LAST_TWO: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
const FIFTH_AND_SIXTH: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";

const PETER_PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER_TEXT: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n";
const PETER_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

#[test]
fn roots() {
    let mut frontier = Frontier::empty();
    assert_eq!(hex(frontier.root()), ROOTS[0]);
    for (leaf, expected) in LEAVES.iter().zip(&ROOTS[1..]) {
        frontier.append(Hash::of_leaf(leaf));
        assert_eq!(hex(frontier.root()), *expected);
    }
}

#[test]
fn inclusion_paths() {
    for (sequence, size, expected) in [
        (0, 1, &[][..]),
        (0, 8, &[SECOND, THIRD_AND_FOURTH, LAST_FOUR]),
        (5, 8, &[FIFTH, LAST_TWO, ROOTS[4]]),
        (2, 3, &[ROOTS[2]]),
    ] {
        let proof = prove_inclusion(size, sequence, &stored).unwrap();
        assert_eq!(
            proof.into_iter().map(hex).collect::<Vec<_>>(),
            expected,
            "{sequence} of {size}"
        );
    }
}

#[test]
fn consistency_proofs() {
    for (old, new, expected) in [
        (1, 1, &[][..]),
        (1, 8, &[SECOND, THIRD_AND_FOURTH, LAST_FOUR]),
        (6, 8, &[FIFTH_AND_SIXTH, LAST_TWO, ROOTS[4]]),
        (2, 5, &[THIRD_AND_FOURTH, FIFTH]),
    ] {
        let proof = prove_consistency(old, new, &stored).unwrap();
        assert_eq!(
            proof.into_iter().map(hex).collect::<Vec<_>>(),
            expected,
            "{old} to {new}"
        );
    }
}

#[test]
fn the_signed_note_of_the_published_example() {
    let signing = SigningKey::parse(PETER_SECRET).unwrap();
    let mut note = Note::new(PETER_TEXT.as_bytes(), &[]).unwrap();
    note.add_sigs(&[&signing]).unwrap();
    assert_eq!(String::from_utf8(note.to_bytes()).unwrap(), PETER_NOTE);

    let verifying = VerifyingKey::parse(PETER_PUBLIC).unwrap();
    let published = Note::from_bytes(PETER_NOTE.as_bytes()).unwrap();
    let (verified, unverified) = published
        .verify(&VerifierList::new(vec![Box::new(verifying)]))
        .unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    // A note, but no checkpoint.
    assert_eq!(
        SignedCheckpoint::parse(PETER_NOTE).err(),
        Some(CheckpointError::Malformed)
    );
}

/// The example of the tlog-checkpoint specification is a checkpoint, but not one of ours: it has no time.
#[test]
fn the_checkpoint_of_the_published_example() {
    let published = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    assert_eq!(
        SignedCheckpoint::parse(published).err(),
        Some(CheckpointError::Extension)
    );
    let timed = published.replace("xq2I=\n", "xq2I=\ntime 2026-11-25T03:06:42.000Z\n");
    let parsed = SignedCheckpoint::parse(&timed).unwrap();
    assert_eq!(parsed.unverified().size, 20_852_163);
    assert_eq!(
        parsed.unverified().root.to_string(),
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    );
}

/// Leaf and commitment are plain SHA-256, so that anybody can compute them with any tool.
#[test]
fn hashes_are_those_of_any_tool() {
    let bytes = b"{\"v\":1}";
    let prefixed: [u8; 32] = Sha256::digest([&[0][..], bytes].concat()).into();
    assert_eq!(Hash::of_leaf(bytes), Hash(prefixed));
    assert_eq!(hex(Hash::of_leaf(b"")), ROOTS[1]);
}

fn stored(node: Node) -> Option<Hash> {
    let mut frontier = Frontier::empty();
    let rows: Vec<_> = LEAVES
        .iter()
        .map(|leaf| frontier.append(Hash::of_leaf(leaf)))
        .collect();
    rows[usize::try_from(node.row()).unwrap()]
        .get(node.offset() / 32)
        .copied()
}

fn hex(hash: Hash) -> String {
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}
