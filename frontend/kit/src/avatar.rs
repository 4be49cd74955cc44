//! What stands for a person where there is no room for more.

use leptos::prelude::*;

/// The first letters of the first and of the last name.
fn initials(name: &str) -> String {
    let mut words =
        name.split_whitespace().filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let first = words.next();
    let letters = first.into_iter().chain(words.next_back());
    letters.flat_map(char::to_uppercase).collect()
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
            {initials(&name)}
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
            ("élan öz", "ÉÖ"),
        ] {
            assert_eq!(initials(name), wanted);
        }
    }
}
