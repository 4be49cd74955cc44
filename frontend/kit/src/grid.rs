//! Long tables: only the rows that are in sight are on the page, whatever there are; the rest is fetched as it is
//! scrolled to. Order, filters and what is looked for stand in the address; which columns are shown, in the browser.

use address::replace;
use std::collections::BTreeSet;

use client::{Paged, Shown, effect, use_client};
use contract::ToSchema;
use leptos::{ev, html, prelude::*};

use crate::{
    icon::{Icon, icon},
    text,
    toast::use_toasts,
};

/// Rows above and below what is in sight.
const BEYOND: usize = 12;
/// The most rows on the page, however high the window is.
const MOST: usize = 80;

/// A column of a long table.
pub struct GridColumn<T: 'static> {
    /// Names it in what the browser keeps, and in exports.
    pub key: &'static str,
    /// What it is called.
    pub name: fn() -> &'static str,
    /// How its cells are set: `r` to the right, `less` gone on a phone, `least` gone on a tablet, too.
    pub class: &'static str,
    /// What it shows of a row.
    pub cell: fn(&T) -> AnyView,
    /// What an export says.
    pub plain: fn(&T) -> String,
    /// The orders that it stands for, as the address names them: upwards, downwards.
    pub sort: Option<(&'static str, Option<&'static str>)>,
}

impl<T> Clone for GridColumn<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GridColumn<T> {}

/// A long table. The first column names the row and cannot be hidden.
#[component]
pub fn Grid<T: Shown + ToSchema>(
    /// Names it in what the browser keeps.
    name: &'static str,
    /// What it is about, for those who hear the page.
    #[prop(into)]
    caption: String,
    /// The rows.
    list: Paged<T>,
    /// Tells rows apart.
    key: fn(&T) -> String,
    /// Its columns.
    columns: &'static [GridColumn<T>],
    /// The order that is shown, as the address names it.
    #[prop(into)]
    sort: Signal<String>,
    /// The address with another order.
    #[prop(into)]
    sorted: Callback<String, String>,
) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let body = NodeRef::<html::Tbody>::new();
    let height = RwSignal::new(49.0_f64);
    let in_sight = RwSignal::new((0_usize, 40_usize));
    let hidden = hidden_columns(name);

    let read = move || list.items.with(Vec::len);
    let total = Memo::new(move |_| {
        let counted = list.total().and_then(|total| usize::try_from(total).ok());
        counted.filter(|_| list.has_more()).unwrap_or_else(read)
    });
    let look = move || {
        let Some(body) = body.try_get_untracked().flatten() else { return };
        if let Ok(Some(row)) = body.query_selector("tr.row") {
            let found = row.get_bounding_client_rect().height();
            if found > 1.0 && (found - height.get_untracked()).abs() > 0.5 {
                height.set(found);
            }
        }
        let height = height.get_untracked();
        let above = (-body.get_bounding_client_rect().top() / height).max(0.0);
        let window = window().inner_height().ok().and_then(|it| it.as_f64()).unwrap_or(900.0);
        let first = whole(above).saturating_sub(BEYOND);
        let end = (whole(above + window / height) + 1 + BEYOND).min(first + MOST);
        let now = (first, end);
        if in_sight.get_untracked() != now {
            in_sight.set(now);
        }
    };
    let waiting = StoredValue::new(false);
    let soon = move || {
        if waiting.try_get_value() == Some(false) {
            waiting.set_value(true);
            request_animation_frame(move || {
                waiting.try_set_value(false);
                look();
            });
        }
    };
    let scroll = window_event_listener(ev::scroll, move |_| soon());
    let resize = window_event_listener(ev::resize, move |_| soon());
    on_cleanup(move || {
        scroll.remove();
        resize.remove();
    });
    effect(move || {
        list.items.track();
        soon();
    });
    // What is scrolled to is fetched, page after page.
    effect(move || {
        let (_, end) = in_sight.get();
        if end + BEYOND > read() && list.has_more() && !list.busy.get() {
            list.more(client, move |failure| toasts.say(failure.detail()));
        }
    });

    let shown = Memo::new(move |_| {
        hidden.with(|hidden| {
            let shown = |(at, column): &(usize, &GridColumn<T>)| *at == 0 || !hidden.contains(column.key);
            columns.iter().enumerate().filter(shown).map(|(at, _)| at).collect::<Vec<_>>()
        })
    });
    let range = Memo::new(move |_| {
        let (first, end) = in_sight.get();
        let end = end.min(total.get());
        (first.min(end), end)
    });
    let rows = move || {
        let (first, end) = range.get();
        list.items.with(|items| {
            let end = end.min(items.len());
            let first = first.min(end);
            items[first..end].iter().cloned().zip(first..).collect::<Vec<_>>()
        })
    };
    // As high as the rows that are not there.
    let space = move |rows: usize| format!("{}px", to_float(rows) * height.get());
    let above = move || space(range.get().0);
    let below = move || space(total.get().saturating_sub(range.get().1.min(read()).max(range.get().0)));
    let heads = move || {
        let head = |at: usize| columns.get(at).map(|column| view! { <Head column=*column sort sorted /> });
        shown.get().into_iter().filter_map(head).collect_view()
    };
    view! {
        <div class="table grid">
            <table aria-label=caption aria-rowcount=move || (total.get() + 1).to_string()>
                <thead>
                    <tr aria-rowindex="1">{move || heads()}</tr>
                </thead>
                <tbody node_ref=body>
                    <tr class="space" aria-hidden="true">
                        <td style:height=above></td>
                    </tr>
                    <For each=rows key=move |(row, _)| key(row) let((row, at))>
                        <Row row at columns shown />
                    </For>
                    <tr class="space" aria-hidden="true">
                        <td style:height=below></td>
                    </tr>
                </tbody>
            </table>
        </div>
        <div class="after">
            <span class="dim" role="status">
                {move || text::shown_in_all(i64::try_from(total.get()).unwrap_or(i64::MAX))}
            </span>
            <Columns name columns hidden />
        </div>
    }
}

#[allow(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a page"
)]
fn whole(number: f64) -> usize {
    number.max(0.0) as usize
}

#[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "rows of a page")]
fn to_float(number: usize) -> f64 {
    number as f64
}

#[component]
fn Row<T: Shown>(
    row: T,
    at: usize,
    columns: &'static [GridColumn<T>],
    shown: Memo<Vec<usize>>,
) -> impl IntoView {
    let cells = move || {
        let cell = |index: usize| {
            let column = columns.get(index)?;
            let content = (column.cell)(&row);
            Some(if index == 0 {
                view! { <th scope="row" class=column.class>{content}</th> }.into_any()
            } else {
                view! { <td class=column.class>{content}</td> }.into_any()
            })
        };
        shown.get().into_iter().filter_map(cell).collect_view()
    };
    view! { <tr class="row to" aria-rowindex=(at + 2).to_string()>{move || cells()}</tr> }
}

/// A heading. Pressed, it orders by its column; pressed again, the other way round.
#[component]
fn Head<T: 'static>(
    column: GridColumn<T>,
    sort: Signal<String>,
    sorted: Callback<String, String>,
) -> impl IntoView {
    let name = (column.name)();
    let Some((up, down)) = column.sort else {
        return view! { <th scope="col" class=column.class>{name}</th> }.into_any();
    };
    let is = move |order: &str| sort.with(|sort| sort == order);
    let direction = move || {
        if is(up) { Some("ascending") } else { down.filter(|down| is(down)).map(|_| "descending") }
    };
    let press = move |_| {
        // Figures are looked at for the most first.
        let first = if column.class.contains('r') { down.unwrap_or(up) } else { up };
        let other = if first == up { down.unwrap_or(up) } else { up };
        let now = sort.with_untracked(|sort| if sort == first { other } else { first });
        let to = sorted.run(now.to_owned());
        replace(&to);
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
                {move || sign()}
            </button>
        </th>
    }
    .into_any()
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

fn hidden_columns(name: &'static str) -> RwSignal<BTreeSet<String>> {
    let kept = storage().and_then(|storage| storage.get_item(&format!("columns:{name}")).ok().flatten());
    let hidden = kept.unwrap_or_default();
    RwSignal::new(hidden.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect())
}

/// Which columns are shown.
#[component]
fn Columns<T: 'static>(
    name: &'static str,
    columns: &'static [GridColumn<T>],
    hidden: RwSignal<BTreeSet<String>>,
) -> impl IntoView {
    let choose = move |key: &'static str, on: bool| {
        hidden.update(|hidden| {
            let _ = if on { hidden.remove(key) } else { hidden.insert(key.to_owned()) };
        });
        if let Some(storage) = storage() {
            let text = hidden.with_untracked(|hidden| hidden.iter().cloned().collect::<Vec<_>>().join(","));
            // Where nothing may be kept, the choice lasts as long as the page.
            let _ = storage.set_item(&format!("columns:{name}"), &text);
        }
    };
    let boxes = columns
        .iter()
        .skip(1)
        .map(|column| {
            let key = column.key;
            let id = format!("column-{key}");
            view! {
                <div class="check">
                    <input
                        type="checkbox"
                        id=id.clone()
                        prop:checked=move || hidden.with(|hidden| !hidden.contains(key))
                        on:change:target=move |event| choose(key, event.target().checked())
                    />
                    <label for=id>{(column.name)()}</label>
                </div>
            }
        })
        .collect_view();
    view! {
        <details class="columns">
            <summary class="btn small">{text::columns()}</summary>
            <div class="columns-list">{boxes}</div>
        </details>
    }
}

/// What the columns say, row by row, for an export.
pub fn plain_rows<T>(columns: &[GridColumn<T>], rows: &[T]) -> Vec<Vec<String>> {
    let head = columns.iter().map(|column| (column.name)().to_owned()).collect();
    let cells = |row| columns.iter().map(|column| (column.plain)(row)).collect();
    std::iter::once(head).chain(rows.iter().map(cells)).collect()
}
