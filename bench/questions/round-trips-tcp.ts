import { beanstalkd } from '../peers/beanstalkd.js';
import { msglite } from '../peers/msglite.js';
import { nats } from '../peers/nats.js';
import { redis } from '../peers/redis.js';
import type { Question } from '../question.js';
import { ROUND_TRIPS, underLoad } from '../under-load.js';

const network = 'tcp';

export const roundTripsTcp: Question = {
  name: 'round-trips-tcp',
  asks: 'What does a question and its answer cost the broker on TCP, when nothing is kept on disk, and those who answer are given what there is, or one at a time?',
  contenders: [
    // As NATS: whoever answers gets what there is.
    msglite({ network, answered: 'unleased' }),
    nats,
    // As the rest.
    msglite({ name: 'one at a time', network }),
    redis({ network }),
    beanstalkd(),
  ].map((peer) => underLoad(ROUND_TRIPS, peer)),
  judged: 'cpu',
  targets: [{ over: 'nats', atMost: 0.9, aim: 0.7 }],
};
