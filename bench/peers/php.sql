-- The tables behind api.php; the runner fills services from the panel's list.
PRAGMA journal_mode = WAL;
CREATE TABLE users(id INTEGER PRIMARY KEY, api_key TEXT UNIQUE, balance REAL);
CREATE TABLE services(id INTEGER PRIMARY KEY, theirs INTEGER, name TEXT, type TEXT, category TEXT, rate TEXT,
  min TEXT, max TEXT, dripfeed INTEGER, refill INTEGER, cancel INTEGER);
CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER, service_id INTEGER, link TEXT, quantity INTEGER,
  charge REAL, status TEXT, remains TEXT, theirs INTEGER, created TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX orders_of_user ON orders(user_id);
