//! What stands for a person where there is no room for more.

use client::format;
use leptos::prelude::*;

/// The first letters of the first and of the last name, as they are written.
fn initials(name: &str) -> String {
    let mut words =
        name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let first = words.next();
    first.into_iter().chain(words.next_back()).collect()
}

/// A person's initials. They say nothing to those who hear the page: the name stands beside them.
#[component]
pub fn Avatar(
    /// The name.
    #[prop(into)]
    name: String,
    /// Larger, where it stands alone.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    view! {
        <span class=if large { "avatar large" } else { "avatar" } aria-hidden="true">
            {format::upper(&initials(&name))}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_letters_at_most() {
        for (name, wanted) in [
            ("Alex Admin", "AA"),
            ("Maria del Carmen Ruiz", "MR"),
            ("Plato", "P"),
            ("  ", ""),
            ("“Bo” (Ops)", "BO"),
            ("élan öz", "éö"),
        ] {
            assert_eq!(initials(name), wanted);
        }
    }
}
