//! The lines of a Checkout session, each with a price made for it.

use super::{
    call::metadata,
    errors::ApiError,
    form::Params,
    money,
    world::{blank, set},
};
use crate::ids;
use serde_json::{Value, json};

/// The lines that were sent, in one currency.
pub(crate) fn lines(params: &Params, now: i64) -> Result<Vec<Value>, ApiError> {
    let places = params.children("line_items");
    if places.is_empty() {
        return Err(ApiError::missing_param("line_items"));
    }
    if places.len() > 100 {
        return Err(
            ApiError::invalid("A Checkout Session can have up to 100 line items.").param("line_items")
        );
    }
    let lines: Vec<Value> = places
        .iter()
        .map(|place| line(params, &format!("line_items[{place}]"), now))
        .collect::<Result<_, _>>()?;
    if lines.iter().any(|line| line["currency"] != lines[0]["currency"]) {
        return Err(ApiError::invalid("All line items of a Checkout Session must have the same currency.")
            .param("line_items"));
    }
    match params.text("currency") {
        Some(currency) if lines[0]["currency"] != currency => {
            Err(ApiError::invalid("The currency of the Checkout Session must be that of its line items.")
                .param("currency"))
        }
        _ => Ok(lines),
    }
}

fn line(params: &Params, at: &str, now: i64) -> Result<Value, ApiError> {
    let data = format!("{at}[price_data]");
    if let Some(price) = params.text(&format!("{at}[price]")) {
        return Err(ApiError::missing_resource("price", price, &format!("{at}[price]")).status(400));
    }
    if !params.has(&data) {
        return Err(ApiError::missing_param(&data));
    }
    let currency =
        money::currency(params.required(&format!("{data}[currency]"))?, &format!("{data}[currency]"))?;
    let name = if let Some(product) = params.text(&format!("{data}[product]")) {
        return Err(ApiError::missing_resource("product", product, &format!("{data}[product]")).status(400));
    } else if params.has(&format!("{data}[product_data]")) {
        params.required(&format!("{data}[product_data][name]"))?
    } else {
        return Err(ApiError::missing_param(&format!("{data}[product_data]")));
    };
    let unit = unit_amount(params, &data)?;
    let quantity_key = format!("{at}[quantity]");
    let Some(quantity) = params.integer(&quantity_key)? else {
        return Err(ApiError::invalid(format!("Quantity is required. Add `quantity` to `{at}`"))
            .code("parameter_missing")
            .param(quantity_key));
    };
    let too_large = || ApiError::invalid("The amount of this line is out of range.").param(at);
    if unit < 0 || !(1..=999_999).contains(&quantity) {
        return Err(too_large());
    }
    let amount = unit.checked_mul(quantity).filter(|amount| *amount <= 99_999_999).ok_or_else(too_large)?;
    let mut line = blank!("checkout_line_item");
    set(
        &mut line,
        json!({
            "id": ids::random("li_1", 23), "amount_subtotal": amount, "amount_total": amount, "currency": currency,
            "description": name, "quantity": quantity,
            "metadata": metadata(params, &format!("{at}[metadata]"), &Value::Null)?,
        }),
    );
    set(
        &mut line["price"],
        json!({
            "id": ids::random("price_1", 23), "created": now, "currency": currency, "unit_amount": unit,
            "unit_amount_decimal": unit.to_string(), "product": ids::random("prod_", 14), "active": false,
        }),
    );
    if let Some(behavior) =
        params.one_of(&format!("{data}[tax_behavior]"), &["exclusive", "inclusive", "unspecified"])?
    {
        line["price"]["tax_behavior"] = json!(behavior);
    }
    Ok(line)
}

fn unit_amount(params: &Params, data: &str) -> Result<i64, ApiError> {
    let whole = format!("{data}[unit_amount]");
    let decimal = format!("{data}[unit_amount_decimal]");
    match (params.text(&whole), params.text(&decimal)) {
        (Some(_), Some(_)) => Err(ApiError::invalid(format!(
            "You may only specify one of these parameters: {whole}, {decimal}."
        ))
        .param(whole)),
        (None, None) => Err(ApiError::missing_param(&whole)),
        (Some(_), None) => params.required_integer(&whole),
        (None, Some(value)) => {
            let integral = value.split_once('.').map_or(value, |(integral, rest)| {
                if rest.bytes().all(|digit| digit == b'0') { integral } else { "" }
            });
            integral.parse().map_err(|_| {
                ApiError::invalid("The simulator plays whole minor units in unit_amount_decimal only.")
                    .param(decimal)
            })
        }
    }
}
