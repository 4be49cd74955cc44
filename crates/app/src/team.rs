//! The people of a tenant.

mod invite;
mod members;

pub use invite::{Invite, invite, invite_as_system, revoke_invitation};
pub use members::{remove_member, update_member};
