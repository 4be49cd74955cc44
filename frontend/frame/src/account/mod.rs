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
    door: sign_in = crate::sign_in::SignIn;
    door: sign_in_again = crate::again::Question;
    finder: finder = crate::palette::Finder;
}

/// Where one says who one is.
pub(crate) const SIGN_IN: &str = "/sign-in";

/// The pages.
pub(crate) const PAGES: &[Page] = &[
    Page {
        path: SIGN_IN,
        title: text::sign_in,
        access: Access::Open,
        place: Place::None,
        load: || Box::pin(sign_in()),
    },
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
