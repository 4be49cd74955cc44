//! Which columns are shown, and in which order. It stands in the address.

use address::{Query, replace};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use super::{GridSpec, address_with};
use crate::{
    button::Button,
    icon::{Icon, icon},
    popover::Popover,
    text,
};

/// A column of a long table.
#[derive(Debug, Clone, Copy)]
pub struct GridColumn {
    /// Names it in the address.
    pub key: &'static str,
    /// What it is called.
    pub name: fn() -> &'static str,
    /// How its cells are set: `r` to the right, `less` gone on a phone, `least` gone on a tablet, too, unless somebody has
    /// chosen the columns.
    pub class: &'static str,
    /// The orders that it stands for, as the address names them: upwards, downwards.
    pub sort: Option<(&'static str, Option<&'static str>)>,
    /// Whether it is there until somebody chooses.
    pub shown: bool,
}

/// The parameter of the address.
pub const PARAMETER: &str = "columns";
const NONE: &str = "none";

fn initial(columns: &[GridColumn]) -> Vec<usize> {
    columns.iter().enumerate().skip(1).filter(|(_, column)| column.shown).map(|(at, _)| at).collect()
}

/// The columns behind the first one, which is always there.
pub fn chosen(columns: &[GridColumn], text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for key in text.split(',') {
        if let Some(at) = columns.iter().position(|column| column.key == key)
            && at > 0
            && !found.contains(&at)
        {
            found.push(at);
        }
    }
    if found.is_empty() && text != NONE { initial(columns) } else { found }
}

/// As the address has it; nothing, where it is as it was before anybody chose.
fn written(columns: &[GridColumn], chosen: &[usize]) -> String {
    if chosen == initial(columns) {
        return String::new();
    }
    let keys: Vec<_> = chosen.iter().filter_map(|at| columns.get(*at)).map(|column| column.key).collect();
    if keys.is_empty() { NONE.to_owned() } else { keys.join(",") }
}

/// The choice of columns.
#[component]
pub fn Columns(spec: &'static GridSpec, query: ReadSignal<Query>) -> impl IntoView {
    let columns = spec.columns;
    let now =
        Memo::new(move |_| chosen(columns, &query.with(|query| query.get(PARAMETER)).unwrap_or_default()));
    let set = move |chosen: &[usize]| {
        let text = written(columns, chosen);
        replace(&query.with_untracked(|query| address_with(spec, query, &[(PARAMETER, &text)])));
    };
    let turn = move |at: usize, on: bool| {
        let mut chosen = now.get_untracked();
        chosen.retain(|one| *one != at);
        if on {
            chosen.push(at);
        }
        set(&chosen);
    };
    let shift = move |at: usize, down: bool| {
        let mut chosen = now.get_untracked();
        let Some(from) = chosen.iter().position(|one| *one == at) else { return };
        let to = if down { from + 1 } else { from.wrapping_sub(1) };
        if to < chosen.len() {
            chosen.swap(from, to);
            set(&chosen);
            focus_later(shift_id(spec, at, down));
        }
    };
    // Those that are shown, in their order; then the others.
    let all = move || {
        let shown = now.get();
        let rest = (1..columns.len()).filter(|at| !shown.contains(at)).collect::<Vec<_>>();
        shown.into_iter().chain(rest).collect::<Vec<_>>()
    };
    let line = move |at: usize| {
        let column = columns.get(at)?;
        let name = (column.name)();
        let id = format!("column-{}", column.key);
        let place = move || now.with(|now| now.iter().position(|one| *one == at));
        let button = move |down: bool| {
            let off = move || {
                let last = now.with(Vec::len).saturating_sub(1);
                place().is_none_or(|place| place == if down { last } else { 0 })
            };
            let (label, sign) =
                if down { (text::move_down(name), Icon::Down) } else { (text::move_up(name), Icon::Up) };
            view! {
                <button
                    type="button"
                    class="btn quiet only-icon"
                    id=shift_id(spec, at, down)
                    aria-label=label
                    aria-disabled=move || off().then_some("true")
                    on:click=move |_| shift(at, down)
                >
                    {icon(sign, 14)}
                </button>
            }
        };
        Some(view! {
            <li>
                <div class="check">
                    <input
                        type="checkbox"
                        id=id.clone()
                        prop:checked=move || place().is_some()
                        on:change:target=move |event| turn(at, event.target().checked())
                    />
                    <label for=id>{name}</label>
                </div>
                {button(false)}
                {button(true)}
            </li>
        })
    };
    view! {
        <Popover label=text::columns() sign=Icon::Settings>
            <ul class="columns-list">
                <For each=all key=|at| *at let:at>
                    {line(at)}
                </For>
            </ul>
            <Button small=true on_press=move |()| set(&initial(columns))>
                {text::default_columns()}
            </Button>
        </Popover>
    }
}

fn shift_id(spec: &GridSpec, at: usize, down: bool) -> String {
    format!("{}-{at}-{}", spec.name, if down { "down" } else { "up" })
}

/// What is moved within the page loses the focus.
fn focus_later(id: String) {
    request_animation_frame(move || {
        let found = document().get_element_by_id(&id);
        if let Some(found) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = found.focus();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn column(key: &'static str, shown: bool) -> GridColumn {
        GridColumn { key, name: || "", class: "", sort: None, shown }
    }

    const COLUMNS: &[GridColumn] =
        &[column("a", true), column("b", true), column("c", false), column("d", true)];

    #[test]
    fn columns_and_their_order_stand_in_the_address() {
        for (text, expected) in [
            ("", vec![1, 3]),
            ("d,b", vec![3, 1]),
            ("c", vec![2]),
            ("none", vec![]),
            // The first one stays where it is; what is not known, and what is there twice, does not count.
            ("a,c,x,c,b", vec![2, 1]),
            ("x", vec![1, 3]),
        ] {
            assert_eq!(chosen(COLUMNS, text), expected, "{text}");
        }
        for columns in [vec![1, 3], vec![3, 1], vec![], vec![2], vec![1, 2, 3]] {
            assert_eq!(chosen(COLUMNS, &written(COLUMNS, &columns)), columns);
        }
        assert_eq!(written(COLUMNS, &[1, 3]), "");
    }
}
