//! What shows something.

use kit::{
    Avatar, Banner, Button, Card, Copy, EmptyState, ErrorState, Happening, Icon, KeyValues, LinkButton,
    Marked, Meter, PageHeader, SkeletonBlock, SkeletonRows, SkeletonText, Status, Step, Stepper, Timeline,
    Tone, icon,
};
use leptos::prelude::*;

use super::{LONG, Section, half, refused, sample, wide};

pub const ALL: &[Section] = &[
    Section { id: "colors", title: "Colours", view: colors },
    Section { id: "icons", title: "Icons", view: icons },
    Section { id: "page-header", title: "Page header and breadcrumb", view: page_header },
    Section { id: "card", title: "Card", view: card },
    Section { id: "status", title: "Status", view: status },
    Section { id: "avatar", title: "Avatar", view: avatar },
    Section { id: "banner", title: "Banner", view: banner },
    Section { id: "states", title: "Empty, error, forbidden", view: states },
    Section { id: "skeleton", title: "Skeleton", view: skeleton },
    Section { id: "key-values", title: "Names and values", view: key_values },
    Section { id: "meter", title: "Meter", view: meter },
    Section { id: "stepper", title: "Stepper", view: stepper },
    Section { id: "timeline", title: "Timeline", view: timeline },
    Section { id: "copy", title: "Copy", view: copy },
    Section { id: "marked", title: "Marked text", view: marked },
];

fn colors() -> AnyView {
    const TOKENS: &[&str] = &[
        "--brand-primary",
        "--ink",
        "--bg",
        "--surface",
        "--raised",
        "--sunken",
        "--line",
        "--edge",
        "--text",
        "--text-2",
        "--text-3",
        "--ok-t",
        "--warn-t",
        "--err-t",
        "--run-t",
        "--mark-1",
        "--mark-2",
        "--mark-3",
        "--mark-4",
        "--mark-5",
        "--mark-6",
    ];
    let color = |token: &&'static str| {
        view! {
            <li>
                <i style:background=format!("var({token})")></i>
                <span class="code">{*token}</span>
            </li>
        }
    };
    wide("tokens", view! { <ul class="g-colors">{TOKENS.iter().map(color).collect_view()}</ul> })
}

fn icons() -> AnyView {
    use Icon::{
        Activity, Alert, Building, Check, Chevron, Close, Copy, Customers, Dash, Down, Download, Edit, Empty,
        External, Home, Invoice, Key, Left, Lock, Mail, Money, More, Paused, Person, Plan, Plus, Right,
        Running, Search, Settings, SignOut, Switch, Theme, Trash, Up, Usage, Warning,
    };
    const ALL: &[Icon] = &[
        Activity, Alert, Building, Check, Chevron, Close, Copy, Customers, Dash, Down, Download, Edit, Empty,
        External, Home, Invoice, Key, Left, Lock, Mail, Money, More, Paused, Person, Plan, Plus, Right,
        Running, Search, Settings, SignOut, Switch, Theme, Trash, Up, Usage, Warning,
    ];
    let one = |it: &Icon| view! { <li>{icon(*it, 16)} <span>{format!("{it:?}")}</span></li> };
    wide("16 pixels", view! { <ul class="g-icons">{ALL.iter().map(one).collect_view()}</ul> })
}

fn page_header() -> AnyView {
    let actions = || view! { <LinkButton href="?only=page-header">"Edit"</LinkButton> };
    // A heading of the first rank each: the page's own stands above them.
    (
        wide("plain", view! { <PageHeader title="Customers" actions /> }),
        wide(
            "with the pages above, a status and a sentence",
            view! {
                <PageHeader
                    title="Acme Corp"
                    above=vec![("?only=page-header", "Customers")]
                    here="Acme Corp"
                    status=|| view! { <Status tone=Tone::Ok word="Active" /> }
                    lead=|| view! { <p class="mut">"Customer since 3 March 2024"</p> }
                    actions
                />
            },
        ),
        wide(
            "a long name",
            view! { <PageHeader title=LONG above=vec![("?only=page-header", "Customers")] here=LONG actions /> },
        ),
    )
        .into_any()
}

fn card() -> AnyView {
    (
        sample("plain", view! { <Card title="Contact"><div class="pad">"Grace Hopper"</div></Card> }),
        sample(
            "with a note and something to do",
            view! {
                <Card
                    title="Machines"
                    note="this month"
                    actions=|| view! { <Button small=true>"Export"</Button> }
                >
                    <div class="pad">"2,341"</div>
                </Card>
            },
        ),
        sample(
            "a long name",
            view! { <Card title=LONG note="this month"><div class="pad">{LONG}</div></Card> },
        ),
    )
        .into_any()
}

fn status() -> AnyView {
    let all = [
        (Tone::Ok, "Active"),
        (Tone::Warning, "Trial ends soon"),
        (Tone::Error, "Overdue"),
        (Tone::Running, "Running"),
        (Tone::Skipped, "Suspended"),
        (Tone::Missing, "Draft"),
    ];
    let one = |(tone, word)| view! { <Status tone word /> };
    let sign = |(tone, word)| view! { <Status tone word sign_only=true /> };
    (
        half("all tones", view! { <div class="g-row">{all.into_iter().map(one).collect_view()}</div> }),
        sample(
            "signs alone; the word is said",
            view! { <div class="g-row">{all.into_iter().map(sign).collect_view()}</div> },
        ),
    )
        .into_any()
}

fn avatar() -> AnyView {
    (
        sample("two names", view! { <div class="g-row"><Avatar name="Alex Admin" /> "Alex Admin"</div> }),
        sample(
            "one name, large",
            view! { <div class="g-row"><Avatar name="Plato" large=true /> "Plato"</div> },
        ),
        sample("no name", view! { <div class="g-row"><Avatar name="" /> "Somebody"</div> }),
    )
        .into_any()
}

fn banner() -> AnyView {
    (
        sample("notice", view! { <Banner tone=Tone::Running>"A run is under way."</Banner> }),
        sample("warning", view! { <Banner tone=Tone::Warning>"The trial ends in three days."</Banner> }),
        sample("error", view! { <Banner tone=Tone::Error>"The invoice could not be sent."</Banner> }),
        wide("long text", view! { <Banner tone=Tone::Warning>{[LONG; 4].join(", ")}</Banner> }),
    )
        .into_any()
}

fn states() -> AnyView {
    let retry = |()| ();
    let card = |content: AnyView| view! { <div class="card">{content}</div> };
    (
        sample(
            "empty, with what to do next",
            card(
                view! {
                    <EmptyState title="No customers yet" detail="Take the first one on." sign=Icon::Customers>
                        <Button>"New customer"</Button>
                    </EmptyState>
                }
                .into_any(),
            ),
        ),
        sample(
            "error",
            card(view! { <ErrorState failure=refused(500, "internal", "Something went wrong here.") on_retry=retry /> }.into_any()),
        ),
        sample(
            "offline",
            card(view! { <ErrorState failure=client::Failure::Offline on_retry=retry /> }.into_any()),
        ),
        sample(
            "forbidden",
            card(
                view! { <ErrorState failure=refused(403, "forbidden", "Your role does not include invoices.") on_retry=retry /> }
                    .into_any(),
            ),
        ),
        sample(
            "not there",
            card(view! { <ErrorState failure=refused(404, "not_found", "There is no such customer.") on_retry=retry /> }.into_any()),
        ),
        sample(
            "long text",
            card(view! { <EmptyState title=LONG detail=[LONG; 2].join(" ") /> }.into_any()),
        ),
    )
        .into_any()
}

fn skeleton() -> AnyView {
    (
        sample("text", view! { <div class="card"><SkeletonText /></div> }),
        sample("rows", view! { <div class="card"><SkeletonRows rows=4 /></div> }),
        sample("block", view! { <div class="card"><SkeletonBlock /></div> }),
    )
        .into_any()
}

fn key_values() -> AnyView {
    let pairs = |long: bool| {
        let company = if long { LONG } else { "Acme Corp" };
        vec![
            ("Company", Some(company.to_owned())),
            ("Tax number", None),
            ("Address", Some("400 Commerce Street\nBoston, MA 02110".to_owned())),
        ]
    };
    (
        sample("with one that is not known", view! { <KeyValues pairs=pairs(false) /> }),
        sample("long text", view! { <KeyValues pairs=pairs(true) /> }),
    )
        .into_any()
}

fn meter() -> AnyView {
    let allowed = || Some("100".to_owned());
    (
        sample("half full", view! { <Meter label="Machines" used="52" allowed=allowed() percent=52 note=None /> }),
        sample("full", view! { <Meter label="Machines" used="100" allowed=allowed() percent=100 note=None /> }),
        sample(
            "beyond what was agreed",
            view! { <Meter label="Machines" used="130" allowed=allowed() percent=130 note=Some("30 beyond".to_owned()) /> },
        ),
        sample("nothing agreed", view! { <Meter label="Machines" used="52" allowed=None note=None /> }),
        sample("long text", view! { <Meter label=LONG used="1,000,000" allowed=allowed() percent=4 note=None /> }),
    )
        .into_any()
}

fn stepper() -> AnyView {
    let step = |label, done, current, href: Option<&str>| Step {
        href: href.map(str::to_owned),
        label,
        done,
        current,
    };
    let steps = Signal::stored(vec![
        step("Company", true, false, Some("?only=stepper")),
        step("Plan", false, true, Some("?only=stepper")),
        step("Check", false, false, None),
    ]);
    wide("one behind, one current, one ahead", view! { <Stepper label="New customer" steps /> })
}

fn timeline() -> AnyView {
    let when = |text: &str| text.parse().unwrap_or_default();
    let happening = |id: &str, sign, what: &str, details: &[(&str, &str)]| Happening {
        id: id.to_owned(),
        sign,
        what: what.to_owned(),
        who: "Alex Admin".to_owned(),
        when: when("2026-11-20T08:30:00Z"),
        details: details.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    let items = Signal::stored(vec![
        happening(
            "1",
            Icon::Invoice,
            "Invoice finalised",
            &[("Number", "NW-2026-0042"), ("Amount", "$1,280.00")],
        ),
        happening("2", Icon::Mail, "Mail sent", &[]),
        happening("3", Icon::Customers, LONG, &[]),
    ]);
    half("with details, without, long", view! { <div class="card"><Timeline label="History" items /></div> })
}

fn copy() -> AnyView {
    half("a link", view! { <Copy label="Pay link" value="https://pay.example/i/01jd5t8x7mq4" /> })
}

fn marked() -> AnyView {
    sample("what was looked for", view! { <p><Marked text="Acme Corporation" part="corp" /></p> })
}
