//! Writing XML and HTML. Every text and every attribute's value goes through one escape, and names are the program's own, so
//! that nothing of a case can become markup.
//!
//! What is written is well-formed XML in both cases; the HTML of the report is of the form that both kinds of parser read.

/// Elements and texts, as they are written.
#[derive(Debug, Default)]
pub(super) struct Markup {
    text: String,
    open: Vec<&'static str>,
}

impl Markup {
    /// Begins with this line, as it is.
    pub(super) fn begin(declaration: &'static str) -> Self {
        Self {
            text: format!("{declaration}\n"),
            open: Vec::new(),
        }
    }

    /// Opens an element.
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.tag(name, attributes);
        self.text.push('>');
        self.open.push(name);
    }

    /// Closes the element that was opened last, and ends the line.
    pub(super) fn close(&mut self) {
        if let Some(name) = self.open.pop() {
            self.text.push_str(&format!("</{name}>\n"));
        }
    }

    /// An element without content.
    pub(super) fn empty(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.tag(name, attributes);
        self.text.push_str("/>\n");
    }

    /// A text within the element that is open.
    pub(super) fn text(&mut self, text: &str) {
        escape(text, &mut self.text);
    }

    /// A whole element with a text.
    pub(super) fn element(&mut self, name: &'static str, text: &str) {
        self.element_with(name, &[], text);
    }

    /// A whole element with attributes and a text.
    pub(super) fn element_with(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        text: &str,
    ) {
        self.open(name, attributes);
        self.text(text);
        self.close();
    }

    /// An element's text within a line: no line end after it.
    pub(super) fn inline(&mut self, name: &'static str, text: &str) {
        self.tag(name, &[]);
        self.text.push('>');
        escape(text, &mut self.text);
        self.text.push_str(&format!("</{name}>"));
    }

    /// The program's own text without escapes: a style sheet.
    pub(super) fn own(&mut self, text: &'static str) {
        self.text.push_str(text);
    }

    /// All that was written; closes what is open.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }

    fn tag(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.text.push('<');
        self.text.push_str(name);
        for (attribute, value) in attributes {
            self.text.push_str(&format!(" {attribute}=\""));
            escape(value, &mut self.text);
            self.text.push('"');
        }
    }
}

/// Whether XML 1.0 (section 2.2) has this character at all.
const fn is_writable(character: char) -> bool {
    matches!(character, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn escape(text: &str, into: &mut String) {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // Line ends as parsers take them: one line feed each.
            '\r' if characters.peek() == Some(&'\n') => {}
            '\r' => into.push('\n'),
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            _ if is_writable(character) => into.push(character),
            _ => into.push('\u{fffd}'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_values_never_become_markup() {
        let mut markup = Markup::begin("<!doctype html>");
        markup.open("p", &[("title", "\"><script>")]);
        markup.text("</p><b a='1'>&amp;");
        markup.inline("b", "<");
        markup.empty("br", &[]);
        assert_eq!(
            markup.finish(),
            "<!doctype html>\n<p title=\"&quot;&gt;&lt;script&gt;\">&lt;/p&gt;&lt;b a=&#39;1&#39;&gt;&amp;amp;\
             <b>&lt;</b><br/>\n</p>\n"
        );
    }

    #[test]
    fn characters_that_xml_does_not_have_are_replaced_and_line_ends_are_one_character() {
        let mut markup = Markup::default();
        markup.element("p", "a\0b\u{1b}c\r\nd\re\u{fffe}f\tg\n");
        assert_eq!(
            markup.finish(),
            "<p>a\u{fffd}b\u{fffd}c\nd\ne\u{fffd}f\tg\n</p>\n"
        );
    }
}
