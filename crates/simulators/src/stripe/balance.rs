//! `/v1/balance`.

use super::{
    call::{Answer, Call},
    world::{blank, number, text},
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) fn retrieve(call: &Call<'_, '_>) -> Answer {
    call.params.check(&[], &[])?;
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    sums.insert("usd".to_owned(), (0, 0));
    for record in call.world.state.objects.values() {
        if record.object["object"] != "balance_transaction" || record.scope.as_deref() != call.scope() {
            continue;
        }
        let (available, pending) = sums.entry(text(&record.object, "currency").to_owned()).or_default();
        let settled = number(&record.object, "available_on") <= call.world.now;
        *(if settled { available } else { pending }) += number(&record.object, "net");
    }
    let entry = |currency: &String, amount: i64| json!({"amount": amount, "currency": currency, "source_types": {"card": amount}});
    let mut balance = blank!("balance");
    balance["available"] =
        sums.iter().map(|(currency, sum)| entry(currency, sum.0)).collect::<Vec<Value>>().into();
    balance["pending"] =
        sums.iter().map(|(currency, sum)| entry(currency, sum.1)).collect::<Vec<Value>>().into();
    Ok(balance)
}
