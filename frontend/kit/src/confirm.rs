//! Are you sure? Asked where something cannot be taken back, or where it means more than it seems.

use client::{Failure, spawn};
use leptos::prelude::*;

use crate::{
    banner::Banner,
    button::{Button, ButtonKind},
    dialog::Dialog,
    field::TextField,
    form::{Form, optional},
    status::Tone,
    text,
};

/// What is done when the answer is yes.
pub type Deed = Callback<(), LocalBoxed>;
/// How it went.
pub type LocalBoxed = std::pin::Pin<Box<dyn Future<Output = Result<(), Failure>>>>;

/// Makes a deed of an asynchronous function.
pub fn deed<F: Future<Output = Result<(), Failure>> + 'static>(
    work: impl Fn() -> F + Send + Sync + 'static,
) -> Deed {
    Callback::new(move |()| -> LocalBoxed { Box::pin(work()) })
}

/// A question with two answers. It stays open, and says why, when what was asked for does not succeed.
#[component]
pub fn Confirm(
    /// Names its heading.
    id: &'static str,
    /// What is asked: `Suspend Acme Corp?`
    #[prop(into)]
    title: String,
    /// Whether it is there.
    open: RwSignal<bool>,
    /// What the button says: the deed, not `OK`.
    #[prop(into)]
    action: String,
    /// It cannot be taken back.
    #[prop(optional)]
    danger: bool,
    /// Has to be typed first, where the deed is grave: the name of what goes.
    #[prop(optional, into)]
    type_first: Option<String>,
    /// Not yet: something is still to be chosen.
    #[prop(optional, into)]
    off: Signal<bool>,
    /// What is done.
    on_confirm: Deed,
    /// What it means.
    children: ChildrenFn,
) -> impl IntoView {
    let action = StoredValue::new(action);
    let type_first = StoredValue::new(type_first);
    view! {
        <Dialog id title open>
            {children()}
            <Answer open action type_first danger off on_confirm />
        </Dialog>
    }
}

#[component]
fn Answer(
    open: RwSignal<bool>,
    action: StoredValue<String>,
    type_first: StoredValue<Option<String>>,
    danger: bool,
    off: Signal<bool>,
    on_confirm: Deed,
) -> impl IntoView {
    let busy = RwSignal::new(false);
    let failure = RwSignal::new(None::<Failure>);
    let typed = Form::new("").field("/confirm", "", optional);
    let unlocked = Memo::new(move |_| {
        let is_typed = type_first.with_value(|wanted| {
            wanted.as_ref().is_none_or(|wanted| typed.value.with(|it| it.trim() == wanted))
        });
        is_typed && !off.get()
    });
    let go = move |()| {
        if !unlocked.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(None);
        spawn(async move {
            let done = on_confirm.run(()).await;
            busy.try_set(false);
            match done {
                Ok(()) => {
                    open.try_set(false);
                }
                Err(found) => {
                    failure.try_set(Some(found));
                }
            }
        });
    };
    let kind = if danger { ButtonKind::Danger } else { ButtonKind::Primary };
    view! {
        {type_first
            .get_value()
            .map(|wanted| view! { <TextField field=typed label=text::type_first(&wanted) autofocus=true /> })}
        {move || {
            failure.get().map(|failure| view! { <Banner tone=Tone::Error>{failure.detail_of_all()}</Banner> })
        }}
        <div class="end">
            <Button on_press=move |()| open.set(false)>{text::cancel()}</Button>
            <Button kind busy off=Signal::derive(move || !unlocked.get()) on_press=go>
                {action.get_value()}
            </Button>
        </div>
    }
}
