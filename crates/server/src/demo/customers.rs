//! Who lives in the demo world. Names and numbers of machines; every sum of money follows from these.

/// A customer of the demo.
#[derive(Debug, Clone)]
pub struct DemoCustomer {
    /// The code.
    pub code: String,
    /// The company.
    pub name: String,
    /// The plan's code.
    pub plan: &'static str,
    /// Machines in the running month.
    pub machines: u32,
    /// Machines that were agreed, where there is a limit.
    pub max_machines: Option<i32>,
    /// Still trying.
    pub trial: bool,
}

/// The five that the platform's figures name: code, company, plan, machines, machines agreed.
const NAMED: [(&str, &str, &str, u32, i32); 5] = [
    ("ACME", "Acme Corp", "ENTERPRISE", 68, 100),
    ("GLOBEX", "Globex Inc", "REPLICATION", 45, 50),
    ("WAYNE", "Wayne Enterprises", "ENTERPRISE", 52, 60),
    ("TECHSTART", "Tech Startup LLC", "BACKUP", 24, 20),
    ("LOCALBANK", "Local Bank", "ENTERPRISE", 31, 40),
];

const FIRST: &[&str] = &[
    "Alder", "Birch", "Cedar", "Dover", "Ember", "Fjord", "Garnet", "Hazel", "Indigo", "Juniper", "Kestrel",
    "Linden", "Maple", "Nimbus", "Osprey", "Pioneer", "Quarry", "Raven", "Summit", "Tamarack", "Umber",
    "Vista", "Willow", "Xenon", "Yarrow", "Zephyr", "Aspen", "Beacon", "Canyon", "Delta",
];
const SECOND: &[&str] = &[
    "Logistics",
    "Dental Group",
    "Legal",
    "Manufacturing",
    "Foods",
    "Insurance",
    "Architects",
    "Clinic",
    "Schools",
    "Brewing",
    "Freight",
    "Media",
    "Hotels",
    "Realty",
    "Labs",
    "Motors",
    "Credit Union",
    "Textiles",
    "Energy",
    "Farms",
];

/// A repeatable stream of numbers (SplitMix64).
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// A stream of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below a bound.
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^= value >> 31;
        u32::try_from(value % u64::from(bound.max(1))).unwrap_or(0)
    }
}

/// So many customers who have so many machines between them, exactly.
pub fn customers(count: usize, machines: u32, seed: u64) -> Vec<DemoCustomer> {
    let mut numbers = Numbers::new(seed);
    let mut made: Vec<DemoCustomer> = NAMED
        .iter()
        .take(count)
        .map(|(code, name, plan, machines, agreed)| DemoCustomer {
            code: (*code).to_owned(),
            name: (*name).to_owned(),
            plan,
            machines: *machines,
            max_machines: Some(*agreed),
            trial: *code == "TECHSTART",
        })
        .collect();
    while made.len() < count {
        made.push(generated(made.len(), &mut numbers));
    }
    spread(&mut made, machines, &mut numbers);
    made
}

fn generated(index: usize, numbers: &mut Numbers) -> DemoCustomer {
    let first = FIRST.get(index % FIRST.len()).copied().unwrap_or("Alder");
    let second = SECOND.get((index * 7 + index / FIRST.len()) % SECOND.len()).copied().unwrap_or("Legal");
    let round = index / (FIRST.len() * SECOND.len());
    let name =
        if round == 0 { format!("{first} {second}") } else { format!("{first} {second} {}", round + 1) };
    let plan = match numbers.below(10) {
        0..=5 => "BACKUP",
        6..=8 => "ENTERPRISE",
        _ => "REPLICATION",
    };
    DemoCustomer {
        code: format!("{}{index}", first.to_ascii_uppercase()),
        name,
        plan,
        machines: 0,
        max_machines: None,
        trial: false,
    }
}

/// Gives the machines that are left to those who have none yet, some more, some less, exactly.
fn spread(customers: &mut [DemoCustomer], total: u32, numbers: &mut Numbers) {
    let named: u32 = customers.iter().map(|customer| customer.machines).sum();
    let open = customers.iter().filter(|customer| customer.machines == 0).count();
    let mut left = total.saturating_sub(named);
    let mut open = u32::try_from(open).unwrap_or(0);
    for customer in customers.iter_mut().filter(|customer| customer.machines == 0) {
        let average = left / open.max(1);
        let share =
            if open == 1 { left } else { (average / 2 + numbers.below(average.max(1) + 1)).min(left) };
        customer.machines = share;
        left -= share;
        open = open.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_met_exactly_and_each_time() {
        for (count, machines) in [(47, 2341), (1000, 10_000), (5, 220), (6, 300)] {
            let made = customers(count, machines, 1);
            assert_eq!(made.len(), count);
            assert_eq!(made.iter().map(|customer| customer.machines).sum::<u32>(), machines);
            let mut codes: Vec<_> = made.iter().map(|customer| customer.code.clone()).collect();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), count);
        }
        let names = |seed| {
            customers(47, 2341, seed).into_iter().map(|customer| customer.machines).collect::<Vec<_>>()
        };
        assert_eq!(names(1), names(1));
    }
}
