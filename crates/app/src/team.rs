//! The people of a tenant.

mod invite;
mod members;

pub use invite::{Invite, invite, invite_in_the_name_of, revoke_invitation};
pub use members::{remove_member, update_member};
