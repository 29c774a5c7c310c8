-- What the schema is made of, and who may do what with it: one row for each fact, a name and what it is. What belongs to an
-- extension is left out, and so is the right to read, with which nothing can be changed.
WITH RECURSIVE space AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = current_schema()
),
tables AS (
    SELECT c.* FROM pg_class c JOIN space ON c.relnamespace = space.oid
    WHERE c.relkind NOT IN ('i', 'I', 't') AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
),
owner AS (
    SELECT relowner AS oid FROM tables WHERE relname = 'refinery_schema_history'
),
base AS (
    SELECT oid, datdba FROM pg_database WHERE datname = current_database()
),
three (role) AS (
    SELECT oid FROM pg_roles WHERE rolname IN ('stagedoor_relay', 'stagedoor_eraser', 'stagedoor_auditor')
),
-- Relays, erasers and auditors, their members, and the roles that each of these can act as. Whoever makes roles is an
-- administrator, who is a member of many and needs to be none.
desk (role) AS (
    SELECT role FROM three
    UNION
    SELECT m.member FROM desk JOIN pg_auth_members m ON m.roleid = desk.role
    JOIN pg_roles r ON r.oid = m.member AND NOT r.rolsuper AND NOT r.rolcreaterole WHERE m.member NOT IN (SELECT oid FROM owner)
),
acts (role, another) AS (
    SELECT role, role FROM desk
    UNION
    SELECT acts.role, m.roleid FROM acts JOIN pg_auth_members m ON m.member = acts.another
),
facts (name, definition) AS (
    SELECT concat('table ', relname), concat_ws(' ', relkind, relpersistence, 'rows secured', relrowsecurity,
        relforcerowsecurity, 'part', relispartition, 'owner', relowner = (SELECT oid FROM owner))
    FROM tables
UNION ALL
    SELECT concat('column ', a.attname, ' of ', t.relname), concat_ws(' ', format_type(a.atttypid, a.atttypmod),
        (SELECT collname FROM pg_collation WHERE oid = a.attcollation), CASE WHEN a.attnotnull THEN 'not null' END,
        a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid, true))
    FROM pg_attribute a JOIN tables t ON t.oid = a.attrelid AND t.relkind <> 'S'
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL
    -- NOT NULL is a constraint, too, from version 18 on; it is among the columns.
    SELECT concat('constraint ', c.conname, ' on ', c.conrelid::regclass), concat_ws(' ', pg_get_constraintdef(c.oid, true),
        c.convalidated)
    FROM pg_constraint c WHERE c.contype <> 'n'
    AND (c.conrelid IN (SELECT oid FROM tables) OR c.confrelid IN (SELECT oid FROM tables))
UNION ALL
    SELECT concat('index ', i.indexrelid::regclass, ' on ', t.relname), concat_ws(' ', pg_get_indexdef(i.indexrelid, 0, true),
        i.indisunique, i.indimmediate, i.indisvalid, i.indisready, i.indislive)
    FROM pg_index i JOIN tables t ON t.oid = i.indrelid
UNION ALL
    SELECT concat('trigger ', g.tgname, ' on ', t.relname), concat_ws(' ', pg_get_triggerdef(g.oid, true), g.tgenabled)
    FROM pg_trigger g JOIN tables t ON t.oid = g.tgrelid WHERE NOT g.tgisinternal
UNION ALL
    SELECT concat('a constraint of ', t.relname, ' that is not enforced'), string_agg(g.tgname, ' ' ORDER BY g.tgname)
    FROM pg_trigger g JOIN tables t ON t.oid = g.tgrelid WHERE g.tgisinternal AND g.tgenabled <> 'O' GROUP BY t.relname
UNION ALL
    SELECT concat('rule ', r.rulename, ' on ', t.relname), concat_ws(' ', pg_get_ruledef(r.oid, true), r.ev_enabled)
    FROM pg_rewrite r JOIN tables t ON t.oid = r.ev_class
UNION ALL
    SELECT concat('policy ', p.polname, ' on ', t.relname), concat_ws(' ', p.polcmd, p.polpermissive, p.polroles,
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy p JOIN tables t ON t.oid = p.polrelid
UNION ALL
    SELECT concat('rows of ', i.inhparent::regclass, ' in ', i.inhrelid::regclass), 'inherited'
    FROM pg_inherits i WHERE i.inhparent IN (SELECT oid FROM tables) OR i.inhrelid IN (SELECT oid FROM tables)
UNION ALL
    SELECT concat('function ', p.proname, '(', pg_get_function_identity_arguments(p.oid), ')'), concat_ws(' ',
        format_type(p.prorettype, NULL), l.lanname, p.provolatile, p.prosecdef, p.proconfig::text, p.probin,
        encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'), 'owner', p.proowner = (SELECT oid FROM owner))
    FROM pg_proc p JOIN space ON p.pronamespace = space.oid JOIN pg_language l ON l.oid = p.prolang
    WHERE NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
    SELECT concat('right to ', x.privilege_type, ' ', t.relname, ' of ',
        CASE WHEN x.grantee = 0 THEN 'everybody' ELSE pg_get_userbyid(x.grantee) END), x.is_grantable::text
    FROM tables t, aclexplode(t.relacl) x WHERE x.grantee <> t.relowner AND x.privilege_type <> 'SELECT'
UNION ALL
    SELECT concat('right to ', x.privilege_type, ' ', t.relname, '.', a.attname, ' of ',
        CASE WHEN x.grantee = 0 THEN 'everybody' ELSE pg_get_userbyid(x.grantee) END), x.is_grantable::text
    FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid, aclexplode(a.attacl) x
    WHERE x.grantee <> t.relowner AND x.privilege_type <> 'SELECT'
UNION ALL
    SELECT concat('right to CREATE in the schema of ',
        CASE WHEN x.grantee = 0 THEN 'everybody' ELSE pg_get_userbyid(x.grantee) END), x.is_grantable::text
    FROM space, aclexplode(space.nspacl) x WHERE x.privilege_type = 'CREATE'
    AND x.grantee NOT IN (SELECT space.nspowner UNION ALL SELECT oid FROM owner)
    AND pg_get_userbyid(x.grantee) <> 'pg_database_owner'
UNION ALL
    SELECT concat('power of ', pg_get_userbyid(acts.role), ' to act as ', CASE
        WHEN r.oid IN (SELECT oid FROM owner) THEN 'the owner of the tables'
        WHEN r.oid IN (SELECT nspowner FROM space) THEN 'the owner of the schema'
        WHEN r.oid IN (SELECT datdba FROM base) THEN 'the owner of the database'
        WHEN r.rolsuper THEN 'a superuser' ELSE r.rolname END), ''
    FROM acts JOIN pg_roles r ON r.oid = acts.another
    WHERE r.oid IN (SELECT oid FROM owner UNION ALL SELECT nspowner FROM space UNION ALL SELECT datdba FROM base) OR r.rolsuper
    -- A person may have several of the three roles; the roles themselves have nothing of each other.
    OR (acts.role <> acts.another AND acts.role IN (SELECT role FROM three) AND acts.another IN (SELECT role FROM three))
    OR r.rolname IN ('pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program')
UNION ALL
    SELECT concat('power of ', r.rolname, ' to make roles'), '' FROM desk JOIN pg_roles r ON r.oid = desk.role
    WHERE r.rolcreaterole
UNION ALL
    SELECT concat('setting by which triggers do not fire, of ', CASE WHEN s.setrole = 0 THEN 'everybody'
        ELSE pg_get_userbyid(s.setrole) END), setting
    FROM pg_db_role_setting s, unnest(s.setconfig) setting WHERE setting LIKE 'session\_replication\_role=%'
    AND s.setdatabase IN (SELECT 0::oid UNION ALL SELECT oid FROM base)
UNION ALL
    SELECT concat('role ', pg_get_userbyid(role)), '' FROM three
)
SELECT name::text, coalesce(definition, '')::text FROM facts
