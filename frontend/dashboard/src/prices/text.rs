//! What people read of prices.

use client::texts;

texts! {
    as_reported = "as reported";
    as_reported_about = "Each event says what it costs";
    each_period = "each period";
    from_price(price) = "from {price}";
    of_value(rate) = "{rate} %";
    of_value_and(rate, fee) = "{rate} % + {fee}";
    per_package(size, unit) = "per {size} {unit}, the last one whole";
    per_transaction = "of each transaction";
    per_unit(unit) = "per {unit}";
    tiers_graduated(#) = "one tier, each prices its part" | "{count} tiers, each prices its part";
    tiers_rates(#) = "one tier of the value" | "{count} tiers of the value";
    tiers_volume(#) = "one tier, one prices all" | "{count} tiers, one prices all";
}
