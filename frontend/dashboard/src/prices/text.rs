//! What people read of prices.

use client::texts;

texts! {
    and_beyond = "and beyond";
    as_reported = "as reported";
    as_reported_about = "Each event says what it costs";
    count_count = "Number of events";
    count_latest = "Last quantity reported";
    count_max = "Highest quantity reported";
    count_over_time(per) = "Level over time, by {per}";
    count_over_time_changes(per) = "Level over time, by {per}; events report changes";
    count_percentile_95 = "95th percentile";
    count_unique(property) = "Different values of {property}";
    counted = "Counted";
    decimals_places(#) = "one decimal" | "{count} decimals";
    decimals_whole = "whole numbers";
    discount(name, off) = "{name}: {off} off";
    discounts = "Discounts";
    each_period = "each period";
    filters = "Only where";
    flat_fee = "Flat fee";
    free_transactions = "Free transactions";
    from = "From";
    from_price(price) = "from {price}";
    group_by = "One line per";
    included = "Included";
    is_one_of(property, values) = "{property} is {values}";
    maximum = "Maximum";
    maximum_fee = "Maximum fee";
    minimum = "Minimum";
    minimum_fee = "Minimum fee";
    monthly(amount) = "{amount} a month";
    of_value(rate) = "{rate} %";
    of_value_and(rate, fee) = "{rate} % + {fee}";
    or = " or ";
    per_hours = "hours";
    per_package(size, unit) = "per {size} {unit}, the last one whole";
    per_period = "the month";
    per_transaction = "of each transaction";
    per_unit(unit) = "per {unit}";
    rate = "Rate";
    round_down = "Down";
    round_half_up = "To the nearest";
    round_up = "Up";
    rounded(way, to) = "{way}, to {to}";
    rounding = "Quantity rounded";
    tiers = "Tiers";
    tiers_graduated(#) = "one tier, each prices its part" | "{count} tiers, each prices its part";
    tiers_rates(#) = "one tier of the value" | "{count} tiers of the value";
    tiers_volume(#) = "one tier, one prices all" | "{count} tiers, one prices all";
    unit_price = "Unit price";
    up_to = "Up to";
}
