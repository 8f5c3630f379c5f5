import { behindNginx } from '../behind-nginx.js';
import {
  gunicorn,
  msglitePlackup,
  msgliteRackup,
  msgliteWsgi,
  puma,
  RUBY_THREADS,
  starman,
} from '../peers/languages.js';
import type { WebServer } from '../peers/web-server.js';
import type { Question } from '../question.js';

const CLIENTS = 32;

export const workersWsgi = asked('wsgi', 'Python', 'workers', msgliteWsgi, gunicorn);
export const workersRack = asked('rack', 'Ruby', `workers of ${RUBY_THREADS} threads`, msgliteRackup, puma);
export const workersPsgi = asked('psgi', 'Perl', 'workers', msglitePlackup, starman);

function asked(what: string, language: string, where: string, ours: WebServer, other: WebServer): Question {
  return {
    name: `workers-${what}`,
    asks: `How often does an application in ${language} say hello, in as many ${where}, behind the same nginx?`,
    contenders: [ours, other].map((server) => behindNginx(server, CLIENTS)),
    judged: 'rate',
    targets: [{ over: other.name, atLeast: 1, aim: 1.5 }],
  };
}
