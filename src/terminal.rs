//! What a person sees and answers. Text of others never commands the terminal: it is shown with every character that could
//! taken out.

use std::io::{self, BufRead, IsTerminal, Write};

use crate::failure::Failure;

/// Text as it may be shown: control characters, and those that turn the direction of writing, become `\u{fffd}`; line ends
/// stay.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character == '\n' || !is_command(character) {
                character
            } else {
                '\u{fffd}'
            }
        })
        .collect()
}

/// The same for text that must stay on its line.
pub fn line(text: &str) -> String {
    plain(text).replace('\n', "\u{fffd}")
}

fn is_command(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Asks for `yes`, unless it was given on the command line.
///
/// # Errors
/// The answer is another one, or there is nobody to ask.
pub fn confirm(question: &str, is_given: bool) -> Result<(), Failure> {
    if is_given {
        return Ok(());
    }
    let input = io::stdin();
    if !input.is_terminal() {
        return Err(Failure::configuration(
            "there is no terminal to ask on; read what is shown above, then give --yes",
        ));
    }
    eprint!("{question} Type yes to go on: ");
    io::stderr().flush().map_err(Failure::running)?;
    let mut answer = String::new();
    input
        .lock()
        .read_line(&mut answer)
        .map_err(Failure::running)?;
    if answer.trim() == "yes" {
        Ok(())
    } else {
        Err(Failure::running("nothing was done: the answer was not yes"))
    }
}

/// Requires that standard output is a terminal: for what no file may hold.
///
/// # Errors
/// It is something else.
pub fn require_terminal() -> Result<(), Failure> {
    if io::stdout().is_terminal() {
        Ok(())
    } else {
        Err(Failure::configuration(
            "the identity is shown on a terminal only; this output goes elsewhere",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_does_not_command_the_terminal() {
        assert_eq!(
            plain("a\u{1b}[2Jb\nc\u{202e}d\re\u{9b}\u{61c}"),
            "a\u{fffd}[2Jb\nc\u{fffd}d\u{fffd}e\u{fffd}\u{fffd}"
        );
        assert_eq!(line("a\nb ä 漢"), "a\u{fffd}b ä 漢");
    }
}
