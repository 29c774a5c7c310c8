//! The platform's HTML: a trading desk for a customer who is in, one plain message for everybody else.

use std::fmt::Write as _;

use crate::tokens::Refusal;
use crate::world::Account;

const STYLE: &str = include_str!("page.css");
const LOGO: &str = r##"<svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true"><rect width="26" height="26" rx="7" fill="#2457d6"/><path d="M5 17l5-6 4 3 7-8" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/></svg>"##;
const LOCK: &str = r#"<svg width="44" height="44" viewBox="0 0 44 44" aria-hidden="true"><circle cx="22" cy="22" r="22" fill="var(--warn-soft)"/><g fill="none" stroke="var(--warn)" stroke-width="2.2" stroke-linejoin="round"><rect x="13.5" y="20" width="17" height="12" rx="2.5"/><path d="M17 20v-4a5 5 0 0 1 10 0v4"/></g></svg>"#;

/// The trading desk of a customer. The figures are made up from the address, so that two customers look different.
pub(super) fn logged_in(account: &Account) -> String {
    let (name, email) = (escape(&account.name), escape(&account.email));
    let mut dice = Dice::new(&account.email);
    let balance = dice.between(200_000, 6_000_000);
    let profit = dice.between(0, 120_000) - 45_000;
    let margin = dice.between(15_000, 160_000);
    let body = format!(
        r#"<header><div class="brand">{LOGO}Demo Trading</div><nav><b>Trade</b><span>Positions</span><span>History</span><span>Funds</span></nav><div class="chip"><i>{initials}</i><span>{name}</span></div></header>
<main data-state="logged-in" data-email="{email}"><h1>Logged in as {name}</h1><p class="email">{email}</p>
<div class="grid">
<section class="card"><h2>Balance</h2><div class="figure">{balance}</div></section>
<section class="card"><h2>Equity</h2><div class="figure">{equity}</div></section>
<section class="card"><h2>Open profit</h2><div class="figure {profit_class}">{profit_text}</div></section>
<section class="card"><h2>Free margin</h2><div class="figure">{free}</div></section>
<section class="card wide"><div class="head"><b>EUR/USD</b><span>15 minutes</span></div>{chart}</section>
<section class="card side"><table><thead><tr><th>Market</th><th>Price</th></tr></thead><tbody>{quotes}</tbody></table></section>
<section class="card full"><table><thead><tr><th>Open position</th><th>Volume</th><th>Profit</th></tr></thead><tbody>{positions}</tbody></table></section>
</div></main>
<footer>A simulated platform: no market, no money.</footer>"#,
        initials = escape(&initials(&account.name)),
        balance = money(balance),
        equity = money(balance + profit),
        profit_class = tone(profit),
        profit_text = signed(profit),
        free = money(balance + profit - margin),
        chart = chart(&mut dice),
        quotes = quotes(&mut dice),
        positions = positions(&mut dice, profit),
    );
    document("Demo Trading", &body)
}

/// Why nobody is logged in, and what to do about it.
pub(super) fn refused(refusal: Refusal) -> String {
    let (what, cure) = match refusal {
        Refusal::Expired => (
            "This sign-in link has expired.",
            "Ask for a new link and open it straight away.",
        ),
        Refusal::Used => (
            "This sign-in link has already been used.",
            "Each link works once. Ask for a new one.",
        ),
        Refusal::Superseded => (
            "This sign-in link has been replaced by a newer one.",
            "Only the newest link of an account works.",
        ),
        Refusal::Unknown => (
            "This sign-in link is not valid.",
            "Check that it was copied whole, or ask for a new one.",
        ),
        Refusal::Missing => (
            "You are not signed in.",
            "Open a sign-in link to reach your trading account.",
        ),
    };
    let reason = refusal.as_str();
    let body = format!(
        r#"<header><div class="brand">{LOGO}Demo Trading</div></header>
<main data-state="refused" data-reason="{reason}"><section class="card notice">{LOCK}<h1>{what}</h1><p>{cure}</p></section></main>"#
    );
    document("Demo Trading: not signed in", &body)
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <link rel=\"icon\" href=\"data:,\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body>{body}</body></html>\n"
    )
}

/// Candles of a random walk, stretched to fill the picture.
fn chart(dice: &mut Dice) -> String {
    let mut svg =
        String::from(r#"<svg class="chart" viewBox="0 0 800 300" role="img" aria-label="Price chart">"#);
    for y in [60, 120, 180, 240] {
        let _ = write!(svg, r#"<line class="rule" x1="0" x2="800" y1="{y}" y2="{y}"/>"#);
    }
    let mut price = 0;
    let prices: Vec<i64> = std::iter::repeat_with(|| {
        price += dice.between(-300, 300);
        price
    })
    .take(51)
    .collect();
    let lowest = prices.iter().copied().min().unwrap_or_default();
    let highest = prices.iter().copied().max().unwrap_or_default();
    // On screen a smaller y is a higher price.
    let place = |price: i64| 265 - (price - lowest) * 230 / (highest - lowest).max(1);
    for (x, step) in (3..).step_by(16).zip(prices.windows(2)) {
        let [open, close] = step else { continue };
        let class = if close >= open { "up" } else { "down" };
        let (top, bottom) = (place(*open.max(close)), place(*open.min(close)));
        let (high, low) = (top - dice.between(2, 16), bottom + dice.between(2, 16));
        let (middle, height) = (x + 5, (bottom - top).max(2));
        let _ = write!(
            svg,
            r#"<g class="{class}"><line x1="{middle}" x2="{middle}" y1="{high}" y2="{low}"/><rect x="{x}" y="{top}" width="10" height="{height}" rx="1"/></g>"#
        );
    }
    svg.push_str("</svg>");
    svg
}

fn quotes(dice: &mut Dice) -> String {
    let markets = [
        ("EUR/USD", 1),
        ("GBP/USD", 1),
        ("USD/JPY", 151),
        ("Gold", 2_650),
        ("US 500", 5_930),
        ("Brent", 74),
    ];
    let mut rows = String::new();
    for (market, whole) in markets {
        let price = if whole < 10 {
            format!("{whole}.{:05}", dice.between(5_000, 32_000))
        } else {
            money(whole * 100 + dice.between(0, 99))
        };
        let class = tone(dice.between(0, 1) * 2 - 1);
        let _ = write!(
            rows,
            r#"<tr><td>{market}</td><td class="{class}">{price}</td></tr>"#
        );
    }
    rows
}

/// Three positions whose profits add up to the open profit shown above them.
fn positions(dice: &mut Dice, total: i64) -> String {
    let first = dice.between(0, 80_000) - 40_000;
    let second = dice.between(0, 40_000) - 20_000;
    let mut rows = String::new();
    for (market, profit) in [
        ("EUR/USD", first),
        ("Gold", second),
        ("US 500", total - first - second),
    ] {
        let side = if dice.between(0, 1) == 0 { "Buy" } else { "Sell" };
        let volume = money(dice.between(10, 400));
        let _ = write!(
            rows,
            r#"<tr><td>{side} {market}</td><td>{volume}</td><td class="{class}">{profit}</td></tr>"#,
            class = tone(profit),
            profit = signed(profit)
        );
    }
    rows
}

fn tone(amount: i64) -> &'static str {
    if amount < 0 { "down-text" } else { "up-text" }
}

fn signed(cents: i64) -> String {
    let sign = if cents < 0 { "\u{2212}" } else { "+" };
    format!("{sign}{}", money(cents.abs()))
}

/// Cents as `1,234.56`.
fn money(cents: i64) -> String {
    let digits = (cents / 100).to_string();
    let mut whole = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            whole.push(',');
        }
        whole.push(digit);
    }
    format!("{whole}.{:02}", cents % 100)
}

fn initials(name: &str) -> String {
    name.split_whitespace()
        .filter_map(|word| word.chars().find(|character| character.is_alphabetic()))
        .take(2)
        .collect()
}

/// Text made safe for element content and for quoted attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Numbers that are always the same for the same address (FNV-1a, then a linear congruential generator).
struct Dice(u64);

impl Dice {
    fn new(seed: &str) -> Self {
        Self(seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }))
    }

    /// A number from `low` to `high`, both included.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        low + ((self.0 >> 33) as i64) % (high - low + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_in_text_and_attributes() {
        let page = logged_in(&Account::new(
            "a\"><b>@x.example",
            "<script>alert('x')</script> & Co",
        ));
        assert!(page.contains(r#"data-email="a&quot;&gt;&lt;b&gt;@x.example""#));
        assert!(page.contains("Logged in as &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; Co<"));
        assert!(!page.contains("<script"));
    }

    #[test]
    fn amounts_are_grouped_and_signed() {
        assert_eq!(money(7), "0.07");
        assert_eq!(money(99_999), "999.99");
        assert_eq!(money(123_456_789), "1,234,567.89");
        assert_eq!(signed(-4_250), "\u{2212}42.50");
        assert_eq!(signed(100_000), "+1,000.00");
    }

    #[test]
    fn a_customer_always_gets_the_same_page_and_two_customers_different_ones() {
        let jane = Account::new("jane@customer.example", "Jane Roe");
        let other = Account {
            email: "john@customer.example".to_owned(),
            ..jane.clone()
        };
        assert_eq!(logged_in(&jane), logged_in(&jane));
        assert_ne!(
            chart(&mut Dice::new(&jane.email)),
            chart(&mut Dice::new(&other.email))
        );
    }
}
