//! What comes of computing an invoice again.

use contract::invoices::{InvoiceDetail, InvoiceLine};
use domain::{
    decimals::DecimalString,
    evidence::{Difference, Evidence, EvidenceError, LineRecord},
    money::Money,
    tax::{TaxAmount, Taxes},
};

use super::text;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The lines are those that the sealed usage and prices give.
    Equal,
    /// The evidence is not what the invoice was sealed with.
    OtherSeal,
    /// It was made by rules that this page does not have.
    OtherRules,
    /// It cannot be read, or it gives no lines.
    Unusable,
    /// Where the invoice is not what usage and prices give.
    Different(Vec<Fault>),
}

/// A figure of a line that is not what usage and prices give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What the customer reads of the line.
    pub line: String,
    /// Which figure it is.
    pub what: &'static str,
    /// As the invoice has it; none where it has no such line.
    pub shown: Option<Value>,
    /// As it was computed; none where there should be no such line.
    pub computed: Option<Value>,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// An amount.
    Amount(Money),
    /// A quantity.
    Quantity(DecimalString),
    /// What a line is about.
    Words(String),
}

/// Compares an invoice with what its evidence gives. `digest` is the SHA-256 of the evidence, in hexadecimal.
pub fn judge(detail: &InvoiceDetail, evidence: &str, digest: &str) -> Verdict {
    if detail.invoice.seal.as_deref() != Some(digest) {
        return Verdict::OtherSeal;
    }
    let Some(evidence) = client::json::read::<Evidence>(evidence) else { return Verdict::Unusable };
    let lines: Vec<_> = detail.lines.iter().map(record).collect();
    let differences = match evidence.check(&lines) {
        Ok(differences) => differences,
        Err(EvidenceError::OtherRules) => return Verdict::OtherRules,
        Err(EvidenceError::Senseless | EvidenceError::Rating(_)) => return Verdict::Unusable,
    };
    let Ok(computed) = evidence.rate() else { return Verdict::Unusable };
    let Ok(taxes) = evidence.taxes(&computed) else { return Verdict::Unusable };
    let mut faults: Vec<_> = differences.iter().flat_map(faults).collect();
    faults.extend(faults_of_taxes(detail, taxes.as_ref()));
    faults.extend(fault_of_total(detail, &computed, taxes.as_ref()));
    if faults.is_empty() { Verdict::Equal } else { Verdict::Different(faults) }
}

/// The line as evidence has it.
fn record(line: &InvoiceLine) -> LineRecord {
    LineRecord {
        from: line.service_start,
        until: line.service_end,
        kind: line.kind,
        metric: line.metric.clone(),
        description: line.description.clone(),
        group: line.group.clone(),
        used: line.used.into(),
        included: line.included.into(),
        quantity: line.quantity.into(),
        tax_class: line.tax_class.clone(),
        amount: line.amount,
    }
}

/// Where the taxes are not what the rules give for the lines as they should be.
fn faults_of_taxes(detail: &InvoiceDetail, computed: Option<&Taxes>) -> Vec<Fault> {
    let shown = detail.taxes.as_ref();
    let amounts = |taxes: Option<&Taxes>| taxes.map(|taxes| taxes.amounts.clone()).unwrap_or_default();
    let (given, wanted) = (amounts(shown), amounts(computed));
    let of_one = |place: usize| {
        let (given, wanted) = (given.get(place), wanted.get(place));
        let line = given.or(wanted).map(|tax| tax.name.clone()).unwrap_or_default();
        let fault = move |(what, read): &TaxFigure| Fault {
            line: line.clone(),
            what: what(),
            shown: given.map(read),
            computed: wanted.map(read),
        };
        // Of one that has no counterpart, the amount says it.
        let alone = given.is_none() || wanted.is_none();
        let figures = if alone { &TAX_FIGURES[TAX_FIGURES.len() - 1..] } else { &TAX_FIGURES[..] };
        figures.iter().map(fault).filter(|fault| fault.shown != fault.computed).collect::<Vec<_>>()
    };
    let mut faults: Vec<_> = (0..given.len().max(wanted.len())).flat_map(of_one).collect();
    // Why these, and what they come to together.
    let why = |taxes: &Taxes| {
        let exempt = taxes.exempt.clone().unwrap_or_default();
        Value::Words(format!("{} {} {exempt}", taxes.treatment, taxes.prices))
    };
    let currency = detail.invoice.total.currency();
    let sum =
        |taxes: Option<&Taxes>| taxes.map_or(Ok(Money::zero(currency)), |taxes| taxes.sum(currency)).ok();
    let together = [
        (text::check_about_line(), shown.map(why), computed.map(why)),
        (text::amount(), Some(Value::Amount(detail.invoice.tax)), sum(computed).map(Value::Amount)),
    ];
    let together = together.into_iter().filter(|(_, shown, computed)| shown != computed);
    let line = || text::taxes().to_owned();
    faults.extend(together.map(|(what, shown, computed)| Fault { line: line(), what, shown, computed }));
    faults
}

/// Reads a figure of a tax.
type TaxFigure = (fn() -> &'static str, fn(&TaxAmount) -> Value);

const TAX_FIGURES: [TaxFigure; 3] = [
    (text::rate, |tax| Value::Quantity(tax.percent)),
    (text::net, |tax| Value::Amount(tax.base)),
    (text::amount, |tax| Value::Amount(tax.amount)),
];

/// The total may not be what lines and taxes come to as they should be.
fn fault_of_total(detail: &InvoiceDetail, lines: &[LineRecord], taxes: Option<&Taxes>) -> Option<Fault> {
    let total = detail.invoice.total;
    let on_top = taxes.map_or(Ok(Money::zero(total.currency())), |taxes| taxes.on_top(total.currency()));
    let sum = Money::sum(total.currency(), lines.iter().map(|line| line.amount));
    let sum = sum.and_then(|sum| sum.checked_add(on_top?)).ok();
    (sum != Some(total)).then(|| Fault {
        line: text::total().to_owned(),
        what: text::amount(),
        shown: Some(Value::Amount(total)),
        computed: sum.map(Value::Amount),
    })
}

/// Reads a figure of a line.
type Figure = (fn() -> &'static str, fn(&LineRecord) -> Value);

const FIGURES: [Figure; 6] = [
    (text::check_about_line, |line| Value::Words(about(line))),
    (text::check_days, |line| Value::Words(days(line))),
    (text::usage, |line| Value::Quantity(line.used)),
    (text::included, |line| Value::Quantity(line.included)),
    (text::quantity, |line| Value::Quantity(line.quantity)),
    (text::amount, |line| Value::Amount(line.amount)),
];

/// What a line charges for, with all that tells it from others.
fn about(line: &LineRecord) -> String {
    let group = line.group.iter().map(|(name, value)| format!("{name}: {value}"));
    let parts = [line.kind.to_string()].into_iter().chain(line.metric.clone()).chain(group);
    format!("{} ({})", line.description, parts.collect::<Vec<_>>().join(", "))
}

/// The days that a line charges for.
fn days(line: &LineRecord) -> String {
    text::check_from_until(&line.from.to_string(), &line.until.to_string())
}

/// The figures in which two lines differ. Of a line that has no counterpart, the amount says it.
fn faults(difference: &Difference) -> Vec<Fault> {
    let Difference { given, computed, .. } = difference;
    let line = given.as_ref().or(computed.as_ref()).map(|line| line.description.clone()).unwrap_or_default();
    let fault = |(what, read): &Figure| Fault {
        line: line.clone(),
        what: what(),
        shown: given.as_ref().map(read),
        computed: computed.as_ref().map(read),
    };
    let alone = given.is_none() || computed.is_none();
    let figures = if alone { &FIGURES[FIGURES.len() - 1..] } else { &FIGURES[..] };
    figures.iter().map(fault).filter(|fault| fault.shown != fault.computed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVIDENCE: &str = r#"{"rules":1,"parts":[{"from":"2026-06-01","until":"2026-07-01","plan":{"id":"pln_01jd5t8x7m0000000000000000","version":3,"name":"Desk",
        "currency":"USD","base_fee":"50","components":[{"metric":"machines","name":"Machines","unit":"machine",
        "price":{"model":"unit","unit_price":"25","included":"10"}}],"adjustments":{}},
        "days_served":30,"days_of_period":30,"begin":"2026-06-01T00:00:00Z","end":"2026-07-01T00:00:00Z",
        "period_micros":2592000000000,"usage":[{"metric":"machines","quantity":"68","count":4}]}],"lines":[],
        "total":{"amount_minor":150000,"currency":"USD"}}"#;

    /// An invoice of that, with this seal.
    fn invoice(seal: &str) -> InvoiceDetail {
        let line = |kind: &str, metric: &str, name: &str, figures: [&str; 3], minor: i64| {
            format!(
                r#"{{"id":"inl_01jd5t8x7m0000000000000000","kind":"{kind}","metric":{metric},"description":"{name}",
                "unit":null,"credited":{{"amount_minor":0,"currency":"USD"}},"service_start":"2026-06-01","service_end":"2026-07-01","used":"{}","included":"{}","quantity":"{}","unit_price":null,"events":0,
                "amount":{{"amount_minor":{minor},"currency":"USD"}}}}"#,
                figures[0], figures[1], figures[2]
            )
        };
        let lines = [
            line("base_fee", "null", "Desk", ["1", "0", "1"], 5_000),
            line("usage", r#""machines""#, "Machines", ["68", "10", "58"], 145_000),
        ];
        let text = format!(
            r#"{{"id":"inv_01jd5t8x7m0000000000000000","number":"NW-1","status":"finalized","overdue":false,
            "customer_id":"cus_01jd5t8x7m0000000000000000","customer_code":"A","customer_name":"A",
            "subscriptions":[],"period_start":"2026-06-01",
            "period_end":"2026-07-01","total":{{"amount_minor":150000,"currency":"USD"}},
            "tax":{{"amount_minor":0,"currency":"USD"}},"paid":{{"amount_minor":0,"currency":"USD"}},
            "credit_used":{{"amount_minor":0,"currency":"USD"}},"credited":{{"amount_minor":0,"currency":"USD"}},
            "written_off":{{"amount_minor":0,"currency":"USD"}},"outstanding":{{"amount_minor":0,"currency":"USD"}},"issued_on":null,
            "due_on":null,"paid_at":null,"version":1,"created_at":"2026-07-01T00:00:00Z","seal":"{seal}",
            "lines":[{}]}}"#,
            lines.join(",")
        );
        serde_json::from_str(&text).unwrap()
    }

    fn usd(minor: i64) -> Money {
        Money::new(minor, domain::money::Currency::USD)
    }

    #[test]
    fn an_invoice_that_is_right_is_equal() {
        assert_eq!(judge(&invoice("ab"), EVIDENCE, "ab"), Verdict::Equal);
    }

    #[test]
    fn evidence_counts_only_under_its_own_seal() {
        assert_eq!(judge(&invoice("ab"), EVIDENCE, "ac"), Verdict::OtherSeal);
        let mut unsealed = invoice("ab");
        unsealed.invoice.seal = None;
        assert_eq!(judge(&unsealed, EVIDENCE, "ab"), Verdict::OtherSeal);
    }

    #[test]
    fn taxes_are_computed_again() {
        let terms = r#""lines":[],"tax":{"terms":{"on":"2026-06-30","seller":{"country":"DE"},"buyer":{},
            "prices":"exclusive","rounding":"invoice","rules":[{"name":"VAT","country":"DE","percent":"19"}]},
            "taxes":{"treatment":"domestic","prices":"exclusive","rounding":"invoice","amounts":[]}}"#;
        let evidence = EVIDENCE.replacen(r#""lines":[]"#, terms, 1);
        let mut taxed = invoice("ab");
        taxed.invoice.total = usd(178_500);
        let vat = r#"{"treatment":"domestic","prices":"exclusive","rounding":"invoice","amounts":[{"name":"VAT","percent":"19",
            "classes":["standard"],"base":{"amount_minor":150000,"currency":"USD"},
            "amount":{"amount_minor":28500,"currency":"USD"}}]}"#;
        taxed.taxes = serde_json::from_str(vat).unwrap();
        taxed.invoice.tax = usd(28_500);
        assert_eq!(judge(&taxed, &evidence, "ab"), Verdict::Equal);
        taxed.taxes.as_mut().unwrap().amounts[0].amount = usd(28_501);
        taxed.invoice.total = usd(178_501);
        let Verdict::Different(faults) = judge(&taxed, &evidence, "ab") else { panic!() };
        let told: Vec<_> = faults.iter().map(|fault| (fault.shown.clone(), fault.computed.clone())).collect();
        let amounts = |shown, computed| (Some(Value::Amount(usd(shown))), Some(Value::Amount(usd(computed))));
        assert_eq!(told, [amounts(28_501, 28_500), amounts(178_501, 178_500)]);
        taxed.invoice.tax = usd(28_501);
        let Verdict::Different(faults) = judge(&taxed, &evidence, "ab") else { panic!() };
        assert_eq!(faults.len(), 3);
        // One that is left out is told, too.
        taxed.taxes = None;
        let Verdict::Different(faults) = judge(&taxed, &evidence, "ab") else { panic!() };
        assert_eq!(
            (faults[0].shown.clone(), faults[0].computed.clone()),
            (None, Some(Value::Amount(usd(28_500))))
        );
    }

    #[test]
    fn what_differs_is_told_by_figure_and_in_the_total() {
        let mut more = invoice("ab");
        more.lines[1].amount = usd(145_001);
        more.lines[1].quantity = 59.into();
        let Verdict::Different(faults) = judge(&more, EVIDENCE, "ab") else { panic!("it is equal") };
        let figures: Vec<_> = faults.iter().map(|fault| (fault.line.as_str(), fault.what)).collect();
        assert_eq!(figures, [("Machines", "Quantity"), ("Machines", "Amount")]);
        assert_eq!(faults[1].shown, Some(Value::Amount(usd(145_001))));
        assert_eq!(faults[1].computed, Some(Value::Amount(usd(145_000))));

        more.invoice.total = usd(150_001);
        let Verdict::Different(faults) = judge(&more, EVIDENCE, "ab") else { panic!("it is equal") };
        assert_eq!(faults[2].shown, Some(Value::Amount(usd(150_001))));
        assert_eq!(faults[2].computed, Some(Value::Amount(usd(150_000))));
    }

    #[test]
    fn a_line_without_counterpart_is_told_by_its_amount() {
        let mut short = invoice("ab");
        let line = short.lines.pop().unwrap();
        let Verdict::Different(faults) = judge(&short, EVIDENCE, "ab") else { panic!("it is equal") };
        assert_eq!((faults.len(), faults[0].what, &faults[0].shown), (1, "Amount", &None));
        let mut long = invoice("ab");
        long.lines.push(line);
        let Verdict::Different(faults) = judge(&long, EVIDENCE, "ab") else { panic!("it is equal") };
        assert_eq!((faults.len(), &faults[0].computed), (1, &None));
    }

    #[test]
    fn what_cannot_be_rated_is_told_apart() {
        let other = EVIDENCE.replace(r#""rules":1"#, r#""rules":0"#);
        assert_eq!(judge(&invoice("ab"), &other, "ab"), Verdict::OtherRules);
        let senseless = EVIDENCE.replace(r#""days_served":30"#, r#""days_served":31"#);
        assert_eq!(judge(&invoice("ab"), &senseless, "ab"), Verdict::Unusable);
        assert_eq!(judge(&invoice("ab"), "{}", "ab"), Verdict::Unusable);
    }
}
