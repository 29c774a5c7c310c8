//! Whose turn it is at a broker that has had as many logins as it may: people wait for a moment in a line of this process, and
//! are served one person after the other, so that one who clicks without end waits behind themselves and not before others.
//!
//! One request of a line asks the store at a time; who comes while there is a line joins it at its end.

use std::{
    collections::{HashMap, VecDeque},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    select,
    sync::oneshot,
    time::{Sleep, sleep},
};

use crate::store::StaffId;

/// Requests that may wait for one broker: far more than there are turns within the longest wait.
const MOST: usize = 64;
/// Requests of one person that may wait there.
const MOST_OF_ONE: usize = 8;

/// The lines, by the brokers' addresses.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Line<oneshot::Sender<Head>>>>);

/// Those who wait: one after the other of each person, and person after person.
#[derive(Debug)]
struct Line<T> {
    people: VecDeque<(StaffId, VecDeque<T>)>,
    waiting: usize,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            people: VecDeque::new(),
            waiting: 0,
        }
    }
}

impl<T> Line<T> {
    /// `false`: too many wait already.
    fn join(&mut self, who: StaffId, ticket: T) -> bool {
        if self.waiting >= MOST {
            return false;
        }
        match self.people.iter_mut().find(|(other, _)| *other == who) {
            Some((_, tickets)) if tickets.len() >= MOST_OF_ONE => return false,
            Some((_, tickets)) => tickets.push_back(ticket),
            None => self.people.push_back((who, VecDeque::from([ticket]))),
        }
        self.waiting += 1;
        true
    }

    /// The next one; whoever else they have in the line goes to its end.
    fn next(&mut self) -> Option<T> {
        let (who, mut tickets) = self.people.pop_front()?;
        let ticket = tickets.pop_front();
        if !tickets.is_empty() {
            self.people.push_back((who, tickets));
        }
        self.waiting -= usize::from(ticket.is_some());
        ticket
    }
}

/// The right to ask for a broker's turn. When it is dropped, however that comes about, the next in the line has it.
#[derive(Debug)]
struct Head {
    turns: Arc<Turns>,
    scope: String,
    /// Whether it is somebody's.
    held: bool,
}

impl Head {
    fn new(turns: &Arc<Turns>, scope: &str) -> Self {
        Self {
            turns: turns.clone(),
            scope: scope.to_owned(),
            held: true,
        }
    }
}

impl Drop for Head {
    fn drop(&mut self) {
        if !self.held {
            return;
        }
        let mut lines = self.turns.lock();
        let Some(line) = lines.get_mut(&self.scope) else {
            return;
        };
        while let Some(ticket) = line.next() {
            match ticket.send(Self::new(&self.turns, &self.scope)) {
                Ok(()) => return,
                // Whoever has given up does not take it.
                Err(mut refused) => refused.held = false,
            }
        }
        lines.remove(&self.scope);
    }
}

impl Turns {
    /// A place of somebody who would wait for so long.
    pub(crate) fn place(self: &Arc<Self>, scope: &str, who: StaffId, patience: Duration) -> Place {
        Place {
            turns: self.clone(),
            scope: scope.to_owned(),
            who,
            patience,
            left: Box::pin(sleep(patience)),
            head: None,
        }
    }

    /// Joins the line. Without one, a new one begins with whoever asks, at its head.
    fn join(self: &Arc<Self>, scope: &str, who: StaffId) -> Joined {
        let mut lines = self.lock();
        let Some(line) = lines.get_mut(scope) else {
            lines.insert(scope.to_owned(), Line::default());
            return Joined::First(Head::new(self, scope));
        };
        let (ticket, called) = oneshot::channel();
        match line.join(who, ticket) {
            true => Joined::Waiting(called),
            false => Joined::Full,
        }
    }

    /// Whether logins wait for a broker.
    pub(crate) fn has_line(&self, scope: &str) -> bool {
        self.lock().contains_key(scope)
    }

    /// How many wait for a broker, the one who asks for it not counted.
    #[cfg(test)]
    fn waiting(&self, scope: &str) -> usize {
        self.lock().get(scope).map_or(0, |line| line.waiting)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Line<oneshot::Sender<Head>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Joined {
    First(Head),
    Waiting(oneshot::Receiver<Head>),
    Full,
}

/// Somebody's place: outside of the line, in it, or at its head. Dropped, it is the next one's.
pub(crate) struct Place {
    turns: Arc<Turns>,
    scope: String,
    who: StaffId,
    patience: Duration,
    left: Pin<Box<Sleep>>,
    head: Option<Head>,
}

impl Place {
    /// Whether the store may be asked for the first time. Without a line everybody asks at once; the store does not mind. Where
    /// there is one, it is waited in.
    pub(crate) async fn may_ask(&mut self) -> bool {
        !self.turns.has_line(&self.scope) || self.comes_to_the_head(Duration::ZERO).await
    }

    /// The turn should come in this time: whether the store may be asked again, once it has gone by.
    pub(crate) async fn may_ask_again(&mut self, wait: Duration) -> bool {
        if wait >= self.patience {
            return false;
        }
        match self.head {
            Some(_) => self.lasts_for(wait).await,
            None => self.comes_to_the_head(wait).await,
        }
    }

    /// Whether it does, before patience ends. Who finds no line waits for so long.
    async fn comes_to_the_head(&mut self, wait: Duration) -> bool {
        match self.turns.join(&self.scope, self.who) {
            Joined::Full => return false,
            Joined::First(head) => {
                self.head = Some(head);
                return self.lasts_for(wait).await;
            }
            Joined::Waiting(called) => {
                // A call that comes just too late is dropped with its channel, and so passed on.
                self.head = select! {
                    biased;
                    head = called => head.ok(),
                    () = &mut self.left => None,
                };
            }
        }
        self.head.is_some()
    }

    /// Whether patience does.
    async fn lasts_for(&mut self, wait: Duration) -> bool {
        select! {
            biased;
            () = &mut self.left => false,
            () = sleep(wait) => true,
        }
    }
}

#[cfg(test)]
mod tests;
