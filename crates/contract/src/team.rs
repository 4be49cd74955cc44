//! The people of a tenant and of its customers.

use chrono::{DateTime, Utc};
use domain::{
    ids::{CustomerId, InvitationId, MembershipId, UserId},
    permissions::Role,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A person's place in the tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// The id of the place.
    pub id: MembershipId,
    /// The account.
    pub user_id: UserId,
    /// The person's address.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// What the person is here.
    pub role: Role,
    /// The customer whose people the person is one of.
    pub customer_id: Option<CustomerId>,
    /// The customers that the person is limited to; absent where there is no such limit.
    pub only_customers: Option<Vec<CustomerId>>,
    /// Shut out for now.
    pub suspended: bool,
    /// Counts its changes; the same as the `ETag`.
    pub version: i32,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// What is to change about a person's place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateMember {
    /// What the person is from now on.
    pub role: Role,
    /// The customers to limit the person to; none of this kind where it is absent. At most 500.
    #[serde(default)]
    pub only_customers: Option<Vec<CustomerId>>,
    /// Shut out for now.
    #[serde(default)]
    pub suspended: bool,
}

/// Somebody to be invited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateInvitation {
    /// Where the invitation goes.
    pub email: String,
    /// As what. A customer's people: `customer_owner`, `customer_viewer`.
    pub role: Role,
    /// The customers to limit the person to. At most 500.
    #[serde(default)]
    pub only_customers: Option<Vec<CustomerId>>,
}

/// An invitation that nobody has answered yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Whom.
    pub email: String,
    /// As what.
    pub role: Role,
    /// As one of whose people.
    pub customer_id: Option<CustomerId>,
    /// The customers that the person will be limited to.
    pub only_customers: Option<Vec<CustomerId>>,
    /// Who sent it.
    pub invited_by: String,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
}

/// Which page of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Rows per page, 1 to 200; 50 where it is not given.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
