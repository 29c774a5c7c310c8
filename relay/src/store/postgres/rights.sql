-- Gives each role of docs/postgres.md that is there its rights on the tables, and takes away others. `stagedoor store migrate`
-- runs this after the migrations, every time, as the tables' owner.
DO $$
DECLARE
    tables CONSTANT TEXT := 'staff, staff_roles, invites, profiles, session_roles, identities, nonces, records, openings, logins, '
        'reports, claims, approvals, checkpoints, limits, outbox, probe, refinery_schema_history';
    role TEXT;
BEGIN
    FOREACH role IN ARRAY ARRAY['stagedoor_relay', 'stagedoor_eraser', 'stagedoor_auditor'] LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role);
        EXECUTE pg_catalog.format('REVOKE ALL ON %s FROM %I', tables, role);
        EXECUTE pg_catalog.format('GRANT SELECT ON %s TO %I', tables, role);
        CONTINUE WHEN role = 'stagedoor_auditor';
        -- Who appends to the ledger: the relay, and the eraser, whose every act is a record.
        EXECUTE pg_catalog.format('GRANT INSERT ON records, openings TO %I', role);
        EXECUTE pg_catalog.format('GRANT DELETE ON claims TO %I', role);
        EXECUTE pg_catalog.format('GRANT INSERT, UPDATE ON probe TO %I', role);
        IF role = 'stagedoor_relay' THEN
            EXECUTE pg_catalog.format('GRANT INSERT ON logins, reports, claims, checkpoints, nonces TO %I', role);
            EXECUTE pg_catalog.format('GRANT UPDATE (outcome_seq, outcome, cause) ON logins TO %I', role);
            EXECUTE pg_catalog.format('GRANT UPDATE ON claims TO %I', role);
            EXECUTE pg_catalog.format('GRANT DELETE ON nonces TO %I', role);
            EXECUTE pg_catalog.format('GRANT INSERT, UPDATE, DELETE ON approvals, limits, outbox TO %I', role);
            EXECUTE pg_catalog.format('GRANT INSERT, UPDATE ON staff, invites, profiles TO %I', role);
            EXECUTE pg_catalog.format('GRANT INSERT, DELETE ON staff_roles, session_roles, identities TO %I', role);
        ELSE
            EXECUTE pg_catalog.format('GRANT DELETE ON approvals TO %I', role);
            EXECUTE pg_catalog.format('GRANT UPDATE (customer, staff) ON openings TO %I', role);
            EXECUTE pg_catalog.format('GRANT UPDATE (customer_folded, staff_id) ON logins TO %I', role);
        END IF;
    END LOOP;
END
$$;
