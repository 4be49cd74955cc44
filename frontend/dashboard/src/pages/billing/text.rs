//! What people read about money.

use client::texts;
use domain::{
    plans::PlanStatus,
    pricing::{Aggregation, PriceModel},
};

pub use crate::text::*;

texts! {
    a_unit = "unit";
    about_it = "About this invoice";
    account = "Payment account";
    account_name = "Stripe account";
    add_component = "Add a component";
    add_discount = "Add a discount";
    add_filter = "Add a filter";
    add_tier = "Add a tier";
    balance_and_payouts = "Balance and payouts";
    adjust_plan = "For the plan as a whole";
    adjust_plan_hint = "Applied to the base fee and all components together, discounts first.";
    all_periods = "All periods";
    amount = "Amount";
    amount_wrong = "Enter an amount of more than nothing.";
    and_beyond = "and beyond";
    another_run = "Another run";
    any_customer = "Any customer";
    archive = "Archive";
    archive_detail = "Nobody new can be subscribed to it. Customers who are on it stay on it and are billed as before. You can bring it back at any time.";
    archive_title(name) = "Archive {name}?";
    archived = "Archived";
    archived_now(name) = "{name} is archived.";
    fee_anchor = "Its periods begin";
    fee_timing = "Charged";
    fee_timing_hint = "In arrears by the invoice of the month in which the period ends; in advance by that of the month before it begins, and what is not used is credited.";
    in_advance = "in advance, before the period begins";
    in_arrears = "in arrears, when the period is over";
    fee_by_the_month(fee, period) = "The base fee of {fee} per {period} is shown by the month.";
    fee_interval = "The base fee is charged";
    from_first_of_month = "on the first of each month";
    from_first_of_quarter = "in January, April, July and October";
    from_first_of_year = "on 1 January";
    from_its_day = "on the day the subscription began to be charged";
    monthly = "monthly";
    quarterly = "quarterly";
    yearly = "yearly";
    as_one_line = "As if all usage were in one line; with a line per property, tiers and included quantity count for each line.";
    ask_stripe = "Check again";
    at_quantity(quantity) = "{quantity} of each";
    bank_transfer = "Bank transfer";
    base_fee_hint = "What it costs before any usage; 0 if nothing.";
    by_amount = "Amount";
    by_last_month = "By the usage of the last full month, each price for all of it.";
    by_percent = "Percent";
    card = "Card, through Stripe";
    charged_ahead = "Charged ahead";
    charged_ahead_note = "earned month by month, without tax";
    charges_enabled = "Customers can pay";
    chart_described(first, last) = "From {first} at no usage to {last} at 1,000 of each.";
    chart_note = "the total, over 0 to 1,000 of each";
    chart_title = "How it grows";
    choose_country = "Choose a country";
    choose_metric = "Choose a metric";
    close = "Close";
    close_reason_hint = "Kept with the invoice and on the audit trail. The customer does not see it.";
    code = "Code";
    code_hint = "In addresses and imports; it stays for ever. Capital letters, digits, - and _.";
    component_number(number) = "Component {number}";
    components = "What is billed by usage";
    components_hint = "Each component prices one metric, in the order of the invoice.";
    connect = "Connect with Stripe";
    connect_detail = "Connect an account of your own at Stripe, and each invoice gets a link on which your customers pay by card. The money goes to your account. Until then, invoices can be sent but not paid online.";
    connect_email_hint = "Stripe writes to this address.";
    costs = "Costs";
    count_count = "Number of events";
    count_latest = "Last quantity reported";
    count_max = "Highest quantity reported";
    count_percentile_95 = "95th percentile";
    count_sum = "Sum of quantities";
    count_time_weighted_sum = "Level over time";
    count_unique_count = "Different values of a property";
    counted = "How usage is counted";
    counted_property = "Property that is counted";
    country = "Country";
    country_hint = "Where your company is registered. It cannot be changed later.";
    credit_all(amount) = "All that is left: {amount}";
    credit_without_tax = "Lines are without tax; it is credited along with them.";
    credit_ask = "Credit note…";
    credit_at_most(left) = "At most {left} is left.";
    credit_by_line = "By line";
    credit_do = "Issue credit note";
    credit_does_both(amount, credit, customer) = "{amount} is credited, and nothing is left to be paid. {credit} of it was paid already: the next invoices of {customer} are lower by that.";
    credit_gives(amount, customer) = "{amount} is credited. It was paid already: the next invoices of {customer} are lower by that.";
    credit_goes_back(amount, credit) = "{amount} is credited. {credit} of it was paid already, and goes back.";
    credit_left(amount) = "{amount} is left.";
    credit_lowers(amount, rest) = "{amount} is credited, and {rest} is left to be paid.";
    credit_means = "A credit note takes back what was billed too much. It gets a number of its own and is mailed to the customer; it cannot be changed or taken back.";
    credit_note = "Credit note";
    credit_notes = "Credit notes";
    credit_reason_hint = "The customer reads it on the credit note.";
    credit_something = "Enter what is to be credited.";
    credit_title = "Credit this invoice";
    credit_used = "Credit used";
    credit_what = "What to credit";
    credited = "Credited";
    credited_and_part(number, amount, reason) = "Credit note {number} is issued, and {amount} is on its way back. Look at the payments for the rest: {reason}";
    credited_and_refunded(number, amount) = "Credit note {number} is issued, and {amount} is on its way back.";
    credited_as(number) = "Credit note {number} is issued.";
    credited_not_refunded(number, reason) = "Credit note {number} is issued. Look at the payments whether it is paid back: {reason}";
    currency = "Currency";
    currency_hint = "Of every price in the plan; it stays for ever.";
    customer_hint = "Type a part of the name, or the code.";
    decimals = "Round to";
    decimals_none(currency) = "Enter an amount without decimals: {currency} has none.";
    decimals_places(#) = "One decimal" | "{count} decimals";
    decimals_three(currency) = "Enter an amount with at most three decimals: {currency} has no more.";
    decimals_two(currency) = "Enter an amount with at most two decimals: {currency} has no more.";
    decimals_whole = "Whole numbers";
    delete_draft = "Delete draft";
    delete_draft_means = "The draft goes; the usage that it counts stays. You can draft the invoice again at any time.";
    delete_draft_title(customer) = "Delete the draft for {customer}?";
    dispute = "Dispute";
    dispute_at_stripe = "Answer it at Stripe";
    dispute_closed = "Closed";
    dispute_due(when) = "Until {when}";
    dispute_fee(amount) = "Stripe keeps {amount} for it";
    dispute_lost = "Lost";
    dispute_needs_response = "Needs an answer";
    dispute_uncredited(amount) = "{amount} of it was never credited, and is a loss";
    dispute_under_review = "The bank decides";
    dispute_won = "Won";
    pay_back(amount) = "Pay {amount} back";
    pay_back_hint = "To where it was paid from. Otherwise it becomes credit for the next invoices.";
    payment_recorded(amount, number) = "{amount} is recorded as paid on {number}.";
    record_payment = "Record payment";
    record_payment_ask = "Record payment…";
    record_payment_means = "For money that came by bank transfer. What is more than is left to be paid becomes credit for the next invoices.";
    reference = "Reference";
    reference_hint = "The bank's words for the transfer. The same words are recorded once, whoever they are for.";
    refund = "Refund";
    refund_ask = "Refund…";
    refund_at_most(amount) = "At most {amount}: what is left of the payment, and what the customer has as credit that was not granted.";
    refund_begun(amount) = "{amount} is on its way back.";
    refund_by_hand_means = "This payment came by bank transfer. Send the money back from your bank, and record it here; the customer gets a mail.";
    refund_failed_word = "Not paid back";
    refund_means = "The money goes back to where it was paid from, and the customer gets a mail. The platform keeps its share of the payment.";
    refund_needs_credit(customer) = "{customer} has no credit that can be paid out. Issue a credit note first: what was paid for it becomes credit, and can be paid back.";
    refund_pending = "On its way";
    refund_reason_hint = "Kept with the refund; the customer does not see it.";
    refund_recorded(amount) = "{amount} is recorded as paid back.";
    refund_succeeded = "Paid back";
    refund_title = "Refund this payment";
    refund_uncredited(amount) = "{amount} of it was never credited. The next credit note settles it.";
    refunded_of_it(amount) = "{amount} refunded";
    billed_at_stripe = "Billed at Stripe";
    billed_at_stripe_hint = "For ever. No invoices are made here: the usage of every metric goes to a meter at Stripe, and you bill it there. It has to be a plain sum or count.";
    billed_at_stripe_means = "This plan is billed at Stripe: its usage goes to meters there, and no invoices are made here. The prices stand for what you charge there.";
    tax_class = "Product class for tax";
    tax_class_form = "Use small letters, digits and underscores, at most 40.";
    tax_class_hint = "Only where taxes of yours are for one class of products. Empty: standard.";
    description = "Description";
    description_hint = "For your team. Customers do not see it on invoices.";
    details_submitted = "Details given to Stripe";
    difference = "Change";
    discount_hint = "Taken off one after the other, each from what is left.";
    discount_how(number) = "Discount {number}, kind";
    discount_name(number) = "Discount {number}, name";
    discount_value(number) = "Discount {number}, value";
    discounts = "Discounts";
    draft = "Draft";
    draft_deleted = "The draft is deleted.";
    draft_for(customer) = "Draft for {customer}";
    draft_made(customer) = "Here is the draft for {customer}. It is not sent yet.";
    drafts = "Drafts";
    drafts_of(month) = "Drafts for {month}";
    dry_run = "What it would issue";
    dry_run_new = "new";
    dry_run_note = "by the usage there is";
    dry_run_nothing = "Nothing to issue";
    dry_run_nothing_detail = "Every subscription of this month has its invoice, or is on trial or paused.";
    dry_run_set_aside = "Would be set aside";
    due_on = "Due";
    dunning_continue = "Continue";
    dunning_continued = "It goes on, tomorrow at the earliest.";
    dunning_held(when) = "Stopped {when}. Nothing is done until you continue.";
    dunning_stop = "Stop";
    dunning_stopped = "Nothing more is done about this invoice until you continue.";
    dunning_waits_charge = "The next step waits: a charge is under way.";
    dunning_waits_delivery = "The next step waits: the last mail about this invoice could not be delivered. Check the customer's address and send the invoice again.";
    dunning_waits_mail = "The next step waits: the invoice has not been sent to anybody. Add the customer's email address and send it.";
    dunning_waits_payment = "The next step waits: the customer has paid, and its bank is at work.";
    earned = "Earned";
    not_earned_yet = "Deferred";
    still_deferred = "Still deferred";
    edit = "Edit";
    edit_means = "Who subscribes gets these prices. Who is subscribed keeps theirs until you move them, on the page of the plan.";
    edit_of(plan) = "Edit {plan}";
    edit_plan = "Edit plan";
    failed_payments = "Failed payments";
    failed_payments_note = "the latest";
    filter_property(number) = "Filter {number}, property";
    filter_values(number) = "Filter {number}, values";
    filter_values_hint = "Separated by commas.";
    filters = "Only some usage counts";
    filters_hint = "Usage counts if every filter names its property's value.";
    finalize = "Finalise";
    finalize_means(customer) = "Usage is counted once more, then the invoice gets the next number and its due day, and can change no more. If {customer} has an email address, the invoice is mailed there at once.";
    finalize_title(customer) = "Finalise the invoice for {customer}?";
    finalized_as(number) = "{number} is issued.";
    first_day = "First day";
    fixed_fee = "Fixed fee";
    fixed_fee_hint = "Added to each transaction.";
    flat_fee = "Flat fee";
    free_transactions = "Free transactions";
    free_transactions_hint = "The first ones of a month.";
    from_to(first, last) = "{first} to {last}";
    go_on_at_stripe = "Go on at Stripe";
    group_by = "One line per";
    group_by_hint = "Properties, separated by commas; each combination of values gets a line of its own on the invoice.";
    hold_ask = "Hold…";
    hold_do = "Put on hold";
    hold_means = "While it is on hold, no run issues the draft and nobody can finalise it, until it is released. It can still be deleted.";
    hold_reason_hint = "Your team reads it at the draft and on the audit trail. The customer does not see it.";
    hold_title = "Put this draft on hold?";
    how = "How";
    how_computed = "How it is computed";
    how_priced = "How it is priced";
    in_all = "In all";
    invoice = "Invoice";
    invoices = "Invoices";
    issued_invoices = "Issued since the run began";
    issued_on = "Issued";
    line_missing = "There is no such line";
    line_missing_detail = "The draft may have been counted again since. Close this, and choose a line.";
    lines = "What it charges for";
    late_usage(days) = "Usage that came late, {days}";
    link_ran_out = "The link to Stripe had run out. Go on for a new one; what you told Stripe is kept there.";
    make_draft = "Make the draft";
    make_plan = "Make the plan";
    maximum = "Maximum";
    maximum_fee = "Maximum fee";
    maximum_fee_hint = "The most that a transaction costs.";
    maximum_hint = "Never billed more than this a month.";
    metric_in(name, unit) = "{name} ({unit})";
    migrate = "Move them";
    migrate_ask = "Move them…";
    migrate_detail = "From the first day on they are charged by the latest prices. Days before it are charged as they were.";
    migrate_title = "Move to the latest prices?";
    stay_as_overlapping(#) = "One stays: the customer has another subscription that bills the same usage." | "{count} stay: their customers have another subscription that bills the same usage.";
    migrated(#) = "One subscription is moved." | "{count} subscriptions are moved.";
    minimum = "Minimum";
    minimum_commitment = "Minimum commitment";
    minimum_fee = "Minimum fee";
    minimum_fee_hint = "The least that a transaction costs.";
    minimum_hint = "Made up to this where a month comes to less.";
    model_dynamic = "As reported";
    model_dynamic_about = "Each usage event says itself what it costs.";
    model_flat = "Flat";
    model_flat_about = "The same every month, however much is used.";
    model_graduated = "Graduated";
    model_graduated_about = "Each tier prices the units that fall into it: the first ten at one price, the next at another.";
    model_graduated_percentage = "Graduated percentage";
    model_graduated_percentage_about = "A share of the month's value; each tier takes its own share of what falls into it.";
    model_package = "Package";
    model_package_about = "Sold by the package; one that is begun is paid whole.";
    model_percentage = "Percentage";
    model_percentage_about = "A share of the value of each transaction.";
    model_unit = "Per unit";
    model_unit_about = "The same price for every unit.";
    model_volume = "Volume";
    model_volume_about = "The tier that the month's total reaches sets the price of every unit.";
    month_before = "Month before";
    more = "More";
    more_about = "counting, filters, rounding, discounts, minimum and maximum";
    more_about_events = "filters, lines, discounts, minimum and maximum";
    more_actions = "More actions";
    more_than(begins) = "Enter more than {begins}, where this tier begins.";
    move_down(number) = "Move component {number} down";
    move_up(number) = "Move component {number} up";
    name_on_invoice = "Name on the invoice";
    new_invoice = "New invoice";
    new_invoice_lead = "For one customer and month. It begins as a draft: nothing is sent until you finalise it.";
    new_plan = "New plan";
    no_archived_plans = "No archived plans";
    no_archived_plans_detail = "A plan that is archived takes on nobody new. It shows here, and can be brought back.";
    no_invoice_matches = "No invoice matches";
    no_invoice_matches_detail = "Choose another status, period or customer.";
    no_invoices = "No invoices yet";
    no_invoices_detail = "An invoice bills a customer for a month under its plan. Make one, or run them for all customers at once.";
    no_payment = "No payment yet";
    no_payment_detail = "When money comes in for this invoice, or a card is declined, it shows here.";
    no_payments = "No payments yet";
    no_payments_detail = "When a customer pays an invoice, the payment shows here.";
    no_plans = "No plans yet";
    no_plans_detail = "A plan says what customers pay: a base fee, and prices for what they use. Make one, then subscribe customers to it.";
    nobody_on_it = "Nobody is on this plan";
    nobody_on_it_detail = "Subscribe a customer to it on the customer's page.";
    nobody_to_migrate = "On that day everybody has the latest prices.";
    not_connected = "Not connected";
    not_connected_ask = "Customers cannot pay online yet. An administrator can connect an account at Stripe.";
    not_in_preview(name) = "{name}: depends on single transactions; not in this preview.";
    not_yet = "Not yet";
    now_pays = "As it is";
    older_prices = "Older prices";
    on_older_prices(#) = "One subscription is charged by older prices of this plan." | "{count} subscriptions are charged by older prices of this plan.";
    on_hold_since(when, reason) = "On hold since {when}: {reason}";
    open = "Open";
    overdue_word = "Overdue";
    package_price = "Price of a package";
    package_size = "Package size";
    paid = "Paid";
    paid_of_it = "Paid so far";
    paid_on = "Paid";
    part_paid = "Partly paid";
    pay_link = "Pay link";
    pay_link_detail(when) = "Whoever has this link can pay the invoice by card. It ends {when}; after that, make a new one here.";
    payment_failed_word = "Failed";
    payments = "Payments";
    payouts_enabled = "Stripe pays out to your bank";
    pdf = "PDF";
    per_hours = "Hours (GB-hours)";
    per_period = "The month (GB-months)";
    period = "Period";
    period_is_running = "This month is not over. Usage that is reported after the invoice is issued will not be billed.";
    period_is_running_draft = "This month is not over: the draft counts what has been reported so far. Make it again later, or finalise it when the month is over.";
    plan_changed(name) = "{name} is changed.";
    plan_made(name) = "{name} is there. Customers can be subscribed to it.";
    plan_name_hint = "As it is printed on invoices.";
    plans = "Plans";
    platform_share = "Share of the platform";
    put_on_hold = "The draft is on hold.";
    rate = "Rate";
    readings = "What events report";
    readings_changes = "Changes: 20 more";
    readings_levels = "The level: now 300";
    reason = "Reason";
    received = "Received";
    received_payments = "Received payments";
    release = "Release";
    released = "The draft is released.";
    reminders = "Reminders";
    remove_component(number) = "Remove component {number}";
    remove_discount(number) = "Remove discount {number}";
    remove_filter(number) = "Remove filter {number}";
    remove_tier(number) = "Remove tier {number}";
    round_down = "Down";
    round_half_up = "To the nearest";
    round_never = "Not rounded";
    round_up = "Up";
    rounding = "Rounding of the quantity";
    run_action = "Issue invoices";
    run_begun(month) = "The run for {month} has begun.";
    run_drafts_action = "Make drafts";
    run_drafts_begun(month) = "Drafts for {month} are being made.";
    run_drafts_means = "Every subscription of the month that has no issued invoice gets a draft, to be looked at. Nothing is issued or mailed, and each draft is counted again when it is issued.";
    run_drafts_title(month) = "Make drafts for {month}?";
    run_drafts_unseen(#) = "The draft of one customer is being made in the background. Look into the list for it." | "The drafts of {count} customers are being made in the background. Look into the list for them.";
    run_failed(#) = "One invoice could not be made" | "{count} invoices could not be made";
    run_held(#) = "One customer's draft is on hold" | "Drafts of {count} customers are on hold";
    run_goes_on = "The run is under way; you need not stay.";
    run_invoices = "Run invoices";
    run_lead = "Issues the invoices of a month for all customers who have none yet, or makes drafts of them.";
    run_many = "More than 200 are issued. See the list for all of them.";
    run_means = "Every subscription of the month that has no issued invoice gets one: numbered, due, and mailed to the customer. Drafts of the month are issued, too, unless they are on hold. Issued invoices cannot be changed or taken back.";
    run_nothing(month) = "All invoices for {month} are issued already. There is nothing to do.";
    run_nothing_else(month) = "All other invoices for {month} are issued already.";
    run_of(month) = "Run for {month}";
    run_over = "The run is done.";
    run_slow = "Not all are issued yet. Reload the page to look again.";
    run_title(month) = "Issue the invoices for {month}?";
    run_unseen(#) = "One invoice is being issued in the background. Look into the list for it." | "{count} invoices are being issued in the background. Look into the list for them.";
    save = "Save";
    set_up_payments = "Set up payments";
    setup_begun = "Stripe still needs details";
    setup_begun_detail = "The account is there, but Stripe does not know enough about your company yet. Go on with its forms; what you told it before is kept.";
    setup_checked = "Stripe is checking your details";
    setup_checked_detail = "You have told Stripe everything that it asked for. Customers can pay as soon as it has checked it; that can take a day or two. If it asks for more, go on with its forms.";
    setup_done = "Ready";
    setup_done_detail = "Customers can pay their invoices by card, and Stripe pays out to your bank account.";
    setup_no_payouts = "Payouts wait";
    setup_no_payouts_detail = "Customers can pay, but Stripe keeps the money until it knows your bank account. Go on with its forms.";
    share_of_platform = "Platform";
    show_all_invoices = "Show all invoices";
    show_all_plans = "Show all plans";
    show_customer = "Customer";
    show_drafts_of(month) = "Show the drafts for {month}";
    show_invoice = "Show invoice";
    show_invoices_of(month) = "Invoices for {month}";
    since = "Since";
    standing_draft(amount) = "{amount} so far. A draft: it is counted again when you finalise it.";
    standing_open(amount, day, relative) = "{amount} due {day}, {relative}.";
    standing_paid(amount, day) = "{amount}, paid {day}.";
    standing_part(amount, total, day, relative) = "{amount} of {total} left to pay, due {day}, {relative}.";
    standing_settled(amount, day) = "{amount}, settled {day}.";
    standing_void(reason) = "Nothing is owed: {reason}";
    standing_written_off(amount, reason) = "{amount} will not be paid: {reason}";
    status_of_invoices = "Status of the invoices";
    status_of_plans = "Status of the plans";
    the_whole_plan = "The plan as a whole";
    then_pays = "Then";
    tier_flat_fee(number) = "Tier {number}, flat fee";
    tier_from = "From";
    tier_from_of(number) = "Tier {number}, from";
    tier_rate(number) = "Tier {number}, rate";
    tier_unit_price(number) = "Tier {number}, unit price";
    tier_up_to(number) = "Tier {number}, up to";
    tiers = "Tiers";
    times(quantity, price) = "{quantity} × {price}";
    to_be_paid = "To be paid";
    too_large = "This comes to more than an invoice can be.";
    total = "Total";
    total_so_far = "Total so far";
    unarchive = "Bring back";
    unarchive_detail = "Customers can be subscribed to it again. Nothing changes for those who are on it.";
    unarchive_title(name) = "Bring back {name}?";
    unarchived(name) = "{name} is back.";
    unfinished(#) = "One component has no price yet and is not counted." | "{count} components have no price yet and are not counted.";
    unit_price = "Unit price";
    unnamed = "Not named yet";
    up_to = "Up to";
    usage_of_each = "Used";
    used = "Used of each";
    used_and_included(used, included, unit) = "{used} used, {included} included ({unit})";
    void_ask = "Void…";
    void_do = "Void invoice";
    void_means = "For an invoice that should not have been issued. It keeps its number, nothing is owed on it any more, and its period can be billed anew. This cannot be undone.";
    void_title = "Void this invoice?";
    void_word = "Void";
    voided_as(number) = "{number} is void.";
    weighed_per = "Average over";
    what_happened = "What happened";
    what_it_costs = "What it costs";
    what_it_costs_note = "a month, by how much is used";
    when = "When";
    who_is_on_it = "Who is on it";
    who_pays_what = "Who pays what";
    whole_number = "Enter a whole number, such as 5.";
    write_off_ask = "Write off…";
    write_off_do = "Write off";
    write_off_means(amount) = "{amount} is given up and booked as a loss. The customer is not told. What is paid after all, by a page that was open, lowers the loss.";
    write_off_title = "Write this invoice off?";
    written_off = "Written off";
    written_off_as(number) = "{number} is written off.";
    yes = "Yes";
}

/// Where a plan stands.
pub fn plan_status(status: PlanStatus) -> &'static str {
    match status {
        PlanStatus::Active => active(),
        PlanStatus::Archived => archived(),
    }
}

/// How a component is priced, and what that means.
pub fn model(model: PriceModel) -> (&'static str, &'static str) {
    match model {
        PriceModel::Flat => (model_flat(), model_flat_about()),
        PriceModel::Unit => (model_unit(), model_unit_about()),
        PriceModel::Graduated => (model_graduated(), model_graduated_about()),
        PriceModel::Volume => (model_volume(), model_volume_about()),
        PriceModel::Package => (model_package(), model_package_about()),
        PriceModel::Percentage => (model_percentage(), model_percentage_about()),
        PriceModel::GraduatedPercentage => (model_graduated_percentage(), model_graduated_percentage_about()),
        PriceModel::Dynamic => (model_dynamic(), model_dynamic_about()),
    }
}

/// How usage is counted.
pub fn aggregation(function: Aggregation) -> &'static str {
    match function {
        Aggregation::Sum => count_sum(),
        Aggregation::Count => count_count(),
        Aggregation::UniqueCount => count_unique_count(),
        Aggregation::Max => count_max(),
        Aggregation::Latest => count_latest(),
        Aggregation::TimeWeightedSum => count_time_weighted_sum(),
        Aggregation::Percentile95 => count_percentile_95(),
    }
}

/// What a rule says of a field, as a sentence: `must be from 0 to 100`.
pub fn fault(detail: &str) -> String {
    let plain = detail.replace('`', "").replace('_', " ");
    let mut letters = plain.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// How many decimals an amount may have.
pub fn decimals_of(currency: &str, exponent: u32) -> String {
    match exponent {
        0 => decimals_none(currency),
        3 => decimals_three(currency),
        _ => decimals_two(currency),
    }
}

/// How a payment came in.
pub fn provider(name: &str) -> String {
    match name {
        "stripe" => card().to_owned(),
        "bank_transfer" => bank_transfer().to_owned(),
        other => other.to_owned(),
    }
}

/// Why a payment is disputed: Stripe's words, made readable.
pub fn dispute_reason(reason: &str) -> String {
    crate::events::readable(reason)
}
