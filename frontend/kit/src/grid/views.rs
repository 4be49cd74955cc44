//! Saved views: named sets of filters, order and columns. All of it stands in the address, so a view is an address with a
//! name. The browser keeps them, for each person and each grid.

use address::{Query, go, replace};
use client::{json, use_client};
use leptos::prelude::*;

use super::{GridSpec, selection};
use crate::{
    dialog::Dialog,
    field::TextField,
    form::{Form, FormView},
    icon::{Icon, icon},
    menu::{Menu, MenuItem},
    text,
    toast::use_toasts,
};

/// The parameter of the address: the name of the view that it began with.
pub const PARAMETER: &str = "view";
/// As long as fits a menu.
const LONGEST: usize = 40;

/// A name, and what stands in the address.
type Saved = (String, String);

/// What belongs to a view.
fn of_view(query: &Query) -> Query {
    let mut query = query.clone();
    query.remove(PARAMETER);
    query.remove(selection::PARAMETER);
    query
}

/// Whether both show the same: the order in which parameters stand does not matter.
fn same(one: &Query, other: &Query) -> bool {
    let sorted = |query: &Query| {
        let text = query.to_string();
        let mut parts: Vec<_> = text.trim_start_matches('?').split('&').map(str::to_owned).collect();
        parts.sort();
        parts
    };
    sorted(one) == sorted(other)
}

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// The views of this person. Where nothing may be kept, they last as long as the page.
#[derive(Clone, Copy)]
struct Views {
    key: StoredValue<String>,
    all: RwSignal<Vec<Saved>>,
}

impl Views {
    fn of(spec: &GridSpec) -> Self {
        let who =
            use_client().session.with_untracked(|session| session.me()?.user_id.map(|id| id.to_string()));
        let key = format!("views:{}:{}", who.unwrap_or_default(), spec.name);
        let kept = storage().and_then(|storage| storage.get_item(&key).ok().flatten());
        let all = kept.and_then(|text| json::read(&text)).unwrap_or_default();
        Self { key: StoredValue::new(key), all: RwSignal::new(all) }
    }

    fn change(self, change: impl FnOnce(&mut Vec<Saved>)) {
        self.all.update(change);
        let text = self.all.with_untracked(|all| serde_json::to_string(all).unwrap_or_default());
        if let Some(storage) = storage() {
            let _ = self.key.with_value(|key| storage.set_item(key, &text));
        }
    }

    fn get(self, name: &str) -> Option<String> {
        self.all.with(|all| all.iter().find(|(one, _)| one == name).map(|(_, query)| query.clone()))
    }
}

/// The menu of views, and the question for a name.
#[component]
pub fn GridViews(spec: &'static GridSpec, query: ReadSignal<Query>) -> impl IntoView {
    let toasts = use_toasts();
    let views = Views::of(spec);
    let now = Memo::new(move |_| query.with(of_view));
    // The view that the address names, if it is known here.
    let current = Memo::new(move |_| {
        let name = query.with(|query| query.get(PARAMETER))?;
        views.get(&name).map(|saved| (name, saved))
    });
    let changed = Memo::new(move |_| {
        current.with(|current| {
            current.as_ref().is_some_and(|(_, saved)| !now.with(|now| same(now, &Query::read(saved))))
        })
    });
    let address = move |name: &str, query: &str| {
        let mut query = Query::read(query);
        query.set(PARAMETER, name);
        format!("{}{query}", spec.path)
    };
    // What the question is about: a new view, or the one to be renamed.
    let asked = RwSignal::new(false);
    let renamed = RwSignal::new(None::<String>);
    let ask = move |name: Option<String>| {
        renamed.set(name);
        asked.set(true);
    };
    let save = move |name: String| {
        let text = now.with_untracked(ToString::to_string);
        views.change(|all| {
            if let Some(place) = all.iter_mut().find(|(one, _)| *one == name) {
                place.1.clone_from(&text);
            }
        });
        toasts.say(text::view_saved(&name));
    };
    let delete = move |name: String| {
        let Some(place) = views.all.with_untracked(|all| all.iter().position(|(one, _)| *one == name)) else {
            return;
        };
        let before = views.all.with_untracked(|all| all.get(place).cloned());
        views.change(|all| {
            all.remove(place);
        });
        let path = format!("{}{}", spec.path, now.get_untracked());
        replace(&path);
        let undo = move || {
            let Some((name, saved)) = before.clone() else { return };
            views.change(|all| all.insert(place.min(all.len()), (name, saved)));
        };
        toasts.say_with_undo(text::view_deleted(&name), undo);
    };
    let items = Signal::derive(move || {
        let mut items = Vec::new();
        let mut item = |icon: Icon, label: String, press: Callback<()>| {
            items.push(MenuItem { icon, label, on_press: press });
        };
        let current = current.get();
        let is = |name: &str| current.as_ref().is_some_and(|(one, _)| one == name);
        let sign = |on: bool| if on { Icon::Check } else { Icon::Plan };
        let begin = Callback::new(move |()| go(spec.path));
        let plain =
            query.with(|query| query.get(PARAMETER)).is_none() && now.with(|now| *now == Query::new());
        item(sign(plain), text::default_view().to_owned(), begin);
        for (name, saved) in views.all.get() {
            let to = address(&name, &saved);
            item(sign(is(&name)), name, Callback::new(move |()| go(&to)));
        }
        if let Some((name, _)) = current {
            if changed.get() {
                let saved = name.clone();
                let press = Callback::new(move |()| save(saved.clone()));
                item(Icon::Check, text::save_changes(&name), press);
            }
            item(Icon::Plus, text::save_view().to_owned(), Callback::new(move |()| ask(None)));
            let which = name.clone();
            let press = Callback::new(move |()| ask(Some(which.clone())));
            item(Icon::Edit, text::rename_view(&name), press);
            let which = name.clone();
            let press = Callback::new(move |()| delete(which.clone()));
            item(Icon::Trash, text::delete_view(&name), press);
        } else {
            item(Icon::Plus, text::save_view().to_owned(), Callback::new(move |()| ask(None)));
        }
        items
    });
    let label = move || {
        current.with(|current| {
            current.as_ref().map_or_else(|| text::views().to_owned(), |(name, _)| name.clone())
        })
    };
    let title = Signal::derive(move || {
        let title = if renamed.with(Option::is_some) { text::rename_title() } else { text::save_title() };
        title.to_owned()
    });
    let keep = Callback::new(move |name: String| {
        let old = renamed.get_untracked();
        let is_new = old.is_none();
        let text = now.with_untracked(ToString::to_string);
        views.change(|all| match all.iter_mut().find(|(one, _)| Some(one) == old.as_ref()) {
            Some(place) => place.0.clone_from(&name),
            None => all.push((name.clone(), text.clone())),
        });
        asked.set(false);
        replace(&address(&name, &text));
        if is_new {
            toasts.say(text::view_saved(&name));
        }
    });
    view! {
        <Menu class="btn" items>
            {icon(Icon::Plan, 16)}
            <span class="view-name">{label}</span>
            {move || changed.get().then(|| view! { <span class="dim">{text::changed()}</span> })}
        </Menu>
        <Dialog id="view-name" title open=asked>
            <Name views old=renamed.get_untracked() saved=keep cancel=move |()| asked.set(false) />
        </Dialog>
    }
}

/// The question for a name.
#[component]
fn Name(
    views: Views,
    old: Option<String>,
    #[prop(into)] saved: Callback<String>,
    #[prop(into)] cancel: Callback<()>,
) -> impl IntoView {
    let form = Form::new("");
    let before = old.clone().unwrap_or_default();
    let field = form.field("/view", before.clone(), named);
    let field = form.rule(field, move || {
        let name = field.value.with(|name| name.trim().to_owned());
        let taken = views.all.with(|all| all.iter().any(|(one, _)| *one == name && *one != before));
        taken.then(|| text::view_taken().to_owned())
    });
    let submit = move |()| form.send(async || Ok(()), move |()| saved.run(field.text()));
    view! {
        <FormView form submit=text::save() on_submit=submit on_cancel=cancel>
            <TextField field label=text::view_name() autofocus=true />
        </FormView>
    }
}

fn named(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return Some(text::required().to_owned());
    }
    (name.trim().chars().count() > LONGEST).then(|| text::too_long(super::number(LONGEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_what_is_filtered_ordered_and_shown() {
        let query = Query::read("?q=a&view=Mine&sort=-name&selected=all&columns=status");
        assert_eq!(of_view(&query).to_string(), "?q=a&sort=-name&columns=status");
        assert!(same(&of_view(&query), &Query::read("columns=status&sort=-name&q=a")));
        assert!(!same(&of_view(&query), &Query::read("columns=status&sort=name&q=a")));
        assert!(same(&Query::new(), &Query::read("")));
    }
}
