//! The sign-in page as the server sends it, before there is an app to show it: `frame/door.html`, once in each language.
//!
//! The server puts the brand in, and the app takes over what was typed (`frame::early`). It looks as the app's own does,
//! from the same styles; a test in a browser compares the two.

use anyhow::{Context as _, Result, bail};

use crate::texts::Catalogue;

/// The page in a language, from the template; `head` comes along with it. A text is its own key, and English where the
/// catalogue lacks it.
pub fn door(template: &str, head: &str, catalogue: &Catalogue) -> Result<String> {
    let mut rest = template;
    let mut door = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        let (key, after) = after.split_once("}}").context("a text in the door does not end")?;
        let text = catalogue.get(key).map_or(key, String::as_str);
        if text.contains(['<', '>', '&', '"']) || text.contains("--") {
            bail!("`{text}` cannot stand in the door as it is");
        }
        door.push_str(before);
        door.push_str(text);
        rest = after;
    }
    door.push_str(rest);
    // Without the spaces between the elements: the app makes none.
    let door = door.lines().map(str::trim).collect::<String>();
    let (title, body) = door.split_once("<!--head-->").context("the door has no place for its head")?;
    Ok(format!("{title}<!--head-->{head}{body}\n"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::texts;

    #[test]
    fn a_door_speaks_its_language() {
        let template =
            "<title>{{Sign in}}</title>\n<!--head-->\n<!--body-->\n<main>\n  {{Sign in}} {{Other}}</main>\n";
        let german = Catalogue::from([("Sign in".to_owned(), "Anmelden".to_owned())]);
        assert_eq!(
            door(template, "<script></script>", &german).unwrap(),
            "<title>Anmelden</title><!--head--><script></script><!--body--><main>Anmelden Other</main>\n"
        );
        assert!(door("<!--head-->{{Sign in", "", &german).is_err());
        assert!(door("<!--head-->{{a<b}}", "", &german).is_err());
        assert!(door("{{Sign in}}", "", &german).is_err());
    }

    #[test]
    fn what_the_door_says_is_in_every_catalogue() {
        let frontend = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let template = include_str!("../../frame/door.html");
        let keys: Vec<_> = template.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()).collect();
        for (language, texts) in texts::catalogues(frontend, &["kit", "frame"], "portal").unwrap() {
            let missing: Vec<_> = keys.iter().filter(|key| !texts.contains_key(**key)).collect();
            assert_eq!(missing, Vec::<&&str>::new(), "{language}");
            let door = door(template, "", &texts).unwrap();
            assert!(!door.contains("{{") && !door.contains("}}"), "{door}");
        }
    }
}
