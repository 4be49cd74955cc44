//! What runs beside the pages. Each function takes its work in a box, so that what Leptos does around it is compiled once
//! and not for every piece of work: it is most of the code then.

use std::time::Duration;

use leptos::prelude::*;

/// Runs `work`, and again whenever something changes that it has looked at.
pub fn effect(work: impl FnMut() + 'static) {
    boxed(Box::new(work));
}

#[inline(never)]
fn boxed(mut work: Box<dyn FnMut()>) {
    Effect::new(move |_| work());
}

/// Runs `work` whenever something changes that `watched` has looked at, but not for what is there at the beginning.
pub fn on_change(watched: impl Fn() + 'static, mut work: impl FnMut() + 'static) {
    let mut begun = false;
    effect(move || {
        watched();
        if std::mem::replace(&mut begun, true) {
            untrack(&mut work);
        }
    });
}

/// Calls `tick` again and again, as long as `runs` says so and what asks for it is on the page.
pub fn every_while(every: Duration, runs: Memo<bool>, tick: impl Fn() + Clone + 'static) {
    effect(move || {
        if runs.get()
            && let Ok(timer) = set_interval_with_handle(tick.clone(), every)
        {
            on_cleanup(move || timer.clear());
        }
    });
}

/// Does something that takes its time.
pub fn spawn(work: impl Future<Output = ()> + 'static) {
    spawn_boxed(Box::pin(work));
}

#[inline(never)]
fn spawn_boxed(work: std::pin::Pin<Box<dyn Future<Output = ()>>>) {
    leptos::task::spawn_local(work);
}

/// Waits. With no time at all, the browser does first what it has to do: drawing, answering a key.
pub async fn sleep(time: Duration) {
    let (sender, receiver) = futures_channel::oneshot::channel();
    set_timeout(
        move || {
            let _ = sender.send(());
        },
        time,
    );
    let _ = receiver.await;
}
