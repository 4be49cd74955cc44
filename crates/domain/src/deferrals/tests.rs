use super::*;
use crate::ledger::{Account, GoneBack, Posting};
use proptest::prelude::*;

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn days(from: &str, until: &str) -> Period {
    Period::new(from.parse().unwrap(), until.parse().unwrap()).unwrap()
}

/// $1,200.00 for the year from December on, on the invoice of November.
fn year() -> Deferral {
    Deferral::new(usd(120_000), usd(120_000), days("2026-12-01", "2027-12-01"), month("2026-11")).unwrap()
}

fn told(lines: &[Deferral]) -> Vec<(String, i64)> {
    let months = by_month(lines).unwrap();
    months.into_iter().map(|(month, amount)| (month.to_string(), amount.amount_minor())).collect()
}

#[test]
fn a_year_is_earned_by_its_days() {
    assert_eq!(year().later(), Ok(usd(120_000)));
    let months = told(&[year()]);
    let first: Vec<_> = months.iter().take(3).map(|(month, minor)| (month.as_str(), *minor)).collect();
    assert_eq!(first, [("2026-12", 10_192), ("2027-01", 10_192), ("2027-02", 9_205)]);
    assert_eq!((months.len(), months.last()), (12, Some(&("2027-11".to_owned(), 9_863))));
    assert_eq!(months.iter().map(|(_, minor)| minor).sum::<i64>(), 120_000);
}

#[test]
fn what_is_of_the_invoices_month_is_earned_at_once() {
    let part = |from, until, billed| Deferral::new(usd(3_000), usd(3_000), days(from, until), month(billed));
    assert_eq!(part("2026-11-01", "2026-12-01", "2026-11"), None);
    assert_eq!(part("2026-10-01", "2026-11-01", "2026-11"), None);
    let half = part("2026-11-16", "2026-12-16", "2026-11").unwrap();
    assert_eq!((half.earned(month("2026-11")), half.later()), (Ok(usd(1_500)), Ok(usd(1_500))));
    assert_eq!(told(&[half]), [("2026-12".to_owned(), 1_500)]);
    // Nothing to be earned, nothing to be deferred.
    assert_eq!(Deferral::new(usd(5), usd(0), days("2026-12-01", "2027-01-01"), month("2026-11")), None);
}

#[test]
fn what_is_credited_is_what_was_still_to_come() {
    let quarter = Deferral::new(usd(9_000), usd(9_000), days("2026-12-01", "2027-03-01"), month("2026-11"));
    let quarter = quarter.unwrap();
    let minor = |line: Deferral| told(&[line]).into_iter().map(|(_, minor)| minor).collect::<Vec<_>>();
    assert_eq!(minor(quarter), [3_100, 3_100, 2_800]);
    assert_eq!(minor(Deferral { credited: usd(4_000), ..quarter }), [3_100, 1_900, 0]);
    assert_eq!(minor(Deferral { credited: usd(9_000), ..quarter }), [0, 0, 0]);
    // December and January were booked: of 7,000 that are credited, 2,800 had not been earned yet.
    let after = [Deferral { credited: usd(7_000), ..quarter }];
    let booked = BTreeMap::from([(month("2026-12"), usd(3_100)), (month("2027-01"), usd(3_100))]);
    let wrong = corrections(&after, &booked).unwrap();
    assert_eq!(wrong, [(month("2026-12"), usd(-1_100)), (month("2027-01"), usd(-3_100))]);
}

#[test]
fn tax_that_is_inside_of_it_is_not_earned() {
    let line = Deferral::new(usd(11_900), usd(10_000), days("2026-12-01", "2027-02-01"), month("2026-11"));
    let line = line.unwrap();
    assert_eq!(told(&[line]), [("2026-12".to_owned(), 5_000), ("2027-01".to_owned(), 5_000)]);
    let half = Deferral { credited: usd(5_950), ..line };
    assert_eq!(told(&[half]), [("2026-12".to_owned(), 5_000), ("2027-01".to_owned(), 0)]);
}

/// An invoice over its life, with what is booked of it.
struct Life {
    lines: Vec<Deferral>,
    /// What the whole invoice brings, these lines and others.
    revenue: i64,
    is_void: bool,
    over: Month,
    accounts: BTreeMap<Account, i64>,
    booked: BTreeMap<Month, Money>,
}

impl Life {
    fn issue(lines: Vec<Deferral>, others: i64) -> Self {
        let revenue = others + lines.iter().map(|line| line.net.amount_minor()).sum::<i64>();
        let over = month("2026-11");
        let (accounts, booked) = (BTreeMap::new(), BTreeMap::new());
        let mut life = Self { lines, revenue, is_void: false, over, accounts, booked };
        let deferred = later(Currency::USD, &life.lines).unwrap();
        life.post(Posting::invoice(usd(revenue), usd(0), deferred));
        life
    }

    fn post(&mut self, posting: Result<Option<Posting>, MoneyError>) {
        for (account, minor) in posting.unwrap().iter().flat_map(Posting::entries) {
            *self.accounts.entry(*account).or_default() += minor;
        }
    }

    fn balances(&self) -> Vec<(Account, i64)> {
        let balances = self.accounts.iter().map(|(account, minor)| (*account, *minor));
        balances.filter(|(_, minor)| *minor != 0).collect()
    }

    fn in_account(&self, account: Account) -> i64 {
        self.accounts.get(&account).copied().unwrap_or(0)
    }

    /// The next month is over.
    fn recognize(&mut self) {
        self.over = self.over.offset(1);
        let earned = by_month(&self.lines).unwrap().get(&self.over).copied().unwrap_or(usd(0));
        self.booked.insert(self.over, earned);
        self.post(Posting::recognition(earned));
    }

    /// Lines are credited by a share of what is left of them; an invoice that is void is credited whole.
    fn credit(&mut self, share: i64, is_void: bool) {
        let before = later(Currency::USD, &self.lines).unwrap();
        let net = |of: &Self| of.lines.iter().map(|line| line.left().unwrap().amount_minor()).sum::<i64>();
        let net_before = net(self);
        for line in &mut self.lines {
            let left = line.amount.checked_sub(line.credited).unwrap();
            line.credited = line.credited.checked_add(left.share(share, 100).unwrap()).unwrap();
        }
        let off = if is_void { self.revenue } else { net_before - net(self) };
        self.revenue -= off;
        let deferred = before.checked_sub(later(Currency::USD, &self.lines).unwrap()).unwrap();
        let back = GoneBack::none(Currency::USD);
        if is_void {
            self.is_void = true;
            self.post(Posting::void(usd(off), usd(0), deferred, usd(0), back));
        } else {
            let against = Account::Receivable;
            self.post(Posting::credit_note(usd(off), usd(0), deferred, against, usd(off), back));
        }
        for (month, missing) in corrections(&self.lines, &self.booked).unwrap() {
            let sum = self.booked.get_mut(&month).unwrap();
            *sum = sum.checked_add(missing).unwrap();
            self.post(Posting::recognition(missing));
        }
    }

    fn assert_holds(&self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.accounts.values().sum::<i64>(), 0);
        let earned = by_month(&self.lines).unwrap();
        let ahead: i64 = earned.range(self.over.offset(1)..).map(|(_, amount)| amount.amount_minor()).sum();
        prop_assert_eq!(-self.in_account(Account::DeferredRevenue), ahead);
        for (month, booked) in &self.booked {
            prop_assert_eq!(earned.get(month).copied().unwrap_or(usd(0)), *booked);
        }
        if self.lines.iter().all(|line| line.net.amount_minor() > 0) {
            prop_assert!(ahead >= 0);
            prop_assert!(self.booked.values().all(|booked| booked.amount_minor() >= 0));
        }
        if self.is_void {
            prop_assert_eq!((ahead, self.in_account(Account::Revenue)), (0, 0));
        }
        Ok(())
    }
}

fn line() -> impl Strategy<Value = Deferral> {
    let amount = prop_oneof![1i64..500_000, 1i64..100, -50_000i64..0];
    (amount, -60i64..90, 1i64..500, prop::bool::ANY).prop_filter_map(
        "nothing ahead",
        |(amount, from, long, taxed)| {
            let first = month("2026-12").first_day() + chrono::TimeDelta::days(from);
            let days = Period::new(first, first + chrono::TimeDelta::days(long))?;
            let net = if taxed { usd(amount).share(100, 119).ok()? } else { usd(amount) };
            Deferral::new(usd(amount), net, days, month("2026-11"))
        },
    )
}

proptest! {
    #[test]
    fn whatever_happens_what_is_deferred_is_what_is_to_come(
        lines in prop::collection::vec(line(), 1..5),
        others in 0i64..10_000,
        deeds in prop::collection::vec(0i64..=140, 0..30),
    ) {
        let mut life = Life::issue(lines, others);
        life.assert_holds()?;
        for deed in deeds {
            match deed {
                _ if life.is_void => life.recognize(),
                1..=100 => life.credit(deed, false),
                // A void is for what was not credited yet; it must hold for any.
                101 => life.credit(100, true),
                _ => life.recognize(),
            }
            life.assert_holds()?;
        }
        for _ in 0..24 {
            life.recognize();
        }
        life.assert_holds()?;
        prop_assert_eq!(life.in_account(Account::DeferredRevenue), 0);
        prop_assert_eq!(-life.in_account(Account::Revenue), life.revenue);
    }

    #[test]
    fn the_order_of_months_and_credits_makes_no_difference(
        line in line(), first in 1i64..100, second in 1i64..100, between in 0usize..20,
    ) {
        let mut early = Life::issue(vec![line], 0);
        early.credit(first, false);
        early.credit(second, false);
        let mut late = Life::issue(vec![line], 0);
        (0..between).for_each(|_| late.recognize());
        late.credit(first, false);
        (0..between).for_each(|_| late.recognize());
        late.credit(second, false);
        while early.over < late.over {
            early.recognize();
        }
        prop_assert_eq!(early.balances(), late.balances());
        prop_assert_eq!(early.booked, late.booked);
    }
}
