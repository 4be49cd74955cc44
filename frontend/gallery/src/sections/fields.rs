//! What is typed into or chosen from.

use domain::money::Currency;
use kit::{
    CheckField, ColorField, Combobox, DateField, Field, FileDrop, Form, FormView, NumberField, Offer,
    PasswordField, RadioCard, RadioCards, SelectField, TextArea, TextField, a_number, matching, optional,
    required,
};
use leptos::prelude::*;

use super::{LONG, Section, half, refused, sample};

pub const ALL: &[Section] = &[
    Section { id: "text-field", title: "Text field", view: text_field },
    Section { id: "number-field", title: "Number, money, quantity", view: number_field },
    Section { id: "date-field", title: "Date", view: date_field },
    Section { id: "password-field", title: "Password", view: password_field },
    Section { id: "text-area", title: "Text area", view: text_area },
    Section { id: "select", title: "Select", view: select },
    Section { id: "combobox", title: "Combobox", view: combobox },
    Section { id: "check", title: "Checkbox and switch", view: check },
    Section { id: "radio-cards", title: "Radio cards", view: radio_cards },
    Section { id: "color-field", title: "Colour", view: color_field },
    Section { id: "file-drop", title: "File", view: file_drop },
    Section { id: "form", title: "Form", view: form },
];

fn field(id: &str, value: &str) -> Field {
    Form::new("").field(format!("/{id}"), value, optional)
}

fn wrong(id: &str, value: &str, why: &str) -> Field {
    Field { error: Signal::stored(Some(why.to_owned())), ..field(id, value) }
}

fn text_field() -> AnyView {
    let email = || wrong("text-wrong", "grace@", "Enter an email address.");
    (
        sample("empty", view! { <TextField field=field("text-empty", "") label="Company" /> }),
        sample("with a hint", view! { <TextField field=field("text-hint", "Acme Corp") label="Company" hint="As it stands on invoices." /> }),
        sample("wrong", view! { <TextField field=email() label="Email" kind="email" hint="Invoices go there." /> }),
        sample("with a unit", view! { <TextField field=field("text-unit", "acme") label="Address" before="https://" after=".example" /> }),
        sample("long text", view! { <TextField field=field("text-long", LONG) label=LONG hint=LONG /> }),
    )
        .into_any()
}

fn number_field() -> AnyView {
    (
        sample("a number", view! { <NumberField field=field("number", "12") label="Machines" /> }),
        sample("money", view! { <NumberField field=field("money", "49.90") label="Base fee" currency=Currency::USD /> }),
        sample("a quantity with its unit", view! { <NumberField field=field("quantity", "1,000") label="Included" unit="GB" /> }),
        sample(
            "wrong",
            view! { <NumberField field=wrong("number-wrong", "many", "Enter a number.") label="Machines" unit="a month" /> },
        ),
    )
        .into_any()
}

fn date_field() -> AnyView {
    let day = |text: &str| text.parse().ok();
    let (first, last) = (day("2026-11-01").unwrap_or_default(), day("2026-12-31").unwrap_or_default());
    (
        sample("empty", view! { <DateField field=field("date-empty", "") label="Starts on" /> }),
        sample(
            "a day, within a range",
            view! { <DateField field=field("date", "2026-11-21") label="Ends on" hint="In November or December." first last /> },
        ),
        sample("wrong", view! { <DateField field=wrong("date-wrong", "2020-01-01", "Choose a day that is not over yet.") label="Ends on" /> }),
    )
        .into_any()
}

fn password_field() -> AnyView {
    (
        sample("empty", view! { <PasswordField field=field("password", "") label="Password" /> }),
        sample("wrong", view! { <PasswordField field=wrong("password-wrong", "12345", "At least 12 characters.") label="New password" autocomplete="new-password" /> }),
    )
        .into_any()
}

fn text_area() -> AnyView {
    (
        sample("empty", view! { <TextArea field=field("area", "") label="Notes" hint="The customer never sees them." /> }),
        sample("wrong", view! { <TextArea field=wrong("area-wrong", LONG, "Use 80 characters at most.") label="Message" /> }),
    )
        .into_any()
}

fn options(names: &[&str]) -> Signal<Vec<(String, String)>> {
    Signal::stored(names.iter().map(|name| (name.to_lowercase(), (*name).to_owned())).collect())
}

fn select() -> AnyView {
    let roles = ["Administrator", "Operator", "Billing", "Viewer"];
    (
        sample("chosen", view! { <SelectField field=field("select", "billing") label="Role" options=options(&roles) /> }),
        sample(
            "wrong",
            view! { <SelectField field=wrong("select-wrong", "viewer", "You cannot give this role.") label="Role" options=options(&roles) /> },
        ),
        sample("long text", view! { <SelectField field=field("select-long", "") label="Company" options=options(&[LONG, "Acme"]) /> }),
    )
        .into_any()
}

const COMPANIES: &[(&str, &str)] = &[
    ("ACME", "Acme Corp"),
    ("ACME-2", "Acme Labs"),
    ("ALPINE", "Alpine Dental"),
    ("BRIGHT", "Bright Bakery"),
    ("CEDAR", "Cedar Law"),
    ("DELTA", "Delta Freight"),
    ("EVER", "Evergreen School"),
    ("FJORD", "Fjord Fisheries"),
    ("GLOBEX", "Globex"),
    ("HARVEST", "Harvest Foods"),
    ("LONG", LONG),
];

/// How a search goes on.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Search {
    /// What matches is found.
    #[default]
    Found,
    /// The answer does not come.
    Waiting,
    /// Nothing ever matches.
    Nothing,
}

/// As if a server had been asked.
#[component]
fn Companies(
    field: Field,
    label: &'static str,
    #[prop(optional)] free: bool,
    #[prop(optional)] search: Search,
) -> impl IntoView {
    let all: Vec<_> = COMPANIES
        .iter()
        .map(|(code, name)| Offer {
            value: (*code).to_owned(),
            name: (*name).to_owned(),
            about: (*code).to_owned(),
        })
        .collect();
    let known = all.clone();
    let asked = RwSignal::new(None::<String>);
    let offers = Signal::derive(move || match search {
        Search::Waiting => None,
        Search::Nothing => Some(Vec::new()),
        Search::Found => Some(matching(&all, &asked.get().unwrap_or_default())),
    });
    let written = Signal::derive(move || {
        let value = field.value.get();
        known.iter().find(|offer| offer.value == value).map(Offer::written).unwrap_or_default()
    });
    view! { <Combobox field label placeholder="Name or code" written asked offers free on_pick=None hint=None /> }
}

fn combobox() -> AnyView {
    (
        sample("empty", view! { <Companies field=field("combobox", "") label="Customer"  /> }),
        sample("chosen", view! { <Companies field=field("combobox-chosen", "GLOBEX") label="Customer of the invoice"  /> }),
        sample("wrong", view! { <Companies field=wrong("combobox-wrong", "", "Choose at least one customer.") label="Add a customer"  /> }),
        sample("what is typed counts, too", view! { <Companies field=field("combobox-free", "") label="Code" free=true  /> }),
        sample("loading", view! { <Companies field=field("combobox-loading", "") label="Customer on its way" search=Search::Waiting /> }),
        sample("nothing found", view! { <Companies field=field("combobox-none", "") label="Customer that is not there" search=Search::Nothing /> }),
    )
        .into_any()
}

fn check() -> AnyView {
    (
        sample("checkbox, off", view! { <CheckField field=field("check-off", "false") label="Begin with a trial" /> }),
        sample("checkbox, on, with a hint", view! { <CheckField field=field("check-on", "true") label="Only some customers" hint="Everything else is as if it did not exist." /> }),
        sample("checkbox, wrong", view! { <CheckField field=wrong("check-wrong", "false", "This is needed.") label="I have stored it" /> }),
        sample("switch, off", view! { <CheckField field=field("switch-off", "false") switch=true label="Suspended" hint="Shut out for now." /> }),
        sample("switch, on", view! { <CheckField field=field("switch-on", "true") switch=true label="Mail invoices" /> }),
        sample("long text", view! { <CheckField field=field("check-long", "true") label=LONG hint=LONG /> }),
    )
        .into_any()
}

fn radio_cards() -> AnyView {
    let card = |value: &str, title: &str, figure: &str| RadioCard {
        value: value.to_owned(),
        title: title.to_owned(),
        about: "Monitoring and updates".to_owned(),
        figure: figure.to_owned(),
        lines: vec!["$4.00 per machine".to_owned(), "10 GB included".to_owned()],
    };
    let plans = || {
        Signal::stored(vec![
            card("basic", "Basic", "$49.00"),
            card("pro", "Pro", "$149.00"),
            card("long", LONG, "$999.00"),
        ])
    };
    (
        half("one is chosen", view! { <RadioCards field=field("plan", "pro") label="Plan" options=plans() /> }),
        half("wrong", view! { <RadioCards field=wrong("plan-wrong", "", "Choose a plan.") label="Plan to change to" options=plans() /> }),
    )
        .into_any()
}

fn color_field() -> AnyView {
    (
        sample("a colour", view! { <ColorField field=field("color", "#1e40af") label="Main colour" /> }),
        sample("wrong", view! { <ColorField field=wrong("color-wrong", "blue", "Write it like #1e40af.") label="Second colour" /> }),
    )
        .into_any()
}

fn file_drop() -> AnyView {
    const TYPES: &[&str] = &["image/png", "image/svg+xml"];
    let (no, yes) = (Signal::stored(false), Signal::stored(true));
    let hint = "PNG or SVG, up to 1 MB.";
    let wrong = RwSignal::new(Some("This kind of file is not taken here.".to_owned()));
    (
        sample("empty", view! { <FileDrop id="file" label="Logo" hint types=TYPES megabytes=1 busy=no error=RwSignal::new(None) on_file=|_| () /> }),
        sample("busy", view! { <FileDrop id="file-busy" label="Icon" hint types=TYPES megabytes=1 busy=yes error=RwSignal::new(None) on_file=|_| () /> }),
        sample("wrong", view! { <FileDrop id="file-wrong" label="Picture" hint types=TYPES megabytes=1 busy=no error=wrong on_file=|_| () /> }),
    )
        .into_any()
}

fn form() -> AnyView {
    let ready = Form::new("");
    let name = ready.field("/form-name", "", required);
    let machines = ready.field("/form-machines", "", a_number);
    let fails = Form::new("");
    let code = fails.field("/form-code", "ACME", optional);
    let send = move |()| ready.send(async || Ok(()), |()| ());
    let fail =
        move |()| fails.send(async || Err::<(), _>(refused(409, "conflict", "This code is taken.")), |()| ());
    (
        sample(
            "empty: sent, it tells what is missing",
            view! {
                <FormView form=ready submit="Take on" on_submit=send on_cancel=Callback::new(move |()| ready.reset())>
                    <TextField field=name label="Company" />
                    <NumberField field=machines label="Machines" />
                </FormView>
            },
        ),
        sample(
            "sent, it is refused",
            view! {
                <FormView form=fails submit="Save" on_submit=fail>
                    <TextField field=code label="Code" />
                </FormView>
            },
        ),
    )
        .into_any()
}
