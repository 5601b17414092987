//! Opening: the lock, other settings, and a folder that is no store.

use super::super::StoreError;
use super::{Model, commit_until, folder, open, options};

#[test]
fn a_store_in_use_is_refused_until_it_is_closed() {
    let folder = folder();
    let opened = open(options(folder.path(), 4000)).unwrap();
    let error = open(options(folder.path(), 4000)).err().unwrap();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    assert!(error.to_string().contains("in use by another process"));
    drop(opened);
    open(options(folder.path(), 4000)).unwrap();
}

#[test]
fn other_settings_are_refused_with_both_values_and_a_cure() {
    let folder = folder();
    let made = options(folder.path(), 4000);
    drop(open(made.clone()).unwrap());
    let mut shards = made.clone();
    shards.virtual_shards = 65;
    let mut key = made.clone();
    key.pseudonym_key_id = "key-2".to_owned();
    let mut layout = made.clone();
    layout.layout = "layout-2".to_owned();
    for (given, words) in [
        (shards, ["64", "65", "sealwatch replay"]),
        (key, ["key-1", "key-2", "another folder"]),
        (layout, ["layout-1", "layout-2", "sealwatch replay"]),
    ] {
        let error = open(given).err().unwrap().to_string();
        for word in words {
            assert!(error.contains(word), "{error}");
        }
    }
    open(made).unwrap();
}

#[test]
fn a_new_store_is_empty_and_stays_empty_when_opened_again() {
    let folder = folder();
    for _ in 0..3 {
        let opened = open(options(&folder.path().join("a/b"), 4000)).unwrap();
        Model::default().check(&opened).unwrap();
    }
}

#[test]
fn an_epoch_that_does_not_come_next_is_refused_and_changes_nothing() {
    let folder = folder();
    let mut opened = open(options(folder.path(), 4000)).unwrap();
    commit_until(&mut opened.store, 5);
    for number in [0, 4, 6] {
        let write = super::Epoch::numbered(number).write(number);
        let error = opened.store.commit(&write).unwrap_err();
        assert!(matches!(error, StoreError::OutOfOrder { .. }), "{error}");
    }
    commit_until(&mut opened.store, 6);
    drop(opened);
    let opened = open(options(folder.path(), 4000)).unwrap();
    Model::after(6).check(&opened).unwrap();
}
