//! What people read about taxes.

use client::texts;
use domain::tax::{PriceMode, TaxRounding};

pub use crate::pages::settings::text::*;

texts! {
    add_rule = "Add a tax";
    choose_country = "Choose a country";
    class = "Product class";
    class_form = "Use small letters, digits and underscores, at most 40.";
    compound = "On top of the other taxes";
    country = "Country";
    country_missing = "Choose the country in which this is charged.";
    country_of_yours_hint = "Where your company is. Customers without a country are taxed as if they were here.";
    day_form = "Enter a day in a year from 2000 to 2199.";
    days_from(day) = "From {day}";
    days_from_until(first, last) = "{first} to {last}";
    days_until(day) = "Until {day}";
    every_class = "All";
    from = "From";
    may_only_see = "You may look at this. Changing it takes an administrator or somebody for billing.";
    name_wrong = "Another tax has this name for the same place, class and days, or the name is too long.";
    no_rules = "No tax is charged";
    none_set = "Nobody has set up taxes here.";
    no_rules_detail = "Add the taxes of your country, and of others in which you are registered. Businesses in other member states of the European Union owe their tax themselves: that needs no rule.";
    no_tax = "No tax is charged";
    own_country_missing = "Choose where your company is: taxes go by it.";
    prices_exclusive = "are without tax; it comes on top";
    prices_inclusive = "have the tax in them";
    rate = "Rate";
    rate_form = "Enter a rate from 0 to 100, with at most four decimals.";
    region = "State or province";
    region_form = "Enter the second half of the ISO 3166-2 code, such as QC.";
    region_hint = "Where taxes differ within the country: the second half of its ISO 3166-2 code.";
    remove_rule(number) = "Remove tax {number}";
    rounding_invoice = "once for each tax of an invoice";
    rounding_line = "once for each tax of a line";
    rule(number) = "Tax {number}";
    rule_name = "Name on the invoice";
    rules = "Taxes";
    rules_note = "Of taxes of one name, the one that says most applies: for a state before the whole country, for a product class before all. Late fees have the class late_fee. Invoices that are issued already keep the taxes that they were issued with.";
    share(number) = "{number} %";
    tax_id_is_brand = "Your own tax number is printed on invoices; it is set with the brand.";
    tax_is_rounded = "Tax is rounded";
    taxes_saved = "Saved. Invoices that are issued from now on follow it.";
    until = "Until before";
    until_wrong = "Choose a day after the first one.";
    where_you_are = "Your company";
    your_prices = "Your prices";
}

/// What prices say about tax.
pub fn prices(mode: PriceMode) -> &'static str {
    match mode {
        PriceMode::Exclusive => prices_exclusive(),
        PriceMode::Inclusive => prices_inclusive(),
    }
}

/// Where tax is rounded.
pub fn rounding(mode: TaxRounding) -> &'static str {
    match mode {
        TaxRounding::Invoice => rounding_invoice(),
        TaxRounding::Line => rounding_line(),
    }
}

/// The days on which a rule is in force; nothing where these are all.
pub fn in_force(first: Option<String>, last: Option<String>) -> Option<String> {
    match (first, last) {
        (Some(first), Some(last)) => Some(days_from_until(&first, &last)),
        (Some(first), None) => Some(days_from(&first)),
        (None, Some(last)) => Some(days_until(&last)),
        (None, None) => None,
    }
}

/// What is wrong with a field, by the server's name for it.
pub fn wrong(field: &str) -> &'static str {
    match field {
        "region" => region_form(),
        "class" => class_form(),
        "percent" => rate_form(),
        "until" => until_wrong(),
        "from" => day_form(),
        _ => name_wrong(),
    }
}
