//! What comes in front of the page.

use kit::{
    Button, ButtonKind, Confirm, Dialog, Drawer, Icon, KeyValues, Menu, MenuItem, TextField, Tooltip, deed,
    icon, optional, use_toasts,
};
use leptos::prelude::*;

use super::{LONG, Section, refused, sample};

pub const ALL: &[Section] = &[
    Section { id: "menu", title: "Menu", view: menu },
    Section { id: "tooltip", title: "Tooltip", view: tooltip },
    Section { id: "toast", title: "Toast", view: toast },
    Section { id: "dialog", title: "Dialog", view: dialog },
    Section { id: "confirm", title: "Confirm", view: confirm },
    Section { id: "drawer", title: "Drawer", view: drawer },
];

fn menu() -> AnyView {
    let item =
        |icon, label: &str| MenuItem { icon, label: label.to_owned(), on_press: Callback::new(|()| ()) };
    let few =
        || vec![item(Icon::Edit, "Edit"), item(Icon::Copy, "Copy the link"), item(Icon::Trash, "Delete")];
    let long = vec![item(Icon::Building, LONG), item(Icon::Trash, "Delete")];
    (
        sample(
            "downwards",
            view! { <div class="g-row"><Menu class="btn" items=few()>"Actions"</Menu></div> },
        ),
        sample(
            "upwards",
            view! { <div class="g-row"><Menu class="btn" up=true items=few()>"More"</Menu></div> },
        ),
        sample(
            "long text",
            view! { <div class="g-row"><Menu class="btn" up=true items=long>"Work in"</Menu></div> },
        ),
    )
        .into_any()
}

fn tooltip() -> AnyView {
    (
        sample(
            "about a button",
            view! { <Tooltip id="tip-short" words="Takes a few seconds"><Button>"Run invoices"</Button></Tooltip> },
        ),
        sample(
            "long text",
            view! { <Tooltip id="tip-long" words=[LONG; 2].join(" ")><Button>{icon(Icon::Alert, 16)} "Why not?"</Button></Tooltip> },
        ),
    )
        .into_any()
}

fn toast() -> AnyView {
    let toasts = use_toasts();
    let removed = RwSignal::new(false);
    let remove = move |()| {
        removed.set(true);
        toasts.say_with_undo("Acme Corp was taken off the list.", move || removed.set(false));
    };
    (
        sample("plain", view! { <div class="g-row"><Button on_press=move |()| toasts.say("Saved.")>"Save"</Button></div> }),
        sample(
            "with undo",
            view! {
                <div class="g-row">
                    <Button on_press=remove>"Remove"</Button>
                    <span id="toast-state">{move || if removed.get() { "removed" } else { "there" }}</span>
                </div>
            },
        ),
        sample("long text", view! { <div class="g-row"><Button on_press=move |()| toasts.say(LONG)>"Say much"</Button></div> }),
    )
        .into_any()
}

fn dialog() -> AnyView {
    let open = RwSignal::new(false);
    let typed = kit::Form::new("").field("/dialog-name", "", optional);
    sample(
        "with a field",
        view! {
            <div class="g-row">
                <Button on_press=move |()| open.set(true)>"Rename"</Button>
            </div>
            <Dialog id="dialog-title" title="Rename the plan" open>
                <TextField field=typed label="Name" autofocus=true />
                <div class="end">
                    <Button on_press=move |()| open.set(false)>"Cancel"</Button>
                    <Button kind=ButtonKind::Primary on_press=move |()| open.set(false)>"Rename it"</Button>
                </div>
            </Dialog>
        },
    )
}

fn confirm() -> AnyView {
    let (plain, grave, failing) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    (
        sample(
            "a question",
            view! {
                <div class="g-row"><Button on_press=move |()| plain.set(true)>"Suspend"</Button></div>
                <Confirm id="confirm-plain" title="Suspend Acme Corp?" open=plain action="Suspend it" on_confirm=deed(async || Ok(()))>
                    <p class="mut">"Its people cannot sign in until you take it back."</p>
                </Confirm>
            },
        ),
        sample(
            "what cannot be undone",
            view! {
                <div class="g-row"><Button kind=ButtonKind::Danger on_press=move |()| grave.set(true)>"Delete"</Button></div>
                <Confirm
                    id="confirm-grave"
                    title="Delete Acme Corp?"
                    open=grave
                    action="Delete it"
                    danger=true
                    type_first="ACME"
                    on_confirm=deed(async || Ok(()))
                >
                    <p class="mut">"Everything about it goes, and does not come back."</p>
                </Confirm>
            },
        ),
        sample(
            "one that fails",
            view! {
                <div class="g-row"><Button on_press=move |()| failing.set(true)>"Revoke"</Button></div>
                <Confirm
                    id="confirm-failing"
                    title="Revoke the key?"
                    open=failing
                    action="Revoke it"
                    on_confirm=deed(async || Err(refused(409, "conflict", "The key is in use.")))
                >
                    <p class="mut">"Programs that use it are refused."</p>
                </Confirm>
            },
        ),
    )
        .into_any()
}

fn drawer() -> AnyView {
    let open = RwSignal::new(false);
    let pairs = || {
        vec![
            ("Number", Some("NW-2026-0042".to_owned())),
            ("Customer", Some(LONG.to_owned())),
            ("Paid on", None),
        ]
    };
    sample(
        "more about one thing",
        view! {
            <div class="g-row">
                <Button on_press=move |()| open.set(true)>"Details"</Button>
            </div>
            <Drawer id="drawer-title" title="Invoice NW-2026-0042" open on_close=move |()| open.set(false)>
                <KeyValues pairs=pairs() />
            </Drawer>
        },
    )
}
