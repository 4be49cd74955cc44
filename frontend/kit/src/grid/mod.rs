//! Long tables: only the rows that are in sight are on the page, whatever there are; the rest is read as it is scrolled
//! to. Filters, order, columns and what is chosen stand in the address, so that a reload and going back show the same.

mod bulk;
mod columns;
mod export;
mod rows;
mod selection;
mod sight;
mod views;

use address::{Query, replace, use_query};
use std::sync::Arc;

use client::format;
use leptos::{html, prelude::*};

pub use bulk::BulkDeed;
pub use columns::GridColumn;
pub use export::GridExport;
pub use rows::{GridRow, GridRows, Reading};

use crate::{
    button::Button,
    icon::{Icon, icon},
    skeleton::SkeletonRows,
    states::ErrorState,
    text,
};
use bulk::Chosen;
use rows::{Face, Rows, Target};
use selection::Selection;
use sight::Sight;

/// What a grid is, whatever its rows are.
pub struct GridSpec {
    /// Names it in what the browser keeps, and its files.
    pub name: &'static str,
    /// The address of its page.
    pub path: &'static str,
    /// The order that holds where the address names none.
    pub sort: &'static str,
    /// Its columns. The first one names the row, and cannot be taken away.
    pub columns: &'static [GridColumn],
}

impl GridSpec {
    /// The order that the address names, as far as there is such a one.
    pub fn sort(&self, query: &Query) -> String {
        let named = query.get("sort").unwrap_or_default();
        let orders = self.columns.iter().filter_map(|column| column.sort);
        let known = orders.flat_map(|(up, down)| [Some(up), down]).flatten().any(|order| order == named);
        if known { named } else { self.sort.to_owned() }
    }
}

/// The address of the grid's page with other parameters; an empty one is none.
pub fn address_with(spec: &GridSpec, query: &Query, changes: &[(&str, &str)]) -> String {
    let mut query = query.clone();
    for (name, value) in changes {
        query.set(name, *value);
    }
    format!("{}{query}", spec.path)
}

/// The address with other filters. What was chosen among other rows is not any more.
pub fn filtered(spec: &GridSpec, query: &Query, changes: &[(&str, &str)]) -> String {
    let mut query = query.clone();
    query.remove(selection::PARAMETER);
    address_with(spec, &query, changes)
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn written(count: usize) -> String {
    format::whole(number(count))
}

/// What is chosen about a grid beside its filters: a saved view, the columns; and its export.
#[component]
pub fn GridTools(
    /// Its rows.
    rows: GridRows,
) -> impl IntoView {
    let query = use_query();
    view! {
        <views::GridViews spec=rows.spec query />
        <columns::Columns spec=rows.spec query />
        <GridExport rows />
    }
}

/// A long table, and what can be done with the rows that are chosen in it. Without such deeds nothing can be chosen.
#[component]
pub fn Grid(
    /// What it is about, for those who hear the page.
    #[prop(into)]
    caption: String,
    /// Its rows.
    rows: GridRows,
    /// What is there instead, where nothing matches.
    #[prop(into)]
    none: ViewFn,
    /// What can be done to many rows.
    #[prop(optional)]
    deeds: Vec<BulkDeed>,
) -> impl IntoView {
    let query = use_query();
    let list = rows.rows();
    let face = Memo::new(move |_| list.face());
    let choosable = !deeds.is_empty();
    let selection = Memo::new(move |_| {
        let text = query.with(|query| query.get(selection::PARAMETER)).unwrap_or_default();
        Selection::read(&text)
    });
    let choose = Callback::new(move |selection: Selection| {
        let text = selection.to_string();
        let to =
            query.with_untracked(|query| address_with(rows.spec, query, &[(selection::PARAMETER, &text)]));
        replace(&to);
    });
    let picks = choosable.then_some(Picks { selection, choose });
    let deeds = StoredValue::new(deeds);
    let chosen = choosable.then(|| view! { <Chosen rows deeds selection choose /> });
    view! {
        {move || match face.get() {
            Face::Loading => view! {
                <div aria-busy="true">
                    <span class="only-heard" role="status">{text::loading()}</span>
                    <SkeletonRows rows=12 />
                </div>
            }
            .into_any(),
            Face::Failed(failure) => {
                view! { <ErrorState failure on_retry=move |()| rows.rows().retry() /> }.into_any()
            }
            Face::None => none.run().into_any(),
            Face::Rows => view! { <Body caption=caption.clone() rows query picks /> }.into_any(),
        }}
        {chosen}
    }
}

/// How rows are chosen.
#[derive(Clone, Copy)]
struct Picks {
    selection: Memo<Selection>,
    choose: Callback<Selection>,
}

/// A row on the page; drawn anew where any of this differs.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Drawn {
    at: usize,
    /// Key and stamp, once it has been read.
    mark: Option<(String, String)>,
}

#[component]
fn Body(caption: String, rows: GridRows, query: ReadSignal<Query>, picks: Option<Picks>) -> impl IntoView {
    let spec = rows.spec;
    let list = rows.rows();
    let body = NodeRef::<html::Tbody>::new();
    let counted = Arc::clone(&list);
    let total = Memo::new(move |_| counted.total());
    let Sight { range, height, .. } = Sight::of(rows, total, body);

    let chosen = Memo::new(move |_| {
        let text = query.with(|query| query.get(columns::PARAMETER)).unwrap_or_default();
        std::iter::once(0).chain(columns::chosen(spec.columns, &text)).collect::<Vec<_>>()
    });
    let part = Memo::new(move |_| query.with(|query| query.get("q")).unwrap_or_default());
    let drawn = Arc::clone(&list);
    let lines = move || {
        let (columns, part) = (Arc::new(chosen.get()), Arc::new(part.get()));
        let rows = Arc::clone(&drawn);
        let each = move || {
            rows.track();
            let (first, end) = range.get();
            (first..end.min(total.get())).map(|at| Drawn { at, mark: rows.mark(at) }).collect::<Vec<_>>()
        };
        let rows = Arc::clone(&drawn);
        view! {
            <For each key=Clone::clone let:row>
                {line(&*rows, spec.columns, &columns, &part, row, picks)}
            </For>
        }
    };
    // As high as the rows that are not there.
    let space = move |rows: usize| format!("{}px", sight::height(rows, height.get()));
    let above = move || space(range.get().0);
    let below = move || space(total.get().saturating_sub(range.get().1));
    let heads = move || {
        let head = |at: usize| spec.columns.get(at).map(|column| head(spec, *column, query, body));
        chosen.get().into_iter().filter_map(head).collect_view()
    };
    // Whoever chose columns wants to see them, however narrow the window is.
    let class = move || {
        let own = query.with(|query| query.get(columns::PARAMETER).is_some());
        if own { "table grid own" } else { "table grid" }
    };
    let stuck = move || {
        let list = rows.rows();
        list.stuck().map(|failure| {
            view! {
                <span class="mut" role="alert">{failure.detail()}</span>
                <Button small=true on_press=move |()| list.retry()>{text::try_again()}</Button>
            }
        })
    };
    view! {
        <div class=class>
            <table aria-label=caption aria-rowcount=move || (total.get() + 1).to_string()>
                <thead>
                    <tr aria-rowindex="1">{picks.map(|picks| pick_all(picks, total))} {heads}</tr>
                </thead>
                <tbody node_ref=body>
                    <tr class="space" aria-hidden="true">
                        <td style:height=above></td>
                    </tr>
                    {lines}
                    <tr class="space" aria-hidden="true">
                        <td style:height=below></td>
                    </tr>
                </tbody>
            </table>
        </div>
        <div class="after">
            <span class="dim" role="status">{move || text::shown_in_all(number(total.get()))}</span>
            {stuck}
        </div>
    }
}

/// A row: a plain view, since many of them come and go as the page is scrolled.
fn line(
    rows: &dyn Rows,
    columns: &'static [GridColumn],
    chosen: &[usize],
    part: &str,
    row: Drawn,
    picks: Option<Picks>,
) -> AnyView {
    let Drawn { at, mark } = row;
    let there = mark.is_some();
    let cell = |(place, index): (usize, &usize)| {
        let column = columns.get(*index)?;
        let content = rows
            .cell(at, column.key, part)
            .unwrap_or_else(|| view! { <span class="bone w3"></span> }.into_any());
        Some(if place == 0 {
            view! { <th scope="row" class=column.class>{content}</th> }.into_any()
        } else {
            view! { <td class=column.class>{content}</td> }.into_any()
        })
    };
    let cells = chosen.iter().enumerate().filter_map(cell).collect_view();
    let key = mark.as_ref().map(|(key, _)| key.clone());
    // A class, and not `:has(:checked)`, which the browser would look for anew with every row that comes.
    let picked = move || {
        let chosen = |key| picks.is_some_and(|picks| picks.selection.with(|selection| selection.has(key)));
        key.as_deref().is_some_and(chosen)
    };
    let pick = picks.map(|picks| match mark {
        Some((key, _)) => pick(picks, key, &rows.label(at).unwrap_or_default()),
        None => view! { <td class="tick"></td> }.into_any(),
    });
    view! {
        <tr class=if there { "row to" } else { "row" } class:picked=picked aria-rowindex=(at + 2).to_string()>
            {pick}
            {cells}
        </tr>
    }
    .into_any()
}

/// What chooses a row.
fn pick(Picks { selection, choose }: Picks, key: String, label: &str) -> AnyView {
    let name = text::select_row(label);
    let own = key.clone();
    let change = move |on: bool| choose.run(selection.get_untracked().with(&own, on));
    view! {
        <td class="tick">
            <label>
                <input
                    type="checkbox"
                    aria-label=name
                    prop:checked=move || selection.with(|selection| selection.has(&key))
                    on:change:target=move |event| change(event.target().checked())
                />
            </label>
        </td>
    }
    .into_any()
}

/// What chooses all that match, read or not.
fn pick_all(Picks { selection, choose }: Picks, total: Memo<usize>) -> impl IntoView {
    let count = Memo::new(move |_| selection.with(|selection| selection.count(total.get())));
    let change = move |on: bool| {
        choose.run(if on { Selection::everything() } else { Selection::default() });
    };
    let all = move || count.get() > 0 && count.get() >= total.get();
    let some = move || (1..total.get()).contains(&count.get());
    view! {
        <th scope="col" class="tick">
            <label>
                <input
                    type="checkbox"
                    aria-label=move || text::select_all(number(total.get()))
                    prop:checked=all
                    prop:indeterminate=some
                    on:change:target=move |event| change(event.target().checked())
                />
            </label>
        </th>
    }
}

/// A heading. Pressed, it orders by its column; pressed again, the other way round.
fn head(
    spec: &'static GridSpec,
    column: GridColumn,
    query: ReadSignal<Query>,
    body: NodeRef<html::Tbody>,
) -> AnyView {
    let name = (column.name)();
    let Some((up, down)) = column.sort else {
        return view! { <th scope="col" class=column.class>{name}</th> }.into_any();
    };
    let sort = move || query.with(|query| spec.sort(query));
    let direction = move || {
        let sort = sort();
        if sort == up { Some("ascending") } else { down.filter(|down| sort == *down).map(|_| "descending") }
    };
    let press = move |_| {
        // Figures are looked at for the most first.
        let first = if column.class.contains('r') { down.unwrap_or(up) } else { up };
        let other = if first == up { down.unwrap_or(up) } else { up };
        let now = query.with_untracked(|query| if spec.sort(query) == first { other } else { first });
        let now = if now == spec.sort { "" } else { now };
        replace(&query.with_untracked(|query| address_with(spec, query, &[("sort", now)])));
        // Another order begins at its top.
        let table = body.get_untracked().and_then(|body| body.closest("table").ok().flatten());
        if let Some(table) = table.filter(|table| table.get_bounding_client_rect().top() < 0.0) {
            table.scroll_into_view();
        }
    };
    let sign = move || match direction() {
        Some("ascending") => icon(Icon::Up, 12).into_any(),
        Some(_) => icon(Icon::Down, 12).into_any(),
        None => ().into_any(),
    };
    view! {
        <th scope="col" class=column.class aria-sort=direction>
            <button type="button" on:click=press>
                {name}
                {sign}
            </button>
        </th>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: GridSpec = GridSpec {
        name: "things",
        path: "/things",
        sort: "name",
        columns: &[
            GridColumn {
                key: "name",
                name: || "",
                class: "",
                sort: Some(("name", Some("-name"))),
                shown: true,
            },
            GridColumn { key: "size", name: || "", class: "r", sort: Some(("size", None)), shown: true },
        ],
    };

    #[test]
    fn the_order_is_one_that_there_is() {
        for (query, expected) in [
            ("", "name"),
            ("sort=-name", "-name"),
            ("sort=size", "size"),
            ("sort=-size", "name"),
            ("sort=x", "name"),
        ] {
            assert_eq!(SPEC.sort(&Query::read(query)), expected, "{query}");
        }
    }

    #[test]
    fn other_filters_leave_order_and_columns_and_choose_nothing() {
        let query = Query::read("q=a&sort=-name&columns=size&view=Mine&selected=A,B");
        assert_eq!(
            filtered(&SPEC, &query, &[("q", "b"), ("status", "open")]),
            "/things?q=b&sort=-name&columns=size&view=Mine&status=open"
        );
        assert_eq!(filtered(&SPEC, &Query::read("q=a"), &[("q", "")]), "/things");
        assert_eq!(
            address_with(&SPEC, &query, &[("sort", "")]),
            "/things?q=a&columns=size&view=Mine&selected=A%2CB"
        );
    }
}
