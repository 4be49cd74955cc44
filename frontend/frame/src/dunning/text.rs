//! What people read of an invoice that is not paid.

use client::texts;

texts! {
    cancellation = "Cancellation of the subscription";
    charge = "Charge to the saved payment method";
    done_on(day) = "Done on {day}";
    late_fee = "Late fee on the next invoice";
    late_fee_of(amount) = "Late fee of {amount} on the next invoice";
    left_out(day, reason) = "Left out on {day}: {reason}";
    pause = "Pause of the subscription";
    planned_for(day, relative) = "Planned for {day}, {relative}";
    reminder = "Reminder by mail";
    why_already_paused = "the subscription was paused already";
    why_ended = "the subscription had ended";
    why_no_method = "no payment method was saved";
    why_nothing = "the fee would have come to nothing";
    why_other(code) = "it was not possible ({code})";
    why_other_currency = "the fee is in another currency";
    why_too_late = "the invoice was due already";
}
