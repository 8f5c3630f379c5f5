import { MemoryJournal } from '../../../src/adapters/journal/memory/journal.js';
import { journalContract } from '../../contract/journal.js';

journalContract('memory', {
  keeps: false,
  sync: 'off',
  place: () => ({ open: () => new MemoryJournal(), remove: () => undefined }),
});
