//! What people read when an invoice is computed again.

use client::texts;

pub use crate::text::{amount, base_fee_of, net, quantity, rate, taxes, total, usage};

texts! {
    check_about = "When this invoice was issued, the usage and the prices behind it were sealed. Your browser fetches them, computes every line again, and says whether the invoice is right.";
    check_about_line = "What it charges for";
    check_computed = "Computed";
    check_days = "Days";
    check_difference = "Difference";
    check_differences = "Where the invoice differs";
    check_different(#) = "One figure is not what usage and prices give." | "{count} figures are not what usage and prices give.";
    check_different_detail = "The seal fits: the usage and the prices are those that the invoice was issued with. Below is what they give.";
    check_download = "Download usage and prices";
    check_equal(#) = "The one line is equal, to the cent." | "All {count} lines are equal, to the cent.";
    check_equal_detail(#) = "We computed them again, here in your browser, from one usage event and the prices that were sealed with the invoice." | "We computed them again, here in your browser, from {count} usage events and the prices that were sealed with the invoice.";
    check_from_until(from, until) = "{from} to before {until}";
    check_how = "How each line is computed";
    check_insecure = "The seal cannot be checked here.";
    check_insecure_detail = "Browsers compute seals only on pages that come by HTTPS. Open this page by HTTPS, or download what the invoice was computed from.";
    check_invoice = "Check this invoice";
    check_line = "Line";
    check_no_evidence = "This invoice cannot be computed again";
    check_no_evidence_detail = "It was issued before usage and prices were kept with each invoice.";
    check_rules = "This page does not have the rules of this invoice.";
    check_rules_detail = "The seal fits, but the invoice was computed by another version of the rules. Reload the page; it may have been updated.";
    check_running = "Computing the invoice again…";
    check_seal = "The seal does not fit.";
    check_seal_detail = "The usage and the prices that we got are not those that the invoice was issued with: they say nothing about it. Ask whoever sent you the invoice.";
    check_seal_of_evidence = "SHA-256 of what we got";
    check_seal_of_invoice = "Seal of the invoice (SHA-256)";
    check_shown = "On the invoice";
    check_shown_figure(figure) = "On the invoice: {figure}";
    check_title = "Is this invoice right?";
    check_unusable = "This invoice could not be computed again.";
    check_unusable_detail = "The seal fits, but this page cannot read what was sealed. Reload the page; it may have been updated.";
    included = "Included";
    step_aggregated(how, events) = "{how}, {events}";
    step_allowance = "Less what is included";
    step_allowance_part = "Included, for the days served";
    step_amount_off(before) = "Discount, at most the {before} that are left";
    step_billed(invoice) = "Less what was billed for these days, by {invoice} and since";
    step_bound = "What is agreed, less what the lines came to";
    step_carried(#) = "As one usage event says" | "As {count} usage events say";
    step_count = "Counted";
    step_events(#) = "one usage event" | "{count} usage events";
    step_flat = "For a whole period";
    step_last_tier(from) = "Tier beyond {from}";
    step_latest = "Last quantity reported";
    step_max = "Highest quantity reported";
    step_packages(quantity, size) = "{quantity} in packages of {size}, the last one whole";
    step_part = "Fixed amounts, for the days served";
    step_percent_off = "Discount on what is left";
    step_percentile_95 = "95th percentile";
    step_rounded(#) = "Rounded once, to one decimal, half away from zero" | "Rounded once, to {count} decimals, half away from zero";
    step_rounded_down = "Quantity rounded down";
    step_rounded_half_up = "Quantity rounded to the nearest";
    step_rounded_up = "Quantity rounded up";
    step_sum = "Added up";
    step_tier(from, to) = "Tier from {from} to {to}";
    step_time_weighted_sum = "Level over time";
    step_times = "As many times as subscribed";
    step_transactions(charged, free) = "Transactions charged: {charged}, free: {free}; with the fixed, least and highest fee of each";
    step_unique_count = "Different values counted";
    step_units = "Times the price of one";
    step_with_fee(product, fee) = "{product}, and {fee} for the tier";
}
