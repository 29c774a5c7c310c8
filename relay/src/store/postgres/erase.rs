//! Erasing personal data: the openings go, a record of it comes, in one transaction.

use jiff::Timestamp;
use tokio_postgres::Client;

use super::{
    fault::Failure,
    millis,
    plan::{ErasedParts, Plan},
    pool::{Connections, run},
    unsigned,
    work::{Needs, Work},
    writer::Writer,
};
use crate::spelling::Spelling as _;
use crate::store::{
    Erased, ErasureOrder, ErasureScope, StoreError,
    entries::{self, ERASED_AT_ONCE},
    is_before,
};

/// The requests for approval go before it is this relay's turn to append: whoever decides on one holds it, and must hold up
/// nobody's login.
pub(super) async fn erase(
    connections: &Connections,
    writer: &Writer,
    order: &ErasureOrder,
) -> Result<Erased, StoreError> {
    let requests = run!(connections, client => delete_requests(client, &order.scope))?;
    let erased = writer.write(order.clone()).await?;
    Ok(Erased { requests, ..erased })
}

const AT_ONCE: i64 = ERASED_AT_ONCE as i64;

impl Work for ErasureOrder {
    type Answer = Erased;

    fn needs(&self, needs: &mut Needs) {
        needs.erasable = Some(self.scope.clone());
    }

    fn decide(&self, plan: &mut Plan) -> Result<Erased, StoreError> {
        let Erasable { sequences, left } = std::mem::take(&mut plan.facts.erasable);
        if sequences.is_empty() {
            return Ok(Erased {
                records: 0,
                requests: 0,
                left,
                more: false,
            });
        }
        for (entry, openings) in entries::erasures(self, &sequences)? {
            plan.append(self.at, entry, &openings);
        }
        plan.erasure = Some(ErasedParts {
            sequences: sequences.iter().map(|sequence| sequence.cast_signed()).collect(),
            staff_too: matches!(self.scope, ErasureScope::Before { .. }),
        });
        Ok(Erased {
            records: sequences.len() as u64,
            requests: 0,
            left,
            more: sequences.len() as u64 >= u64::from(ERASED_AT_ONCE),
        })
    }
}

/// What an erasure finds.
#[derive(Default)]
pub(super) struct Erasable {
    /// Sequences whose parts are to be erased next.
    sequences: Vec<u64>,
    /// How many logins have no outcome yet, and are left for later.
    left: u64,
}

pub(super) async fn erasable(client: &Client, scope: &ErasureScope) -> Result<Erasable, Failure> {
    let count = "SELECT count(*) FROM logins WHERE outcome IS NULL AND";
    let left = match scope {
        ErasureScope::Customer(email) => {
            client
                .query_one(&format!("{count} customer_folded = $1"), &[&email.spelling()])
                .await?
        }
        ErasureScope::Before { time, .. } => {
            client
                .query_one(&format!("{count} requested_at < $1"), &[&millis(*time)])
                .await?
        }
    };
    Ok(Erasable {
        sequences: parts(client, scope).await?,
        left: unsigned(&left, 0)?,
    })
}

/// Requests for approval hold the customer's address and the reason, and no record needs them. Those that are merely old are
/// forgotten by themselves.
async fn delete_requests(client: &Client, scope: &ErasureScope) -> Result<u64, Failure> {
    let ErasureScope::Customer(email) = scope else {
        return Ok(0);
    };
    let delete = "DELETE FROM approvals WHERE customer_folded = $1";
    Ok(client.execute(delete, &[&email.spelling()]).await?)
}

async fn parts(client: &Client, scope: &ErasureScope) -> Result<Vec<u64>, Failure> {
    match scope {
        ErasureScope::Customer(email) => {
            let parts_of_customer = "SELECT seq FROM openings WHERE customer IS NOT NULL AND seq IN ( \
                 SELECT intent_seq FROM logins WHERE customer_folded = $1 AND outcome IS NOT NULL UNION ALL \
                 SELECT seq FROM reports JOIN logins USING (request_id) WHERE customer_folded = $1 \
                 ) ORDER BY seq LIMIT $2";
            let rows = client
                .query(parts_of_customer, &[&email.spelling(), &AT_ONCE])
                .await?;
            rows.iter().map(|row| unsigned(row, 0)).collect()
        }
        ErasureScope::Before { time, end } => parts_before(client, *time, *end).await,
    }
}

async fn parts_before(client: &Client, time: Timestamp, end: u64) -> Result<Vec<u64>, Failure> {
    let page = "SELECT seq, body FROM openings JOIN records USING (seq) \
         WHERE seq > $1 AND seq < $2 AND (customer IS NOT NULL OR staff IS NOT NULL) \
         AND NOT EXISTS (SELECT FROM logins WHERE intent_seq = seq AND outcome IS NULL) ORDER BY seq LIMIT $3";
    let end = i64::try_from(end).unwrap_or(i64::MAX);
    let (mut sequences, mut last) = (Vec::new(), -1_i64);
    loop {
        let rows = client.query(page, &[&last, &end, &AT_ONCE]).await?;
        for row in &rows {
            last = row.try_get(0)?;
            if sequences.len() < ERASED_AT_ONCE as usize && is_before(row.try_get(1)?, time)? {
                sequences.push(unsigned(row, 0)?);
            }
        }
        if rows.is_empty() || sequences.len() >= ERASED_AT_ONCE as usize {
            return Ok(sequences);
        }
    }
}

/// Erases the parts, and the customer's address wherever nothing else of the login has it.
pub(super) async fn forget(client: &Client, parts: &ErasedParts) -> Result<(), Failure> {
    let erase = if parts.staff_too {
        "UPDATE openings SET customer = NULL, staff = NULL WHERE seq = ANY ($1)"
    } else {
        "UPDATE openings SET customer = NULL WHERE seq = ANY ($1)"
    };
    let forget_claims = "DELETE FROM claims USING logins \
         WHERE logins.request_id = claims.request_id AND intent_seq = ANY ($1)";
    // A report is found through its login's address, so the address goes with the last part.
    let forget_addresses = "UPDATE logins SET customer_folded = NULL WHERE request_id IN ( \
         SELECT request_id FROM logins WHERE intent_seq = ANY ($1) UNION ALL \
         SELECT request_id FROM reports WHERE seq = ANY ($1)) \
         AND NOT EXISTS (SELECT FROM openings WHERE customer IS NOT NULL AND seq = intent_seq) \
         AND NOT EXISTS (SELECT FROM reports JOIN openings USING (seq) \
         WHERE reports.request_id = logins.request_id AND customer IS NOT NULL)";
    for statement in [erase, forget_claims, forget_addresses] {
        client.execute(statement, &[&parts.sequences]).await?;
    }
    if parts.staff_too {
        let forget_staff = "UPDATE logins SET staff_id = NULL WHERE intent_seq = ANY ($1)";
        client.execute(forget_staff, &[&parts.sequences]).await?;
    }
    Ok(())
}
