//! The table of pages. It drives what is shown at an address, the navigation, the title and who may see it. The code
//! of a page is fetched when it is first needed.

use address::{Query, replace, use_path, use_query};
use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use client::{Failure, SessionState, effect, on_change, spawn, use_client};
use domain::permissions::{Permission, TenantKind};
use futures_util::future::LocalBoxFuture;
use kit::{EmptyState, ErrorState, Icon, LinkButton, PageHeader, SkeletonRows, focus_heading_in_place};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast as _;

use crate::{
    account::SIGN_IN,
    app::{inside, unveil, use_app},
    brand::title_page,
    shell::Shell,
    text,
};

/// Makes a page, once its code is there.
pub type View = fn() -> AnyView;

/// The code of a page could not be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotLoadedError;

impl fmt::Display for NotLoadedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the code of the page could not be fetched")
    }
}

impl From<wasm_split_helpers::SplitLoaderError> for NotLoadedError {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Self
    }
}

/// Names the pages that are fetched when they are first needed. `part: name = Component;`: the page `Component`, by the
/// function `name`, comes with all others of `part`.
#[macro_export]
macro_rules! parts {
    ($($part:ident: $name:ident = $component:path;)*) => {
        $(
            #[wasm_split_helpers::wasm_split($part, fallible)]
            pub fn $name() -> Result<$crate::View, $crate::NotLoadedError> {
                Ok(|| leptos::prelude::IntoAny::into_any($component()))
            }
        )*
    };
}

/// Who may see a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, signed in or not; the navigation is not around it.
    Open,
    /// Whoever is signed in.
    SignedIn,
    /// Who may do one of these.
    May(&'static [Permission]),
    /// Who may do one of these, in a tenant of this kind.
    At(TenantKind, &'static [Permission]),
}

/// Where a page stands in the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: it is reached from another page.
    None,
    /// In the navigation, with a drawing.
    Navigation(Icon),
}

/// A page.
#[derive(Clone, Copy)]
pub struct Page {
    /// Its address; a part that begins with `:` stands for any.
    pub path: &'static str,
    /// What it is called.
    pub title: fn() -> &'static str,
    /// Who may see it.
    pub access: Access,
    /// Where it stands in the navigation.
    pub place: Place,
    /// Fetches its code.
    pub load: fn() -> LocalBoxFuture<'static, Result<View, NotLoadedError>>,
}

fn parts(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.split('/').filter(|part| !part.is_empty())
}

impl Page {
    /// Whether the address is one of this page.
    pub fn is_at(&self, address: &str) -> bool {
        let (mut pattern, mut address) = (parts(self.path), parts(address));
        loop {
            match (pattern.next(), address.next()) {
                (None, None) => return true,
                (Some(wanted), Some(found)) if wanted.starts_with(':') || wanted == found => {}
                _ => return false,
            }
        }
    }

    /// Whether it is the page at the address, or one of those above it.
    pub fn leads_to(&self, address: &str) -> bool {
        let mut address = parts(address);
        self.is_at("/") == (address.clone().next().is_none())
            && parts(self.path).all(|part| address.next() == Some(part))
    }

    /// Whether this session may see it.
    pub fn is_for(&self, session: &SessionState) -> bool {
        match self.access {
            Access::Open => true,
            Access::SignedIn => session.me().is_some(),
            Access::May(permissions) => permissions.iter().any(|permission| session.may(*permission)),
            Access::At(kind, permissions) => {
                session.me().is_some_and(|me| me.tenant_kind == kind)
                    && permissions.iter().any(|permission| session.may(*permission))
            }
        }
    }
}

/// The last part of the address: which thing the page is about.
pub fn use_code() -> Memo<String> {
    let path = use_path();
    Memo::new(move |_| path.with(|path| parts(path).last().unwrap_or_default().to_owned()))
}

/// The code of the pages, as far as it has been fetched.
#[derive(Clone, Copy)]
struct Code {
    pages: &'static [Page],
    fetched: RwSignal<HashMap<usize, Result<View, NotLoadedError>>>,
    /// What is being fetched: a link that is pointed at and then followed asks once, and no try that fails late takes
    /// away what another has brought.
    under_way: StoredValue<HashSet<usize>>,
}

impl Code {
    fn provide(pages: &'static [Page]) -> Self {
        let code = Self {
            pages,
            fetched: RwSignal::new(HashMap::new()),
            under_way: StoredValue::new(HashSet::new()),
        };
        // Whoever points at a link will often follow it: its page is fetched meanwhile.
        for event in ["pointerover", "focusin"] {
            let listen = move |event: web_sys::Event| code.foresee(&event);
            let listener = window_event_listener_untyped(event, listen);
            on_cleanup(move || listener.remove());
        }
        code
    }

    fn foresee(self, event: &web_sys::Event) {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let link = target.and_then(|target| target.closest("a[href]").ok().flatten());
        let Some(href) = link.and_then(|link| link.get_attribute("href")) else { return };
        let path = href.split(['?', '#']).next().unwrap_or_default();
        if path.starts_with('/')
            && let Some(at) = self.pages.iter().position(|page| page.is_at(path))
        {
            self.fetch(at);
        }
    }

    fn fetch(self, at: usize) {
        let Some(page) = self.pages.get(at) else { return };
        let there = self.fetched.with_untracked(|fetched| matches!(fetched.get(&at), Some(Ok(_))));
        if there || self.under_way.try_update_value(|under_way| under_way.insert(at)) != Some(true) {
            return;
        }
        let load = (page.load)();
        spawn(async move {
            let found = load.await;
            self.under_way.try_update_value(|under_way| under_way.remove(&at));
            self.fetched.try_update(|fetched| fetched.insert(at, found));
        });
    }

    fn retry(self, at: usize) {
        self.fetched.update(|fetched| {
            fetched.remove(&at);
        });
        self.fetch(at);
    }
}

/// What is at an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Page(usize),
    Nothing,
}

/// Shows the page of the address, with the navigation around it where there is somebody. Who is not signed in is sent
/// to the sign-in page, and returns from there.
#[component]
pub(crate) fn Pages() -> impl IntoView {
    let app = use_app();
    let path = use_path();
    let asked = use_query();
    let client = use_client();
    let code = Code::provide(app.pages);
    let at = Memo::new(move |_| {
        path.with(|address| {
            app.pages.iter().position(|page| page.is_at(address)).map_or(At::Nothing, At::Page)
        })
    });
    let open = Memo::new(move |_| match at.get() {
        At::Page(at) => app.pages.get(at).is_some_and(|page| page.access == Access::Open),
        At::Nothing => false,
    });
    effect(move || {
        let out = client.session.with(|session| matches!(session, SessionState::SignedOut));
        if out && !open.get() {
            let to = format!("{}{}", path.get_untracked(), asked.get_untracked());
            let mut query = Query::new();
            if to != "/" {
                query.set("to", to);
            }
            replace(&format!("{SIGN_IN}{query}"));
        }
    });
    // While the server is asked who is signed in, the code of the page comes.
    effect(move || {
        let unknown = client.session.with_untracked(|session| matches!(session, SessionState::Unknown));
        if let At::Page(at) = at.get()
            && unknown
        {
            code.fetch(at);
        }
    });
    // Who may not see the home page begins at the first page of the navigation that they may see.
    effect(move || {
        let first = client.session.with(|session| {
            let home = app.pages.iter().find(|page| page.is_at("/"))?;
            let lost = path.get() == "/" && session.me().is_some() && !home.is_for(session);
            let may = |page: &&Page| page.place != Place::None && page.is_for(session);
            app.pages.iter().find(may).filter(|_| lost)
        });
        if let Some(first) = first {
            replace(first.path);
        }
    });
    // The heading gets the focus when another page comes, not when the first one does: nobody has moved yet.
    on_change(move || path.track(), focus_heading_in_place);
    let inside = inside(client);
    // One view per page: another customer is the same page with other content.
    let page = move || match at.get() {
        At::Nothing => NotFound().into_any(),
        At::Page(at) => view! { <Fetched at code /> }.into_any(),
    };
    let page = ViewFn::from(move || view! { {move || page()} });
    let around = move || {
        if open.get() {
            page.run()
        } else if inside.get() {
            view! { <Shell page=page.clone() /> }.into_any()
        } else {
            ().into_any()
        }
    };
    view! { {move || around()} }
}

/// The page, as soon as its code is there.
#[component]
fn Fetched(at: usize, code: Code) -> impl IntoView {
    let client = use_client();
    let Some(page) = code.pages.get(at) else { return ().into_any() };
    if !client.session.with_untracked(|session| page.is_for(session)) {
        return Forbidden().into_any();
    }
    code.fetch(at);
    title_page(move || (page.title)().to_owned());
    let found = Memo::new(move |_| code.fetched.with(|fetched| fetched.get(&at).copied()));
    let alone = page.access == Access::Open;
    let face = move || match found.get() {
        // The splash stands there still.
        None if alone => ().into_any(),
        None => view! {
            <PageHeader title=(page.title)() />
            <section class="card" aria-busy="true">
                <SkeletonRows rows=6 />
            </section>
        }
        .into_any(),
        Some(Err(NotLoadedError)) => view! {
            <PageHeader title=(page.title)() />
            <section class="card">
                <ErrorState failure=Failure::Offline on_retry=move |()| code.retry(at) />
            </section>
        }
        .into_any(),
        Some(Ok(view)) => view(),
    };
    let face = move || {
        if !alone || found.with(Option::is_some) {
            unveil();
        }
        face()
    };
    view! { {move || face()} }.into_any()
}

#[component]
fn NotFound() -> impl IntoView {
    title_page(|| text::not_found_title().to_owned());
    view! {
        <PageHeader title=text::not_found_title() />
        <section class="card">
            <EmptyState title=text::not_found_title() detail=text::not_found_detail()>
                <LinkButton href="/">{text::go_home()}</LinkButton>
            </EmptyState>
        </section>
    }
}

#[component]
fn Forbidden() -> impl IntoView {
    title_page(|| text::forbidden_title().to_owned());
    view! {
        <PageHeader title=text::forbidden_title() />
        <section class="card">
            <EmptyState title=text::forbidden_title() detail=text::forbidden_detail() sign=Icon::Lock />
        </section>
    }
}

/// The event's type is only known by its name here.
fn window_event_listener_untyped(
    name: &'static str,
    listen: impl Fn(web_sys::Event) + 'static,
) -> WindowListenerHandle {
    window_event_listener(ev::Custom::<web_sys::Event>::new(name), listen)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn page(path: &'static str, place: Place) -> Page {
        Page {
            path,
            title: || "",
            access: Access::SignedIn,
            place,
            load: || Box::pin(async { Err(NotLoadedError) }),
        }
    }

    const PAGES: [Page; 3] = [
        page("/", Place::Navigation(Icon::Home)),
        page("/customers", Place::Navigation(Icon::Customers)),
        page("/customers/:code", Place::None),
    ];

    #[test]
    fn addresses_find_their_page() {
        let at = |address| PAGES.iter().find(|page| page.is_at(address)).map(|page| page.path);
        assert_eq!(at("/"), Some("/"));
        assert_eq!(at("/customers/"), Some("/customers"));
        assert_eq!(at("/customers/ACME"), Some("/customers/:code"));
        assert_eq!(at("/customers/ACME/x"), None);
    }

    #[test]
    fn the_navigation_shows_where_one_is() {
        let leads = |address| {
            PAGES
                .iter()
                .filter(move |page| page.place != Place::None && page.leads_to(address))
                .map(|page| page.path)
        };
        assert!(leads("/").eq(["/"]));
        assert!(leads("/customers/ACME").eq(["/customers"]));
    }
}
