//! The logo and the icon. They change at once, apart from the form.

use client::{Failure, spawn, use_client};
use contract::brand::BrandPicture;
use domain::brands::AssetKind;
use kit::{Banner, Button, Card, Confirm, FileDrop, Tone, deed, use_toasts};
use leptos::prelude::*;

use super::text;

const TYPES: &[&str] = &["image/png", "image/jpeg", "image/webp", "image/svg+xml"];

/// The pictures that are stored: logo and icon.
type Stored = Memo<(Option<String>, Option<String>)>;

#[component]
pub fn Pictures(
    pictures: Stored,
    hosts: StoredValue<Vec<String>>,
    local: RwSignal<Option<String>>,
) -> impl IntoView {
    view! {
        <Card title=text::pictures()>
            <div class="pad pictures">
                <Picture
                    kind=AssetKind::Logo
                    stored=Signal::derive(move || pictures.get().0)
                    hosts
                    local=local
                />
                <Picture
                    kind=AssetKind::Favicon
                    stored=Signal::derive(move || pictures.get().1)
                    hosts
                    local=RwSignal::new(None)
                />
            </div>
        </Card>
    }
}

/// Pictures are shown at the tenant's own hosts only.
pub fn shows_here(hosts: &[String]) -> bool {
    let here = window().location().hostname().unwrap_or_default();
    hosts.contains(&here)
}

#[component]
fn Picture(
    kind: AssetKind,
    stored: Signal<Option<String>>,
    hosts: StoredValue<Vec<String>>,
    local: RwSignal<Option<String>>,
) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let (busy, error) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let note = RwSignal::new(None::<&'static str>);
    let removing = RwSignal::new(false);
    let path = format!("/msp/brand/{kind}");
    let logo = kind == AssetKind::Logo;

    let to = path.clone();
    let upload = move |file: web_sys::File| {
        busy.set(true);
        let to = to.clone();
        spawn(async move {
            let answer = client.put(to).file(file).answer::<BrandPicture>().await;
            busy.try_set(false);
            match answer {
                Ok(picture) => {
                    local.try_set(Some(picture.url));
                    note.try_set((logo && !picture.in_documents).then(text::not_in_documents));
                    toasts.say(text::picture_saved());
                }
                Err(Failure::SessionEnded) => {}
                Err(failure) => {
                    error.try_set(Some(failure.detail_of_all()));
                }
            }
        });
    };
    let remove = deed(move || {
        let path = path.clone();
        async move {
            client.delete(path).done().await?;
            local.try_set(None);
            note.try_set(None);
            toasts.say(text::picture_removed());
            Ok(())
        }
    });
    let (id, label, hint, title) = if logo {
        ("logo", text::logo(), text::logo_hint(), text::remove_logo_title())
    } else {
        ("favicon", text::favicon(), text::favicon_hint(), text::remove_favicon_title())
    };
    let now = move || {
        stored.get().map(|url| {
            let there = if hosts.with_value(|hosts| shows_here(hosts)) {
                view! { <img class="stored" src=url alt=label /> }.into_any()
            } else {
                let words = hosts.with_value(|hosts| {
                    hosts.first().map_or_else(
                        || text::picture_there_no_host().to_owned(),
                        |host| text::picture_there(host),
                    )
                });
                view! { <span class="mut">{words}</span> }.into_any()
            };
            view! {
                <div class="picture-now">
                    {there} <Button small=true on_press=move |()| removing.set(true)>
                        {text::remove()}
                        <span class="only-heard">{label}</span>
                    </Button>
                </div>
            }
        })
    };
    view! {
        <div class="stack-tight">
            <FileDrop id label hint types=TYPES megabytes=2 busy error on_file=Callback::new(upload) />
            {move || now()}
            {move || note.get().map(|note| view! { <Banner tone=Tone::Warning>{note}</Banner> })}
            <Confirm
                id=if logo { "remove-logo" } else { "remove-favicon" }
                title
                open=removing
                action=text::remove()
                danger=true
                on_confirm=remove
            >
                <p>{text::remove_picture_meaning()}</p>
            </Confirm>
        </div>
    }
}
