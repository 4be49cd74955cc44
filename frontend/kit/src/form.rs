//! Forms: what was typed, what is wrong with it and where, and that nothing of it is lost.
//!
//! A form checks before it sends, tells at each field what the server said about it, moves to the first field that is
//! wrong, and keeps what was typed in the browser's tab until it is sent: a reload, a lost session or a wrong click
//! loses nothing.

use std::{collections::HashMap, pin::Pin};

use client::{Failure, effect, format, on_change, spawn};
use domain::money::{Currency, Money};
use leptos::{ev::SubmitEvent, prelude::*};
use rust_decimal::{Decimal, prelude::ToPrimitive as _};
use wasm_bindgen::JsCast as _;

use crate::{
    banner::Banner,
    button::{Button, ButtonKind},
    status::Tone,
    text,
};

/// What is wrong with a text, in words; nothing, if nothing is.
pub type Check = fn(&str) -> Option<String>;

/// A field of a form. Whatever it is shown as, its value is text.
#[derive(Clone, Copy)]
pub struct Field {
    /// Names it in the page; made of its pointer.
    pub id: StoredValue<String>,
    /// What stands in it.
    pub value: RwSignal<String>,
    /// What is wrong with it.
    pub error: Signal<Option<String>>,
}

impl Field {
    /// What stands in it, without the spaces around it.
    pub fn text(self) -> String {
        self.value.with_untracked(|value| value.trim().to_owned())
    }

    /// What stands in it; nothing, where nothing does.
    pub fn optional(self) -> Option<String> {
        Some(self.text()).filter(|text| !text.is_empty())
    }

    /// The number in it.
    pub fn number(self) -> Option<Decimal> {
        self.value.with_untracked(|value| format::number(value))
    }

    /// The whole number in it.
    pub fn whole(self) -> Option<i32> {
        self.number().filter(|number| number.fract().is_zero()).and_then(|number| number.to_i32())
    }

    /// The amount in it.
    pub fn amount(self, currency: Currency) -> Option<Money> {
        self.value.with_untracked(|value| format::amount(value, currency))
    }

    /// Whether it is checked.
    pub fn is_on(self) -> bool {
        self.value.with_untracked(|value| value == "true")
    }
}

/// What follows, when it was sent.
type Then = Box<dyn FnOnce()>;

struct Entry {
    pointer: String,
    value: RwSignal<String>,
    initial: String,
    check: Signal<Option<String>>,
}

/// A form. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Form {
    name: StoredValue<String>,
    entries: StoredValue<Vec<Entry>>,
    kept: StoredValue<HashMap<String, String>>,
    told_here: StoredValue<Vec<&'static str>>,
    restored: RwSignal<bool>,
    failure: RwSignal<Option<Failure>>,
    checked: RwSignal<bool>,
    busy: RwSignal<bool>,
}

/// There has to be something.
pub fn required(text: &str) -> Option<String> {
    text.trim().is_empty().then(|| text::required().to_owned())
}

/// Anything goes, also nothing.
pub fn optional(_: &str) -> Option<String> {
    None
}

impl Form {
    /// An empty form. Under `name` the tab keeps what was typed; without a name nothing is kept. A form about one of many
    /// things has that thing in its name: what was typed about one is not put into another.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let kept = storage()
            .and_then(|storage| storage.get_item(&key(&name)).ok().flatten())
            .filter(|_| !name.is_empty())
            .map(|text| read(&text))
            .unwrap_or_default();
        Self {
            name: StoredValue::new(name),
            restored: RwSignal::new(!kept.is_empty()),
            kept: StoredValue::new(kept),
            entries: StoredValue::new(Vec::new()),
            told_here: StoredValue::new(Vec::new()),
            failure: RwSignal::new(None),
            checked: RwSignal::new(false),
            busy: RwSignal::new(false),
        }
    }

    /// A field. `pointer` is what the server calls it in what it says about it: `/company_name`.
    pub fn field(self, pointer: impl Into<String>, initial: impl Into<String>, check: Check) -> Field {
        let (pointer, initial) = (pointer.into(), initial.into());
        let kept = self.kept.try_update_value(|kept| kept.remove(&pointer)).flatten();
        let value = RwSignal::new(kept.unwrap_or_else(|| initial.clone()));
        let field =
            self.add(pointer.clone(), initial, value, Signal::derive(move || value.with(|it| check(it))));
        if self.key().is_some() {
            on_change(move || value.track(), move || self.keep());
        }
        field
    }

    /// A field whose value is never kept.
    pub fn secret(self, pointer: impl Into<String>, check: Check) -> Field {
        let value = RwSignal::new(String::new());
        let pointer = pointer.into();
        self.add(pointer, String::new(), value, Signal::derive(move || value.with(|it| check(it))))
    }

    fn add(
        self,
        pointer: String,
        initial: String,
        value: RwSignal<String>,
        check: Signal<Option<String>>,
    ) -> Field {
        let told = RwSignal::new(None::<String>);
        let at = pointer.clone();
        effect(move || told.set(self.failure.with(|it| it.as_ref().and_then(|it| it.field(&at)))));
        // What the server said was about what was typed before.
        let clear = move || {
            if told.with_untracked(Option::is_some) {
                told.set(None);
            }
        };
        on_change(move || value.track(), clear);
        let error =
            Signal::derive(move || self.checked.get().then(|| check.get()).flatten().or_else(|| told.get()));
        let id = StoredValue::new(pointer.trim_start_matches('/').replace('/', "-"));
        self.entries.update_value(|entries| entries.push(Entry { pointer, value, initial, check }));
        Field { id, value, error }
    }

    /// Takes fields out again: what is not on the page any more is neither checked nor kept.
    pub fn remove(self, fields: &[Field]) {
        let _ = self.entries.try_update_value(|entries| {
            entries.retain(|entry| fields.iter().all(|field| field.value != entry.value));
        });
    }

    /// A rule over several fields, told at the one that it names.
    pub fn rule(self, field: Field, rule: impl Fn() -> Option<String> + Send + Sync + 'static) -> Field {
        let rule = Signal::derive(rule);
        let own = field.error;
        let checked = self.checked;
        self.entries.update_value(|entries| {
            if let Some(entry) = entries.iter_mut().find(|entry| entry.value == field.value) {
                let check = entry.check;
                entry.check = Signal::derive(move || check.get().or_else(|| rule.get()));
            }
        });
        let error = Signal::derive(move || own.get().or_else(|| checked.get().then(|| rule.get()).flatten()));
        Field { error, ..field }
    }

    /// What is wrong with a field is told while it is typed: where nothing is sent that would be refused.
    pub fn at_once(self, field: Field, check: Check) -> Field {
        let (own, value) = (field.error, field.value);
        Field { error: Signal::derive(move || own.get().or_else(|| value.with(|it| check(it)))), ..field }
    }

    /// A refusal of the whole that is told at this field: by the problem's code.
    pub fn told(self, field: Field, code: &'static str) -> Field {
        self.told_here.update_value(|codes| codes.push(code));
        let (failure, own) = (self.failure, field.error);
        let refused = Memo::new(move |_| {
            failure.with(|it| it.as_ref().filter(|it| it.code() == code).map(Failure::detail))
        });
        Field { error: Signal::derive(move || own.get().or_else(|| refused.get())), ..field }
    }

    /// Whether what it started is under way.
    pub fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    /// What went wrong with the last attempt.
    pub fn failure(self) -> Signal<Option<Failure>> {
        self.failure.into()
    }

    /// Whether these fields can be sent as they are. Marks nothing.
    pub fn is_right(self, fields: &[Field]) -> bool {
        self.entries.with_value(|entries| {
            let mut asked = entries.iter().filter(|entry| fields.iter().any(|it| it.value == entry.value));
            asked.all(|entry| entry.check.get().is_none())
        })
    }

    /// Whether these fields can be sent as they are. Marks what is wrong, and moves there.
    pub fn check(self, fields: &[Field]) -> bool {
        self.checked.set(true);
        let wrong = self.entries.with_value(|entries| {
            entries.iter().any(|entry| {
                fields.iter().any(|field| field.value == entry.value)
                    && entry.check.with_untracked(Option::is_some)
            })
        });
        if wrong {
            focus_wrong();
        } else {
            // The next step's fields have not been looked at yet.
            self.checked.set(false);
        }
        !wrong
    }

    /// Sends it, unless something is wrong; `done` is told what came of it.
    pub fn send<T: 'static>(
        self,
        work: impl AsyncFnOnce() -> Result<T, Failure> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.checked.set(true);
        self.failure.set(None);
        let wrong = self
            .entries
            .with_value(|entries| entries.iter().any(|entry| entry.check.with_untracked(Option::is_some)));
        if wrong {
            focus_wrong();
            return;
        }
        self.busy.set(true);
        self.work(Box::pin(async move {
            let value = work().await?;
            let then: Then = Box::new(move || done(value));
            Ok(then)
        }));
    }

    /// What is the same for all that is sent.
    fn work(self, work: Pin<Box<dyn Future<Output = Result<Then, Failure>>>>) {
        spawn(async move {
            let outcome = work.await;
            self.busy.try_set(false);
            match outcome {
                Ok(done) => {
                    self.forget();
                    done();
                }
                // The question who is there is in front of the page; the form waits behind it.
                Err(Failure::SessionEnded) => {}
                Err(failure) => {
                    self.failure.try_set(Some(failure));
                    focus_wrong();
                }
            }
        });
    }

    /// Puts everything back to how it began, and keeps nothing.
    pub fn reset(self) {
        self.entries.with_value(|entries| {
            for entry in entries {
                entry.value.try_set(entry.initial.clone());
            }
        });
        self.checked.set(false);
        self.failure.set(None);
        self.forget();
    }

    fn forget(self) {
        self.restored.try_set(false);
        let Some(key) = self.key() else { return };
        // The fields' own effects run after this, and would keep what is being put back.
        request_animation_frame(move || {
            if let Some(storage) = storage() {
                let _ = storage.remove_item(&key);
            }
        });
    }

    /// Under what the tab keeps it, if it does.
    fn key(self) -> Option<String> {
        let name = self.name.try_get_value().filter(|name| !name.is_empty());
        name.as_deref().map(key)
    }

    fn keep(self) {
        let values: HashMap<String, String> = self
            .entries
            .try_with_value(|entries| {
                let changed =
                    entries.iter().filter(|entry| entry.value.with_untracked(|it| *it != entry.initial));
                changed.map(|entry| (entry.pointer.clone(), entry.value.get_untracked())).collect()
            })
            .unwrap_or_default();
        let (Some(storage), Some(key)) = (storage(), self.key()) else { return };
        let _ = if values.is_empty() {
            storage.remove_item(&key)
        } else {
            storage.set_item(&key, &write(&values))
        };
    }

    /// What is wrong with none of its fields.
    fn elsewhere(self) -> Option<Failure> {
        let failure = self.failure.get()?;
        let known = self
            .entries
            .with_value(|entries| entries.iter().any(|entry| failure.field(&entry.pointer).is_some()));
        let told = self.told_here.with_value(|codes| codes.contains(&failure.code()));
        (!known && !told).then_some(failure)
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}

fn key(name: &str) -> String {
    format!("form:{name}")
}

// Lengths before the texts: no character has to be escaped.
fn write(values: &HashMap<String, String>) -> String {
    values
        .iter()
        .flat_map(|(key, value)| [key, value])
        .fold(String::new(), |text, part| format!("{text}{}:{part}", part.len()))
}

fn read(mut text: &str) -> HashMap<String, String> {
    let mut part = || {
        let (length, rest) = text.split_once(':')?;
        let (part, rest) = rest.split_at_checked(length.parse().ok()?)?;
        text = rest;
        Some(part.to_owned())
    };
    let mut values = HashMap::new();
    while let Some(key) = part() {
        let Some(value) = part() else { break };
        values.insert(key, value);
    }
    values
}

/// The first field that is wrong gets the focus, once it is marked; else what the server says about the whole.
pub fn focus_wrong() {
    request_animation_frame(|| {
        let field = document().query_selector("[aria-invalid=true], .form .banner.err").ok().flatten();
        if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = field.focus();
            field.scroll_into_view_with_bool(false);
        }
    });
}

/// The form on the page: its fields, what is wrong with the whole, and the button that sends it.
#[component]
pub fn FormView(
    /// The form.
    form: Form,
    /// What the button says.
    #[prop(into)]
    submit: Signal<String>,
    /// Sends it.
    #[prop(into)]
    on_submit: Callback<()>,
    /// Leaves it.
    #[prop(optional, into)]
    on_cancel: Option<Callback<()>>,
    /// The button is as wide as the form.
    #[prop(optional)]
    wide: bool,
    /// What is pressed cannot be taken back: the button says so by its colour.
    #[prop(optional)]
    danger: bool,
    /// What stands beside the button: the way back of a step.
    #[prop(optional, into)]
    beside: ViewFn,
    /// The fields.
    children: Children,
) -> impl IntoView {
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        on_submit.run(());
    };
    let kind = if danger { ButtonKind::Danger } else { ButtonKind::Primary };
    view! {
        <form class="form" novalidate on:submit=send>
            {move || {
                form.restored
                    .get()
                    .then(|| {
                        view! {
                            <div class="restored">
                                <span class="dim">{text::restored()}</span>
                                <Button kind=ButtonKind::Quiet small=true on_press=move |()| form.reset()>
                                    {text::start_over()}
                                </Button>
                            </div>
                        }
                    })
            }}
            {move || {
                form.elsewhere()
                    .map(|failure| view! { <Banner tone=Tone::Error>{explain(&failure)}</Banner> })
            }}
            {children()}
            <div class="form-end">
                <Button kind submit=true wide busy=form.busy()>
                    {move || submit.get()}
                </Button>
                {on_cancel
                    .map(|cancel| view! { <Button on_press=cancel>{text::cancel()}</Button> })}
                {move || beside.run()}
            </div>
        </form>
    }
}

/// What to tell about a failure of the whole. What somebody else changed meanwhile needs words of its own.
fn explain(failure: &Failure) -> String {
    match failure.status() {
        Some(412) => text::changed_meanwhile().to_owned(),
        _ => failure.detail_of_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back() {
        let values: HashMap<String, String> =
            [("/a", "1:2"), ("/b", ""), ("/ü", "ä\n3:x")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        assert_eq!(read(&write(&values)), values);
        assert_eq!(read("9:x"), HashMap::new());
        assert_eq!(read("1:ä"), HashMap::new());
    }
}
