//! Programs that say of themselves that they are no customers.

/// In lower case. Words that every crawler, monitor or preview puts into its `User-Agent`; libraries that products send their
/// events with are not among them.
const WORDS: [&str; 22] = [
    "bot/",
    "bot;",
    "bot ",
    "bot)",
    "bot-",
    "robot",
    "googlebot",
    "crawl",
    "spider",
    "slurp",
    "headlesschrome",
    "phantomjs",
    "lighthouse",
    "pagespeed",
    "facebookexternalhit",
    "preview",
    "pingdom",
    "uptime",
    "monitoring",
    "archiver",
    "feedfetcher",
    "mediapartners-google",
];

/// Whether a `User-Agent` says so.
pub(super) fn is_bot(user_agent: &str) -> bool {
    const LONGEST: usize = 1_000;
    let lower = user_agent.as_bytes().iter().take(LONGEST).map(u8::to_ascii_lowercase).collect::<Vec<_>>();
    // The phones of one maker are called Cubot.
    let lower = String::from_utf8_lossy(&lower).replace("cubot", "");
    lower.ends_with("bot") || WORDS.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::is_bot;

    #[test]
    fn crawlers_say_so_and_customers_do_not() {
        for agent in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (compatible; bingbot/2.0)",
            "Mozilla/5.0 (compatible; YandexBot/3.0)",
            "DuckDuckBot",
            "Baiduspider",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
        ] {
            assert!(is_bot(agent), "{agent}");
        }
        for agent in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36 Mobile Safari/537.36",
            "posthog-python/7.91.1",
            "analytics-python/2.4.0",
            "OTel-OTLP-Exporter-JavaScript/0.223.1",
            "curl/8.5.0",
            "",
        ] {
            assert!(!is_bot(agent), "{agent}");
        }
    }
}
