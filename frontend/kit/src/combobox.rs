//! Choosing one of many by typing a part of its name: a combobox with a listbox, as the ARIA Authoring Practices
//! describe it. The focus stays in the field; the arrow keys mark what Enter takes.

use client::effect;
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast as _;

use crate::{
    field::{Around, described, invalid},
    form::Field,
    icon::{Icon, icon},
    text,
};

/// What can be chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    /// The field's value.
    pub value: String,
    /// What it is called.
    pub name: String,
    /// A word more, where names can be the same: a code.
    pub about: String,
}

impl Offer {
    /// How it is written in the field.
    pub fn written(&self) -> String {
        if self.about.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, self.about) }
    }

    fn holds(&self, typed: &str) -> bool {
        let whole = format!("{} {}", self.written(), self.value).to_lowercase();
        typed.to_lowercase().split_whitespace().all(|word| whole.contains(word))
    }

    fn is(&self, typed: &str) -> bool {
        let typed = typed.to_lowercase();
        [&self.value, &self.name, &self.about, &self.written()].iter().any(|it| it.to_lowercase() == typed)
    }
}

/// Those that hold every word that was typed: for lists that are known as a whole.
pub fn matching(all: &[Offer], typed: &str) -> Vec<Offer> {
    all.iter().filter(|offer| offer.holds(typed)).cloned().collect()
}

/// What somebody means who leaves the field with this in it: what is called so, if only one is; what was typed, if that
/// counts, too; nothing, where nothing is typed.
fn meant(typed: &str, offers: &[Offer], free: bool) -> Option<Offer> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Some(Offer::default());
    }
    let mut called = offers.iter().filter(|offer| offer.is(typed));
    match (called.next(), called.next()) {
        (Some(found), None) => Some(found.clone()),
        _ if free => Some(Offer { value: typed.to_owned(), name: typed.to_owned(), ..Offer::default() }),
        _ => None,
    }
}

/// What the arrow keys mark next; past the end it begins anew.
fn moved(from: Option<usize>, count: usize, down: bool) -> Option<usize> {
    let last = count.checked_sub(1)?;
    Some(match (from, down) {
        (Some(at), true) if at < last => at + 1,
        (_, true) | (Some(1), false) => 0,
        (None | Some(0), false) => last,
        (Some(at), false) => at - 1,
    })
}

/// Scrolls what has this id into sight, within the list that holds it.
pub fn keep_in_sight(id: String) {
    request_animation_frame(move || {
        let marked = document().get_element_by_id(&id);
        let Some(marked) = marked.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) else { return };
        let Some(list) = marked.parent_element() else { return };
        let bottom = marked.offset_top() + marked.offset_height();
        if bottom > list.scroll_top() + list.client_height() {
            list.set_scroll_top(bottom - list.client_height());
        } else if marked.offset_top() < list.scroll_top() {
            list.set_scroll_top(marked.offset_top());
        }
    });
}

/// A field that finds what is chosen in it.
#[component]
pub fn Combobox(
    /// Its value is that of what was chosen.
    field: Field,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// The label is said and not written; where the place says it.
    #[prop(optional)]
    bare: bool,
    /// A word of help.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// What stands in it while it is empty.
    #[prop(optional)]
    placeholder: &'static str,
    /// How the value is written that was there before anybody chose here.
    #[prop(optional, into)]
    written: Signal<String>,
    /// Set to what is looked for: as soon as somebody wants to choose, and with each letter.
    asked: RwSignal<Option<String>>,
    /// What was found; nothing yet, as long as it is on its way.
    #[prop(into)]
    offers: Signal<Option<Vec<Offer>>>,
    /// What is typed counts also where it is not offered.
    #[prop(optional)]
    free: bool,
    /// Told what was chosen, when the field has it; the empty one, where it was emptied.
    #[prop(optional_no_strip, into)]
    on_pick: Option<Callback<Offer>>,
) -> impl IntoView {
    let id = field.id.get_value();
    let (list_id, mark_id) = (format!("{id}-list"), StoredValue::new(id.clone()));
    let input = NodeRef::<html::Input>::new();
    let text = RwSignal::new(String::new());
    let known = RwSignal::new(Offer::default());
    let open = RwSignal::new(false);
    // What the arrow keys have marked.
    let chosen_at = RwSignal::new(None::<usize>);

    let now = Memo::new(move |_| {
        let value = field.value.get();
        if known.with(|known| known.value == value) {
            return known.with(Offer::written);
        }
        let written = written.get();
        if value.is_empty() || !written.is_empty() { written } else { value }
    });
    let restore = move || text.set(now.get_untracked());
    effect(move || {
        // Also where the value is what it was: what is typed beside it goes.
        field.value.track();
        text.set(now.get());
    });

    let found = move || offers.get().unwrap_or_default();
    let edited = move || text.with(|text| *text != *now.read());
    // As soon as somebody types, Enter takes the first that fits; what is left over of the letter before does not.
    let at = Memo::new(move |_| {
        chosen_at.get().or_else(|| {
            let typed = text.get();
            let wanted = edited() && !typed.trim().is_empty();
            wanted.then(|| found().iter().position(|offer| offer.holds(typed.trim()))).flatten()
        })
    });
    let ask = move || {
        let typed = if edited() { text.get().trim().to_owned() } else { String::new() };
        asked.set(Some(typed));
    };
    let show = move || {
        untrack(ask);
        chosen_at.set(None);
        open.set(true);
    };
    let pick = move |offer: Offer| {
        open.set(false);
        known.set(offer.clone());
        field.value.set(offer.value.clone());
        if let Some(on_pick) = on_pick {
            on_pick.run(offer);
        }
    };
    let leave = move || {
        open.set(false);
        if untrack(edited) {
            let typed = text.get_untracked();
            match meant(&typed, &untrack(found), free) {
                Some(offer) => pick(offer),
                None => restore(),
            }
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let is_open = open.get_untracked();
        match event.key().as_str() {
            key @ ("ArrowDown" | "ArrowUp") => {
                event.prevent_default();
                if !is_open {
                    show();
                }
                if is_open || !event.alt_key() {
                    let next = moved(at.get_untracked(), untrack(found).len(), key == "ArrowDown");
                    chosen_at.set(next);
                    if let Some(next) = next {
                        keep_in_sight(format!("{}-{next}", mark_id.get_value()));
                    }
                }
            }
            "Enter" => match at.get_untracked().and_then(|at| untrack(found).into_iter().nth(at)) {
                Some(offer) if is_open => {
                    event.prevent_default();
                    pick(offer);
                }
                // The form is sent with what is in it.
                _ => leave(),
            },
            "Escape" if is_open || untrack(edited) => {
                // Neither the dialog around it.
                event.prevent_default();
                event.stop_propagation();
                open.set(false);
                if !is_open {
                    restore();
                }
            }
            _ => {}
        }
    };
    let empty = move |_| {
        pick(Offer::default());
        if let Some(input) = input.get_untracked() {
            // A field that is on the page takes the focus.
            let _ = input.focus();
        }
    };

    let option = move |(index, offer): (usize, Offer)| {
        let (name, about) = (offer.name.clone(), offer.about.clone());
        view! {
            <li
                role="option"
                id=format!("{}-{index}", mark_id.get_value())
                aria-selected=move || (at.get() == Some(index)).to_string()
                on:click=move |_| pick(offer.clone())
            >
                <span>{name}</span>
                <span class="code">{about}</span>
            </li>
        }
    };
    let how_many = move || match offers.get() {
        None => text::loading().to_owned(),
        Some(offers) if offers.is_empty() => text::nothing_found().to_owned(),
        Some(offers) => text::offered(i64::try_from(offers.len()).unwrap_or(i64::MAX)),
    };
    let clear = text::clear_field(&label);
    let said = label.clone();
    view! {
        <Around field label bare hint=hint.clone()>
            <div class="combobox">
                <input
                    node_ref=input
                    id=id.clone()
                    name=id
                    type="text"
                    role="combobox"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder=placeholder
                    prop:value=text
                    aria-autocomplete="list"
                    aria-expanded=move || open.get().to_string()
                    aria-controls=list_id.clone()
                    aria-activedescendant=move || {
                        at.get().filter(|_| open.get()).map(|at| format!("{}-{at}", mark_id.get_value()))
                    }
                    aria-invalid=invalid(field)
                    aria-describedby=described(field, hint.is_some())
                    on:input:target=move |event| {
                        text.set(event.target().value());
                        show();
                    }
                    on:click=move |_| show()
                    on:keydown=on_key
                    // What goes with its page loses the focus, too.
                    on:blur=move |_| if open.try_get_untracked().is_some() { leave() }
                />
                {move || {
                    if now.with(String::is_empty) {
                        view! { <span class="combobox-sign">{icon(Icon::Chevron, 16)}</span> }.into_any()
                    } else {
                        view! {
                            <button
                                type="button"
                                aria-label=clear.clone()
                                on:mousedown=|event| event.prevent_default()
                                on:click=empty
                            >
                                {icon(Icon::Close, 16)}
                            </button>
                        }
                            .into_any()
                    }
                }}
                // A press on it leaves the focus where it is.
                <div class="combobox-list" hidden=move || !open.get() on:mousedown=|event| event.prevent_default()>
                    <ul id=list_id.clone() role="listbox" aria-label=said>
                        {move || open.get().then(|| found().into_iter().enumerate().map(option).collect_view())}
                    </ul>
                    <p role="status" class=move || if found().is_empty() { "dim" } else { "only-heard" }>
                        {move || open.get().then(how_many)}
                    </p>
                </div>
            </div>
        </Around>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(value: &str, name: &str) -> Offer {
        Offer { value: value.to_owned(), name: name.to_owned(), about: value.to_owned() }
    }

    #[test]
    fn every_word_has_to_be_in_it() {
        let all = [offer("ACME", "Acme Corp"), offer("ACME-2", "Acme Labs"), offer("GLOBEX", "Globex")];
        let found = |typed| matching(&all, typed).into_iter().map(|it| it.value).collect::<Vec<_>>();
        assert_eq!(found("acme"), ["ACME", "ACME-2"]);
        assert_eq!(found("labs ACME"), ["ACME-2"]);
        assert_eq!(found("").len(), 3);
        assert!(found("acme globex").is_empty());
    }

    #[test]
    fn what_is_meant_is_not_guessed() {
        let all = [offer("ACME", "Acme Corp"), offer("A2", "Twin"), offer("A3", "Twin")];
        let value = |typed, free| meant(typed, &all, free).map(|it| it.value);
        assert_eq!(value(" acme ", false), Some("ACME".to_owned()));
        assert_eq!(value("Acme Corp (ACME)", false), Some("ACME".to_owned()));
        assert_eq!(value("acm", false), None, "a part is not a name");
        assert_eq!(value("twin", false), None, "two are called so");
        assert_eq!(value("acm", true), Some("acm".to_owned()));
        assert_eq!(value("  ", false), Some(String::new()));
    }

    #[test]
    fn arrows_go_round() {
        assert_eq!(moved(None, 0, true), None);
        assert_eq!(moved(None, 3, true), Some(0));
        assert_eq!(moved(None, 3, false), Some(2));
        assert_eq!(moved(Some(2), 3, true), Some(0));
        assert_eq!(moved(Some(0), 3, false), Some(2));
        assert_eq!(moved(Some(1), 3, false), Some(0));
        assert_eq!(moved(Some(2), 3, false), Some(1));
        assert_eq!(moved(Some(5), 3, true), Some(0), "the list has become shorter");
    }
}
