//! What stands around a page: navigation, the person, a way past both.

use address::{go, use_path};
use client::{Client, spawn, use_client};
use contract::auth::{Me, TenantAccess};
use domain::ids::TenantId;
use kit::{Avatar, Icon, Menu, MenuItem, icon, toast::ToastBox, use_toasts};
use leptos::prelude::*;

use crate::{
    again::SignInAgain,
    app::{Audience, unveil, use_app},
    brand::{BrandMark, use_brand},
    early,
    pages::{Page, Place},
    palette::Palette,
    support::Support,
    test_clock::TestClock,
    text, theme,
};

/// How many entries of the navigation a phone has room for; what is beyond them stands in a menu there.
const ON_A_PHONE: usize = 4;

/// The navigation and, inside of it, the page.
#[component]
pub(crate) fn Shell(page: ViewFn) -> impl IntoView {
    client::live::follow(use_client());
    unveil();
    // Somebody is signed in: what was typed to sign in is not wanted.
    let _ = early::take();
    let palette = RwSignal::new(false);
    let support = (use_app().audience == Audience::Customers).then(|| view! { <Support /> });
    view! {
        <a class="skip" href="#content" on:click=skip>{text::skip()}</a>
        <div class="app">
            <Navigation palette />
            <main id="content" tabindex="-1">
                <TestClock />
                {page.run()}
            </main>
            {support}
        </div>
        <SignInAgain />
        <Palette open=palette />
    }
}

fn skip(event: leptos::ev::MouseEvent) {
    // Not a place to return to: the address stays.
    event.prevent_default();
    kit::focus_heading();
}

#[component]
fn Navigation(palette: RwSignal<bool>) -> impl IntoView {
    let client = use_client();
    let brand = use_brand();
    let pages = use_app().pages;
    let entries = Memo::new(move |_| {
        let entry = |(at, page): (usize, &Page)| match page.place {
            Place::Navigation(sign) if client.session.with(|session| page.is_for(session)) => {
                Some((at, sign))
            }
            _ => None,
        };
        pages.iter().enumerate().filter_map(entry).collect::<Vec<_>>()
    });
    let links = move || {
        let link = |(place, (at, sign)): (usize, (usize, Icon))| {
            let page = pages.get(at)?;
            let class = (place >= ON_A_PHONE).then_some("beyond");
            Some(view! {
                <li class=class>
                    <a href=page.path aria-current=current(page)>
                        {icon(sign, 18)}
                        <span>{(page.title)()}</span>
                    </a>
                </li>
            })
        };
        entries.get().into_iter().enumerate().filter_map(link).collect_view()
    };
    view! {
        <header class="nav">
            <a href="/" class="brand">
                <BrandMark />
                <span class="brand-name">{move || brand.get().name}</span>
            </a>
            <button type="button" class="find" on:click=move |_| palette.set(true)>
                {icon(Icon::Search, 16)}
                <span>{text::go_to()}</span>
                <kbd aria-hidden="true">{shortcut()}</kbd>
            </button>
            <nav aria-label=text::main()>
                <ul>{move || links()}</ul>
            </nav>
            {move || {
                let beyond = entries.get().into_iter().skip(ON_A_PHONE).collect::<Vec<_>>();
                (!beyond.is_empty()).then(|| view! { <More beyond /> })
            }}
            {move || {
                // Another name or another tenant is another person here.
                client.session.with(|session| session.me().map(|_| ()));
                view! { <Person /> }
            }}
        </header>
    }
}

/// How the key is written where the person is.
fn shortcut() -> &'static str {
    let platform = window().navigator().user_agent().unwrap_or_default();
    if platform.contains("Mac OS X") { "⌘K" } else { "Ctrl K" }
}

fn current(page: &'static Page) -> impl Fn() -> Option<&'static str> {
    let path = use_path();
    move || path.with(|path| page.leads_to(path)).then_some("page")
}

/// What has no room on a phone.
#[component]
fn More(beyond: Vec<(usize, Icon)>) -> impl IntoView {
    let pages = use_app().pages;
    let items = beyond
        .into_iter()
        .filter_map(|(at, icon)| {
            let page = pages.get(at)?;
            let go = move |()| go(page.path);
            Some(MenuItem { icon, label: (page.title)().to_owned(), on_press: Callback::new(go) })
        })
        .collect::<Vec<_>>();
    view! {
        <div class="more">
            <Menu class="more-button" up=true items>
                {icon(Icon::More, 18)}
                <span>{text::more_pages()}</span>
            </Menu>
        </div>
    }
}

#[component]
fn Person() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let sign_out = move |()| {
        spawn(async move {
            if client.sign_out().await.is_err() {
                toasts.say(text::could_not_sign_out());
            }
        });
    };
    let me = client.session.with_untracked(|session| session.me().cloned());
    let Some(me) = me else { return ().into_any() };
    let mut items = vec![
        MenuItem {
            icon: Icon::Person,
            label: text::profile().to_owned(),
            on_press: Callback::new(move |()| go("/profile")),
        },
        MenuItem {
            icon: Icon::Theme,
            label: text::change_theme().to_owned(),
            on_press: Callback::new(|()| theme::toggle()),
        },
    ];
    items.extend(me.tenants.iter().filter(|tenant| is_elsewhere(&me, tenant)).map(|tenant| {
        let id = tenant.tenant_id;
        let go = move |()| switch(client, toasts, id);
        MenuItem {
            icon: Icon::Switch,
            label: text::work_in(tenant.customer_name.as_deref().unwrap_or(&tenant.tenant_name)),
            on_press: Callback::new(go),
        }
    }));
    items.push(MenuItem {
        icon: Icon::SignOut,
        label: text::sign_out().to_owned(),
        on_press: Callback::new(sign_out),
    });
    view! {
        <Menu class="who" up=true items>
            <Avatar name=me.name.clone() />
            <span class="who-name">
                {me.name.clone()}
                <span class="who-role">{me.role.map(text::role)}</span>
            </span>
        </Menu>
    }
    .into_any()
}

fn is_elsewhere(me: &Me, tenant: &TenantAccess) -> bool {
    tenant.tenant_id != me.tenant_id
}

/// Everything on the page belongs to the tenant before: it is loaded anew.
fn switch(client: Client, toasts: ToastBox, tenant: TenantId) {
    spawn(async move {
        match client.switch_tenant(tenant).await {
            Ok(()) => {
                let _ = window().location().assign("/");
            }
            Err(failure) => toasts.say(failure.detail()),
        }
    });
}
