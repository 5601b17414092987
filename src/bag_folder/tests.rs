use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn files() -> BagFiles {
    [
        ("bagit.txt", "one"),
        ("data/a/b.txt", "two"),
        ("data/c.txt", ""),
    ]
    .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
    .into()
}

#[test]
fn what_was_written_is_read_and_only_its_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let bag = folder.path().join("bag");
    write_new(&bag, &files()).unwrap();
    assert_eq!(read(&bag).unwrap(), files());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&bag), 0o700);
    assert_eq!(mode(&bag.join("data/a")), 0o700);
    assert_eq!(mode(&bag.join("data/a/b.txt")), 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn nothing_that_is_there_is_overwritten_and_what_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bag = folder.path().join("bag");
    fs::create_dir(&bag).unwrap();
    assert_eq!(
        write_new(&bag, &files()).unwrap_err().kind(),
        io::ErrorKind::AlreadyExists
    );
    let link = folder.path().join("link");
    symlink("nowhere", &link).unwrap();
    assert!(write_new(&link, &files()).is_err());
    let mut outside = files();
    outside.insert("../outside".to_owned(), Vec::new());
    assert!(write_new(&folder.path().join("new"), &outside).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn what_a_killed_process_has_left_beside_the_folder_is_named_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let bag = folder.path().join("bag");
    let own = unfinished(&bag).unwrap();
    assert_eq!(own.parent(), bag.parent());
    let left = folder.path().join(".bag.7.unfinished");
    fs::create_dir(&left).unwrap();
    let refused = write_new(&bag, &files()).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    assert!(
        refused.to_string().contains(".bag.7.unfinished"),
        "{refused}"
    );
    assert!(!bag.exists() && !own.exists() && left.exists());
    // Another folder's is its own affair.
    write_new(&folder.path().join("other"), &files()).unwrap();
    fs::remove_dir(left).unwrap();
    write_new(&bag, &files()).unwrap();
    assert_eq!(read(&bag).unwrap(), files());
}

#[test]
fn links_devices_and_empty_folders_are_refused_and_never_followed() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::write(&secret, "canary").unwrap();
    let bag = folder.path().join("bag");
    let refused = |make: &dyn Fn(&Path), part: &str| {
        write_new(&bag, &files()).unwrap();
        make(&bag);
        let error = read(&bag).unwrap_err().to_string();
        assert!(error.contains(part) && !error.contains("canary"), "{error}");
        fs::remove_dir_all(&bag).unwrap();
    };
    refused(
        &|bag| symlink(&secret, bag.join("data/link.txt")).unwrap(),
        "data/link.txt is neither",
    );
    refused(
        &|bag| symlink("..", bag.join("data/up")).unwrap(),
        "data/up is neither",
    );
    refused(
        &|bag| drop(std::os::unix::net::UnixListener::bind(bag.join("socket")).unwrap()),
        "socket is neither",
    );
    refused(
        &|bag| fs::create_dir(bag.join("data/none")).unwrap(),
        "data/none is empty",
    );
    refused(
        &|bag| fs::create_dir(bag.join("data/canary?\u{1b}")).unwrap(),
        "a name that no bag of ours has",
    );
    let link = folder.path().join("link");
    write_new(&bag, &files()).unwrap();
    symlink(&bag, &link).unwrap();
    assert!(matches!(read(&link), Err(BagFolderError::NotAFolder)));
    assert!(matches!(read(&secret), Err(BagFolderError::NotAFolder)));
}

#[test]
fn more_than_a_bag_holds_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let bag = folder.path().join("bag");
    write_new(&bag, &files()).unwrap();
    let large = File::create(bag.join("data/large.bin")).unwrap();
    large.set_len(MAXIMUM_BYTES + 1).unwrap();
    assert!(matches!(read(&bag), Err(BagFolderError::TooLarge)));
    fs::remove_file(bag.join("data/large.bin")).unwrap();
    fs::create_dir_all(bag.join("data/1/2/3/4/5/6/7/8/9")).unwrap();
    assert!(matches!(read(&bag), Err(BagFolderError::TooLarge)));
    fs::remove_dir_all(bag.join("data/1")).unwrap();
    for number in 0..MAXIMUM_FILES {
        fs::write(bag.join(format!("data/{number}.txt")), "").unwrap();
    }
    assert!(matches!(read(&bag), Err(BagFolderError::TooLarge)));
}
