//! The person's own name, password, language, and where else she is signed in.

use client::{SessionState, format, language, load, spawn, use_client};
use contract::auth::{ChangePassword, Me, Session, Sessions, UpdateMe};
use kit::{
    Button, Card, Column, Form, FormView, KeyValues, PageHeader, PasswordField, SkeletonRows, Table,
    TextField, faces, required, use_toasts,
};
use leptos::prelude::*;

use super::long_enough;
use crate::text;

/// The page.
#[component]
pub fn Profile() -> impl IntoView {
    let client = use_client();
    let me = client.session.with_untracked(|session| session.me().cloned());
    view! {
        <PageHeader title=text::profile() />
        <div class="cols">
            <div class="stack">
                {me.map(|me| view! { <Person me /> })}
                <Elsewhere />
            </div>
            <div class="stack">
                <Password />
                <Languages />
            </div>
        </div>
    }
}

#[component]
fn Person(me: Me) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("");
    let name = form.field("/name", me.name.clone(), required);
    let submit = move |()| {
        let body = UpdateMe { name: name.text() };
        form.send(
            async move || client.patch("/auth/me").body(&body).answer::<Me>().await,
            move |me: Me| {
                client.session.set(SessionState::SignedIn(me));
                toasts.say(text::saved());
            },
        );
    };
    let pairs = vec![
        (text::email(), me.email.clone()),
        (text::role_word(), me.role.map(|it| text::role(it).to_owned())),
    ];
    view! {
        <Card title=text::you()>
            <div class="pad stack">
                <FormView form submit=text::save() on_submit=submit>
                    <TextField field=name label=text::name() autocomplete="name" />
                </FormView>
                <KeyValues pairs />
            </div>
        </Card>
    }
}

#[component]
fn Password() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let form = Form::new("");
    let old = form.secret("/current_password", required);
    let old = form.told(old, "bad_credentials");
    let new = form.secret("/new_password", long_enough);
    let submit = move |()| {
        let body = ChangePassword {
            current_password: old.value.get_untracked(),
            new_password: new.value.get_untracked(),
        };
        form.send(
            async move || client.post("/auth/change-password").body(&body).done().await,
            move |()| {
                form.reset();
                toasts.say(text::password_changed());
            },
        );
    };
    view! {
        <Card title=text::password()>
            <div class="pad">
                <FormView form submit=text::set_password() on_submit=submit>
                    <PasswordField field=old label=text::current_password() />
                    <PasswordField
                        field=new
                        label=text::new_password()
                        hint=text::password_hint()
                        autocomplete="new-password"
                    />
                </FormView>
            </div>
        </Card>
    }
}

#[component]
fn Languages() -> impl IntoView {
    let current = language::current();
    let choices = language::LANGUAGES
        .iter()
        .map(|it| {
            let language = *it;
            view! {
                <li>
                    <button
                        type="button"
                        class="pick"
                        lang=language.code
                        aria-pressed=(language == current).to_string()
                        on:click=move |_| language::choose(language)
                    >
                        {language.name}
                    </button>
                </li>
            }
        })
        .collect_view();
    view! {
        <Card title=text::language()>
            <div class="pad">
                <ul class="picks">{choices}</ul>
            </div>
        </Card>
    }
}

/// The sessions of this account.
#[component]
fn Elsewhere() -> impl IntoView {
    let sessions = load::<Sessions>(|| Some("/auth/sessions".to_owned()));
    let table = |sessions: Sessions| {
        let rows = sessions.items.into_iter().map(|session| view! { <Row session /> }).collect_view();
        view! {
            <Table
                caption=text::sessions()
                columns=vec![
                    Column::text(text::browser()),
                    Column::text(text::last_seen()).less(),
                    Column::figures(""),
                ]
            >
                {rows}
            </Table>
        }
    };
    view! { <Card title=text::sessions()>{faces(sessions, || view! { <SkeletonRows rows=2 /> }, table)}</Card> }
}

#[component]
fn Row(session: Session) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let id = session.id;
    let end = move |()| {
        busy.set(true);
        spawn(async move {
            if let Err(failure) = client.delete(format!("/auth/sessions/{id}")).done().await {
                toasts.say(failure.detail());
            }
            busy.try_set(false);
        });
    };
    let agent = session.user_agent.as_deref().map_or_else(|| text::unknown_browser().to_owned(), browser);
    let seen = format::relative(session.last_seen_at);
    view! {
        <tr>
            <th scope="row">
                <span class="name">{agent}</span>
                <div class="sub">{session.address}</div>
            </th>
            <td class="less" title=format::instant(session.last_seen_at)>
                {seen}
            </td>
            <td class="r">
                {if session.current {
                    view! { <span class="dim">{text::this_browser()}</span> }.into_any()
                } else {
                    view! {
                        <Button small=true busy on_press=end>
                            {text::sign_out()}
                        </Button>
                    }
                        .into_any()
                }}
            </td>
        </tr>
    }
}

/// What a browser calls itself, in two words; its own words where they are not known.
fn browser(agent: &str) -> String {
    // The later ones name the earlier ones, too.
    let browsers = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|it| it.1);
    match (find(&browsers), find(&systems)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        _ => agent.chars().take(60).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_known_by_their_names() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(browser(edge), "Edge, Windows");
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(browser(phone), "Safari, iPhone");
        assert_eq!(browser("curl/8"), "curl/8");
    }
}
