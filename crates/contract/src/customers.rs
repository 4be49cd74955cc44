//! Customers of an MSP.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    customers::CustomerStatus, dates::Day, ids::CustomerId, limits::Limits, tax::countries::Country,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::double_option;

/// A customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// The code that stands for it in addresses.
    pub code: String,
    /// The company.
    pub company_name: String,
    /// The person to talk to.
    pub contact_name: Option<String>,
    /// Where mail goes, invoices included.
    pub contact_email: Option<String>,
    /// Where calls go.
    pub phone: Option<String>,
    /// The postal address, as it is printed on invoices.
    pub address: Option<String>,
    /// The tax number, as it is printed on invoices.
    pub tax_id: Option<String>,
    /// Where it is, as far as tax goes; none is taken for where the tenant is.
    #[serde(default)]
    pub country: Option<Country>,
    /// The part of the country: the second half of its ISO 3166-2 code.
    #[serde(default)]
    pub region: Option<String>,
    /// Why it pays no tax, where it does not; printed on invoices.
    #[serde(default)]
    pub tax_exempt: Option<String>,
    /// What the customer is called in another system.
    pub external_ref: Option<String>,
    /// Notes of the staff; the customer never sees them.
    pub notes: Option<String>,
    /// When the trial ends.
    pub trial_ends_on: Option<NaiveDate>,
    /// Named switches.
    pub feature_flags: BTreeMap<String, bool>,
    /// Where it stands.
    pub status: CustomerStatus,
    /// Since when it has been suspended.
    pub suspended_at: Option<DateTime<Utc>>,
    /// Why it was suspended.
    pub suspended_reason: Option<String>,
    /// What it may use at most.
    pub limits: Limits,
    /// Counts its changes; the same as the `ETag`.
    pub version: i32,
    /// When it was taken on.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A customer to be taken on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCustomer {
    /// The company; up to 200 characters.
    pub company_name: String,
    /// 2 to 32 of `A-Z`, `0-9`, `-`, `_`. Made from the name where it is not given.
    #[serde(default, alias = "customer_code")]
    pub code: Option<String>,
    /// The person to talk to.
    #[serde(default)]
    pub contact_name: Option<String>,
    /// Where mail goes, invoices included.
    #[serde(default)]
    pub contact_email: Option<String>,
    /// Where calls go.
    #[serde(default)]
    pub phone: Option<String>,
    /// The postal address, as it is printed on invoices.
    #[serde(default)]
    pub address: Option<String>,
    /// The tax number, as it is printed on invoices. One that begins as the VAT numbers of `country` do has to be a valid
    /// one.
    #[serde(default)]
    pub tax_id: Option<String>,
    /// Where it is, as far as tax goes; none is taken for where the tenant is.
    #[serde(default)]
    pub country: Option<Country>,
    /// The part of the country: the second half of its ISO 3166-2 code.
    #[serde(default)]
    pub region: Option<String>,
    /// Why it pays no tax, where it does not; printed on invoices. Up to 200 characters.
    #[serde(default)]
    pub tax_exempt: Option<String>,
    /// What the customer is called in another system.
    #[serde(default)]
    pub external_ref: Option<String>,
    /// Notes of the staff.
    #[serde(default)]
    pub notes: Option<String>,
    /// `trial` or `active`; `active` where it is not given.
    #[serde(default)]
    pub status: Option<CustomerStatus>,
    /// When the trial ends.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>)]
    pub trial_ends_on: Option<Day>,
    /// Named switches.
    #[serde(default)]
    pub feature_flags: BTreeMap<String, bool>,
    /// What it may use at most.
    #[serde(default)]
    pub limits: Limits,
    /// Id or code of an active plan to subscribe the customer to from today. Needs `subscriptions:write` too.
    #[serde(default)]
    pub plan: Option<String>,
}

/// What is to change about a customer; what is absent stays, what is `null` is emptied.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateCustomer {
    /// The company.
    pub company_name: Option<String>,
    /// The person to talk to.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub contact_name: Option<Option<String>>,
    /// Where mail goes, invoices included.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub contact_email: Option<Option<String>>,
    /// Where calls go.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub phone: Option<Option<String>>,
    /// The postal address.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub address: Option<Option<String>>,
    /// The tax number.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tax_id: Option<Option<String>>,
    /// Where it is, as far as tax goes.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Country>)]
    pub country: Option<Option<Country>>,
    /// The part of the country.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub region: Option<Option<String>>,
    /// Why it pays no tax, where it does not.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tax_exempt: Option<Option<String>>,
    /// What the customer is called in another system.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub external_ref: Option<Option<String>>,
    /// Notes of the staff.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub notes: Option<Option<String>>,
    /// When the trial ends.
    #[serde(deserialize_with = "double_option", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NaiveDate>)]
    pub trial_ends_on: Option<Option<Day>>,
    /// Named switches; the whole set.
    pub feature_flags: Option<BTreeMap<String, bool>>,
}

/// Why a customer is suspended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SuspendCustomer {
    /// Shown to the staff; up to 500 characters.
    pub reason: Option<String>,
}

/// In which order customers are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum CustomerSort {
    /// By name.
    #[default]
    #[serde(rename = "name")]
    Name,
    /// By name, the last first.
    #[serde(rename = "-name")]
    NameDown,
    /// By code.
    #[serde(rename = "code")]
    Code,
    /// By code, the last first.
    #[serde(rename = "-code")]
    CodeDown,
    /// Those taken on first, first.
    #[serde(rename = "created")]
    Oldest,
    /// Those taken on last, first.
    #[serde(rename = "-created")]
    Newest,
    /// By the name of their state, and in each by name.
    #[serde(rename = "status")]
    Status,
    /// The same backwards.
    #[serde(rename = "-status")]
    StatusDown,
}

/// Which customers are wanted.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ListCustomers {
    /// Part of the name, code, contact or external reference.
    #[param(max_length = 200)]
    pub q: Option<String>,
    /// Only those in this state.
    pub status: Option<CustomerStatus>,
    /// The order; `name` where it is not given.
    pub sort: Option<CustomerSort>,
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
