//! `sealwatch referral trust`: the file of trusted keys, as the service proposes it. It becomes trusted when a person has
//! compared every key with its owner's, on another way than through the service.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use sealwatch_custody::signing::VerifyingKey;
use sealwatch_custody::trust::Trust;

use crate::arguments::ServerArguments;
use crate::failure::Failure;
use crate::{people_keys, terminal};

use super::server::Server;

/// Fetches the trusted keys.
///
/// # Errors
/// The service refuses, its answer is no file of trusted keys, or the file cannot be written.
pub fn trust(
    arguments: &ServerArguments,
    out: Option<&Path>,
    against: Option<&Path>,
) -> Result<(), Failure> {
    let known = against.map(people_keys::trust).transpose()?;
    let server = Server::new(arguments)?;
    let answer = server.get("/api/v1/signing-keys/trust")?;
    let text = serde_json::to_string(&answer.body).map_err(Failure::running)?;
    let proposed = Trust::from_document(&text).map_err(Failure::running)?;
    println!(
        "{} proposes these keys. It could have put any key here:",
        server.address()
    );
    println!("compare each with its owner, by telephone or in person, digit for digit.\n");
    print!("{}", words(&proposed, known.as_ref()));
    if let Some(path) = out {
        write(path, &proposed.to_document())
            .map_err(|error| Failure::configuration(format!("{}: {error}", path.display())))?;
        println!("Written to {}.", path.display());
    }
    Ok(())
}

/// Every key with its digits; with a file that was compared before, whether it is in there.
fn words(proposed: &Trust, known: Option<&Trust>) -> String {
    let mut text = String::new();
    let mut say = |who: String, key: &VerifyingKey, is_known: Option<bool>| {
        let mark = match is_known {
            None => "",
            Some(true) => "  (as in the file that was compared before)",
            Some(false) => "  NEW: compare it",
        };
        text.push_str(&format!(
            "{who}, key {}{mark}\n{}\n",
            key.id(),
            digits(&key.to_bytes())
        ));
    };
    for person in proposed.people() {
        let is_known = known.map(|known| known.people().contains(person));
        let (name, role) = (terminal::line(&person.name), person.key.role().name());
        say(format!("{role} {name}"), &person.key, is_known);
    }
    for log in proposed.logs() {
        let is_known = known.map(|known| known.logs().contains(log));
        say(
            format!("audit log {}", log.origin.as_str()),
            &log.key,
            is_known,
        );
    }
    let Some(known) = known else { return text };
    for person in known.people() {
        if !proposed.people().contains(person) {
            let (name, role) = (terminal::line(&person.name), person.key.role().name());
            text.push_str(&format!("GONE: {role} {name}, key {}\n", person.key.id()));
        }
    }
    for log in known.logs() {
        if !proposed.logs().contains(log) {
            let origin = log.origin.as_str();
            text.push_str(&format!("GONE: audit log {origin}, key {}\n", log.key.id()));
        }
    }
    text
}

/// A key's bytes as they are read out: two lines of eight groups of four hexadecimal digits.
pub fn digits(bytes: &[u8; 32]) -> String {
    let mut text = String::new();
    for (place, pair) in bytes.chunks(2).enumerate() {
        let before = if place % 8 == 0 { "    " } else { " " };
        let after = if place % 8 == 7 { "\n" } else { "" };
        text.push_str(before);
        for byte in pair {
            text.push_str(&format!("{byte:02x}"));
        }
        text.push_str(after);
    }
    text
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use sealwatch_custody::checkpoint::Origin;
    use sealwatch_custody::signing::{SigningKey, SigningRole};
    use sealwatch_custody::trust::{TrustedLog, TrustedPerson};

    use super::*;

    fn trust(people: &[(&str, SigningRole, u8)]) -> Trust {
        let people = people
            .iter()
            .map(|(name, role, byte)| TrustedPerson {
                name: (*name).to_owned(),
                key: SigningKey::from_bytes(*role, &[*byte; 32]).verifying_key(),
            })
            .collect();
        let log = TrustedLog {
            origin: Origin::new("example.org/log").unwrap(),
            key: SigningKey::from_bytes(SigningRole::Log, &[9; 32]).verifying_key(),
        };
        Trust::new(people, vec![log]).unwrap()
    }

    #[test]
    fn what_is_new_and_what_is_gone_since_the_last_comparison_is_said() {
        let known = trust(&[
            ("olga", SigningRole::Officer, 1),
            ("anton", SigningRole::Approver, 2),
        ]);
        let proposed = trust(&[
            ("olga", SigningRole::Officer, 1),
            ("anton", SigningRole::Approver, 3),
        ]);
        let text = words(&proposed, Some(&known));
        let line = |part: &str| text.lines().find(|line| line.contains(part)).unwrap();
        assert!(line("officer olga").contains("compared before"));
        assert!(line("approver anton").contains("NEW"));
        assert!(line("audit log").contains("compared before"));
        assert!(line("GONE").contains("approver anton"));
        assert!(!words(&proposed, None).contains("NEW"));
    }

    #[test]
    fn all_digits_of_a_key_are_read_out() {
        let mut bytes = [0; 32];
        bytes[31] = 0xab;
        let text = digits(&bytes);
        assert_eq!(text.lines().count(), 2);
        assert!(text.ends_with(" 00ab\n"));
        assert_eq!(text.split_whitespace().count(), 16);
    }
}
