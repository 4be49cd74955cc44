//! Currencies, least amounts and Stripe's own fee.

use super::errors::ApiError;

const CURRENCIES: &str = "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp \
    byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl \
    htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop \
    mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek \
    sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw";
const NO_MINOR_UNIT: &str = "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf";
const THREE_DIGITS: &str = "bhd jod kwd omr tnd";
const LARGEST: i64 = 99_999_999;

fn among(list: &str, currency: &str) -> bool {
    list.split_whitespace().any(|entry| entry == currency)
}

/// The currency in lower case, if Stripe knows it.
pub(crate) fn currency(code: &str, param: &str) -> Result<String, ApiError> {
    let lower = code.to_ascii_lowercase();
    if among(CURRENCIES, &lower) {
        return Ok(lower);
    }
    let known: Vec<&str> = CURRENCIES.split_whitespace().collect();
    let known = known.join(", ");
    Err(ApiError::invalid(format!(
        "Invalid currency: {lower}. Stripe currently supports these currencies: {known}"
    ))
    .param(param))
}

/// Refuses what is below the least or above the largest amount that a card can be charged.
pub(crate) fn check_amount(amount: i64, currency: &str, param: &str) -> Result<(), ApiError> {
    let least = match currency {
        "gbp" => 30,
        "dkk" => 250,
        "nok" | "sek" => 300,
        "czk" => 1500,
        "pln" | "aed" | "ron" | "myr" => 200,
        "hkd" => 400,
        "huf" => 17_500,
        "mxn" | "thb" => 1000,
        _ => 50,
    };
    if amount < least {
        let shown = format(least, currency);
        return Err(ApiError::invalid(format!("Amount must be at least {shown}"))
            .code("amount_too_small")
            .param(param));
    }
    if amount > LARGEST {
        let shown = format(LARGEST, currency);
        return Err(ApiError::invalid(format!("Amount must be no more than {shown}"))
            .code("amount_too_large")
            .param(param));
    }
    Ok(())
}

/// What Stripe itself keeps of a payment: 2.9 % and 30 minor units.
pub(crate) fn processing_fee(amount: i64) -> i64 {
    (amount * 29 + 500) / 1000 + 30
}

/// An amount for people: `$1,234.50`, `¥500`, `CHF 12.00`.
pub(crate) fn format(amount: i64, currency: &str) -> String {
    let digits = match currency {
        code if among(NO_MINOR_UNIT, code) => 0,
        code if among(THREE_DIGITS, code) => 3,
        _ => 2,
    };
    let padded = format!("{:0>width$}", amount.unsigned_abs(), width = digits + 1);
    let (whole, minor) = padded.split_at(padded.len() - digits);
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if digits > 0 {
        grouped.push('.');
        grouped.push_str(minor);
    }
    let sign = if amount < 0 { "-" } else { "" };
    match currency {
        "usd" => format!("{sign}${grouped}"),
        "eur" => format!("{sign}€{grouped}"),
        "gbp" => format!("{sign}£{grouped}"),
        "jpy" => format!("{sign}¥{grouped}"),
        other => format!("{sign}{} {grouped}", other.to_ascii_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::{currency, format, processing_fee};

    #[test]
    fn amounts_are_grouped_and_have_their_currency_s_digits() {
        assert_eq!(format(123_456_789, "usd"), "$1,234,567.89");
        assert_eq!(format(5, "eur"), "€0.05");
        assert_eq!(format(500, "jpy"), "¥500");
        assert_eq!(format(-1200, "chf"), "-CHF 12.00");
        assert_eq!(format(1500, "kwd"), "KWD 1.500");
    }

    #[test]
    fn currencies_are_checked_and_lowered() {
        assert_eq!(currency("EUR", "currency").expect("known"), "eur");
        assert!(currency("zzz", "currency").is_err());
    }

    #[test]
    fn the_fee_is_rounded_half_up() {
        assert_eq!(processing_fee(10_000), 320);
        assert_eq!(processing_fee(1050), 60);
    }
}
