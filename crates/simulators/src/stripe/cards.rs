//! Stripe's test cards.

use super::debits;

/// What the bank says of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approve,
    Decline(&'static Decline),
    /// It can be saved, and fails whenever it is charged.
    SaveOnly(&'static Decline),
    /// 3-D Secure first; then this.
    Authenticate(Away, Option<&'static Decline>),
    /// A bank account: the bank takes days, and it is paid then, or refused.
    Debit(Option<&'static Decline>),
}

/// Whether a card that asks for 3-D Secure does so while its holder is away, which nobody can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Away {
    Asks,
    AsksUnlessSetUp,
    Passes,
}

/// What becomes of a refund to a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Refunds {
    #[default]
    Succeed,
    /// They are pending at first, and succeed later.
    Pend,
    /// They succeed at first, and fail later.
    Fail,
}

/// A refusal in Stripe's words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decline {
    pub(crate) code: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) message: &'static str,
}

/// A test card, by its number or by the payment method that stands for it; or a bank account.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Card {
    pub(crate) number: &'static str,
    pub(crate) token: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) verdict: Verdict,
}

static GENERIC: Decline =
    Decline { code: "card_declined", reason: "generic_decline", message: "Your card was declined." };
static FUNDS: Decline = Decline {
    code: "card_declined",
    reason: "insufficient_funds",
    message: "Your card has insufficient funds.",
};
static EXPIRED: Decline =
    Decline { code: "expired_card", reason: "expired_card", message: "Your card has expired." };
static CVC: Decline = Decline {
    code: "incorrect_cvc",
    reason: "incorrect_cvc",
    message: "Your card's security code is incorrect.",
};
static PROCESSING: Decline = Decline {
    code: "processing_error",
    reason: "processing_error",
    message: "An error occurred while processing your card. Try again in a little bit.",
};
/// The bank wants to hear from a card holder who is away.
pub(crate) static AUTHENTICATION_REQUIRED: Decline = Decline {
    code: "authentication_required",
    reason: "authentication_required",
    message: "Your card was declined. This transaction requires authentication.",
};
/// As [`NOT_AUTHENTICATED`], of a card that was to be saved.
pub(crate) static SETUP_NOT_AUTHENTICATED: Decline = Decline {
    code: "setup_intent_authentication_failure",
    reason: "",
    message: "The latest attempt to set up the payment method has failed because authentication failed.",
};
/// The card holder's bank could not make sure who is paying.
pub(crate) static NOT_AUTHENTICATED: Decline = Decline {
    code: "payment_intent_authentication_failure",
    reason: "",
    message: "We are unable to authenticate your payment method. Please choose a different payment method and try \
              again.",
};

macro_rules! cards {
    ($($number:literal $token:literal $brand:literal $verdict:expr;)*) => {
        static CARDS: &[Card] = &[
            $(Card { number: $number, token: $token, brand: $brand, verdict: $verdict },)*
        ];
    };
}

cards! {
    "4242424242424242" "pm_card_visa" "visa" Verdict::Approve;
    "4000056655665556" "pm_card_visa_debit" "visa" Verdict::Approve;
    "5555555555554444" "pm_card_mastercard" "mastercard" Verdict::Approve;
    "378282246310005" "pm_card_amex" "amex" Verdict::Approve;
    "4000000000000259" "pm_card_createDispute" "visa" Verdict::Approve;
    "4000000000007726" "pm_card_pendingRefund" "visa" Verdict::Approve;
    "4000000000005126" "pm_card_refundFail" "visa" Verdict::Approve;
    "4000000000000002" "pm_card_chargeDeclined" "visa" Verdict::Decline(&GENERIC);
    "4000000000009995" "pm_card_chargeDeclinedInsufficientFunds" "visa" Verdict::Decline(&FUNDS);
    "4000000000000069" "pm_card_chargeDeclinedExpiredCard" "visa" Verdict::Decline(&EXPIRED);
    "4000000000000127" "pm_card_chargeDeclinedIncorrectCvc" "visa" Verdict::Decline(&CVC);
    "4000000000000119" "pm_card_chargeDeclinedProcessingError" "visa" Verdict::Decline(&PROCESSING);
    "4000000000000341" "pm_card_chargeCustomerFail" "visa" Verdict::SaveOnly(&GENERIC);
    "4000002500003155" "pm_card_authenticationRequiredOnSetup" "visa"
        Verdict::Authenticate(Away::AsksUnlessSetUp, None);
    "4000002760003184" "pm_card_authenticationRequired" "visa" Verdict::Authenticate(Away::Asks, None);
    "4000003800000446" "pm_card_authenticationRequiredSetupForOffSession" "visa"
        Verdict::Authenticate(Away::Passes, None);
    "4000000000003220" "pm_card_threeDSecure2Required" "visa" Verdict::Authenticate(Away::Asks, None);
    "4000008260003178" "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds" "visa"
        Verdict::Authenticate(Away::AsksUnlessSetUp, Some(&FUNDS));
}

impl Card {
    /// By number, written with or without spaces.
    pub(crate) fn by_number(number: &str) -> Option<&'static Self> {
        let digits: String = number.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        CARDS.iter().chain(debits::ACCOUNTS).find(|card| card.number == digits)
    }

    pub(crate) fn by_token(token: &str) -> Option<&'static Self> {
        CARDS.iter().find(|card| card.token == token)
    }

    /// Whether it is a bank account.
    pub(crate) fn is_debit(&self) -> bool {
        matches!(self.verdict, Verdict::Debit(_))
    }

    /// Whether its holder's bank disputes what was paid.
    pub(crate) fn disputes(&self) -> bool {
        self.token == "pm_card_createDispute"
    }

    /// What becomes of refunds to it.
    pub(crate) fn refunds(&self) -> Refunds {
        match self.token {
            "pm_card_pendingRefund" => Refunds::Pend,
            "pm_card_refundFail" => Refunds::Fail,
            _ => Refunds::Succeed,
        }
    }

    pub(crate) fn last4(&self) -> &'static str {
        &self.number[self.number.len() - 4..]
    }
}

#[cfg(test)]
mod tests {
    use super::{CARDS, Card, Verdict};

    /// The check digit of card numbers.
    fn luhn(number: &str) -> bool {
        let sum: u32 = number
            .bytes()
            .rev()
            .enumerate()
            .map(|(index, byte)| {
                let digit = u32::from(byte - b'0') * if index % 2 == 1 { 2 } else { 1 };
                digit / 10 + digit % 10
            })
            .sum();
        sum.is_multiple_of(10)
    }

    #[test]
    fn the_numbers_are_valid_and_found() {
        for card in CARDS {
            assert!(luhn(card.number), "{}", card.number);
            assert_eq!(Card::by_number(card.number), Some(card));
            assert_eq!(Card::by_token(card.token), Some(card));
        }
        assert_eq!(Card::by_number("4242 4242-4242 4242").map(Card::last4), Some("4242"));
        assert!(Card::by_number("4111111111111111").is_none());
        let declined = Card::by_number("4000 0000 0000 0002").map(|card| card.verdict);
        assert!(matches!(declined, Some(Verdict::Decline(_))));
    }
}
