//! Tables of figures and names.

use leptos::prelude::*;

/// A column of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Column {
    /// What it is called.
    pub name: &'static str,
    /// How its cells are set: `r` to the right, `less` gone on a phone, `least` gone on a tablet, too.
    pub class: &'static str,
}

impl Column {
    /// A column of text.
    pub const fn text(name: &'static str) -> Self {
        Self { name, class: "" }
    }

    /// A column of figures.
    pub const fn figures(name: &'static str) -> Self {
        Self { name, class: "r" }
    }

    /// The same, gone where there is little room.
    pub const fn less(self) -> Self {
        let class = if self.class.is_empty() { "less" } else { "r less" };
        Self { class, ..self }
    }

    /// The same, gone first.
    pub const fn least(self) -> Self {
        let class = if self.class.is_empty() { "least" } else { "r least" };
        Self { class, ..self }
    }
}

/// A table. Its rows are the children.
#[component]
pub fn Table(
    /// What it lists, for those who hear the page.
    #[prop(into)]
    caption: String,
    /// Its columns.
    columns: Vec<Column>,
    /// Its rows.
    children: Children,
) -> impl IntoView {
    let heads = columns
        .into_iter()
        .map(|column| {
            view! {
                <th scope="col" class=column.class>
                    {column.name}
                </th>
            }
        })
        .collect_view();
    view! {
        <div class="table">
            <table>
                <caption class="only-heard">{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
