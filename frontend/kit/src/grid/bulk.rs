//! Doing something to many rows: one request for each, in sight and with a way to stop; what fails is named with the
//! server's reason, and can be tried again.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use client::{Failure, spawn, use_client};
use leptos::prelude::*;

use super::{GridRows, Reading, Target, number, selection::Selection};
use crate::{
    banner::Banner,
    button::{Button, ButtonKind},
    dialog::Dialog,
    icon::{Icon, icon},
    status::Tone,
    text,
    toast::use_toasts,
};

/// Something that can be done to many rows.
#[derive(Clone)]
pub struct BulkDeed {
    /// Names its question in the page.
    pub id: &'static str,
    /// What its button says, and the button that answers the question.
    pub action: &'static str,
    /// Asks: `Suspend 12 customers?`
    pub title: fn(i64) -> String,
    /// What it means.
    pub detail: &'static str,
    /// Whether it can be done to a row in this state.
    pub applies: fn(&str) -> bool,
    /// Says how many stay as they are, because it does not apply to them.
    pub others: fn(i64) -> String,
    /// What else is asked.
    pub fields: ViewFn,
    /// Does it to the row with this key.
    pub work: Callback<String, Reading<()>>,
    /// Says that it is done.
    pub done: fn(i64) -> String,
}

/// What is chosen, and what can be done about it.
#[component]
pub fn Chosen(
    rows: GridRows,
    deeds: StoredValue<Vec<BulkDeed>>,
    selection: Memo<Selection>,
    #[prop(into)] choose: Callback<Selection>,
) -> impl IntoView {
    let list = rows.rows();
    let total = Memo::new(move |_| list.total());
    let count = Memo::new(move |_| selection.with(|selection| selection.count(total.get())));
    let some = Memo::new(move |_| count.get() > 0);
    let more = move || (count.get() < total.get()).then(|| text::select_all(number(total.get())));
    // The questions stay where they are while what is chosen changes.
    let opened = StoredValue::new(deeds.with_value(|deeds| {
        deeds.iter().map(|deed| (deed.clone(), RwSignal::new(false))).collect::<Vec<_>>()
    }));
    let buttons = move || {
        let button = |(deed, open): (BulkDeed, RwSignal<bool>)| {
            view! { <Button small=true on_press=move |()| open.set(true)>{deed.action} "…"</Button> }
        };
        opened.get_value().into_iter().map(button).collect_view()
    };
    let questions = opened
        .get_value()
        .into_iter()
        .map(|(deed, open)| view! { <Question rows deed open selection choose /> })
        .collect_view();
    view! {
        {move || {
            some.get()
                .then(|| {
                    view! {
                        <div class="chosen" role="region" aria-label=text::selection()>
                            <strong role="status">{move || text::selected(number(count.get()))}</strong>
                            {move || {
                                more()
                                    .map(|label| {
                                        view! {
                                            <Button
                                                kind=ButtonKind::Quiet
                                                small=true
                                                on_press=move |()| choose.run(Selection::everything())
                                            >
                                                {label}
                                            </Button>
                                        }
                                    })
                            }}
                            <button
                                type="button"
                                class="btn quiet small clear"
                                aria-label=text::clear_selection()
                                on:click=move |_| choose.run(Selection::default())
                            >
                                {icon(Icon::Close, 16)}
                            </button>
                            <div class="end">{buttons()}</div>
                        </div>
                    }
                })
        }}
        {questions}
    }
}

#[component]
fn Question(
    rows: GridRows,
    deed: BulkDeed,
    open: RwSignal<bool>,
    selection: Memo<Selection>,
    choose: Callback<Selection>,
) -> impl IntoView {
    let asked = RwSignal::new(0_usize);
    let title = Signal::derive(move || (deed.title)(number(asked.get())));
    let id = deed.id;
    let deed = StoredValue::new(deed);
    view! {
        <Dialog id title open>
            <Run rows deed=deed.get_value() open asked selection=selection.get_untracked() choose />
        </Dialog>
    }
}

#[derive(Clone, PartialEq)]
enum Phase {
    /// It is found out which rows are meant.
    Reading,
    Unknown(Failure),
    Asking,
    Running,
    /// Something is left: it failed, or it was stopped.
    Over,
}

/// How far a run is.
#[derive(Clone, Copy)]
struct Course {
    phase: RwSignal<Phase>,
    left: RwSignal<VecDeque<Target>>,
    done: RwSignal<usize>,
    failed: RwSignal<Vec<(Target, String)>>,
}

impl Course {
    fn new() -> Self {
        Self {
            phase: RwSignal::new(Phase::Reading),
            left: RwSignal::new(VecDeque::new()),
            done: RwSignal::new(0),
            failed: RwSignal::new(Vec::new()),
        }
    }

    /// Row after row. Says how many are done in all, since the question may be gone by then.
    async fn run(self, work: Callback<String, Reading<()>>, stop: Arc<AtomicBool>) -> usize {
        let mut done = self.done.get_untracked();
        while !stop.load(Relaxed) {
            let next = self.left.try_update(VecDeque::pop_front).flatten();
            let Some(target) = next else { break };
            match work.run(target.key.clone()).await {
                Ok(()) => {
                    done += 1;
                    self.done.try_set(done);
                }
                // Who is signed out goes on after signing in again.
                Err(Failure::SessionEnded) => {
                    self.left.try_update(|left| left.push_front(target));
                    break;
                }
                Err(failure) => {
                    self.failed.try_update(|failed| failed.push((target, failure.detail_of_all())));
                }
            }
        }
        done
    }

    fn is_complete(self) -> bool {
        let none_left = self.left.try_with_untracked(VecDeque::is_empty) == Some(true);
        none_left && self.failed.try_with_untracked(Vec::is_empty) == Some(true)
    }
}

/// The rows that are meant, as far as they are known; all are read where one of them is not.
async fn targets(
    rows: GridRows,
    selection: &Selection,
    told: Box<dyn Fn(usize)>,
) -> Result<Vec<Target>, Failure> {
    let rows = rows.rows();
    if !selection.is_by_filter() {
        let known: Option<Vec<_>> = selection.keys().map(|key| rows.target(key)).collect();
        if let Some(known) = known {
            return Ok(known);
        }
    }
    let all = rows.targets(told).await?;
    Ok(all.into_iter().filter(|target| selection.has(&target.key)).collect())
}

/// One run, from the question to what came of it.
#[component]
fn Run(
    rows: GridRows,
    deed: BulkDeed,
    open: RwSignal<bool>,
    asked: RwSignal<usize>,
    selection: Selection,
    choose: Callback<Selection>,
) -> impl IntoView {
    let client = use_client();
    let toasts = use_toasts();
    let course = Course::new();
    let Course { phase, left, done, failed } = course;
    let read = RwSignal::new(0_usize);
    let others = RwSignal::new(0_usize);
    let BulkDeed { action, detail, applies, fields, work, done: say, others: say_others, .. } = deed;

    let find = Callback::new(move |()| {
        phase.set(Phase::Reading);
        let selection = selection.clone();
        let told = Box::new(move |count| {
            read.try_set(count);
        });
        spawn(async move {
            match targets(rows, &selection, told).await {
                Ok(found) => {
                    let (meant, rest): (Vec<_>, Vec<_>) =
                        found.into_iter().partition(|target| applies(target.state));
                    asked.try_set(meant.len());
                    others.try_set(rest.len());
                    left.try_set(meant.into());
                    phase.try_set(Phase::Asking);
                }
                Err(failure) => {
                    phase.try_set(Phase::Unknown(failure));
                }
            }
        });
    });
    find.run(());

    let stop = Arc::new(AtomicBool::new(false));
    let halt = {
        let stop = Arc::clone(&stop);
        Callback::new(move |()| stop.store(true, Relaxed))
    };
    // Closing it is stopping it.
    let closed = Arc::clone(&stop);
    on_cleanup(move || closed.store(true, Relaxed));
    let go = Callback::new(move |()| {
        stop.store(false, Relaxed);
        phase.set(Phase::Running);
        let stop = Arc::clone(&stop);
        spawn(async move {
            let count = course.run(work, stop).await;
            client.refresh();
            if course.is_complete() {
                choose.run(Selection::default());
                open.try_set(false);
                toasts.say(say(number(count)));
            } else if phase.try_set(Phase::Over).is_some() {
                // The question is gone; what was done is told where it is seen.
                toasts.say(say(number(count)));
            }
        });
    });
    let again = Callback::new(move |()| {
        let targets = failed.try_update(std::mem::take).unwrap_or_default();
        left.update(|left| left.extend(targets.into_iter().map(|(target, _)| target)));
        go.run(());
    });
    let close = move |()| open.set(false);

    move || match phase.get() {
        Phase::Reading => view! {
            <p class="mut" role="status">{move || text::read_so_far(number(read.get()))}</p>
            <div class="end">
                <Button on_press=close>{text::cancel()}</Button>
            </div>
        }
        .into_any(),
        Phase::Unknown(failure) => view! {
            <Banner tone=Tone::Error>{failure.detail()}</Banner>
            <div class="end">
                <Button on_press=close>{text::cancel()}</Button>
                <Button on_press=find>{text::try_again()}</Button>
            </div>
        }
        .into_any(),
        Phase::Asking => {
            let (some, others) = (asked.get_untracked() > 0, others.get_untracked());
            view! {
                {some.then(|| view! { <p class="mut">{detail}</p> })}
                {(others > 0).then(|| view! { <p>{say_others(number(others))}</p> })}
                {some.then(|| fields.run())}
                <div class="end">
                    <Button on_press=close>{text::cancel()}</Button>
                    {some
                        .then(|| {
                            view! { <Button kind=ButtonKind::Primary on_press=go>{action}</Button> }
                        })}
                </div>
            }
            .into_any()
        }
        Phase::Running => {
            let all = asked.get_untracked();
            let at = move || done.get() + failed.with(Vec::len);
            view! {
                <progress max=all.to_string() prop:value=move || at().to_string() aria-label=action></progress>
                <p class="mut num">
                    {move || text::of(&super::written(at()), &super::written(all))}
                </p>
                <div class="end">
                    <Button on_press=halt>{text::stop()}</Button>
                </div>
            }
            .into_any()
        }
        Phase::Over => {
            let failures = failed
                .get()
                .into_iter()
                .map(|(target, why)| view! { <li><b>{target.label}</b> " " <span class="mut">{why}</span></li> })
                .collect_view();
            let (bad, rest) = (failed.with(Vec::len), left.with(VecDeque::len));
            let tone = if bad > 0 { Tone::Error } else { Tone::Warning };
            let all =
                text::so_many_done(&super::written(done.get()), &super::written(bad), &super::written(rest));
            view! {
                <Banner tone>
                    {all}
                </Banner>
                {(bad > 0).then(|| view! { <ul class="failures" tabindex="0" aria-label=text::failures()>{failures}</ul> })}
                <div class="end">
                    <Button on_press=close>{text::close()}</Button>
                    {(rest > 0).then(|| view! { <Button on_press=go>{text::go_on(number(rest))}</Button> })}
                    {(bad > 0)
                        .then(|| {
                            view! { <Button kind=ButtonKind::Primary on_press=again>{text::try_again()}</Button> }
                        })}
                </div>
            }
            .into_any()
        }
    }
}
