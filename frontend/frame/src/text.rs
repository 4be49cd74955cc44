//! What people read in both apps.

use client::texts;
use domain::{customers::CustomerStatus, permissions::Role};

texts! {
    a_day_on = "A day on";
    a_month_on = "A month on";
    a_year_on = "A year on";
    here_it_is(day) = "Here it is {day}.";
    sandbox = "Sandbox";
    time_passes = "Time passes";
    active = "Active";
    administrator = "Administrator";
    again_detail = "Your session has ended. Sign in again: everything stays as you left it.";
    again_title = "Sign in to go on";
    amount = "Amount";
    back_to_sign_in = "Back to the sign-in";
    base_fee_of(plan) = "Base fee, {plan}";
    billing = "Billing";
    broken = "Something went wrong in this page. Reload it to go on; what you typed is kept.";
    browser = "Browser";
    cancel = "Cancel";
    change_theme = "Light or dark";
    charged_once = "Charged once";
    choose_password = "Choose a password";
    closed = "Closed";
    could_not_sign_out = "You could not be signed out. Try again.";
    current_password = "Password until now";
    email = "Email";
    email_missing = "Enter your email address.";
    forbidden_detail = "Your role does not include this page. Ask an administrator if you need it.";
    forbidden_title = "You may not see this page";
    forgot_password = "Forgot your password?";
    forgot_password_detail = "Enter the address of your account. You get a mail with a link to set a new password.";
    go_home = "Go to the home page";
    go_to = "Go to";
    go_to_hint = "Page or customer…";
    help = "Help";
    home = "Home";
    invitation = "Invitation";
    invitation_over = "This invitation is over";
    invitation_over_detail = "It was accepted or taken back, or it has run out. Ask whoever invited you for a new one, or sign in.";
    invited_as(tenant, role) = "{tenant} invites you, as: {role}.";
    join = "Join";
    known_account = "You have an account with this address. Enter its password.";
    language = "Language";
    last_seen = "Last seen";
    link_over = "This link is over";
    link_over_detail = "It works once, and not for ever. Ask for a new one.";
    link_sent(email) = "If there is an account for {email}, a mail with a link is on its way.";
    link_sent_detail = "Nothing there after some minutes? Look among the spam, or check the address.";
    main = "Main";
    more_pages = "More";
    name = "Name";
    new_password = "New password";
    not_found_detail = "The address may be mistyped, or what was here is gone.";
    not_found_title = "There is no such page";
    nothing_found = "Nothing of this name.";
    operator = "Operator";
    other_app = "This is not the right place";
    other_app_detail = "You are signed in, but these pages are for other people. Sign out, or go to the address that you were given.";
    overview = "Overview";
    owner = "Owner";
    password = "Password";
    password_changed = "The password is changed.";
    password_hint = "10 characters or more; a few words are better than one.";
    password_missing = "Enter your password.";
    password_short = "Enter at least 10 characters.";
    platform_administrator = "Platform administrator";
    platform_support = "Platform support";
    profile = "Profile";
    quantity = "Quantity";
    questions = "Questions?";
    role_word = "Role";
    save = "Save";
    saved = "Saved.";
    send_link = "Send me a link";
    sessions = "Where you are signed in";
    set_password = "Set the password";
    sign_in = "Sign in";
    sign_in_to(name) = "Sign in to {name}";
    sign_out = "Sign out";
    skip = "Skip to the content";
    suspended = "Suspended";
    this_browser = "This browser";
    net = "Net";
    rate = "Rate";
    taxes = "Taxes";
    percent(number) = "{number} %";
    tax_of(name, percent, base) = "{name} {percent} on {base}";
    tax_in(name, percent, base) = "{name} {percent} on {base}, included";
    reverse_charge = "Reverse charge: the recipient of the service owes the tax (Article 196 of Directive 2006/112/EC).";
    tax_exempt(reason) = "Exempt from tax: {reason}";
    total = "Total";
    trial = "Trial";
    unknown_browser = "Unknown";
    usage = "Usage";
    viewer = "Viewer";
    work_in(name) = "Go to {name}";
    you = "You";
    your_name = "Your name";
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
        let all = [
            super::ALL,
            crate::dunning::text::ALL,
            crate::invoice_check::text::ALL,
            crate::payment_methods::text::ALL,
        ]
        .concat();
        assert_eq!(client::language::faults(&all, include_str!("../text/de.json")), Vec::<String>::new());
    }
}
