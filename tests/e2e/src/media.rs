//! What a person has told the browser or the system about how pages are to look and behave.

use anyhow::Result;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::page::Page;
use crate::wait::{PATIENCE, until};

/// A wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// No movement.
    Stillness,
    /// The person's own few colours, such as those of a high-contrast theme.
    ForcedColors,
}

impl Wish {
    /// The media feature that tells of it, and its value.
    fn feature(self) -> (&'static str, &'static str) {
        match self {
            Self::Light => ("prefers-color-scheme", "light"),
            Self::Dark => ("prefers-color-scheme", "dark"),
            Self::Stillness => ("prefers-reduced-motion", "reduce"),
            Self::ForcedColors => ("forced-colors", "active"),
        }
    }

    /// The setting of Firefox's that says so.
    fn setting(self) -> (&'static str, u8) {
        match self {
            Self::Light => ("layout.css.prefers-color-scheme.content-override", 1),
            Self::Dark => ("layout.css.prefers-color-scheme.content-override", 0),
            Self::Stillness => ("ui.prefersReducedMotion", 1),
            Self::ForcedColors => ("browser.display.document_color_use", 2),
        }
    }
}

impl Browser {
    /// Shows a page as to a person with this one wish, and waits until it has taken effect.
    pub async fn wish(&self, page: &Page, wish: Wish) -> Result<()> {
        let (name, value) = wish.feature();
        match self {
            Self::Chromium(_) => {
                let features = json!([{"name": name, "value": value}]);
                page.chromium()?
                    .call("Emulation.setEmulatedMedia", json!({"features": features}))
                    .await?;
            }
            Self::Firefox(browser) => {
                let (setting, value) = wish.setting();
                let all = [Wish::Light, Wish::Stillness, Wish::ForcedColors].map(|wish| wish.setting().0);
                let set = format!(
                    "for (const name of {}) if (name !== {setting:?}) Services.prefs.clearUserPref(name);
                    Services.prefs.setIntPref({setting:?}, {value});",
                    json!(all)
                );
                browser.run(&set).await?;
            }
        }
        let matches = format!("matchMedia('({name}: {value})').matches");
        until(&format!("{name} to be {value}"), PATIENCE, async || {
            Ok((page.evaluate(&matches).await? == Value::Bool(true)).then_some(()))
        })
        .await?;
        // Colours may change gradually.
        page.evaluate(
            "Promise.allSettled(document.getAnimations().filter(one => one instanceof CSSTransition).map(one => one.finished))",
        )
        .await?;
        Ok(())
    }
}
