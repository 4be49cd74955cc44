//! How things stand at the company.

use client::load;
use contract::portal::PortalOverview;
use kit::{PageHeader, SkeletonRows, faces};
use leptos::prelude::*;

use crate::text;

/// The first page.
#[component]
pub fn Overview() -> impl IntoView {
    let overview = load::<PortalOverview>(|| Some("/portal/overview".to_owned()));
    view! {
        <PageHeader title=text::overview() />
        {faces(
            overview,
            || view! { <SkeletonRows rows=4 /> },
            |overview| {
                let open = i64::try_from(overview.open_invoices.len()).unwrap_or(i64::MAX);
                if open == 0 { text::nothing_open().to_owned() } else { text::open_invoices(open) }
            },
        )}
    }
}
