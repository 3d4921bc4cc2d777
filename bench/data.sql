-- Users 1 to :users and their tasks. User 1 has :big tasks, everybody else 20. Run by bench/rig.py, in parts:
-- :part of :parts. Nothing is random, so that every run meets the same rows.
SET session_replication_role = replica; -- no look at the foreign key for each row
SET synchronous_commit = off;

INSERT INTO users (id, email, hashed_password, created_at)
SELECT bench_id('7000', n), 'user' || n || '@example.com', :'hash', '2024-01-01'
FROM generate_series(1, :users) n WHERE n % :parts = :part;

INSERT INTO sessions (user_id, id, epoch, created_at, last_used_at, expires_at)
SELECT bench_id('7000', n), bench_id('7001', n), 0, '2024-01-01', '2090-01-01', '2099-01-01'
FROM generate_series(1, least(:users, 10001)) n WHERE n % :parts = :part;

INSERT INTO tasks (user_id, id, title, description, completed_at, priority, tags, due_at, due_is_date,
                   sort_order, created_at, updated_at)
SELECT bench_id('7000', n), (lpad(to_hex(k), 8, '0') || '-0000-7002-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
       'Task ' || k || ': ' || verbs[1 + k % 10] || ' the ' || nouns[1 + k % 20] || CASE WHEN k = 7 AND n < 1000 THEN ' of Zanzibar' ELSE '' END,
       CASE WHEN k % 3 = 0 THEN 'Ask about it before the end of week ' || k % 52 END,
       CASE WHEN k % 4 = 0 THEN made + interval '1 hour' END,
       k % 3,
       CASE k % 5 WHEN 0 THEN '{home}' WHEN 1 THEN '{work,urgent}' ELSE '{}' END::text[],
       CASE WHEN k % 2 = 0 THEN CASE WHEN k % 20 = 0 THEN timestamptz '2090-01-01' ELSE '2024-01-08' END + k * interval '1 minute' END,
       false,
       CASE WHEN k % 2 = 1 THEN k END,
       made, made
FROM generate_series(1, :users) n,
     generate_series(1, CASE WHEN n = 1 THEN :big ELSE 20 END) k,
     LATERAL (SELECT timestamptz '2024-01-01' + k * interval '1 minute' + n * interval '1 microsecond') m (made),
     (SELECT '{buy,call,clean,fetch,mend,order,paint,read,sell,write}'::text[]) v (verbs),
     (SELECT '{bicycle,boiler,budget,calendar,camera,car,chair,curtain,dentist,fence,garden,kettle,lamp,letter,milk,report,roof,tax,tickets,window}'::text[]) o (nouns)
WHERE n % :parts = :part;
