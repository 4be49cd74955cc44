//! One MSP.

use client::{Remote, format, load, use_client};
use contract::msps::{Msp, UpdateMsp};
use domain::permissions::Permission;
use frame::{title_page, use_code};
use kit::{
    Banner, Button, Card, Confirm, Dialog, Form, FormView, KeyValues, PageHeader, SkeletonText, TextField,
    Tone, deed, faces, required, use_toasts,
};
use leptos::prelude::*;

use super::{state, text};

#[component]
pub fn MspPage() -> impl IntoView {
    let client = use_client();
    let id = use_code();
    let msp = load::<Msp>(move || Some(format!("/platform/msps/{}", id.get())));
    let name = Memo::new(move |_| match msp.state.get() {
        Remote::Ready(msp) => msp.name,
        Remote::Loading | Remote::Failed(_) => text::msp().to_owned(),
    });
    title_page(move || name.get());
    let may = client.session.with_untracked(|session| session.may(Permission::MspsWrite));
    let ready = move || match msp.state.get() {
        Remote::Ready(msp) => Some(msp),
        Remote::Loading | Remote::Failed(_) => None,
    };
    let status = move || ready().map(|msp| state(&msp));
    let (renaming, suspending, resuming) = (RwSignal::new(false), RwSignal::new(false), RwSignal::new(false));
    let actions = move || {
        let msp = ready().filter(|_| may)?;
        Some(view! {
            <Button on_press=move |()| renaming.set(true)>{text::rename()}</Button>
            {if msp.suspended {
                view! { <Button on_press=move |()| resuming.set(true)>{text::resume()}</Button> }
            } else {
                view! { <Button on_press=move |()| suspending.set(true)>{text::suspend()}</Button> }
            }}
        })
    };
    view! {
        <PageHeader title=name above=vec![("/msps", text::msps())] here=name status actions />
        {faces(
            msp,
            || {
                view! {
                    <div class="cols">
                        <div class="card">
                            <SkeletonText />
                        </div>
                        <div class="card">
                            <SkeletonText />
                        </div>
                    </div>
                }
            },
            facts,
        )}
        {move || ready().map(|msp| view! { <Deeds msp renaming suspending resuming /> })}
    }
}

fn facts(msp: Msp) -> impl IntoView {
    let figures = vec![
        (text::customers_count(), Some(format::whole(msp.customers))),
        (text::machines_protected(), Some(format::whole(msp.machines))),
        (text::invoiced(), Some(format::money(msp.revenue_this_month))),
    ];
    let facts = vec![
        (text::in_addresses(), Some(msp.slug)),
        (text::time_zone(), Some(msp.time_zone)),
        (text::currency(), Some(msp.currency.code().to_owned())),
        (text::created(), Some(format::day(format::day_of(msp.created_at)))),
    ];
    view! {
        <div class="stack">
            {msp.suspended.then(|| view! { <Banner tone=Tone::Warning>{text::shut_out()}</Banner> })}
            <div class="cols">
                <Card title=text::figures()>
                    <div class="pad">
                        <KeyValues pairs=figures />
                    </div>
                </Card>
                <Card title=text::msp()>
                    <div class="pad">
                        <KeyValues pairs=facts />
                    </div>
                </Card>
            </div>
        </div>
    }
}

#[component]
fn Deeds(
    msp: Msp,
    renaming: RwSignal<bool>,
    suspending: RwSignal<bool>,
    resuming: RwSignal<bool>,
) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let id = msp.id;
    let name = StoredValue::new(msp.name.clone());
    let set = move |what: &'static str, said: fn(&str) -> String| {
        deed(move || async move {
            client.post(format!("/platform/msps/{id}/{what}")).done().await?;
            toasts.say(said(&name.get_value()));
            Ok(())
        })
    };
    view! {
        <Dialog id="rename" title=text::rename_title(&msp.name) open=renaming>
            <Rename msp=msp.clone() open=renaming />
        </Dialog>
        <Confirm
            id="suspend"
            title=text::suspend_title(&name.get_value())
            open=suspending
            action=text::suspend_action()
            danger=true
            on_confirm=set("suspend", text::suspended_done)
        >
            <p>{text::suspend_meaning()}</p>
        </Confirm>
        <Confirm
            id="resume"
            title=text::resume_title(&name.get_value())
            open=resuming
            action=text::resume_action()
            on_confirm=set("resume", text::resumed)
        >
            <p>{text::resume_meaning()}</p>
        </Confirm>
    }
}

#[component]
fn Rename(msp: Msp, open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("");
    let name = form.field("/name", msp.name, required);
    let submit = move |()| {
        form.send(
            async move || {
                let body = UpdateMsp { name: name.text() };
                let path = format!("/platform/msps/{}", msp.id);
                client.patch(path).body(&body).version(msp.version).answer::<Msp>().await
            },
            move |msp: Msp| {
                open.try_set(false);
                toasts.say(text::renamed(&msp.name));
            },
        );
    };
    view! {
        <FormView form submit=text::save() on_submit=submit on_cancel=move |()| open.set(false)>
            <TextField field=name label=text::msp_name() autofocus=true />
        </FormView>
    }
}
