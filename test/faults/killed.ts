/**
 * A child process that leaves a journal with 300 more messages in its log, and after that runs some SQL of its own and
 * is killed. Arguments: the journal's file, the SQL.
 */
import { openDatabase } from '../../src/adapters/journal/sqlite/open.js';

const [file = '', sql = ''] = process.argv.slice(2);
const db = openDatabase(file, 'normal');
const insert = db.prepare(`INSERT INTO messages (seq, queue, address, timeout, due, body)
  VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM messages), 'to', 'to', 1, 1, x'00')`);
for (let i = 0; i < 300; i++) insert.run();
db.exec(sql);
process.kill(process.pid, 'SIGKILL');
