//! What people read in both apps.

use client::texts;
use domain::{customers::CustomerStatus, permissions::Role};

texts! {
    active = "Active";
    administrator = "Administrator";
    again_detail = "Your session has ended. Sign in again: everything stays as you left it.";
    again_title = "Sign in to go on";
    broken = "Something went wrong in this page. Reload it to go on; what you typed is kept.";
    billing = "Billing";
    cancel = "Cancel";
    change_theme = "Light or dark";
    closed = "Closed";
    could_not_sign_out = "You could not be signed out. Try again.";
    email = "Email";
    email_missing = "Enter your email address.";
    forbidden_detail = "Your role does not include this page. Ask an administrator if you need it.";
    forbidden_title = "You may not see this page";
    forgot_password = "Forgot your password?";
    go_home = "Go to the home page";
    help = "Help";
    home = "Home";
    main = "Main";
    more_pages = "More";
    name = "Name";
    not_found_detail = "The address may be mistyped, or what was here is gone.";
    not_found_title = "There is no such page";
    operator = "Operator";
    other_app = "This is not the right place";
    other_app_detail = "You are signed in, but these pages are for other people. Sign out, or go to the address that you were given.";
    overview = "Overview";
    owner = "Owner";
    password = "Password";
    password_missing = "Enter your password.";
    platform_administrator = "Platform administrator";
    platform_support = "Platform support";
    profile = "Profile";
    questions = "Questions?";
    sign_in = "Sign in";
    sign_in_to(name) = "Sign in to {name}";
    sign_out = "Sign out";
    skip = "Skip to the content";
    suspended = "Suspended";
    trial = "Trial";
    usage = "Usage";
    viewer = "Viewer";
    work_in(name) = "Go to {name}";
}

/// Where a customer stands.
pub fn customer_status(status: CustomerStatus) -> &'static str {
    match status {
        CustomerStatus::Trial => trial(),
        CustomerStatus::Active => active(),
        CustomerStatus::Suspended => suspended(),
        CustomerStatus::Closed => closed(),
    }
}

/// What a role is called.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::PlatformAdmin => platform_administrator(),
        Role::PlatformSupport => platform_support(),
        Role::MspAdmin => administrator(),
        Role::MspOperator => operator(),
        Role::MspBilling => billing(),
        Role::CustomerOwner => owner(),
        Role::CustomerViewer => viewer(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_german_catalogue_is_complete() {
        assert_eq!(
            client::language::faults(super::ALL, include_str!("../text/de.json")),
            Vec::<String>::new()
        );
    }
}
