//! The countries of the world, to choose from.

use client::format;
use domain::tax::countries::Country;
use leptos::prelude::*;

/// All countries by their names, after what stands for none.
pub fn countries(none: &str) -> Signal<Vec<(String, String)>> {
    let mut countries: Vec<_> =
        Country::all().map(|country| (country.to_string(), format::country(country.code()))).collect();
    countries.sort_by(|(_, a), (_, b)| format::compare(a, b));
    countries.insert(0, (String::new(), none.to_owned()));
    Signal::stored(countries)
}
