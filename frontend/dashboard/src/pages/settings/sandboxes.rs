//! Sandboxes: where an MSP tries out what a customer's life brings, with a clock of their own.

use client::{Failure, format, load, spawn, use_client};
use contract::sandboxes::{CreateSandbox, Sandbox, Sandboxes};
use domain::{ids::TenantId, permissions::Permission};
use kit::{
    Button, ButtonKind, Column, Confirm, Dialog, EmptyState, Form, FormView, Icon, SkeletonRows, Table,
    TextField, deed, faces, icon, use_toasts,
};
use leptos::prelude::*;

use super::{SettingsHead, text};
use crate::pages::customer::check;

#[component]
pub fn SandboxesPage() -> impl IntoView {
    let client = use_client();
    let found = load::<Sandboxes>(|| Some("/msp/sandboxes".to_owned()));
    if client.session.with_untracked(|session| session.me().is_some_and(|me| me.clock.is_some())) {
        return view! {
            <SettingsHead />
            <section class="card">
                <EmptyState title=text::in_a_sandbox() detail=text::in_a_sandbox_detail() sign=Icon::Activity />
            </section>
        }
        .into_any();
    }
    let may = client.session.with_untracked(|session| session.may(Permission::BillingWrite));
    let open = RwSignal::new(false);
    let new = move || {
        may.then(|| {
            view! {
                <Button kind=ButtonKind::Primary on_press=move |()| open.set(true)>
                    {icon(Icon::Plus, 16)}
                    {text::new_sandbox()}
                </Button>
            }
        })
    };
    view! {
        <SettingsHead actions=new />
        <p class="mut">{text::sandboxes_detail()}</p>
        <section class="card">
            {faces(
                found,
                || view! { <SkeletonRows rows=2 /> },
                move |found: Sandboxes| view! { <List sandboxes=found.items may /> },
            )}
        </section>
        <Dialog id="new-sandbox" title=text::new_sandbox() open>
            {move || open.get().then(|| view! { <New open /> })}
        </Dialog>
    }
    .into_any()
}

/// Everything on the page belongs to the tenant before: it is loaded anew.
async fn switch(client: client::Client, to: TenantId) -> Result<(), Failure> {
    client.switch_tenant(to).await?;
    let _ = window().location().assign("/");
    Ok(())
}

#[component]
fn List(sandboxes: Vec<Sandbox>, may: bool) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let (asked, open) = (RwSignal::new(None::<Sandbox>), RwSignal::new(false));
    let close = deed(move || async move {
        let Some(sandbox) = asked.get_untracked() else { return Ok(()) };
        client.delete(format!("/msp/sandboxes/{}", sandbox.id)).done().await?;
        toasts.say(text::sandbox_closed(&sandbox.name));
        Ok(())
    });
    if sandboxes.is_empty() {
        return view! { <EmptyState title=text::no_sandboxes() detail=text::no_sandboxes_detail() sign=Icon::Activity /> }
            .into_any();
    }
    // Others may see it, and not go in.
    let mine = client.session.with_untracked(|session| {
        let tenants = session.me().map(|me| me.tenants.clone()).unwrap_or_default();
        tenants.into_iter().map(|tenant| tenant.tenant_id).collect::<Vec<_>>()
    });
    let row = move |sandbox: Sandbox| {
        let (id, name) = (sandbox.id, sandbox.name.clone());
        let (heard, also_heard) = (name.clone(), name.clone());
        let enter = move |()| {
            spawn(async move {
                if let Err(failure) = switch(client, id).await {
                    toasts.say(failure.detail());
                }
            });
        };
        let ask = {
            let sandbox = sandbox.clone();
            move |()| {
                asked.set(Some(sandbox.clone()));
                open.set(true);
            }
        };
        view! {
            <tr>
                <th scope="row">
                    <span class="name">{name}</span>
                    <div class="sub">{text::made_when(&format::relative(sandbox.created_at))}</div>
                </th>
                <td>{format::day(sandbox.now.date_naive())}</td>
                <td class="r">
                    {mine
                        .contains(&id)
                        .then(move || {
                            view! {
                                <Button small=true on_press=enter>
                                    {text::enter_sandbox()}
                                    <span class="only-heard">" " {heard.clone()}</span>
                                </Button>
                            }
                        })}
                    {may
                        .then(move || {
                            view! {
                                <Button small=true kind=ButtonKind::Quiet on_press=ask>
                                    {text::close_sandbox()}
                                    <span class="only-heard">" " {also_heard.clone()}</span>
                                </Button>
                            }
                        })}
                </td>
            </tr>
        }
    };
    let columns = vec![Column::text(text::sandbox()), Column::text(text::date_there()), Column::figures("")];
    view! {
        <Table caption=text::sandboxes() columns>
            {sandboxes.into_iter().map(row).collect_view()}
        </Table>
        {move || {
            asked
                .get()
                .map(|sandbox| {
                    view! {
                        <Confirm
                            id="close-sandbox"
                            title=text::close_sandbox_title(&sandbox.name)
                            open
                            action=text::close_sandbox()
                            danger=true
                            on_confirm=close
                        >
                            <p>{text::close_sandbox_detail()}</p>
                        </Confirm>
                    }
                })
        }}
    }
    .into_any()
}

#[component]
fn New(open: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let form = Form::new("");
    let name = form.field("/name", "", check::company_name);
    let send = move |()| {
        let request = client.post("/msp/sandboxes".to_owned()).body(&CreateSandbox { name: name.text() });
        form.send(
            async move || {
                let made = request.answer::<Sandbox>().await?;
                switch(client, made.id).await
            },
            move |()| open.set(false),
        );
    };
    view! {
        <p class="mut">{text::new_sandbox_detail()}</p>
        <FormView form submit=text::make_sandbox() on_submit=send on_cancel=move |()| open.set(false)>
            <TextField field=name label=text::name() autofocus=true />
        </FormView>
    }
}
