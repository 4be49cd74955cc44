//! Taking a customer on, step by step. What was typed stays in the tab; the step is in the address.

use address::use_query;
use client::{Repeat, effect, format, use_client};
use contract::{
    customers::{CreateCustomer, Customer},
    team::CreateInvitation,
};
use domain::{
    customers::CustomerStatus,
    permissions::{Permission, Role},
};
use frame::title_page;
use kit::{
    CheckField, DateField, Field, Form, FormView, LinkButton, PageHeader, Stepper, TextField, focus_on,
    focus_wrong, optional, use_toasts,
};
use leptos::prelude::*;

use self::{
    choose_plan::{ChoosePlan, Offer},
    finish::{Finish, Taken},
    propose_limits::ProposeLimits,
    review::Review,
};
use super::{
    check,
    details::{DetailFields, Details},
    limit_fields::LimitFields,
    people::RoleField,
};

mod choose_plan;
mod finish;
mod propose_limits;
mod review;
mod text;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Company,
    Plan,
    Limits,
    People,
    Review,
}

impl Step {
    const ALL: [Self; 5] = [Self::Company, Self::Plan, Self::Limits, Self::People, Self::Review];

    /// What the address calls it.
    fn key(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::Plan => "plan",
            Self::Limits => "limits",
            Self::People => "people",
            Self::Review => "review",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Company => text::company(),
            Self::Plan => text::plan(),
            Self::Limits => text::limits(),
            Self::People => text::people(),
            Self::Review => text::review(),
        }
    }

    fn address(self) -> String {
        format!("/customers/new?step={}", self.key())
    }
}

/// Everything that is typed and chosen.
#[derive(Clone, Copy)]
struct Draft {
    form: Form,
    details: Details,
    code: Field,
    plan: Field,
    trial: Field,
    trial_ends_on: Field,
    limits: LimitFields,
    email: Field,
    role: Field,
}

impl Draft {
    fn new() -> Self {
        let form = Form::new("customer-new");
        let trial = form.field("/status", "false", optional);
        let trial_ends_on = form.field("/trial_ends_on", "", check::day_or_none);
        let trial_ends_on = form.rule(trial_ends_on, move || {
            let day = trial_ends_on.value.with(|typed| check::day(typed))?;
            let past = day.get() <= format::today() && trial.value.with(|it| it == "true");
            past.then(|| text::past_day().to_owned())
        });
        let draft = Self {
            form,
            details: Details::new(form, None),
            code: form.field("/code", "", check::code),
            plan: form.field("/plan", "", optional),
            trial,
            trial_ends_on,
            limits: LimitFields::new(form, "/limits", domain::limits::Limits::default()),
            email: form.field("/invite/email", "", check::email),
            role: form.field("/invite/role", Role::CustomerOwner.to_string(), optional),
        };
        // The code follows the name until somebody gives it one of its own.
        Effect::new(move |before: Option<String>| {
            let now = draft.details.company_name.value.with(|name| proposed_code(name));
            let follows = before.is_some_and(|before| draft.code.text() == before);
            if follows || draft.code.text().is_empty() {
                draft.code.value.set(now.clone());
            }
            now
        });
        draft
    }

    fn fields(self, step: Step) -> Vec<Field> {
        match step {
            Step::Company => self.details.all().into_iter().chain([self.code]).collect(),
            Step::Plan => vec![self.plan, self.trial, self.trial_ends_on],
            Step::Limits => self.limits.all().into(),
            Step::People => vec![self.email, self.role],
            Step::Review => Vec::new(),
        }
    }

    fn body(self) -> CreateCustomer {
        let trial = self.trial.is_on();
        let (country, region) = self.details.place();
        CreateCustomer {
            company_name: self.details.company_name.text(),
            code: self.code.optional().map(|code| code.to_ascii_uppercase()),
            contact_name: self.details.contact_name.optional(),
            contact_email: self.details.contact_email.optional(),
            phone: self.details.phone.optional(),
            address: self.details.address.optional(),
            tax_id: self.details.tax_id.optional(),
            country,
            region,
            tax_exempt: self.details.tax_exempt.optional(),
            external_ref: self.details.external_ref.optional(),
            notes: self.details.notes.optional(),
            status: Some(if trial { CustomerStatus::Trial } else { CustomerStatus::Active }),
            trial_ends_on: check::day(&self.trial_ends_on.text()).filter(|_| trial),
            feature_flags: self.details.flags(&std::collections::BTreeMap::new()),
            limits: self.limits.limits(),
            plan: self.plan.optional(),
        }
    }

    fn invitation(self) -> Option<CreateInvitation> {
        self.email.optional().map(|email| CreateInvitation {
            email,
            role: self.role.text().parse().unwrap_or(Role::CustomerOwner),
            only_customers: None,
        })
    }
}

/// As the server makes one: `Wayne Enterprises` → `WAYNE-ENTERPRISE`.
fn proposed_code(name: &str) -> String {
    let words: Vec<_> =
        name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let code: String = words.join("-").to_ascii_uppercase().chars().take(16).collect();
    code.trim_end_matches('-').to_owned()
}

/// The step in which the server's name for a field is typed.
fn step_of(pointer: &str) -> Step {
    match pointer.split('/').nth(1).unwrap_or_default() {
        "plan" | "status" | "trial_ends_on" => Step::Plan,
        "limits" => Step::Limits,
        _ => Step::Company,
    }
}

#[component]
pub fn NewCustomer() -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let query = use_query();
    let may = move |permission| client.session.with_untracked(|session| session.may(permission));
    let steps: Vec<Step> =
        Step::ALL.into_iter().filter(|step| *step != Step::People || may(Permission::UsersWrite)).collect();
    let steps = StoredValue::new(steps);
    title_page(|| text::new_customer().to_owned());

    let draft = Draft::new();
    let form = draft.form;
    let offer = Offer::load();
    let taken = RwSignal::new(None::<Taken>);

    // No step can be gone to before those that lead there are right.
    let reachable = Memo::new(move |_| {
        steps.with_value(|steps| {
            let wrong = steps.iter().position(|step| !form.is_right(&draft.fields(*step)));
            wrong.unwrap_or(steps.len() - 1)
        })
    });
    let wanted = Memo::new(move |_| {
        let key = query.with(|query| query.get("step"));
        steps
            .with_value(|steps| steps.iter().position(|step| Some(step.key()) == key.as_deref()))
            .unwrap_or(0)
    });
    let at = Memo::new(move |_| wanted.get().min(reachable.get()));
    let step =
        Memo::new(move |_| steps.with_value(|steps| steps.get(at.get()).copied()).unwrap_or(Step::Company));
    let go = StoredValue::new_local({
        move |step: Step, replace: bool| {
            let lead = if replace { address::replace } else { address::go };
            lead(&step.address());
        }
    });
    // The address never names a step that is not the one on the page.
    effect(move || {
        if wanted.get() > at.get_untracked() {
            go.with_value(|go| go(step.get_untracked(), true));
        }
    });
    Effect::new(move |before: Option<Step>| {
        let now = step.get();
        if before.is_some_and(|before| before != now) {
            focus_step();
        }
        now
    });
    // What the server says about a field is read where the field is.
    effect(move || {
        let pointer = form.failure().with(|failure| failure.as_ref().and_then(client::Failure::first_field));
        if let Some(pointer) = pointer {
            go.with_value(|go| go(step_of(&pointer), false));
        }
    });

    let sent = Repeat::new();
    let create = move || {
        let request = sent.request(draft.body(), |body| client.post("/msp/customers").body(body));
        let invitation = draft.invitation().filter(|_| may(Permission::UsersWrite));
        form.send(
            async move || request.answer::<Customer>().await,
            move |customer| {
                if let Some(invitation) = invitation {
                    return taken.set(Some(Taken { customer, invitation }));
                }
                toasts.say(text::taken_on(&customer.company_name));
                address::replace(&format!("/customers/{}", customer.code));
            },
        );
    };
    let create = StoredValue::new_local(create);
    let next = move |()| {
        let now = step.get_untracked();
        if now == Step::Review {
            create.with_value(|create| create());
        } else if form.check(&draft.fields(now)) {
            let next = steps.with_value(|steps| steps.get(at.get_untracked() + 1).copied());
            if let Some(next) = next {
                go.with_value(|go| go(next, false));
            }
        }
    };
    let shown_steps = Signal::derive(move || {
        let (at, reachable) = (at.get(), reachable.get());
        let one = |(place, step): (usize, &Step)| kit::Step {
            // The next one is gone to by its button, which checks.
            href: (place <= reachable).then(|| step.address()),
            label: step.label(),
            done: place < at,
            current: place == at,
        };
        steps.with_value(|steps| steps.iter().enumerate().map(one).collect::<Vec<_>>())
    });
    let submit = Signal::derive(move || {
        if step.get() == Step::Review { text::create().to_owned() } else { text::go_on().to_owned() }
    });
    let back = move || {
        let place = at.get();
        let before =
            place.checked_sub(1).and_then(|place| steps.with_value(|steps| steps.get(place).copied()));
        before.map(|step| view! { <LinkButton href=step.address()>{text::back()}</LinkButton> })
    };
    let inside = move || match step.get() {
        Step::Company => {
            view! { <DetailFields details=StoredValue::new(draft.details) code=draft.code /> }.into_any()
        }
        Step::Plan => view! {
            <ChoosePlan field=draft.plan offer />
            <Trial draft />
        }
        .into_any(),
        Step::Limits => view! { <ProposeLimits fields=draft.limits plan=draft.plan offer /> }.into_any(),
        Step::People => view! {
            <p class="mut">{text::people_detail()}</p>
            <div class="two">
                <TextField field=draft.email label=text::email() kind="email" />
                <RoleField role=draft.role />
            </div>
        }
        .into_any(),
        Step::Review => {
            view! { <Review draft=StoredValue::new(draft) offer invites=may(Permission::UsersWrite) /> }
                .into_any()
        }
    };
    let wizard = move || {
        view! {
            <div class="wizard">
                <Stepper label=text::new_customer() steps=shown_steps />
                <section class="card" aria-label=move || step.get().label()>
                    <div class="pad">
                        <FormView form submit on_submit=next beside=back>
                            <div class="step-head">
                                <h2 id="step-title" tabindex="-1">
                                    {move || step.get().label()}
                                </h2>
                                <p class="mut">{move || about(step.get())}</p>
                            </div>
                            {move || inside()}
                        </FormView>
                    </div>
                </section>
            </div>
        }
    };
    view! {
        <PageHeader
            title=text::new_customer()
            above=vec![("/customers", text::customers())]
            here=text::new_customer()
        />
        {move || match taken.get() {
            Some(taken) => view! { <Finish taken /> }.into_any(),
            None => wizard().into_any(),
        }}
    }
}

fn about(step: Step) -> &'static str {
    match step {
        Step::Company => text::company_about(),
        Step::Plan => text::plan_about(),
        Step::Limits => text::limits_about(),
        Step::People => text::people_about(),
        Step::Review => text::review_about(),
    }
}

/// Another step is like another page: its heading gets the focus, or what is wrong in it.
fn focus_step() {
    // What the server said has to have reached its field.
    request_animation_frame(|| {
        let wrong = document().query_selector("[aria-invalid=true]").ok().flatten().is_some();
        if wrong { focus_wrong() } else { focus_on("#step-title") }
    });
}

#[component]
fn Trial(draft: Draft) -> impl IntoView {
    let on = Memo::new(move |_| draft.trial.value.with(|it| it == "true"));
    view! {
        <fieldset>
            <legend>{text::trial()}</legend>
            <CheckField field=draft.trial label=text::begin_with_trial() hint=text::trial_hint() />
            {move || {
                on.get()
                    .then(|| {
                        view! {
                            <div class="short">
                                <DateField
                                    field=draft.trial_ends_on
                                    label=text::trial_ends()
                                    hint=text::trial_ends_hint()
                                />
                            </div>
                        }
                    })
            }}
        </fieldset>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_proposed_as_the_server_makes_them() {
        assert_eq!(proposed_code("Wayne Enterprises"), "WAYNE-ENTERPRISE");
        assert_eq!(proposed_code("  Müller & Söhne <GmbH>"), "M-LLER-S-HNE-GMB");
        assert_eq!(proposed_code("株式会社"), "");
    }

    #[test]
    fn what_the_server_names_is_found() {
        assert_eq!(step_of("/code"), Step::Company);
        assert_eq!(step_of("/limits/max_machines"), Step::Limits);
        assert_eq!(step_of("/plan"), Step::Plan);
    }
}
