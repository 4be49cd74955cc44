//! Where to? Typed rather than looked for: every page, and every customer, a few keys away.

use address::{Query, go};
use client::{Remote, effect, load, use_client};
use contract::{Page, customers::Customer};
use domain::permissions::Permission;
use kit::{Dialog, Icon, icon, keep_in_sight};
use leptos::{ev, prelude::*};

use crate::{
    account,
    app::use_app,
    lazily::Lazily,
    pages::{Access, Place},
    text,
};

/// Where one can go.
#[derive(Clone, PartialEq)]
struct Entry {
    href: String,
    name: String,
    about: String,
    sign: Icon,
}

/// Opens with Ctrl or ⌘ and K.
#[component]
pub(crate) fn Palette(open: RwSignal<bool>) -> impl IntoView {
    let on_key = window_event_listener(ev::keydown, move |event| {
        let key = event.key();
        if (event.ctrl_key() || event.meta_key()) && key.eq_ignore_ascii_case("k") {
            event.prevent_default();
            open.update(|open| *open = !*open);
        }
    });
    on_cleanup(move || on_key.remove());
    provide_context(Open(open));
    view! {
        <Dialog id="palette" title=text::go_to() open>
            <Lazily load=|| Box::pin(account::finder()) />
        </Dialog>
    }
}

/// Whether the palette is there.
#[derive(Clone, Copy)]
struct Open(RwSignal<bool>);

/// What is typed, and where it leads.
#[component]
pub fn Finder() -> impl IntoView {
    let Open(open) = expect_context();
    let client = use_client();
    let typed = RwSignal::new(String::new());
    let at = RwSignal::new(0_usize);
    let may = client.session.with_untracked(|session| session.may(Permission::CustomersRead));
    let found = load::<Page<Customer>>(move || {
        let words = typed.get().trim().to_owned();
        (may && !words.is_empty()).then(|| {
            let mut query = Query::new();
            query.set("limit", "7");
            query.set("q", words);
            format!("/msp/customers{query}")
        })
    });
    let pages = pages();
    let entries = Memo::new(move |_| {
        let query = typed.get().trim().to_lowercase();
        let mut entries: Vec<_> =
            pages.iter().filter(|entry| entry.name.to_lowercase().contains(&query)).cloned().collect();
        if !query.is_empty()
            && let Remote::Ready(page) = found.state.get()
        {
            entries.extend(page.items.into_iter().map(|customer| Entry {
                href: format!("/customers/{}", customer.code),
                name: customer.company_name,
                about: customer.code,
                sign: Icon::Customers,
            }));
        }
        entries
    });
    effect(move || {
        typed.track();
        at.set(0);
    });
    let go = Callback::new(move |href: String| {
        open.set(false);
        go(&href);
    });
    let on_key = move |event: ev::KeyboardEvent| {
        let count = entries.with_untracked(Vec::len);
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => count.saturating_sub(1),
            "Enter" => {
                event.prevent_default();
                if let Some(entry) =
                    entries.with_untracked(|entries| entries.get(at.get_untracked()).cloned())
                {
                    go.run(entry.href);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        if count > 0 {
            at.update(|at| *at = (*at + step) % count);
            keep_in_sight(format!("palette-{}", at.get_untracked()));
        }
    };
    let options = move || {
        let option = |(index, entry): (usize, Entry)| {
            let href = entry.href.clone();
            view! {
                <li
                    role="option"
                    id=format!("palette-{index}")
                    aria-selected=move || (at.get() == index).to_string()
                    on:click=move |_| go.run(href.clone())
                    on:pointermove=move |_| if at.get_untracked() != index {
                        at.set(index);
                    }
                >
                    {icon(entry.sign, 16)}
                    <span>{entry.name}</span>
                    <span class="code">{entry.about}</span>
                </li>
            }
        };
        entries.get().into_iter().enumerate().map(option).collect_view()
    };
    view! {
        <div class="palette">
            <input
                type="text"
                role="combobox"
                aria-label=text::go_to()
                aria-expanded="true"
                aria-controls="palette-list"
                aria-autocomplete="list"
                aria-activedescendant=move || format!("palette-{}", at.get())
                placeholder=text::go_to_hint()
                autocomplete="off"
                spellcheck="false"
                autofocus
                bind:value=typed
                on:keydown=on_key
            />
            <ul id="palette-list" role="listbox" aria-label=text::go_to()>
                {move || options()}
            </ul>
            <p class="dim" role="status">
                {move || entries.with(Vec::is_empty).then(text::nothing_found)}
            </p>
        </div>
    }
}

/// The pages that one can go to without saying which thing they are about.
fn pages() -> Vec<Entry> {
    let client = use_client();
    let is_whole = |path: &str| !path.contains(':');
    let may = |page: &&crate::Page| client.session.with_untracked(|session| page.is_for(session));
    use_app()
        .pages
        .iter()
        .filter(|page| page.access != Access::Open && is_whole(page.path))
        .filter(may)
        .map(|page| Entry {
            href: page.path.to_owned(),
            name: (page.title)().to_owned(),
            about: String::new(),
            sign: match page.place {
                Place::Navigation(sign) => sign,
                Place::None => Icon::Right,
            },
        })
        .collect()
}
