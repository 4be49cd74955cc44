//! What people read of payment methods.

use client::texts;

texts! {
    add_method = "Add a payment method";
    ask_for_method = "Ask for a payment method";
    ask_for_method_detail(when) = "Send this address to the customer. On the page it saves a card or a bank account; the address can be used until {when}.";
    bank_account = "Bank account";
    card = "Card";
    charge_failed(reason) = "The saved payment method was declined: {reason}";
    charge_method(method) = "Charge {method}";
    charge_under_way = "The saved payment method is being charged.";
    charged = "The invoice has been paid.";
    close = "Close";
    for_invoices = "Charged for invoices";
    method_expires(month) = "Until {month}";
    method_is_coming = "Thank you. The payment method shows here in a moment.";
    method_removed(method) = "{method} has been removed.";
    method_saved = "The payment method has been saved. Invoices are charged to it when they are issued.";
    method_takes_longer = "The payment method is not here yet. This can take a while; come back later.";
    no_methods = "None is saved. With one, invoices are paid when they are issued.";
    payment_is_processing(amount) = "A payment of {amount} is on its way. The bank takes some days; nothing needs to be done until then.";
    payment_method = "Payment method";
    payment_methods = "Payment methods";
    remove_method = "Remove";
    remove_method_detail = "It is forgotten here and at the payment provider. Invoices are charged to it no more.";
    remove_method_named(method) = "Remove {method}";
    remove_method_title(method) = "Remove {method}?";
    use_for_invoices = "Use for invoices";
}
