use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::hexadecimal;

/// The eight test leaves of the certificate-transparency reference implementation.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// Its roots for the first 0 to 8 of them.
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

/// Its audit paths: position, size, path.
const PATHS: [(u64, u64, &[&str]); 5] = [
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        3,
        &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    ),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// Its consistency proofs: old size, new size, path.
const CONSISTENCY: [(u64, u64, &[&str]); 4] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// The table that a store keeps, and the roots at every size.
struct Table {
    leaves: Vec<Hash>,
    nodes: BTreeMap<(u8, u64), Hash>,
    roots: Vec<Hash>,
}

impl Table {
    fn of(leaves: impl IntoIterator<Item = Hash>) -> Self {
        let leaves: Vec<Hash> = leaves.into_iter().collect();
        let (mut frontier, mut nodes) = (Frontier::empty(), BTreeMap::new());
        let mut roots = vec![frontier.root()];
        for leaf in &leaves {
            for node in frontier.append(*leaf) {
                let earlier = nodes.insert((node.level, node.index), node.hash);
                assert_eq!(earlier, None, "a node is completed once");
            }
            roots.push(frontier.root());
        }
        Self {
            leaves,
            nodes,
            roots,
        }
    }

    fn numbered(count: u64) -> Self {
        Self::of((0..count).map(|number| leaf_hash(&number.to_be_bytes())))
    }

    fn lookup(&self) -> impl FnMut(u8, u64) -> Option<Hash> + '_ {
        |level, index| self.nodes.get(&(level, index)).copied()
    }
}

/// MTH of RFC 6962, section 2.1, word for word.
fn definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            node_hash(&definition(&leaves[..k]), &definition(&leaves[k..]))
        }
    }
}

fn published() -> Table {
    Table::of(LEAVES.iter().map(|digits| {
        let bytes: Vec<u8> = (0..digits.len() / 2)
            .map(|place| hexadecimal::decode::<1>(&digits[2 * place..2 * place + 2]).unwrap()[0])
            .collect();
        leaf_hash(&bytes)
    }))
}

fn parse(path: &[&str]) -> Vec<Hash> {
    path.iter()
        .map(|hash| Hash::from_hex(hash).unwrap())
        .collect()
}

#[test]
fn the_published_roots_are_reproduced_for_every_size() {
    let table = published();
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(table.roots[size].to_hex(), *root);
        assert_eq!(
            root_at(size as u64, &mut table.lookup()).unwrap().to_hex(),
            *root
        );
    }
}

#[test]
fn the_published_audit_paths_are_reproduced_and_verify() {
    let table = published();
    for (position, size, path) in PATHS {
        let path = parse(path);
        assert_eq!(
            inclusion_path(position, size, &mut table.lookup()),
            Ok(path.clone())
        );
        let leaf = table.leaves[position as usize];
        verify_inclusion(&leaf, position, size, &path, &table.roots[size as usize]).unwrap();
    }
}

#[test]
fn the_published_consistency_proofs_are_reproduced_and_verify() {
    let table = published();
    for (old, new, path) in CONSISTENCY {
        let path = parse(path);
        assert_eq!(
            consistency_path(old, new, &mut table.lookup()),
            Ok(path.clone())
        );
        let (old_root, new_root) = (&table.roots[old as usize], &table.roots[new as usize]);
        verify_consistency(old, new, old_root, new_root, &path).unwrap();
    }
}

#[test]
fn every_proof_of_every_tree_up_to_seventy_leaves_holds_and_needs_just_the_nodes_it_names() {
    let table = Table::numbered(70);
    for size in 1..=70 {
        assert_eq!(
            table.roots[size as usize],
            definition(&table.leaves[..size as usize])
        );
        for position in 0..size {
            let mut fetched = inclusion_nodes(position, size);
            let path = inclusion_path(position, size, &mut |level, index| {
                let place = fetched.iter().position(|place| *place == (level, index))?;
                fetched.remove(place);
                table.nodes.get(&(level, index)).copied()
            })
            .unwrap();
            assert!(fetched.is_empty());
            let leaf = &table.leaves[position as usize];
            verify_inclusion(leaf, position, size, &path, &table.roots[size as usize]).unwrap();
        }
        for old in 0..=size {
            let named = consistency_nodes(old, size);
            let path = consistency_path(old, size, &mut |level, index| {
                named
                    .contains(&(level, index))
                    .then(|| table.nodes[&(level, index)])
            })
            .unwrap();
            let (old_root, new_root) = (&table.roots[old as usize], &table.roots[size as usize]);
            verify_consistency(old, size, old_root, new_root, &path).unwrap();
        }
    }
}

#[test]
fn a_frontier_from_the_table_goes_on_as_the_one_that_wrote_it() {
    let table = Table::numbered(40);
    for size in 0..40 {
        let mut frontier = Frontier::from_nodes(size, table.lookup()).unwrap();
        assert_eq!(
            (frontier.size(), frontier.root()),
            (size, table.roots[size as usize])
        );
        for node in frontier.append(table.leaves[size as usize]) {
            assert_eq!(table.nodes[&(node.level, node.index)], node.hash);
        }
        assert_eq!(frontier.root(), table.roots[size as usize + 1]);
        assert_eq!(
            frontier_nodes(size).len(),
            size.count_ones() as usize,
            "one complete subtree for each bit"
        );
    }
}

#[test]
fn impossible_questions_are_refused_and_a_damaged_table_is_said() {
    let table = Table::numbered(5);
    let none = &mut |_, _| None;
    assert_eq!(
        inclusion_path(5, 5, none),
        Err(MerkleError::Position {
            position: 5,
            size: 5
        })
    );
    assert_eq!(
        consistency_path(6, 5, none),
        Err(MerkleError::Sizes { old: 6, new: 5 })
    );
    let missing = MerkleError::MissingNode { level: 2, index: 0 };
    assert_eq!(inclusion_path(4, 5, none), Err(missing));
    assert_eq!(Frontier::from_nodes(5, |_, _| None), Err(missing));
    assert!(inclusion_nodes(5, 5).is_empty() && consistency_nodes(6, 5).is_empty());
    let (empty, five) = (&empty_root(), &table.roots[5]);
    assert_eq!(
        verify_consistency(0, 5, five, five, &[]),
        Err(MerkleError::RootDiffers)
    );
    assert_eq!(
        verify_consistency(0, 0, five, five, &[]),
        Err(MerkleError::RootDiffers)
    );
    assert_eq!(verify_consistency(0, 5, empty, five, &[]), Ok(()));
    assert_eq!(
        verify_consistency(5, 5, five, five, &[*five]),
        Err(MerkleError::PathLength)
    );
}

#[test]
fn the_largest_sizes_neither_overflow_nor_loop() {
    let mut lookup = |_, _| Some(empty_root());
    let last = u64::MAX - 1;
    let path = inclusion_path(last, u64::MAX, &mut lookup).unwrap();
    assert_eq!(
        verify_inclusion(&empty_root(), last, u64::MAX, &path, &empty_root()),
        Err(MerkleError::RootDiffers)
    );
    let path = consistency_path(last, u64::MAX, &mut lookup).unwrap();
    let root = &empty_root();
    assert_eq!(
        verify_consistency(last, u64::MAX, root, root, &path),
        Err(MerkleError::RootDiffers)
    );
}

#[test]
fn hashes_survive_their_texts_and_other_texts_are_refused() {
    let hash = leaf_hash(b"entry");
    assert_eq!(Hash::from_hex(&hash.to_hex()), Some(hash));
    assert_eq!(Hash::from_base64(&hash.to_base64()), Some(hash));
    let json = serde_json::to_string(&hash).unwrap();
    assert_eq!(json.len(), 46);
    assert_eq!(serde_json::from_str::<Hash>(&json).unwrap(), hash);
    assert_eq!(Hash::from_hex(&hash.to_hex().to_uppercase()), None);
    assert_eq!(Hash::from_base64("AAAA"), None);
    assert!(serde_json::from_str::<Hash>("\"AAAA\"").is_err());
}

proptest! {
    #[test]
    fn an_altered_proof_is_found(
        size in 2_u64..500, position in 0_u64..500, at in any::<prop::sample::Index>(), bit in 0..256_usize,
    ) {
        let table = Table::numbered(size);
        let position = position % size;
        let root = table.roots[size as usize];
        let leaf = table.leaves[position as usize];
        let path = inclusion_path(position, size, &mut table.lookup()).unwrap();
        prop_assert_eq!(verify_inclusion(&leaf, position, size, &path, &root), Ok(()));

        let mut altered = path.clone();
        let place = at.index(altered.len());
        let mut bytes = *altered[place].as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        altered[place] = Hash::from_bytes(bytes);
        prop_assert!(verify_inclusion(&leaf, position, size, &altered, &root).is_err());
        prop_assert!(verify_inclusion(&leaf, position, size, &path[1..], &root).is_err());
        altered.clone_from(&path);
        altered.push(leaf);
        prop_assert!(verify_inclusion(&leaf, position, size, &altered, &root).is_err());
        let other = (position + 1) % size;
        prop_assert!(verify_inclusion(&leaf, other, size, &path, &root).is_err());
    }

    #[test]
    fn a_log_that_was_rewritten_is_not_consistent(
        old in 1_u64..300, added in 1_u64..300, changed in 0_u64..300,
    ) {
        let new = old + added;
        let table = Table::numbered(new);
        let rewritten = Table::of((0..new).map(|number| {
            let shift = u64::from(number == changed % old);
            leaf_hash(&(number + shift * 1_000_000).to_be_bytes())
        }));
        let kept = &table.roots[old as usize];
        let path = consistency_path(old, new, &mut table.lookup()).unwrap();
        prop_assert_eq!(
            verify_consistency(old, new, kept, &table.roots[new as usize], &path), Ok(()));
        let path = consistency_path(old, new, &mut rewritten.lookup()).unwrap();
        prop_assert!(
            verify_consistency(old, new, kept, &rewritten.roots[new as usize], &path).is_err());
    }

    #[test]
    fn random_proofs_never_panic(
        position in any::<u64>(), size in any::<u64>(), path in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let path: Vec<Hash> = path.into_iter().map(Hash::from_bytes).collect();
        let root = empty_root();
        prop_assert!(verify_inclusion(&root, position, size, &path, &root).is_err());
        prop_assert!(verify_consistency(position, size, &root, &root, &path).is_err()
            || (path.is_empty() && position == size));
    }
}
