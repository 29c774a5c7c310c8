//! Writes what a batch has decided and commits it, in one round trip.

use futures_util::try_join;
use tokio_postgres::{Client, Statement, types::ToSql};

use super::{erase, fault::Failure, plan::Plan, statements::Statements};

/// Writes and commits. After an error it is not known whether the batch stands, unless the server has refused a statement:
/// then it does not.
pub(super) async fn commit(client: &Client, statements: &Statements, plan: &Plan) -> Result<(), Failure> {
    if let Some(parts) = &plan.erasure {
        erase::forget(client, parts).await?;
    }
    let (records, openings) = (&plan.records, &plan.openings);
    let (logins, outcomes, reports) = (&plan.logins, &plan.outcomes, &plan.reports);
    let used = &plan.used_approvals;
    let (kept, gone) = plan.claim_changes();
    let (keys, unused) = plan.unused_nonces();
    let (limits, messages) = (plan.limit_changes(), &plan.messages);
    let run = |statement, rows, parameters| write(client, statement, rows, parameters);
    // Sent together and performed in this order; after a refusal the server does nothing more, and the commit undoes all.
    try_join!(
        run(&statements.delete_nonces, unused.len(), vec![&keys, &unused]),
        run(
            &statements.insert_records,
            records.sequences.len(),
            vec![&records.sequences, &records.bodies, &records.hashes],
        ),
        run(
            &statements.insert_openings,
            openings.sequences.len(),
            vec![&openings.sequences, &openings.customers, &openings.staff],
        ),
        run(
            &statements.insert_logins,
            logins.ids.len(),
            vec![
                &plan.relay,
                &logins.ids,
                &logins.intents,
                &logins.staff,
                &logins.platforms,
                &logins.customers,
                &logins.times,
            ],
        ),
        run(
            &statements.update_outcomes,
            outcomes.ids.len(),
            vec![
                &outcomes.ids,
                &outcomes.sequences,
                &outcomes.outcomes,
                &outcomes.causes,
            ],
        ),
        run(
            &statements.insert_reports,
            reports.ids.len(),
            vec![&reports.ids, &reports.outcomes, &reports.sequences],
        ),
        run(
            &statements.upsert_claims,
            kept.ids.len(),
            vec![
                &kept.customers,
                &kept.scopes,
                &kept.ids,
                &kept.staff,
                &kept.since,
                &kept.until,
            ],
        ),
        run(
            &statements.delete_claims,
            gone.customers.len(),
            vec![&gone.customers, &gone.scopes],
        ),
        run(
            &statements.upsert_limits,
            limits.keys.len(),
            vec![
                &limits.scopes,
                &limits.keys,
                &limits.since,
                &limits.used,
                &limits.told,
                &limits.ends,
            ],
        ),
        run(
            &statements.insert_messages,
            messages.ids.len(),
            vec![
                &messages.ids,
                &messages.webhooks,
                &messages.alerts,
                &messages.bodies,
                &messages.times,
            ],
        ),
        run(&statements.use_approvals, used.len(), vec![used]),
        async { Ok(client.batch_execute("COMMIT").await?) },
    )?;
    Ok(())
}

/// Runs a statement over arrays, unless they are empty.
async fn write(
    client: &Client,
    statement: &Statement,
    rows: usize,
    parameters: Vec<&(dyn ToSql + Sync)>,
) -> Result<(), Failure> {
    if rows > 0 {
        client.execute(statement, &parameters).await?;
    }
    Ok(())
}
