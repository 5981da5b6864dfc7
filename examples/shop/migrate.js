// Brings the database in DATA_DIR up to date. Run once before a new version takes requests; the old one runs meanwhile.

import { migrate, openDatabase } from './src/database.js';

const database = openDatabase(process.env.DATA_DIR ?? 'data');
const applied = migrate(database);
database.close();
console.log(applied.length ? `applied ${applied.join(', ')}` : 'the database is up to date');
