//! What can be done about a customer as a whole, by its state and by what the person may do.

use client::use_client;
use contract::customers::{Customer, SuspendCustomer};
use domain::{customers::CustomerStatus, permissions::Permission};
use kit::{
    Button, ButtonKind, Confirm, Form, Icon, LinkButton, Menu, MenuItem, TextField, deed, icon, use_toasts,
};
use leptos::prelude::*;

use super::{check, text};

/// Which question is open. One for the page: the header, the banner and the menu ask the same.
#[derive(Clone, Copy)]
pub struct Asked {
    suspend: RwSignal<bool>,
    activate: RwSignal<bool>,
    close: RwSignal<bool>,
}

impl Asked {
    pub fn new() -> Self {
        Self { suspend: RwSignal::new(false), activate: RwSignal::new(false), close: RwSignal::new(false) }
    }

    /// Asks whether the customer shall be an ordinary one.
    pub fn activate(self) {
        self.activate.set(true);
    }
}

/// What letting the customer in as an ordinary one is called.
pub fn activate(status: CustomerStatus) -> &'static str {
    match status {
        CustomerStatus::Trial => text::make_active(),
        CustomerStatus::Closed => text::reopen(),
        CustomerStatus::Suspended | CustomerStatus::Active => text::resume(),
    }
}

/// The buttons of the header.
#[component]
pub fn Actions(customer: Customer, asked: Asked) -> impl IntoView {
    let client = use_client();
    if !client.session.with_untracked(|session| session.may(Permission::CustomersWrite)) {
        return ().into_any();
    }
    let status = customer.status;
    let item = |to: CustomerStatus, icon: Icon, label: &str, open: RwSignal<bool>| {
        status.may_become(to).then(|| MenuItem {
            icon,
            label: label.to_owned(),
            on_press: Callback::new(move |()| open.set(true)),
        })
    };
    let items: Vec<_> = [
        item(CustomerStatus::Active, Icon::Check, &format!("{}…", activate(status)), asked.activate),
        item(CustomerStatus::Suspended, Icon::Lock, text::suspend(), asked.suspend),
        item(CustomerStatus::Closed, Icon::Close, text::close_customer(), asked.close),
    ]
    .into_iter()
    .flatten()
    .collect();
    view! {
        <LinkButton href=format!("/customers/{}?tab=settings", customer.code)>{text::edit()}</LinkButton>
        <Menu class="btn only-icon" items>
            {icon(Icon::More, 16)}
            <span class="only-heard">{text::more_actions()}</span>
        </Menu>
    }
    .into_any()
}

/// The questions behind them.
#[component]
pub fn Questions(customer: Customer, asked: Asked) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let Customer { id, company_name: name, status, .. } = customer;
    let name = StoredValue::new(name);
    let reason = Form::new("").field("/reason", "", check::reason);
    let suspend = deed(move || async move {
        let body = SuspendCustomer { reason: reason.optional() };
        client.post(format!("/msp/customers/{id}/suspend")).body(&body).done().await?;
        toasts.say(text::suspended_toast(&name.get_value()));
        Ok(())
    });
    let resume = deed(move || async move {
        client.post(format!("/msp/customers/{id}/resume")).done().await?;
        toasts.say(text::now_active(&name.get_value()));
        Ok(())
    });
    let close = deed(move || async move {
        client.post(format!("/msp/customers/{id}/close")).done().await?;
        toasts.say(text::closed_toast(&name.get_value()));
        Ok(())
    });
    let (title, detail) = match status {
        CustomerStatus::Trial => {
            (text::trial_make_active_title(&name.get_value()), text::trial_make_active_detail())
        }
        _ => (text::resume_title(&name.get_value()), text::resume_detail()),
    };
    view! {
        <Confirm
            id="suspend"
            title=text::suspend_title(&name.get_value())
            open=asked.suspend
            action=text::suspend_do()
            on_confirm=suspend
        >
            <p class="mut">{text::suspend_detail()}</p>
            <TextField field=reason label=text::reason() hint=text::reason_hint() autofocus=true />
        </Confirm>
        <Confirm id="activate" title open=asked.activate action=activate(status) on_confirm=resume>
            <p class="mut">{detail}</p>
        </Confirm>
        <Confirm
            id="close"
            title=text::close_title(&name.get_value())
            open=asked.close
            action=text::close_do()
            danger=true
            type_first=name.get_value()
            on_confirm=close
        >
            <p class="mut">{text::close_detail()} " " {text::close_billing()}</p>
        </Confirm>
    }
}

/// The one thing that helps a customer that is not an ordinary one.
#[component]
pub fn Help(status: CustomerStatus, asked: Asked) -> impl IntoView {
    let client = use_client();
    let may = client.session.with_untracked(|session| session.may(Permission::CustomersWrite));
    may.then(|| {
        view! {
            <Button small=true kind=ButtonKind::Plain on_press=move |()| asked.activate()>
                {activate(status)} "…"
            </Button>
        }
    })
}
