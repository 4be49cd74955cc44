//! What an invoice bills: all that a customer is subscribed to.

use contract::invoices::InvoiceSubscription;
use domain::ids::SubscriptionId;
use leptos::prelude::*;

use crate::text;

/// The plans by their names.
pub fn plan_names(billed: &[InvoiceSubscription]) -> String {
    billed.iter().map(|of| of.plan_name.as_str()).collect::<Vec<_>>().join(", ")
}

/// The same, by subscription.
pub fn plans_of(billed: &[InvoiceSubscription]) -> Vec<(SubscriptionId, String)> {
    billed.iter().map(|of| (of.subscription_id, of.plan_name.clone())).collect()
}

/// What stands above a line where it is not of what the line before it is; nothing where all of an invoice is of one subscription.
pub fn headings(
    billed: &[(SubscriptionId, String)],
    lines: impl IntoIterator<Item = Option<SubscriptionId>>,
) -> Vec<Option<String>> {
    let several = billed.len() > 1;
    let mut above = None;
    let mut heading = |line: Option<SubscriptionId>| {
        let is_other = above.replace(line) != Some(line);
        let plan = billed.iter().find(|(id, _)| Some(*id) == line);
        let named = || plan.map_or_else(|| text::charged_once().to_owned(), |(_, name)| name.clone());
        (several && is_other).then(named)
    };
    lines.into_iter().map(&mut heading).collect()
}

/// Such a heading as a row of a table of lines with so many columns.
pub fn heading_row(heading: Option<String>, columns: u32) -> AnyView {
    let row = |heading: String| {
        view! {
            <tr class="part">
                <th colspan=columns scope="colgroup">
                    {heading}
                </th>
            </tr>
        }
    };
    heading.map(row).into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subscription_is_named_above_its_lines() {
        let of = |id: SubscriptionId, plan: &str| InvoiceSubscription {
            subscription_id: id,
            plan_name: plan.to_owned(),
            period_start: "2026-06-01".parse().unwrap(),
            period_end: "2026-07-01".parse().unwrap(),
        };
        let id = |text: &str| text.parse::<SubscriptionId>().unwrap();
        let (one, other) = (id("sub_01jd5t8x7m0000000000000000"), id("sub_01jd5t8x7m0000000000000001"));
        let both = [of(one, "Desk"), of(other, "Care")];
        assert_eq!(plan_names(&both), "Desk, Care");
        let lines = [Some(one), Some(one), Some(other), Some(one), None];
        let named = |names: [&str; 5]| names.map(|name| (!name.is_empty()).then(|| name.to_owned())).to_vec();
        assert_eq!(headings(&plans_of(&both), lines), named(["Desk", "", "Care", "Desk", "Charged once"]));
        assert_eq!(headings(&plans_of(&both[..1]), lines), named([""; 5]));
    }
}
