//! VAT identification numbers of the European Union: their forms and their check digits.
//!
//! A number that passes here need not exist: only the states' registers know that. Where published rules
//! differ, or are known to have exceptions, the laxer one is taken. To refuse a real number does more harm
//! than to let a mistyped one through.

use std::fmt;

/// A VAT identification number of a member state, or of Northern Ireland, in its normal form: the prefix and
/// what follows it, in upper case and without spaces.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VatId {
    text: String,
    country: &'static str,
}

/// Why a text is not a VAT identification number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VatIdError {
    /// The text does not begin as the numbers of any member state, or of Northern Ireland, do.
    #[error("expected a member state's prefix first, such as DE, EL for Greece or XI for Northern Ireland")]
    UnknownPrefix,
    /// What follows the prefix is too short, too long, or has a letter or digit where there is none.
    #[error("expected {expected}")]
    Form {
        /// Whose prefix it is, as [`VatId::country`] says it.
        country: &'static str,
        /// The form of that country's numbers, in words.
        expected: &'static str,
    },
    /// The form is right, but the digits do not fit each other: at least one of them is wrong.
    #[error("the check digits do not match: a digit or letter is mistyped")]
    CheckDigit,
}

impl VatId {
    /// Reads a number as people write it: with spaces, dots, hyphens and slashes, in upper or lower case.
    ///
    /// Greek numbers may begin with `GR`, and old Belgian and Greek ones may lack the zero that was later put
    /// in front of them.
    pub fn parse(text: &str) -> Result<Self, VatIdError> {
        let text = compact(text);
        let (prefix, body) = text.split_at_checked(2).ok_or(VatIdError::UnknownPrefix)?;
        let prefix = if prefix == "GR" { "EL" } else { prefix };
        let known = SCHEMES.iter().find(|(known, ..)| *known == prefix);
        let (prefix, expected, forms) = *known.ok_or(VatIdError::UnknownPrefix)?;
        let country = if prefix == "EL" { "GR" } else { prefix };
        let zero = if matches!((prefix, body.len()), ("BE", 9) | ("EL", 8)) { "0" } else { "" };
        let body = format!("{zero}{body}");

        let form = forms.iter().find(|(pattern, _)| fits(pattern, &body));
        let (_, check) = form.ok_or(VatIdError::Form { country, expected })?;
        let digits: Vec<u32> = body.chars().map(|letter| letter.to_digit(36).unwrap_or(0)).collect();
        // Zeros alone satisfy most sums, and are nobody's number.
        let zeros = !body.contains(|letter| matches!(letter, '1'..='9'));
        if zeros || !check(&digits) {
            return Err(VatIdError::CheckDigit);
        }
        Ok(Self { text: format!("{prefix}{body}"), country })
    }

    /// The normal form, such as `DE136695976`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The country by ISO 3166 code: `GR` for the prefix `EL`. Northern Ireland, which has no code of its own
    /// there, is `XI`.
    pub fn country(&self) -> &'static str {
        self.country
    }
}

impl fmt::Display for VatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Takes out what people put between the digits; the hyphens include those that word processors make of `-`.
fn compact(text: &str) -> String {
    text.chars()
        .filter(|letter| {
            !letter.is_whitespace() && !matches!(letter, '.' | '-' | '/' | '\u{2010}'..='\u{2013}')
        })
        .map(|letter| letter.to_ascii_uppercase())
        .collect()
}

/// Whether the check digits of a number fit. It gets the characters behind the prefix as digits to base 36
/// (A is 10, Z is 35) and is only asked about what has the form that stands beside it.
type Check = fn(&[u32]) -> bool;

/// The numbers of one country: their prefix, their form in words, and the patterns (see [`fits`]) of what
/// follows the prefix.
type Scheme = (&'static str, &'static str, &'static [(&'static str, Check)]);

/// Whether a text has the form of a pattern. In it, `#` stands for a digit, `~` for one that may be missing
/// at the front, `@` for a letter, `?` for a digit or a letter other than I and O, `+` for a letter, a plus
/// sign or an asterisk, and everything else for itself.
fn fits(pattern: &str, text: &str) -> bool {
    let mut text = text.bytes().rev();
    let all = pattern.bytes().rev().all(|sign| match (sign, text.next()) {
        (b'~', None) => true,
        (_, None) => false,
        (b'#' | b'~', Some(byte)) => byte.is_ascii_digit(),
        (b'@', Some(byte)) => byte.is_ascii_uppercase(),
        (b'?', Some(byte)) => byte.is_ascii_alphanumeric() && !b"IO".contains(&byte),
        (b'+', Some(byte)) => byte.is_ascii_uppercase() || b"+*".contains(&byte),
        (_, Some(byte)) => byte == sign,
    });
    all && text.next().is_none()
}

const SCHEMES: &[Scheme] = &[
    ("AT", "ATU and 8 digits", &[("U########", austria)]),
    ("BE", "BE and 10 digits, the first of them 0 or 1", &[("0#########", belgium), ("1#########", belgium)]),
    (
        "BG",
        "BG and 9 or 10 digits",
        &[
            ("#########", |d| two_steps(d, &[1, 2, 3, 4, 5, 6, 7, 8], &[3, 4, 5, 6, 7, 8, 9, 10])),
            ("##########", bulgaria_person),
        ],
    ),
    ("CY", "CY, 8 digits and a letter", &[("########@", cyprus)]),
    (
        "CZ",
        "CZ and 8, 9 or 10 digits",
        &[
            ("########", |d| ends_with(d, (11 - weighted(d, &[8, 7, 6, 5, 4, 3, 2]) % 11) % 10)),
            ("6########", |d| ends_with(d, (weighted(d, &[0, 8, 7, 6, 5, 4, 3, 2]) % 11 + 8) % 10)),
            // The birth numbers given out until 1953 have no check digit.
            ("#########", |_| true),
            ("##########", |d| number(d) / 10 % 11 % 10 == number(d) % 10),
        ],
    ),
    ("DE", "DE and 9 digits", &[("#########", mod_11_10)]),
    ("DK", "DK and 8 digits", &[("########", |d| divisible(d, &[2, 7, 6, 5, 4, 3, 2, 1], 11))]),
    ("EE", "EE and 9 digits", &[("#########", |d| divisible(d, &[3, 7, 1, 3, 7, 1, 3, 7, 1], 10))]),
    (
        "EL",
        "EL and 9 digits",
        &[("#########", |d| ends_with(d, weighted(d, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10))],
    ),
    (
        "ES",
        "ES and 9 characters: 7 digits, and a letter before or after them or both",
        &[("########@", spain), ("@########", spain), ("@#######@", spain)],
    ),
    ("FI", "FI and 8 digits", &[("########", |d| divisible(d, &[7, 9, 10, 5, 8, 4, 2, 1], 11))]),
    ("FR", "FR, 2 digits or letters other than I and O, and 9 digits", &[("??#########", france)]),
    ("HR", "HR and 11 digits", &[("###########", mod_11_10)]),
    ("HU", "HU and 8 digits", &[("########", |d| divisible(d, &[9, 7, 3, 1, 9, 7, 3, 1], 10))]),
    (
        "IE",
        "IE, 7 digits and 1 or 2 letters",
        &[
            ("#######@", |d| ireland(d, &[8, 7, 6, 5, 4, 3, 2])),
            ("#######@@", |d| ireland(d, &[8, 7, 6, 5, 4, 3, 2])),
            // The old style: the first digit comes last in the sum, and the sign beside it does not count.
            ("#+#####@", |d| ireland(d, &[2, 0, 7, 6, 5, 4, 3])),
        ],
    ),
    ("IT", "IT and 11 digits", &[("###########", luhn)]),
    ("LT", "LT and 9 or 12 digits", &[("#########", lithuania), ("############", lithuania)]),
    ("LU", "LU and 8 digits", &[("########", |d| number(d) / 100 % 89 == number(d) % 100)]),
    ("LV", "LV and 11 digits", &[("###########", latvia)]),
    ("MT", "MT and 8 digits", &[("########", |d| divisible(d, &[3, 4, 6, 7, 8, 9, 10, 1], 37))]),
    ("NL", "NL, 9 digits, the letter B and 2 digits", &[("#########B##", netherlands)]),
    ("PL", "PL and 10 digits", &[("##########", |d| divisible(d, &[6, 5, 7, 2, 3, 4, 5, 6, 7, 10], 11))]),
    (
        "PT",
        "PT and 9 digits",
        &[("#########", |d| ends_with(d, (11 - weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 11 % 10))],
    ),
    ("RO", "RO and 2 to 10 digits", &[("~~~~~~~~##", romania)]),
    ("SE", "SE and 12 digits", &[("############", sweden)]),
    ("SI", "SI and 8 digits", &[("########", slovenia)]),
    ("SK", "SK and 10 digits", &[("##########", |d| number(d).is_multiple_of(11))]),
    (
        "XI",
        "XI and 9 or 12 digits, or XIGD or XIHA and 3 digits",
        &[
            ("#########", united_kingdom),
            // The last three digits tell the branch.
            ("############", united_kingdom),
            // Government departments and health authorities have no check digit, but a range each.
            ("GD###", |d| number(d) % 1000 < 500),
            ("HA###", |d| number(d) % 1000 >= 500),
        ],
    ),
];

// The sums below cannot overflow: no form has more than twelve characters, and no weight is above 256.

/// The sum of the digits times the weights, as far as there are weights.
fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// Whether the weighted sum is a multiple of the modulus.
fn divisible(digits: &[u32], weights: &[u32], modulus: u32) -> bool {
    weighted(digits, weights).is_multiple_of(modulus)
}

/// The digits read as one number.
fn number(digits: &[u32]) -> u64 {
    digits.iter().fold(0, |number, digit| number * 10 + u64::from(*digit))
}

/// Whether the last character is the wanted one.
fn ends_with(digits: &[u32], check: u32) -> bool {
    digits.last() == Some(&check)
}

/// The sum of the digits. Every second one from the right is doubled, and then its own digits are added.
fn luhn_sum(digits: &[u32]) -> u32 {
    let products = digits.iter().rev().zip([1, 2].into_iter().cycle()).map(|(digit, weight)| digit * weight);
    products.map(|product| product / 10 + product % 10).sum()
}

/// Luhn's formula.
fn luhn(digits: &[u32]) -> bool {
    luhn_sum(digits).is_multiple_of(10)
}

/// ISO 7064, MOD 11,10.
fn mod_11_10(digits: &[u32]) -> bool {
    let step = |product, digit: &u32| match (product + digit) % 10 {
        0 => 9,
        sum => sum * 2 % 11,
    };
    digits.split_last().is_some_and(|(check, rest)| (rest.iter().fold(10, step) + check) % 10 == 1)
}

/// The remainder by 11, and where that is 10, the one with other weights.
fn two_steps(digits: &[u32], first: &[u32], second: &[u32]) -> bool {
    let Some((check, rest)) = digits.split_last() else { return false };
    let wanted = match weighted(rest, first) % 11 {
        10 => weighted(rest, second) % 11 % 10,
        remainder => remainder,
    };
    *check == wanted
}

fn austria(digits: &[u32]) -> bool {
    matches!(digits, [_u, digits @ .., check] if (luhn_sum(digits) + check + 4).is_multiple_of(10))
}

fn belgium(digits: &[u32]) -> bool {
    let number = number(digits);
    number / 100 % 97 + number % 100 == 97
}

/// Citizens, foreigners and others all have ten digits, but a rule each; a number does not tell whose it is.
fn bulgaria_person(digits: &[u32]) -> bool {
    ends_with(digits, weighted(digits, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10)
        || ends_with(digits, weighted(digits, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10)
        || divisible(digits, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1], 11)
}

fn cyprus(digits: &[u32]) -> bool {
    let spread = |digit| match digit {
        0 => 1,
        1 => 0,
        2..=4 => digit * 2 + 1,
        _ => digit * 2 + 3,
    };
    let (pairs, letter) = digits.as_chunks::<2>();
    letter == [10 + pairs.iter().map(|[odd, even]| spread(*odd) + even).sum::<u32>() % 26]
}

fn spain(digits: &[u32]) -> bool {
    const LETTERS: &str = "trwagmyfpdxbnjzsqvhlcke";
    let [first, middle @ .., last] = digits else { return false };
    let sign = |digit: &u32| char::from_digit(*digit, 36).unwrap_or_default();
    let person = |id: u64| LETTERS.find(sign(last)).is_some_and(|at| u64::try_from(at) == Ok(id % 23));
    // Sources differ on which companies end with a digit and which with a letter: J for 0, A for 1 and so on.
    let company = || {
        let check = if *last < 10 { *last } else { (last - 9) % 10 };
        sign(last) <= 'j' && luhn(&[middle, &[check]].concat())
    };
    match sign(first) {
        '0'..='9' => person(u64::from(*first) * 10_000_000 + number(middle)),
        // X, Y and Z count as 0, 1 and 2.
        'x'..='z' => person(u64::from(first - 33) * 10_000_000 + number(middle)),
        // People without an identity card; some sources count them with the companies.
        'k'..='m' => person(number(middle)) || company(),
        'i' | 'o' | 't' => false,
        _ => company(),
    }
}

fn france(digits: &[u32]) -> bool {
    let [first, second, rest @ ..] = digits else { return false };
    let (first, second, siren) = (u64::from(*first), u64::from(*second), number(rest));
    if first < 10 && second < 10 {
        return first * 10 + second == (siren % 97 * 3 + 12) % 97;
    }
    // With a letter among them, the two count on in an alphabet without I and O.
    let place = |value: u64| value - u64::from(value > 18) - u64::from(value > 24);
    let key =
        if first < 10 { first * 24 + place(second) - 10 } else { place(first) * 34 + place(second) - 100 };
    (siren + 1 + key / 11) % 11 == key % 11
}

/// The first letter is the check of the digits and of the second one, if there is one.
fn ireland(digits: &[u32], weights: &[u32]) -> bool {
    const W: u32 = 32;
    let second = digits.get(8).map_or(0, |letter| letter - 9);
    let matches = |second| match (weighted(digits, weights) + 9 * second) % 23 {
        0 => digits.get(7) == Some(&W),
        remainder => digits.get(7) == Some(&(remainder + 9)),
    };
    // A to I count. Sources differ on the letters of before 2013, such as T.
    matches(second) || (second > 9 && matches(0))
}

fn lithuania(digits: &[u32]) -> bool {
    two_steps(digits, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2], &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4])
}

fn latvia(digits: &[u32]) -> bool {
    match digits {
        // Companies. Sources differ on a remainder of 10; it passes as 0.
        [4..=9, ..] => {
            ends_with(digits, (14 - weighted(digits, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6]) % 11) % 11 % 10)
        }
        // Personal codes since 2017 are random by law, without a check digit.
        [3, 2..=9, ..] => true,
        // Those of before begin with the day of birth.
        _ => ends_with(digits, (weighted(digits, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9]) + 1) % 11 % 10),
    }
}

/// The nine digits of companies pass the test of eleven. The numbers that sole traders got in 2020 follow ISO
/// 7064, MOD 97-10, over the whole, prefix and all.
fn netherlands(digits: &[u32]) -> bool {
    const PREFIX: &[u32] = &[23, 21];
    let append = |rest: u32, value: &u32| (rest * if *value < 10 { 10 } else { 100 } + value) % 97;
    divisible(digits, &[9, 8, 7, 6, 5, 4, 3, 2, 10], 11) || PREFIX.iter().chain(digits).fold(0, append) == 1
}

/// The weights are counted from the end, as the numbers differ in length. They do not begin with zeros.
fn romania(digits: &[u32]) -> bool {
    let reversed: Vec<u32> = digits.iter().rev().copied().collect();
    let check = weighted(&reversed, &[0, 2, 3, 5, 7, 1, 2, 3, 5, 7]) * 10 % 11 % 10;
    !digits.starts_with(&[0]) && ends_with(digits, check)
}

/// The last two digits are 01, save in old exceptions; they have no part in the sum.
fn sweden(digits: &[u32]) -> bool {
    matches!(digits, [digits @ .., _, _] if luhn(digits))
}

/// The check digit would be 11 where the remainder is 0: such numbers are not given out.
fn slovenia(digits: &[u32]) -> bool {
    match 11 - weighted(digits, &[8, 7, 6, 5, 4, 3, 2]) % 11 {
        10 => ends_with(digits, 0),
        check => ends_with(digits, check),
    }
}

/// Northern Ireland has kept the rule of the United Kingdom: MOD 97, and for newer numbers that less 55.
fn united_kingdom(digits: &[u32]) -> bool {
    matches!(weighted(digits, &[8, 7, 6, 5, 4, 3, 2, 10, 1]) % 97, 0 | 42)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tax::countries::Country;
    use proptest::prelude::*;

    /// From imprints, from the authorities' own examples and from the tests of other validators. Branches,
    /// offices and letters that are hard to come by are made up according to the rules.
    const VALID: &str = "
        ATU14189108 ATU33864707 ATU13585627
        BE0417497106 BE0462920226 BE0400378485 BE1001686633 BE1000003682
        BG175074752 BG831902088 BG131272009 BG104049218 BG7523169263 BG7111042925 BG1234567893 BG9876543211
        CY10259033P CY10247148S CY99200002N
        CZ00177041 CZ25123891 CZ27082440 CZ699000899 CZ640903926 CZ510310055
        CZ991231123 CZ7103192745 CZ6306150004
        DE136695976 DE143454214 DE129273398 DE811128135
        DK24256790 DK22756214 DK54562519
        EE100931558 EE100594102
        EL094259216 EL094019245 EL094112730 EL998537832
        ESA28015865 ESA15075062 ESB58378431 ESQ2818015F ESQ0818001J ESA0011012B ES54362315K ES00000001R
        ESX5253868R ESY5277343F ESZ5277343K ESM1234567L ESK1234567L ESL1234567L
        FI01120389 FI20774740
        FR82542065479 FR22424761419 FR83404833048 FR54000065101 FRK7399859412 FR0A481458735
        HR27759560625 HR18928523252 HR33392005961
        HU10625790 HU10537914 HU12892312
        IE6388047V IE8218007W IE6433435OA IE6433435IH IE3206488LH IE3706224MH IE6433435FW IE6433435FT
        IE8D79739I IE8F52100V IE8+79739I IE8*79739I
        IT00743110157 IT00905811006
        LT119511515 LT119513417 LT757118413 LT100001919017 LT100004801610
        LU26375245 LU20260743 LU15027442
        LV40003245752 LV40003032949 LV42103048183 LV16117519997 LV07091910933 LV32867300679 LV32503511782
        MT11679112 MT20291423
        NL805734958B01 NL004495445B01 NL000099998B57 NL123456789B13 NL002455799B11
        PL5252674798 PL7342867148 PL7740001454
        PT500697256 PT501964843 PT501507930 PT500019720 PT980405319
        RO18547290 RO34737997 RO1590082 RO160796 RO19 RO1234567897
        SE556012579001 SE556074756901 SE556703748501
        SI82646716 SI80267432 SI48673820
        SK2020372640 SK2020317068 SK2022749619
        XI110305878 XI432525179 XI340804329 XI432525179001 XI110305878123 XIGD001 XIGD499 XIHA500 XIHA999
    ";

    #[test]
    fn real_numbers_pass() {
        for text in VALID.split_whitespace() {
            let id = VatId::parse(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            assert_eq!(id.as_str(), text);
        }
    }

    #[test]
    fn every_form_is_among_the_real_numbers() {
        for (prefix, _, forms) in SCHEMES {
            let bodies = || VALID.split_whitespace().filter_map(|text| text.strip_prefix(prefix));
            for (pattern, _) in *forms {
                let found = bodies().filter(|body| fits(pattern, body)).count();
                assert!(found >= 2, "{prefix}{pattern}: {found}");
            }
        }
    }

    /// The schemes in which one wrong digit always shows.
    fn sees_every_digit(text: &str) -> bool {
        const SCHEMES: &str = "AT BE CY DE DK EE ES FI FR HR HU IE IT LU MT PL SE SI SK";
        let (prefix, body) = text.split_at(2);
        let exceptions = match prefix {
            "ES" => body.starts_with(['K', 'L', 'M']),
            "IE" => body.ends_with('T'),
            "FR" => body.bytes().any(|byte| byte.is_ascii_uppercase()),
            _ => false,
        };
        SCHEMES.contains(prefix) && !exceptions
    }

    #[test]
    fn a_wrong_digit_is_refused() {
        let mut tried = 0;
        for text in VALID.split_whitespace().filter(|text| sees_every_digit(text)) {
            let end = if text.starts_with("SE") { 12 } else { text.len() };
            for (at, right) in text.char_indices().take(end).filter(|(_, letter)| letter.is_ascii_digit()) {
                for wrong in ('0'..='9').filter(|wrong| *wrong != right) {
                    let altered = format!("{}{wrong}{}", &text[..at], &text[at + 1..]);
                    assert!(VatId::parse(&altered).is_err(), "{altered}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 4000, "{tried}");
    }

    #[test]
    fn wrong_check_digits_are_refused_everywhere() {
        let texts = "
            ATU13585626 BE0428759498 BE1001686634 BG175074751 BG7523169264 CY10259033Z CZ25123890 CZ640903927
            CZ7103192746 DE136695978 DK13585627 EE100931557 EL094259217 ESA28015866 ES54362315Z ESX2482300A
            ESI1234567L FI20774741 FR84323140391 FRL7399859412 HR33392005962 HU12892313 IE6433435E IE6433435VH
            IE8D79739J IT00743110158 LT119511516 LT100001919018 LU15027443 LV40003521601 LV16117519998
            MT11679113
            NL123456789B90 NL004495446B01 PL8567346216 PT501964842 RO18547291 SE123456789101 SI50223055
            SK2022749618 XI802311781 XI802311781001 XIGD500 XIHA499
        ";
        for text in texts.split_whitespace() {
            assert_eq!(VatId::parse(text), Err(VatIdError::CheckDigit), "{text}");
        }
    }

    #[test]
    fn zeros_are_no_number() {
        for text in "BG000000000 DK00000000 FI00000000 IT00000000000 PT000000000 SK0000000000".split(' ') {
            assert_eq!(VatId::parse(text), Err(VatIdError::CheckDigit), "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, normal) in [
            (" de 136.695-976\t", "DE136695976"),
            ("ATU 142 43 102", "ATU14243102"),
            ("nl.8186.43.778.b.01", "NL818643778B01"),
            ("FI\u{a0}2094606\u{2011}3", "FI20946063"),
            ("BE 428.759.497", "BE0428759497"),
            ("el 094 259 216", "EL094259216"),
            ("GR 094259216", "EL094259216"),
            ("EL 94051189", "EL094051189"),
            ("CZ 710319/2745", "CZ7103192745"),
        ] {
            assert_eq!(VatId::parse(text).as_ref().map(VatId::as_str), Ok(normal));
        }
    }

    #[test]
    fn the_country_is_that_of_iso_3166() {
        for text in VALID.split_whitespace() {
            let id = VatId::parse(text).unwrap();
            match &text[..2] {
                "EL" => assert_eq!(id.country(), "GR"),
                prefix => assert_eq!(id.country(), prefix),
            }
            let country = id.country().parse::<Country>().ok();
            assert_eq!(country.is_some_and(Country::is_member_state), id.country() != "XI");
        }
        let members = Country::all().filter(|country| country.is_member_state());
        assert_eq!(SCHEMES.len(), members.count() + 1);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for text in ["", "D", "136695976", "GB980780684", "CHE116281710", "EU372022452", "€", "ÄÖ12"] {
            assert_eq!(VatId::parse(text), Err(VatIdError::UnknownPrefix), "{text}");
        }
        let problem = VatId::parse("DE13669597").unwrap_err();
        assert_eq!(problem, VatIdError::Form { country: "DE", expected: "DE and 9 digits" });
        assert_eq!(problem.to_string(), "expected DE and 9 digits");
        assert!(matches!(VatId::parse("EL1"), Err(VatIdError::Form { country: "GR", .. })));
        let texts = "AT13585627 BE2417497106 DE١٢٣٤٥٦٧٨٩ FRIO334175221 IE8?79739I NL004495445C01 RO1";
        for text in texts.split(' ') {
            assert!(matches!(VatId::parse(text), Err(VatIdError::Form { .. })), "{text}");
        }
    }

    fn holds(text: &str) {
        if let Ok(id) = VatId::parse(text) {
            assert_eq!(VatId::parse(id.as_str()), Ok(id));
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "\\PC*|[\\x00-\\x7f]*") {
            holds(&text);
        }

        #[test]
        fn nothing_panics_behind_a_prefix(
            at in 0..SCHEMES.len(),
            body in "[0-9]{1,13}|[0-9A-Z+*]{1,13}|[A-Z]?[0-9]{7,8}[A-Z]{0,2}|[A-Z0-9]{2}[0-9]{9}",
        ) {
            holds(&format!("{}{body}", SCHEMES[at].0));
        }
    }
}
