//! Tax on invoices: which taxes an invoice has, and what they come to (docs/billing-rules.md, section 14).
//!
//! What decides is kept with the invoice: where seller and customer are, and the rules of those places. From that and
//! the lines anybody comes to the same taxes.

pub mod countries;
mod rules;
pub mod vat_ids;

pub use rules::{MOST_RULES, TaxRule, TaxSettings, is_class, is_region};

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    decimals::DecimalString,
    money::{Currency, Money, MoneyError},
    permissions::named_enum,
    pricing::LineKind,
    tax::{
        countries::Country,
        vat_ids::{VatId, VatIdError},
    },
};

/// The product class of what names none.
pub const STANDARD_CLASS: &str = "standard";
/// The product class of late fees. In many places they are damages, not a price, and not taxed.
pub const LATE_FEE_CLASS: &str = "late_fee";

/// Whether a tax number is what it looks like: one that begins as the VAT numbers of the customer's country do, a valid
/// one of them. Other numbers are taken as they are.
pub fn check_vat_id(country: Country, id: &str) -> Result<(), VatIdError> {
    let begins = |prefix: &str| id.trim().get(..2).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    // The numbers of Greece have a prefix of their own.
    let is_one = begins(country.code()) || country.code() == "GR" && begins("EL");
    if country.is_member_state() && is_one { VatId::parse(id).map(|_| ()) } else { Ok(()) }
}

/// The product class of a line: what it names, or that of its kind.
pub fn class_of(kind: LineKind, named: Option<&str>) -> &str {
    if kind == LineKind::LateFee { LATE_FEE_CLASS } else { named.unwrap_or(STANDARD_CLASS) }
}

named_enum! {
    /// What prices say about tax.
    PriceMode {
        /// Tax comes on top of them.
        Exclusive = "exclusive",
        /// It is in them.
        Inclusive = "inclusive",
    }
}

named_enum! {
    /// Where tax is rounded.
    TaxRounding {
        /// Once for each tax of an invoice.
        Invoice = "invoice",
        /// Once for each tax of a line.
        Line = "line",
    }
}

named_enum! {
    /// Why an invoice has the taxes that it has.
    TaxTreatment {
        /// By the rules of the seller's country.
        Domestic = "domestic",
        /// By the rules of the customer's country.
        Destination = "destination",
        /// The customer, a business in another member state of the European Union, owes the tax itself.
        ReverseCharge = "reverse_charge",
        /// The customer is exempt.
        Exempt = "exempt",
        /// There is no rule for where the customer is.
        NotTaxed = "not_taxed",
    }
}

/// A country, and a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The country.
    pub country: Country,
    /// The part: the second half of its ISO 3166-2 code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// Who pays, as far as tax goes by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// Where; none is taken for where the seller is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The tax number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_id: Option<String>,
    /// The member state of the European Union whose VAT number that is, where it is a valid one. Those of Northern
    /// Ireland are for goods, not for services, and are of none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_of: Option<Country>,
    /// Why there is no tax, where the customer is exempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exempt: Option<String>,
}

impl Buyer {
    /// A customer, whose tax number is looked at here, and not again where the decision is checked.
    pub fn new(place: Option<Place>, tax_id: Option<String>, exempt: Option<String>) -> Self {
        let vat = tax_id.as_deref().and_then(|id| VatId::parse(id).ok());
        Self { place, vat_of: vat.and_then(|vat| vat.country().parse().ok()), tax_id, exempt }
    }
}

/// What the taxes of an invoice are decided by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxTerms {
    /// The day whose rules are in force.
    pub on: NaiveDate,
    /// Where the seller is.
    pub seller: Place,
    /// The customer.
    pub buyer: Buyer,
    /// Whether prices have the tax in them.
    pub prices: PriceMode,
    /// Where tax is rounded.
    pub rounding: TaxRounding,
    /// The rules of the places of both.
    pub rules: Vec<TaxRule>,
}

/// The taxes of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Taxes {
    /// Why these.
    pub treatment: TaxTreatment,
    /// Whether the lines' amounts have the taxes in them; otherwise the taxes come on top.
    pub prices: PriceMode,
    /// Where they were rounded.
    pub rounding: TaxRounding,
    /// What each comes to.
    pub amounts: Vec<TaxAmount>,
    /// What the law wants to be written, where there is no tax: the customer's exemption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exempt: Option<String>,
}

/// A tax of an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaxAmount {
    /// Its name: `VAT`, `GST`.
    pub name: String,
    /// The rate in percent.
    pub percent: DecimalString,
    /// Whether it is on the other taxes as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compound: bool,
    /// The product classes of the lines that it is on.
    pub classes: Vec<String>,
    /// What those lines come to without tax.
    pub base: Money,
    /// What the tax comes to.
    pub amount: Money,
}

/// A line, as far as tax goes by it.
#[derive(Debug, Clone, Copy)]
pub struct TaxedLine<'a> {
    /// Its product class.
    pub class: &'a str,
    /// Its amount.
    pub amount: Money,
}

/// A line that is credited, as far as tax goes by it.
#[derive(Debug, Clone, Copy)]
pub struct CreditedLine<'a> {
    /// Its product class.
    pub class: &'a str,
    /// What it comes to.
    pub amount: Money,
    /// What of it has been credited before.
    pub credited: Money,
    /// What of it is credited now.
    pub now: Money,
}

impl Taxes {
    /// What each tax is credited by along with its lines: what it is on the rest of them before, less what it is on the rest
    /// after. So all credit notes of an invoice together take no cent more or less than was charged, in whatever parts.
    pub fn credit(&self, currency: Currency, lines: &[CreditedLine<'_>]) -> Result<Vec<Money>, MoneyError> {
        let levies: Vec<_> = self.amounts.iter().map(Levy::of).collect::<Result<_, _>>()?;
        let rest = |also_now: bool| {
            let left = |line: &CreditedLine<'_>| {
                let left = line.amount.checked_sub(line.credited)?;
                if also_now { left.checked_sub(line.now) } else { Ok(left) }
            };
            let lines = lines.iter().map(|line| Ok((line.class.to_owned(), left(line)?)));
            let lines: Vec<_> = lines.collect::<Result<_, MoneyError>>()?;
            let lines = lines.iter().map(|(class, amount)| TaxedLine { class, amount: *amount });
            levied(self.prices, self.rounding, &levies, &lines.collect::<Vec<_>>())
        };
        let (before, after) = (rest(false)?, rest(true)?);
        let amount = |(before, after): (&Levied, &Levied)| {
            minor(before.amount - after.amount).map(|minor| Money::new(minor, currency))
        };
        before.iter().zip(&after).map(amount).collect()
    }

    /// What each line brings without the taxes that are in it: together, the lines less these taxes. What rounding leaves
    /// is shared by the lines of a class as their amounts add up.
    pub fn net(&self, currency: Currency, lines: &[TaxedLine<'_>]) -> Result<Vec<Money>, MoneyError> {
        if self.prices == PriceMode::Exclusive {
            return Ok(lines.iter().map(|line| line.amount).collect());
        }
        let levies: Vec<_> = self.amounts.iter().map(Levy::of).collect::<Result<_, _>>()?;
        let mut classes: BTreeMap<&str, Inside> = BTreeMap::new();
        for class in lines.iter().map(|line| line.class).collect::<BTreeSet<_>>() {
            let of_class: Vec<_> = lines.iter().filter(|line| line.class == class).copied().collect();
            let taxes = levied(self.prices, self.rounding, &levies, &of_class)?;
            let tax = Money::new(minor(taxes.iter().map(|tax| tax.amount).sum())?, currency);
            let all = Money::sum(currency, of_class.iter().map(|line| line.amount))?;
            let (zero, net) = (Money::zero(currency), all.checked_sub(tax)?);
            classes.insert(class, Inside { all, net, amounts: zero, told: zero });
        }
        let mut net = Vec::with_capacity(lines.len());
        for line in lines {
            let inside = classes.get_mut(line.class).ok_or(MoneyError::Overflow)?;
            net.push(inside.next(line.amount)?);
        }
        Ok(net)
    }

    /// What the taxes come to.
    pub fn sum(&self, currency: Currency) -> Result<Money, MoneyError> {
        Money::sum(currency, self.amounts.iter().map(|tax| tax.amount))
    }

    /// What of it comes on top of the lines.
    pub fn on_top(&self, currency: Currency) -> Result<Money, MoneyError> {
        match self.prices {
            PriceMode::Exclusive => self.sum(currency),
            PriceMode::Inclusive => Ok(Money::zero(currency)),
        }
    }
}

/// A percentage with so many decimals is a whole number.
const DECIMALS: u32 = rules::PERCENT_DECIMALS;
/// 100 %.
const WHOLE: i128 = 100 * 10i128.pow(DECIMALS);
/// A share of one whole, of taxes on taxes.
const SHARE: i128 = WHOLE * WHOLE;

/// A tax, as far as its amount goes by it.
struct Levy<'a> {
    /// The rate in the smallest steps of a percentage.
    rate: i128,
    /// On the others as well; such ones come last.
    compound: bool,
    /// The product classes of the lines that it is on.
    classes: &'a [String],
}

impl<'a> Levy<'a> {
    fn of(tax: &'a TaxAmount) -> Result<Self, MoneyError> {
        Ok(Self { rate: steps(tax.percent)?, compound: tax.compound, classes: &tax.classes })
    }

    fn is_on(&self, class: &str) -> bool {
        self.classes.iter().any(|of| of == class)
    }
}

/// The lines of a product class with taxes in them, one after the other.
struct Inside {
    /// What they come to.
    all: Money,
    /// Without the taxes.
    net: Money,
    /// What those before come to.
    amounts: Money,
    /// What they bring without the taxes.
    told: Money,
}

impl Inside {
    /// What the next line brings.
    fn next(&mut self, amount: Money) -> Result<Money, MoneyError> {
        self.amounts = self.amounts.checked_add(amount)?;
        let told = if self.net == self.all {
            self.amounts
        } else {
            self.net.share(self.amounts.amount_minor(), self.all.amount_minor())?
        };
        let net = told.checked_sub(self.told)?;
        self.told = told;
        Ok(net)
    }
}

/// What a tax comes to, in minor units.
struct Levied {
    /// What its lines come to without tax.
    base: i128,
    amount: i128,
}

impl TaxTerms {
    /// Where the customer is.
    fn destination(&self) -> &Place {
        self.buyer.place.as_ref().unwrap_or(&self.seller)
    }

    /// Why an invoice on these terms has the taxes that it has, and whose rules they are.
    fn decide(&self) -> (TaxTreatment, Option<&Place>) {
        let (seller, buyer) = (&self.seller, self.destination());
        if self.buyer.exempt.is_some() {
            return (TaxTreatment::Exempt, None);
        }
        if seller.country == buyer.country {
            return (TaxTreatment::Domestic, Some(buyer));
        }
        let within_union = seller.country.is_member_state() && buyer.country.is_member_state();
        if within_union && self.is_business_elsewhere() {
            return (TaxTreatment::ReverseCharge, None);
        }
        // A rule for a product class alone says how that is taxed there, not that the seller is registered there.
        if self.rules.iter().any(|rule| rule.class.is_none() && rule.is_for(buyer, self.on)) {
            return (TaxTreatment::Destination, Some(buyer));
        }
        // Below the threshold for sales to consumers in other member states, or not registered there: as at home.
        if within_union { (TaxTreatment::Domestic, Some(seller)) } else { (TaxTreatment::NotTaxed, None) }
    }

    /// Whether the customer has a VAT number of another member state than the seller's.
    fn is_business_elsewhere(&self) -> bool {
        self.buyer.vat_of.is_some_and(|country| country != self.seller.country)
    }

    /// The taxes of these lines.
    pub fn apply(&self, currency: Currency, lines: &[TaxedLine<'_>]) -> Result<Taxes, MoneyError> {
        let (treatment, place) = self.decide();
        let amounts = match place {
            Some(place) => self.amounts(place, currency, lines)?,
            None => Vec::new(),
        };
        let exempt = self.buyer.exempt.clone();
        Ok(Taxes { treatment, prices: self.prices, rounding: self.rounding, amounts, exempt })
    }

    fn amounts(
        &self,
        place: &Place,
        currency: Currency,
        lines: &[TaxedLine<'_>],
    ) -> Result<Vec<TaxAmount>, MoneyError> {
        let classes: BTreeSet<_> = lines.iter().map(|line| line.class).collect();
        let mut rules: Vec<_> = self.rules.iter().filter(|rule| rule.is_for(place, self.on)).collect();
        // In the order in which they are told.
        rules.sort_by(|a, b| (a.compound, &a.name).cmp(&(b.compound, &b.name)));
        // Of rules of one name the one that says most applies.
        let applies = |rule: &TaxRule, class: &str| {
            let says_more = |other: &&TaxRule| {
                other.name == rule.name && other.is_of(class) && other.specificity() > rule.specificity()
            };
            rule.is_of(class) && !rules.iter().any(says_more)
        };
        let taxes = rules.iter().map(|rule| TaxAmount {
            name: rule.name.clone(),
            percent: rule.percent,
            compound: rule.compound,
            classes: classes
                .iter()
                .filter(|class| applies(rule, class))
                .map(|&class| class.to_owned())
                .collect(),
            base: Money::zero(currency),
            amount: Money::zero(currency),
        });
        let mut taxes: Vec<_> = taxes.filter(|tax| !tax.classes.is_empty()).collect();
        let levies: Vec<_> = taxes.iter().map(Levy::of).collect::<Result<_, _>>()?;
        let amounts = levied(self.prices, self.rounding, &levies, lines)?;
        drop(levies);
        for (tax, Levied { base, amount }) in taxes.iter_mut().zip(amounts) {
            tax.base = Money::new(minor(base)?, currency);
            tax.amount = Money::new(minor(amount)?, currency);
        }
        Ok(taxes)
    }
}

/// What taxes come to on lines.
///
/// What is inside of prices is rounded for each product class, since each has a divisor of its own; what comes on top, only
/// when all of it is there. Deductions do not turn a tax round: on lines that come to nothing together there is none,
/// whatever was rounded.
fn levied(
    prices: PriceMode,
    rounding: TaxRounding,
    levies: &[Levy<'_>],
    lines: &[TaxedLine<'_>],
) -> Result<Vec<Levied>, MoneyError> {
    let mut classes: BTreeMap<&str, Vec<i128>> = BTreeMap::new();
    for line in lines {
        classes.entry(line.class).or_default().push(line.amount.amount_minor().into());
    }
    let mut exact = vec![0i128; levies.len()];
    let mut sums: Vec<_> = levies.iter().map(|_| Levied { base: 0, amount: 0 }).collect();
    for (class, amounts) in classes {
        let sum: i128 = amounts.iter().sum();
        let others: i128 =
            levies.iter().filter(|levy| !levy.compound && levy.is_on(class)).map(|levy| levy.rate).sum();
        let share = |levy: &Levy<'_>| match (levy.is_on(class), levy.compound) {
            (false, _) => 0,
            (true, false) => levy.rate * WHOLE,
            (true, true) => levy.rate * (WHOLE + others),
        };
        let divisor = match prices {
            PriceMode::Exclusive => SHARE,
            PriceMode::Inclusive => SHARE + levies.iter().map(share).sum::<i128>(),
        };
        let amounts = match rounding {
            TaxRounding::Invoice => vec![sum],
            TaxRounding::Line => amounts,
        };
        let mut inside = 0;
        for ((levy, levied), exact) in levies.iter().zip(&mut sums).zip(&mut exact) {
            let times = |amount: i128| amount.checked_mul(share(levy)).ok_or(MoneyError::Overflow);
            if prices == PriceMode::Exclusive && rounding == TaxRounding::Invoice {
                *exact = exact.checked_add(times(sum)?).ok_or(MoneyError::Overflow)?;
            } else {
                let parts = amounts.iter().map(|amount| rounded(times(*amount)?, divisor));
                let part: i128 = parts.sum::<Result<_, MoneyError>>()?;
                let most = match prices {
                    // No more can be inside of a price than all of it.
                    PriceMode::Inclusive => sum - inside,
                    PriceMode::Exclusive => {
                        if sum < 0 {
                            i128::MIN
                        } else {
                            sum.signum() * i128::MAX
                        }
                    }
                };
                let part = part.clamp(most.min(0), most.max(0));
                levied.amount += part;
                inside += part;
            }
        }
        let inside = if prices == PriceMode::Inclusive { inside } else { 0 };
        for levied in
            levies.iter().zip(&mut sums).filter(|(levy, _)| levy.is_on(class)).map(|(_, levied)| levied)
        {
            levied.base += sum - inside;
        }
    }
    for (levied, exact) in sums.iter_mut().zip(exact) {
        levied.amount += rounded(exact, SHARE)?;
    }
    Ok(sums)
}

/// A percentage as a whole number of its smallest steps.
fn steps(percent: DecimalString) -> Result<i128, MoneyError> {
    let percent = percent.decimal().normalize();
    let missing = DECIMALS.checked_sub(percent.scale()).ok_or(MoneyError::Overflow)?;
    percent.mantissa().checked_mul(10i128.pow(missing)).ok_or(MoneyError::Overflow)
}

/// Divides, rounding half away from zero. The divisor is even and above zero.
fn rounded(number: i128, divisor: i128) -> Result<i128, MoneyError> {
    let half = divisor / 2;
    let away = if number < 0 { -half } else { half };
    number.checked_add(away).and_then(|number| number.checked_div(divisor)).ok_or(MoneyError::Overflow)
}

fn minor(value: i128) -> Result<i64, MoneyError> {
    i64::try_from(value).map_err(|_| MoneyError::Overflow)
}

#[cfg(test)]
mod tests;
