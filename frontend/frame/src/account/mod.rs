//! What a person does about her own account: the same in both apps.
#![allow(unsafe_code, reason = "what the macro of the parts writes")]

mod invitation;
mod password;
mod profile;

use crate::{
    pages::{Access, Page, Place},
    text,
};

crate::parts! {
    account: forgot_password = password::ForgotPassword;
    account: reset_password = password::ResetPassword;
    account: invitation = invitation::Invitation;
    account: profile = profile::Profile;
    finder: finder = crate::palette::Finder;
}

/// The pages.
pub(crate) const PAGES: &[Page] = &[
    Page {
        path: "/forgot-password",
        title: text::forgot_password,
        access: Access::Open,
        place: Place::None,
        load: || Box::pin(forgot_password()),
    },
    Page {
        path: "/reset-password",
        title: text::new_password,
        access: Access::Open,
        place: Place::None,
        load: || Box::pin(reset_password()),
    },
    Page {
        path: "/invitation",
        title: text::invitation,
        access: Access::Open,
        place: Place::None,
        load: || Box::pin(invitation()),
    },
    Page {
        path: "/profile",
        title: text::profile,
        access: Access::SignedIn,
        place: Place::None,
        load: || Box::pin(profile()),
    },
];

/// What is wrong with a new password. The server has the last word.
fn long_enough(password: &str) -> Option<String> {
    (password.chars().count() < 10).then(|| text::password_short().to_owned())
}
