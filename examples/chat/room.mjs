// The room as data: what was said, who is here, and where they await what is said next.

/** Lines that are kept. */
const LINES = 100;
/** Requests that wait at a time; with one more, the oldest is answered. */
const WAITING = 1000;
/** Milliseconds until a long-poll is answered with nothing new, and until a stream ends. Then their pages ask again. */
const PATIENCE = { poll: 25_000, stream: 120_000 };
/** Milliseconds until somebody has left who asks for nothing more. */
const ABSENCE = 10_000;

export function emptyRoom(born) {
  return { born, version: 0, last: 0, looked: 0, lines: [], people: [], waiting: [] };
}

/** Somebody says something. The same line may come twice, if its page could not be told that it came. */
export function say(room, { name, text, key }) {
  if (room.lines.some((line) => line.key === key)) return [];
  const before = room.last;
  see(room, name);
  add(room, { name, text, key });
  return wake(room, before);
}

/** Somebody asks for what comes after `mark`, which is of the last line it has got. */
export function ask(room, { kind, name, replyTo, cancelAddr }, mark) {
  const before = room.last;
  see(room, name);
  const answers = wake(room, before);
  const [born, last] = mark.split(':');
  const from = born === room.born ? Math.min(Number(last) || 0, room.last) : 0;
  const waiting = { kind, name, replyTo, cancelAddr, held: process.pid, at: Date.now() };
  if (kind === 'stream' || from < room.last) answers.push(answer(room, waiting, from));
  if (kind === 'stream' || from === room.last) room.waiting.push(waiting);
  const tooMany = room.waiting.splice(0, room.waiting.length - WAITING);
  return [...answers, ...tooMany.map((one) => dismiss(room, one))];
}

/** It is time to see who has left, and who has waited long enough. `gone` are those whose clients have hung up. */
export function look(room, gone) {
  const now = Date.now();
  const before = room.last;
  const isDue = ({ kind, at }) => now - at > PATIENCE[kind];
  const here = room.waiting.filter((one) => !gone.includes(one));
  room.waiting = here.filter((one) => !isDue(one));
  const answers = here.filter(isDue).map((one) => dismiss(room, one));
  for (const { name } of here) see(room, name);
  const left = room.people.filter(({ at }) => now - at > ABSENCE);
  room.people = room.people.filter((one) => !left.includes(one));
  for (const { name } of left) add(room, { name, what: 'left' });
  room.looked = now;
  if (room.last > before) return [...answers, ...wake(room, before)];
  // Streams hear something now and then, and so whether they have missed a line.
  const streams = room.waiting.filter(({ kind }) => kind === 'stream');
  return [...answers, ...streams.map((one) => answer(room, one, room.last))];
}

function see(room, name) {
  const at = Date.now();
  const known = room.people.find((one) => one.name === name);
  if (known !== undefined) {
    known.at = at;
  } else {
    room.people.push({ name, at });
    add(room, { name, what: 'came' });
  }
}

function add(room, line) {
  room.lines.push({ n: ++room.last, at: Date.now(), by: process.pid, ...line });
  room.lines.splice(0, room.lines.length - LINES);
}

/** All who wait are answered if there are lines after number `from`. Streams go on. */
function wake(room, from) {
  if (from === room.last) return [];
  for (const { name } of room.waiting) see(room, name);
  const answers = room.waiting.map((one) => answer(room, one, from));
  room.waiting = room.waiting.filter(({ kind }) => kind === 'stream');
  return answers;
}

/** All that there is after number `from`. `held` is the handler that was asked, `by` the one that answers. */
function answer(room, { kind, replyTo, held }, from) {
  const { born, last, lines, people } = room;
  const news = { room: born, from, last, held, by: process.pid, people: people.map(({ name }) => name) };
  const json = JSON.stringify({ ...news, lines: lines.filter(({ n }) => n > from) });
  return { to: replyTo, kind, json, mark: `${born}:${last}` };
}

function dismiss(room, one) {
  return one.kind === 'poll' ? answer(room, one, room.last) : { to: one.replyTo, kind: 'end' };
}
