//! A reader of well-formed markup that shares nothing with the writer: what a strict parser would take.

/// Every element with its attributes' names and values in order of their start tags.
///
/// # Errors
/// What is not well-formed, and where.
pub(super) fn elements(text: &str) -> Result<Vec<String>, String> {
    let mut rest = text;
    let mut open: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    while let Some(at) = rest.find('<') {
        require_text(&rest[..at], open.last() == Some(&"style"))?;
        let tag = &rest[at + 1..];
        let end = tag.find('>').ok_or("a tag has no end")?;
        let inner = &tag[..end];
        rest = &tag[end + 1..];
        if inner.contains('<') {
            return Err(format!("a tag in a tag: {inner}"));
        }
        if inner.starts_with(['!', '?']) {
            if !found.is_empty() {
                return Err(format!("a declaration within: {inner}"));
            }
        } else if let Some(name) = inner.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("{name} was not open"));
            }
        } else {
            let (whole, empty) = inner
                .strip_suffix('/')
                .map_or((inner, false), |i| (i, true));
            let name = whole.split(' ').next().unwrap_or_default();
            require_attributes(&whole[name.len()..])?;
            // Positions of the picture are numbers of the case; everything else is the program's own.
            let own = !["rect", "polygon", "polyline", "line", "circle", "text"].contains(&name);
            found.push(if own {
                whole.to_owned()
            } else {
                name.to_owned()
            });
            if !empty {
                open.push(name);
            }
        }
    }
    require_text(rest, false)?;
    if open.is_empty() {
        Ok(found)
    } else {
        Err(format!("{open:?} are not closed"))
    }
}

fn require_text(text: &str, style: bool) -> Result<(), String> {
    let bad = |character: char| {
        character != '\n'
            && character != '\t'
            && (character < ' ' || "\u{fffe}\u{ffff}".contains(character))
    };
    if text.contains(bad) {
        return Err("a character that XML does not have".to_owned());
    }
    if !style && text.contains('>') {
        return Err("a > in a text".to_owned());
    }
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        if !known.iter().any(|entity| text[at..].starts_with(entity)) {
            return Err("an unknown entity".to_owned());
        }
    }
    Ok(())
}

fn require_attributes(text: &str) -> Result<(), String> {
    let mut rest = text;
    while !rest.is_empty() {
        let (name, after) = rest
            .strip_prefix(' ')
            .and_then(|rest| rest.split_once("=\""))
            .ok_or(format!("attributes: {rest}"))?;
        if !name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-:".contains(c))
        {
            return Err(format!("an attribute's name: {name}"));
        }
        let (value, after) = after.split_once('"').ok_or("a value has no end")?;
        require_text(value, false)?;
        rest = after;
    }
    Ok(())
}
