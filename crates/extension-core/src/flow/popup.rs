//! The popup before a login: read the page, propose or let choose.

use alloc::{boxed::Box, string::String, vec::Vec};

use stagedoor_protocol::Session;

use super::{
    Core,
    login::push,
    preview::headings,
    reading::{Collected, Known, SESSION, kept_recipes, kept_session, unread},
    selection::pick,
};
use crate::{
    address::typed,
    environment::{Area, Environment, TabId},
    facts::{Frame, read_frames},
    fault::{Code, Fault},
    join::join,
    json::Value,
    names,
    ranking::{is_customers, is_person, rank},
    recipe,
    record::{Found, Login, Profile, Scan, Step},
    state::{Event, advance, is_lost, is_under_way},
    url_check::page_origin,
    view::View,
};

impl<E: Environment> Core<E> {
    /// Shows the login of this tab if it is under way or ended unseen, otherwise reads the page.
    pub(super) async fn open(&self, id: TabId, again: bool) -> Result<View, Box<Fault>> {
        // Together: each by itself would add to the time of a click.
        let known = join(self.tab(id), self.kept(Area::Session, Some(SESSION)));
        let memory = join(self.unmark(), known);
        let (disk, ((), (tab, known))) = join(self.enrolment_and_rest(), memory).await;
        if disk.is_err() {
            // A profile that may not be used is shown nothing by what the relay said to it, either.
            let _ = self.environment.remove(Area::Session, SESSION).await;
        }
        let ((Some(profile), disk), mut tab, known) = (disk?, tab?, known?) else {
            return Ok(View::Setup);
        };
        if let Some(login) = &mut tab.login {
            self.notice_loss(id, login);
            let ended = match login.step {
                Step::Failed | Step::Interrupted => true,
                // That a platform is open is news for as long as it is.
                Step::Opened => !again && self.is_open(&login.request_id).await,
                Step::Asking | Step::Opening => false,
            };
            let news = ended && !login.seen;
            if is_under_way(login.step) || (news && !again && tab.picked.is_none()) {
                return self.show_login(id, login.clone()).await;
            }
        }
        let reading = (!again).then(|| self.openings.begin(id));
        if let Some(asked) = tab.approval.take().filter(|_| !again && tab.picked.is_none()) {
            self.environment.progress(&push(id, &View::waiting(), false));
            return self.look_at_approval(&profile, id, asked).await;
        }
        let known = Known {
            recipes: kept_recipes(disk),
            session: kept_session(&known),
        };
        let opened = reading.as_ref().map(|_| tab.picked.as_deref());
        let mut scan = self.read_page(id, &profile, known, opened).await?;
        let usable = tab.picked.is_none_or(|picked| pick(&mut scan, picked));
        let view = match usable {
            true if again => View::of_scan(&scan, None),
            true => View::of_press(&scan),
            false => View::fault(&Code::SelectionUnusable.into()),
        };
        // A login may have begun meanwhile, or before and be about to be noted: then this is about that one.
        self.until_noted(id).await;
        let over = tab.login;
        let mut begun = None;
        self.change_tab(
            id,
            Box::new(|tab| {
                if reading.as_ref().is_some_and(|reading| !reading.counts()) {
                    // The person goes on without the page, or has opened another popup, or selected a text.
                    return;
                }
                tab.scan = Some(scan);
                tab.picked = None;
                tab.forget_login(over.as_ref());
                begun.clone_from(&tab.login);
            }),
        )
        .await?;
        match begun {
            Some(login) => self.show_login(id, login).await,
            None => Ok(view),
        }
    }

    /// Shows how a login stands. One that is over was seen then.
    async fn show_login(&self, id: TabId, mut login: Login) -> Result<View, Box<Fault>> {
        self.notice_loss(id, &mut login);
        let view = View::of_login(&login, self.environment.now());
        if !is_under_way(login.step) {
            self.change_tab(
                id,
                Box::new(|tab| {
                    let kept = tab.login.as_mut();
                    if let Some(kept) = kept.filter(|kept| kept.request_id == login.request_id) {
                        // It may have ended otherwise meanwhile.
                        if is_under_way(kept.step) {
                            *kept = login;
                        }
                        kept.seen = true;
                    }
                }),
            )
            .await?;
        }
        Ok(view)
    }

    /// The confirmation for an address that was picked or typed.
    pub(super) async fn select(&self, id: TabId, email: &str) -> Result<View, Box<Fault>> {
        let waits = self.openings.of(id);
        let scan = match self.tab(id).await?.scan.filter(|_| waits.is_none()) {
            Some(scan) => scan,
            None => {
                let profile = self.profile().await?;
                let scan = if waits.is_some() {
                    // The page does not answer, and the person goes on without it.
                    self.scan_of(id, &unread(), self.session(&profile).await?, &Value::Null)?
                } else {
                    self.scan(id, &profile).await?
                };
                self.openings.end(id, waits);
                let kept = scan.clone();
                self.change_tab(
                    id,
                    Box::new(|tab| {
                        tab.scan = Some(kept);
                        tab.picked = None;
                    }),
                )
                .await?;
                scan
            }
        };
        Ok(match typed(email) {
            Ok(email) => View::of_selection(&scan, email, None),
            Err(wrong) => View::of_scan(&scan, Some(wrong)),
        })
    }

    /// The current view, without reading the page.
    pub(super) async fn status(&self, id: TabId) -> Result<View, Box<Fault>> {
        let mut tab = self.tab(id).await?;
        if let Some(login) = &mut tab.login {
            self.notice_loss(id, login);
            return Ok(View::of_login(login, self.environment.now()));
        }
        let scan = tab.scan.ok_or(Code::Internal)?;
        Ok(View::of_scan(&scan, None))
    }

    /// Reads the page and asks the relay for the rules, at the same time.
    pub(super) async fn scan(&self, id: TabId, profile: &Profile) -> Result<Scan, Box<Fault>> {
        let known = Known {
            recipes: self.recipes().await,
            session: None,
        };
        self.read_page(id, profile, known, None).await
    }

    /// What the collector's answer comes to under these rules and recipes.
    pub(super) fn scan_of(
        &self,
        id: TabId,
        frames: &Collected,
        session: Session,
        recipes: &Value,
    ) -> Result<Scan, Code> {
        let frames = Value::parse(frames.as_ref().map_err(|code| *code)?);
        let mut frames = read_frames(&frames.ok_or(Code::PageNotReadable)?);
        if !frames.iter().any(|frame| frame.top) {
            // What is in frames is not weighed against the page then.
            return Err(Code::PageNotReadable);
        }
        let staff = self.environment.letters(&session.staff.name);
        for frame in &mut frames {
            frame.headings = self.environment.letters(&frame.headings);
            frame.name = frame.name.take().map(|name| self.environment.letters(&name));
            for one in &mut frame.people {
                if !is_person(&one.name) && is_customers(&one.label) {
                    // The customer's initials, for example: nobody behind them is it instead.
                    one.name.clear();
                }
            }
            // Two words in common may be those of a customer with the same surnames.
            frame.people.retain_mut(|one| {
                let is_name = is_person(&one.name);
                one.name = self.environment.letters(&one.name);
                one.name.is_empty() || is_name && !names::is_same(&staff, &one.name)
            });
        }
        self.headings.replace(Some((id, headings(&frames))));
        recipe::assign(&mut frames, recipes, |url| self.environment.parse_url(url));
        let ranking = rank(&frames, &session);
        let found = ranking.candidates.into_iter().map(|candidate| Found {
            email: candidate.email,
            evidence: candidate.evidence,
        });
        Ok(Scan {
            picked: Vec::new(),
            candidates: found.collect(),
            total: ranking.total,
            clear: ranking.clear,
            certain: ranking.certain,
            cut: frames.iter().any(|frame| frame.truncated),
            origin: self.origin(&frames),
            record: recipe::record(&frames),
            unusable: recipe::unusable(&frames),
            session,
        })
    }

    /// A login under way that this worker is not working on was cut off together with the worker that was.
    fn notice_loss(&self, id: TabId, login: &mut Login) {
        let now = self.environment.now();
        if is_lost(login, self.running.get() == Some(id), now) {
            advance(login, Event::Loss, now);
        }
    }

    fn origin(&self, frames: &[Frame]) -> Option<String> {
        let page = frames.iter().find(|frame| frame.top)?;
        page_origin(&self.environment.parse_url(&page.url)?)
    }
}
