//! Tests of the whole product: real browsers, the built extension, the real relay, the simulated broker.

mod accessibility;
mod approval;
mod broker;
mod claim;
mod click;
mod content_script;
mod corpus;
mod drivers;
mod first_run;
mod glimpse;
mod guide;
mod languages;
mod lapsed;
mod managed;
mod one_click;
mod own_recipe;
mod page;
mod policy;
mod preview;
mod provisional;
mod reasons;
mod recipe;
mod selection;
mod session;
mod sign_in;
mod sign_out;
mod stopped;
mod support;
mod teach;
mod traces;
mod waiting;
mod web_page;
mod window;

/// Makes a test in each browser of each function named.
macro_rules! in_each_browser {
    ($($name:ident),+ $(,)?) => {
        mod chromium {
            $(#[tokio::test] async fn $name() {
                crate::support::run(super::$name(stagedoor_e2e::browser::Kind::Chromium)).await;
            })+
        }
        mod firefox {
            $(#[tokio::test] async fn $name() {
                crate::support::run(super::$name(stagedoor_e2e::browser::Kind::Firefox)).await;
            })+
        }
    };
}
pub(crate) use in_each_browser;
