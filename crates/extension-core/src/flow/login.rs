//! One login, from the person's click to the open window. A token is asked for once and lives only in here.

use alloc::{boxed::Box, string::String, vec::Vec};
use core::cell::Cell;

use stagedoor_protocol::{
    ApprovalId, CustomerEmail, ErrorCode, LoginRequest, LoginResponse, PageReference, Platform, PlatformId,
    RequestId, Rules, Session, limits::RELAY_TIMEOUT_MILLISECONDS,
};

use super::{Core, approval::given, reasons::may_be_kept};
use crate::{
    address::typed,
    environment::{Environment, ParsedUrl, TabId, WindowId},
    fault::{Code, Fault},
    isolation::Plan,
    json::Object,
    message::Message,
    record::{Login, Profile, Scan, Step, Window},
    request::{reason, ticket},
    state::{Event, advance, is_under_way, next},
    text::Text,
    url_check::{LoginUrl, is_platform_address},
    view::{Kept, View, WorkingStep},
    wire::read_login,
};

/// How long is waited after a login of which nothing was heard: by then the relay is done with it.
pub(super) const LOST_SECONDS: u32 = 30;

/// The rules of the platform that was picked.
fn rules(session: &Session, message: &Message) -> Rules {
    let mut platforms = session.platforms.iter();
    let picked = platforms.find(|platform| platform.id.as_str() == message.platform);
    picked.map_or_else(|| session.policy.rules(), |platform| session.rules(platform))
}

/// A login whose every part has been checked, before anything is sent.
struct Order {
    profile: Profile,
    platform: Platform,
    /// The platform's address as it was shown.
    shown: ParsedUrl,
    plan: Plan,
    page: Option<PageReference>,
    /// The colleague's login that the person was shown and overrides.
    overrides: Option<RequestId>,
    /// The colleague's approval that it uses up.
    approval: Option<ApprovalId>,
}

/// Why no window stands open although there was a token, or may have been; the relay is told.
struct Unopened {
    fault: Box<Fault>,
    cause: &'static str,
}

impl Unopened {
    fn new(code: Code, cause: &'static str) -> Self {
        Self {
            fault: code.into(),
            cause,
        }
    }
}

impl<E: Environment> Core<E> {
    /// The person's click. A second one while the first is under way shows where that stands.
    pub(super) async fn login(&self, id: TabId, message: &Message) -> Result<View, Box<Fault>> {
        match self.running.get() {
            Some(running) if running == id => return self.under_way(id, message).await,
            Some(_) => return Ok(View::login_fault(&Code::LoginInProgress.into(), kept(message))),
            None => {}
        }
        // Nothing is awaited between the look and this, so two clicks cannot both pass.
        let running = Running::start(&self.running, id);
        self.noted.set(false);
        let done = self.try_login(id, message).await;
        drop(running);
        // The person sees how it ended before the relay is told.
        self.settle().await;
        Ok(done.unwrap_or_else(|fault| View::login_fault(&fault, kept(message))))
    }

    async fn under_way(&self, id: TabId, message: &Message) -> Result<View, Box<Fault>> {
        let saved = self.tab(id).await?.login.filter(|login| is_under_way(login.step));
        Ok(match saved {
            Some(login) => View::of_login(&login, self.environment.now()),
            None => View::Working {
                step: WorkingStep::Asking,
                email: typed(&message.email).ok(),
                platform_name: None,
            },
        })
    }

    /// Everything that can be refused before a token exists, then the rest.
    async fn try_login(&self, id: TabId, message: &Message) -> Result<View, Box<Fault>> {
        let environment = &self.environment;
        let clicked = environment.now();
        let sign_outs = self.sign_outs.get();
        let profile = self.profile().await?;
        let tab = self.tab(id).await?;
        let known = tab.scan.is_some();
        let scan = match tab.scan {
            Some(scan) => scan,
            None => self.scan(id, &profile).await?,
        };

        let email = match typed(&message.email) {
            Ok(email) => email,
            Err(wrong) => return Ok(View::of_scan(&scan, Some(wrong))),
        };
        let rules = rules(&scan.session, message);
        let Ok(reason) = reason(&rules, message.reason.as_deref()) else {
            let text = Text::new("error_reason_too_short_cure");
            return Ok(View::of_selection(&scan, email, Some(text)));
        };
        let ticket = ticket(message.ticket.as_deref());
        let said = (reason.as_ref(), ticket.as_ref());
        let approved = given(tab.approval, clicked, (&email, &message.platform), said);
        // An approved one is opened from a screen that is about the approval, wherever the page went on to meanwhile.
        if known && approved.is_none() {
            self.still_there(id, &scan, &email).await?;
        }
        let mut order = self.order(profile, &scan, message).await?;
        order.overrides = tab.login.as_ref().and_then(|login| shown(login, &email, message));
        if let Some(approved) = approved {
            // The relay takes it for the page that it was asked for from.
            order.page = approved.page;
            order.approval = Some(approved.approval.id);
        }

        // A login that is still marked as under way was lost with another worker, for this one is not working on it.
        let lost = |step| next(Some(step), Event::Loss).unwrap_or(step);
        let step = next(tab.login.as_ref().map(|login| lost(login.step)), Event::Click)
            .ok_or(Code::LoginInProgress)?;
        let mut random = [0; 10];
        environment.fill_random(&mut random);
        let mut login = Login {
            request_id: RequestId::from_parts(clicked, &random),
            step,
            since: environment.now(),
            clicked,
            email,
            platform: order.platform.clone(),
            reason,
            ticket,
            isolated: order.plan.incognito,
            code: None,
            detail: None,
            retry_after: None,
            claim: None,
            approver_roles: Vec::new(),
            seen: false,
        };
        self.unless_left(sign_outs)?;
        self.note_login(id, &login).await?;
        self.noted.set(true);
        environment.progress(&push(id, &View::of_login(&login, clicked), false));

        // Should this worker be stopped, the next one is not to wait until somebody looks.
        environment.watch_login(true);
        let done = self.carry_out(id, &mut login, &order, sign_outs).await;
        // Nor is the relay, which may not have been done with one that was lost when it was told.
        environment.watch_login(done.as_ref().is_err_and(|fault| is_lost(fault.code)));
        self.finish(id, login, done, sign_outs).await
    }

    async fn order(&self, profile: Profile, scan: &Scan, message: &Message) -> Result<Order, Box<Fault>> {
        let mut platforms = scan.session.platforms.iter();
        let platform = platforms
            .find(|platform| platform.id.as_str() == message.platform)
            .ok_or(Code::Relay(ErrorCode::PlatformUnknown))?;
        let shown = self.environment.parse_url(&platform.url);
        let shown = shown
            .filter(|url| is_platform_address(url, url))
            .ok_or(Code::PlatformUrlRefused)?;
        let plan = self
            .make_room(rules(&scan.session, message).isolation, message)
            .await?;
        Ok(Order {
            profile,
            platform: platform.clone(),
            shown,
            plan,
            page: scan.page(),
            overrides: None,
            approval: None,
        })
    }

    /// Asks for the token and uses it. The token is gone when this returns.
    async fn carry_out(
        &self,
        id: TabId,
        login: &mut Login,
        order: &Order,
        sign_outs: u32,
    ) -> Result<(), Box<Fault>> {
        let (request_id, clicked) = (login.request_id.clone(), login.clicked);
        let request = LoginRequest {
            request_id: request_id.clone(),
            platform: order.platform.id.clone(),
            customer_email: login.email.clone(),
            reason: login.reason.clone(),
            ticket: login.ticket.clone(),
            page: order.page.clone(),
            overrides: order.overrides.clone(),
            approval: order.approval.clone(),
            extension_version: self.environment.version(),
        };
        let answer = self.post(&order.profile, "/v1/logins", &request, RELAY_TIMEOUT_MILLISECONDS);
        let answer = answer.await.map_err(|mut fault| {
            // The browser does not say whether the request was on its way already.
            if fault.code == Code::RelayUnreachable {
                fault.code = Code::RelayLost;
            }
            if fault.code.is_silence() {
                fault.retry_after = fault.retry_after.max(Some(LOST_SECONDS));
            }
            fault
        });
        let response = answer.and_then(|answer| Ok(read_login(answer).ok_or(Code::RelayAnswerUnusable)?));

        let opened = match response {
            Ok(response) => self.use_token(id, login, order, response).await,
            // There may be a token, which nobody gets.
            Err(fault) if fault.code == Code::RelayAnswerUnusable => Err(Unopened {
                fault,
                cause: "answer_unusable",
            }),
            Err(fault) if is_lost(fault.code) => Err(Unopened {
                fault,
                cause: "answer_lost",
            }),
            Err(fault) => return Err(fault),
        };
        let window = Window {
            request_id,
            clicked,
            window: opened.as_ref().ok().copied(),
            isolated: order.plan.incognito,
            told: false,
            closed: None,
            cause: opened.as_ref().err().map(|unopened| unopened.cause.into()),
        };
        self.note_window(&window, sign_outs).await;
        opened.map(|_| ()).map_err(|unopened| unopened.fault)
    }

    /// Opens the window, if the answer fits the order and the isolated session is still to be had.
    async fn use_token(
        &self,
        id: TabId,
        login: &mut Login,
        order: &Order,
        response: LoginResponse,
    ) -> Result<WindowId, Unopened> {
        let environment = &self.environment;
        let unopened = Unopened::new;
        if response.request_id != login.request_id {
            return Err(unopened(Code::RelayAnswerUnusable, "answer_to_another_request"));
        }
        let answered = environment
            .parse_url(&response.platform_url)
            .filter(|url| is_platform_address(url, &order.shown))
            .ok_or(unopened(Code::PlatformUrlRefused, "platform_url_refused"))?;

        let now = environment.now();
        advance(login, Event::Token, now);
        self.note_login(id, login)
            .await
            .map_err(|_| unopened(Code::KeyStoreFailed, "storage_failed"))?;
        environment.progress(&push(id, &View::of_login(login, now), false));

        if order.plan.incognito {
            // Somebody may have opened one while the relay was asked.
            match self.private_windows().await {
                Ok(windows) if windows.is_empty() => {}
                _ => return Err(unopened(Code::IsolationBusy, "isolation_lost")),
            }
        }
        let url = LoginUrl::new(&answered, &response.one_time_token);
        drop(response);
        let window = environment.open_window(url.expose(), order.plan.incognito).await;
        drop(url);

        match window {
            Ok(Some(window)) if window.incognito == order.plan.incognito => Ok(window.id),
            Ok(Some(window)) => {
                self.close(window.id).await;
                Err(unopened(Code::WindowFailed, "window_not_isolated"))
            }
            Ok(None) => Err(unopened(Code::WindowFailed, "window_not_confirmed")),
            Err(_) => Err(unopened(Code::WindowFailed, "window_failed")),
        }
    }

    /// Notes how it ended and shows it, unless somebody signed out since.
    async fn finish(
        &self,
        id: TabId,
        mut login: Login,
        done: Result<(), Box<Fault>>,
        sign_outs: u32,
    ) -> Result<View, Box<Fault>> {
        self.unless_left(sign_outs)?;
        let now = self.environment.now();
        let mut reason = None;
        match done {
            Ok(()) => {
                advance(&mut login, Event::Window, now);
                reason = login
                    .reason
                    .clone()
                    .filter(|reason| may_be_kept(reason, &self.environment.letters(reason), &login.email));
            }
            Err(fault) => {
                advance(&mut login, Event::Fault, now);
                login.fail(*fault);
            }
        }
        let view = View::of_login(&login, now);
        login.seen = self.environment.deliver(&push(id, &view, false)).await;
        if self.sign_outs.get() != sign_outs {
            return Ok(view);
        }
        // The window is open or not, whether or not this can be kept.
        let _ = self.note_login(id, &login).await;
        if login.step == Step::Opened {
            self.remember_customer(&login, sign_outs).await;
        }
        if !login.seen && self.sign_outs.get() == sign_outs {
            self.mark_result(login.step).await;
        }
        if let Some(reason) = reason {
            self.remember_reason(reason, sign_outs).await;
        }
        Ok(view)
    }
}

/// Whether the relay may have made a token in an answer that did not arrive. A request that it has seen before was sent again
/// by the browser itself, which lost the answer to the first.
fn is_lost(code: Code) -> bool {
    code.is_silence() || code == Code::Relay(ErrorCode::SignatureReplayed)
}

/// Marks the login that is under way in this worker, for as long as it lives.
struct Running<'a>(&'a Cell<Option<TabId>>);

impl<'a> Running<'a> {
    fn start(cell: &'a Cell<Option<TabId>>, tab: TabId) -> Self {
        cell.set(Some(tab));
        Self(cell)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

/// A view as the popups are told of it. A provisional one is followed by what a popup has asked for.
pub(super) fn push(tab: TabId, view: &View, provisional: bool) -> String {
    let mut message = String::new();
    Object::begin(&mut message)
        .with("type", "view")
        .with("tabId", &tab)
        .with_some("provisional", provisional.then_some(&true))
        .with("view", view)
        .end();
    message
}

/// The claim that a message overrides, if it is the one that was shown for this very customer and platform. Otherwise
/// nothing is overridden, and the relay's next answer shows what stands in the way now.
fn shown(failed: &Login, email: &CustomerEmail, message: &Message) -> Option<RequestId> {
    let id = &failed.claim.as_ref()?.request_id;
    // By the bytes, which the popup sends back as they were: folding letters takes tables that weigh 20 KB.
    let same = failed.email.as_str() == email.as_str() && failed.platform.id.as_str() == message.platform;
    (same && message.overrides.as_deref() == Some(id.as_str())).then(|| id.clone())
}

pub(super) fn kept(message: &Message) -> Kept {
    Kept {
        email: typed(&message.email).ok(),
        platform: PlatformId::parse(&message.platform).ok(),
        platform_name: None,
        reason: message.reason.clone(),
        ticket: message.ticket.clone(),
    }
}
