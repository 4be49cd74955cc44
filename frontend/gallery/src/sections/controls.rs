//! What is pressed, and what leads somewhere.

use kit::{
    Button, ButtonKind, Choice, Choosable, Icon, LinkButton, PeriodChoice, SearchField, Tab, Tabs, icon,
};
use leptos::prelude::*;

use super::{LONG, Section, half, sample, wide};

pub const ALL: &[Section] = &[
    Section { id: "button", title: "Button", view: button },
    Section { id: "tabs", title: "Tabs", view: tabs },
    Section { id: "choice", title: "Choice", view: choice },
    Section { id: "period", title: "Period", view: period },
    Section { id: "search", title: "Search", view: search },
];

fn button() -> AnyView {
    let yes = || Signal::stored(true);
    let kinds = view! {
        <div class="g-row">
            <Button>"Plain"</Button>
            <Button kind=ButtonKind::Primary>"Primary"</Button>
            <Button kind=ButtonKind::Quiet>"Quiet"</Button>
            <Button kind=ButtonKind::Danger>"Danger"</Button>
            <LinkButton href="?only=button">"A link"</LinkButton>
        </div>
    };
    let small = view! {
        <div class="g-row">
            <Button small=true>"Plain"</Button>
            <Button small=true kind=ButtonKind::Primary>"Primary"</Button>
            <Button small=true kind=ButtonKind::Quiet>"Quiet"</Button>
            <Button small=true>{icon(Icon::Plus, 16)} "With a sign"</Button>
        </div>
    };
    let busy = view! {
        <div class="g-row">
            <Button busy=yes()>"Plain"</Button>
            <Button busy=yes() kind=ButtonKind::Primary>"Primary"</Button>
            <Button busy=yes() kind=ButtonKind::Danger>"Danger"</Button>
        </div>
    };
    let off = view! {
        <div class="g-row">
            <Button off=yes()>"Plain"</Button>
            <Button off=yes() kind=ButtonKind::Primary>"Primary"</Button>
            <Button off=yes() kind=ButtonKind::Danger>"Danger"</Button>
        </div>
    };
    (
        half("kinds", kinds),
        sample("small", small),
        half("busy: they keep the focus, and do nothing", busy),
        sample("disabled", off),
        sample("wide", view! { <Button wide=true kind=ButtonKind::Primary>"Sign in"</Button> }),
    )
        .into_any()
}

fn tabs() -> AnyView {
    let tab = |label, current| Tab { href: "?only=tabs".to_owned(), label, current };
    let few = Signal::stored(vec![tab("Overview", false), tab("Usage", true), tab("Settings", false)]);
    let many = [
        "Overview",
        "Usage",
        "Subscription",
        "Invoices",
        "Payments",
        "Limits",
        "Contacts",
        "Documents",
        "Machines",
        "Integrations",
        "History",
        "Settings",
    ];
    let many =
        Signal::stored(many.into_iter().map(|label| tab(label, label == "Documents")).collect::<Vec<_>>());
    (
        wide("a few", view! { <Tabs label="Parts of the customer" tabs=few /> }),
        sample("more than there is room for", view! { <Tabs label="Parts of the plan" tabs=many /> }),
    )
        .into_any()
}

fn choice() -> AnyView {
    let option = |label: &str, current| Choosable {
        href: "?only=choice".to_owned(),
        label: label.to_owned(),
        current,
    };
    let few = Signal::stored(vec![option("All", true), option("Open", false), option("Paid", false)]);
    let long = Signal::stored(vec![option(LONG, true), option("Open", false)]);
    (
        sample("a few", view! { <Choice label="State of invoices" options=few /> }),
        sample("long text", view! { <Choice label="Companies" options=long /> }),
    )
        .into_any()
}

fn period() -> AnyView {
    let (now, before) =
        (Signal::stored("November 2026".to_owned()), Signal::stored("?only=period".to_owned()));
    (
        sample(
            "in the middle",
            view! { <PeriodChoice now before after=Signal::stored(Some("?only=period".to_owned())) /> },
        ),
        sample("at the end", view! { <PeriodChoice now before after=Signal::stored(None::<String>) /> }),
    )
        .into_any()
}

fn search() -> AnyView {
    let address = |typed: String| format!("?only=search&q={typed}");
    (
        sample(
            "empty",
            view! { <SearchField label="Search customers" placeholder="Name or code" value=Signal::stored(String::new()) address /> },
        ),
        sample(
            "full",
            view! { <SearchField label="Search plans" placeholder="Name" value=Signal::stored("backup".to_owned()) address /> },
        ),
    )
        .into_any()
}
