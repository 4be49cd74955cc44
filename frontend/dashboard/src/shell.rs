//! What stands around a page: navigation, the person, a way past both.

use client::{SessionState, use_client};
use kit::{Icon, Menu, MenuItem, icon, use_toasts};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    components::{A, Outlet},
    hooks::{use_location, use_navigate},
};

use crate::{
    brand::use_brand,
    routes::{PAGES, Page},
    sign_in_again::SignInAgain,
    text, theme,
};

/// The navigation and, inside of it, the page. Who is not signed in is sent to the sign-in page, and returns from there.
#[component]
pub fn Shell() -> impl IntoView {
    let client = use_client();
    let location = use_location();
    let navigate = use_navigate();
    Effect::new(move |_| {
        if client.session.with(|session| matches!(session, SessionState::SignedOut)) {
            let to =
                format!("{}{}", location.pathname.get_untracked(), search(&location.search.get_untracked()));
            let address =
                if to == "/" { "/sign-in".to_owned() } else { format!("/sign-in?to={}", js_encode(&to)) };
            navigate(&address, NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
    let inside = Memo::new(move |_| client.session.with(|session| session.me().is_some()));
    move || {
        inside.get().then(|| {
            view! {
                <a class="skip" href="#content" on:click=skip>{text::SKIP}</a>
                <div class="app">
                    <Navigation />
                    <main id="content" tabindex="-1">
                        <Outlet />
                    </main>
                </div>
                <SignInAgain />
            }
        })
    }
}

fn search(search: &str) -> String {
    let search = search.trim_start_matches('?');
    if search.is_empty() { String::new() } else { format!("?{search}") }
}

fn js_encode(text: &str) -> String {
    leptos_router::location::Url::escape(text)
}

fn skip(event: leptos::ev::MouseEvent) {
    // Not a place to return to: the address stays.
    event.prevent_default();
    kit::focus_heading();
}

#[component]
fn Navigation() -> impl IntoView {
    let client = use_client();
    let brand = use_brand();
    let location = use_location();
    let may = move |page: &&Page| client.session.with(|session| session.may(page.permission));
    let links = move || {
        let link = |page: &'static Page| {
            let current = move || location.pathname.with(|path| page.leads_to(path)).then_some("page");
            page.icon.map(|sign| {
                view! {
                    <li>
                        <a href=page.path aria-current=current>
                            {icon(sign, 18)}
                            <span>{page.title}</span>
                        </a>
                    </li>
                }
            })
        };
        PAGES.iter().filter(may).map(link).collect_view()
    };
    let mark = move || match brand.get().logo {
        Some(logo) => view! { <img class="logo" src=logo alt="" /> }.into_any(),
        None => view! { <span class="mark" aria-hidden="true">{brand.get().initial()}</span> }.into_any(),
    };
    view! {
        <header class="nav">
            <A href="/" attr:class="brand">
                {mark}
                <span class="brand-name">{move || brand.get().name}</span>
            </A>
            <nav aria-label=text::MAIN>
                <ul>{links}</ul>
            </nav>
            <Person />
        </header>
    }
}

#[component]
fn Person() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let sign_out = move |()| {
        spawn_local(async move {
            if client.sign_out().await.is_err() {
                toasts.say(text::COULD_NOT_SIGN_OUT);
            }
        });
    };
    let items = vec![
        MenuItem {
            icon: Icon::Theme,
            label: text::CHANGE_THEME.to_owned(),
            on_press: Callback::new(|()| theme::toggle()),
        },
        MenuItem { icon: Icon::SignOut, label: text::SIGN_OUT.to_owned(), on_press: Callback::new(sign_out) },
    ];
    let who = client.session.with_untracked(|session| {
        session.me().map(|me| (me.name.clone(), text::role(me.role))).unwrap_or_default()
    });
    let (name, role) = who;
    let initials: String = name
        .split_whitespace()
        .filter_map(|word| word.chars().next())
        .take(2)
        .collect::<String>()
        .to_uppercase();
    view! {
        <Menu class="who" up=true items>
            <span class="avatar" aria-hidden="true">{initials}</span>
            <span class="who-name">
                {name}
                <span class="who-role">{role}</span>
            </span>
        </Menu>
    }
}
