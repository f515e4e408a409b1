-- Columns that came after the tables were first made. They are added when the tables are next used, not by a
-- migration: a table of this name may be another program's, or gone, and the log must open all the same.
ALTER TABLE bandit_data ADD COLUMN decision TEXT NOT NULL DEFAULT '';
ALTER TABLE bandit_data ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE bandit_data ADD COLUMN size TEXT NOT NULL DEFAULT '';
ALTER TABLE bandit_data ADD COLUMN cost REAL NOT NULL DEFAULT 0;
ALTER TABLE bandit_data ADD COLUMN seconds REAL NOT NULL DEFAULT 0;
ALTER TABLE bandit_data ADD COLUMN weight REAL NOT NULL DEFAULT 1;
ALTER TABLE router_decisions ADD COLUMN decision TEXT NOT NULL DEFAULT '';
ALTER TABLE router_decisions ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE router_decisions ADD COLUMN size TEXT NOT NULL DEFAULT '';
ALTER TABLE router_decisions ADD COLUMN how TEXT NOT NULL DEFAULT '';
ALTER TABLE router_decisions ADD COLUMN policy TEXT NOT NULL DEFAULT '';
ALTER TABLE router_decisions ADD COLUMN weights TEXT NOT NULL DEFAULT '';
ALTER TABLE router_decisions ADD COLUMN propensity REAL NOT NULL DEFAULT 1;
ALTER TABLE router_decisions ADD COLUMN explored INTEGER NOT NULL DEFAULT 0;
ALTER TABLE router_decisions ADD COLUMN considered TEXT NOT NULL DEFAULT '';
ALTER TABLE router_decisions ADD COLUMN excluded TEXT NOT NULL DEFAULT '';
