//! Rows of a form that come, go and change places: components, tiers, filters, discounts. A row has a number of its own
//! that its fields are named by. The numbers in their order are a field, too: so rows are kept like anything typed.

use std::sync::Arc;

use client::effect;
use kit::{Field, Form, optional};
use leptos::prelude::*;

use super::price_fields::Faults;

/// The fields of one row.
pub trait RowFields: Copy + Send + Sync + 'static {
    /// All of them: what goes with the row.
    fn all(self) -> Vec<Field>;
}

/// The rows of one kind. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Rows<T: RowFields> {
    form: Form,
    /// The numbers in their order; what is wrong with the rows as a whole is told here.
    pub order: Field,
    all: RwSignal<Vec<(u32, T)>>,
    /// The numbers of the rows that are there.
    ids: RwSignal<Vec<u32>>,
    next: StoredValue<u32>,
    make: StoredValue<Arc<dyn Fn(u32) -> T + Send + Sync>>,
    owner: StoredValue<Owner>,
}

fn read_order(text: &str) -> Vec<u32> {
    text.split(' ').filter_map(|id| id.parse().ok()).collect()
}

fn write_order(order: &[u32]) -> String {
    order.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

/// The order of so many rows, as it begins.
pub fn first_order(count: usize) -> String {
    write_order(&(0..u32::try_from(count).unwrap_or(0)).collect::<Vec<_>>())
}

/// Which row it is, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spot {
    pub id: u32,
    pub place: usize,
    pub last: bool,
}

/// One list for rows of all kinds: what Leptos does with a list is more code than the rows themselves.
fn shown(
    ids: RwSignal<Vec<u32>>,
    by_place: bool,
    view: Arc<dyn Fn(Spot) -> AnyView + Send + Sync>,
) -> AnyView {
    let each = move || {
        let ids = ids.get();
        let count = ids.len();
        let spot = |(place, id): (usize, u32)| {
            if by_place {
                Spot { id, place, last: place + 1 == count }
            } else {
                Spot { id, place: 0, last: false }
            }
        };
        ids.into_iter().enumerate().map(spot).collect::<Vec<_>>()
    };
    view! { <For each key=|spot| *spot children=move |spot| view(spot) /> }.into_any()
}

impl<T: RowFields> Rows<T> {
    /// The rows that this field orders; `make` makes the row of a number.
    pub fn new(form: Form, order: Field, make: impl Fn(u32) -> T + Send + Sync + 'static) -> Self {
        let rows = Self {
            form,
            order,
            all: RwSignal::new(Vec::new()),
            ids: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            make: StoredValue::new(Arc::new(make)),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
        };
        rows.follow();
        effect(move || {
            rows.order.value.track();
            rows.follow();
        });
        rows
    }

    /// Makes the rows those that the order names.
    fn follow(self) {
        let wanted = self.order.value.with_untracked(|order| read_order(order));
        let now = self.all.get_untracked();
        if now.iter().map(|(id, _)| *id).eq(wanted.iter().copied()) {
            return;
        }
        for (_, row) in now.iter().filter(|(id, _)| !wanted.contains(id)) {
            self.form.remove(&untrack(|| row.all()));
        }
        let make = self.make.get_value();
        let ids = wanted.clone();
        let rows = wanted
            .into_iter()
            .map(|id| {
                self.next.update_value(|next| *next = (*next).max(id + 1));
                let known = now.iter().find(|(other, _)| *other == id).copied();
                // A row's fields live as long as the form, whoever asked for them.
                known.unwrap_or_else(|| (id, self.owner.get_value().with(|| make(id))))
            })
            .collect();
        self.all.set(rows);
        self.ids.set(ids);
    }

    /// The rows, with their numbers.
    pub fn get(self) -> Vec<(u32, T)> {
        self.all.get()
    }

    /// How many there are.
    pub fn count(self) -> usize {
        self.ids.with(Vec::len)
    }

    /// Where a row stands, from 0.
    pub fn place(self, id: u32) -> usize {
        self.ids.with(|ids| ids.iter().position(|other| *other == id).unwrap_or_default())
    }

    /// The rows on the page. A row that says its place is another one in another place.
    pub fn shown(self, by_place: bool, row: impl Fn(Spot, T) -> AnyView + Send + Sync + 'static) -> AnyView {
        let all = self.all;
        let view = move |spot: Spot| {
            let found = all.with_untracked(|rows| rows.iter().find(|(id, _)| *id == spot.id).copied());
            found.map_or_else(|| ().into_any(), |(_, fields)| row(spot, fields))
        };
        shown(self.ids, by_place, Arc::new(view))
    }

    /// All fields of all rows, and their order.
    pub fn fields(self) -> Vec<Field> {
        self.get().into_iter().flat_map(|(_, row)| row.all()).chain([self.order]).collect()
    }

    fn reorder(self, change: impl FnOnce(&mut Vec<u32>)) {
        let mut order = self.order.value.with_untracked(|order| read_order(order));
        change(&mut order);
        self.order.value.set(write_order(&order));
    }

    /// Adds a row at the end, and says which.
    pub fn add(self) -> u32 {
        let id = self.next.get_value();
        self.reorder(|order| order.push(id));
        id
    }

    /// Adds a row at the end that begins with something.
    pub fn add_filled(self, fill: impl FnOnce(T)) {
        let id = self.add();
        self.follow();
        if let Some((_, row)) = self.all.get_untracked().into_iter().find(|(other, _)| *other == id) {
            fill(row);
        }
    }

    /// Takes a row out, and says which one is nearest now.
    pub fn take_out(self, id: u32) -> Option<u32> {
        let mut nearest = None;
        self.reorder(|order| {
            let at = order.iter().position(|other| *other == id).unwrap_or(order.len());
            order.retain(|other| *other != id);
            nearest = order.get(at).or(order.last()).copied();
        });
        nearest
    }

    /// Lets a row change places with the one before it, or the one after it.
    pub fn swap(self, id: u32, forward: bool) {
        self.reorder(|order| {
            let Some(at) = order.iter().position(|other| *other == id) else { return };
            let other = if forward { Some(at + 1) } else { at.checked_sub(1) };
            if let Some(other) = other.filter(|other| *other < order.len()) {
                order.swap(at, other);
            }
        });
    }

    /// A pointer below these rows, which counts places: the row that it means, its number, and the rest.
    pub fn named(self, below: &str) -> Option<(u32, T, String)> {
        let (place, rest) = below.split_once('/').unwrap_or((below, ""));
        let place: usize = place.parse().ok()?;
        let (id, row) = self.all.with(|rows| rows.get(place).copied())?;
        Some((id, row, rest.to_owned()))
    }
}

/// Makes the fields of a form; what the rules say is wrong with each is told by its id.
#[derive(Clone, Copy)]
pub struct Maker {
    pub form: Form,
    pub faults: RwSignal<Faults>,
}

impl Maker {
    /// A field that is checked together with all others.
    pub fn field(self, pointer: String, initial: impl Into<String>) -> Field {
        let field = self.form.field(pointer, initial.into(), optional);
        let (id, faults) = (field.id, self.faults);
        self.form.rule(field, move || faults.with(|faults| id.with_value(|id| faults.get(id).cloned())))
    }
}
