-- Whoever signs in with a link is the person whose token made it.
ALTER TABLE access_link ADD COLUMN person TEXT;
