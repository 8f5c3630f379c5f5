import { behindNginx } from '../behind-nginx.js';
import { gunicorn, msglitePlackup, msgliteRackup, msgliteWsgi, puma, starman } from '../peers/languages.js';
import type { WebServer } from '../peers/web-server.js';
import type { Question } from '../question.js';

const CLIENTS = 32;

export const workersWsgi = asked('wsgi', 'Python', [msgliteWsgi, gunicorn]);
export const workersRack = asked('rack', 'Ruby', [msgliteRackup, puma]);
export const workersPsgi = asked('psgi', 'Perl', [msglitePlackup, starman]);

function asked(what: string, language: string, [ours, other]: readonly [ours: WebServer, other: WebServer]): Question {
  return {
    name: `workers-${what}`,
    asks: `How often does an application in ${language} say hello, in as many workers, behind the same nginx?`,
    contenders: [ours, other].map((server) => behindNginx(server, CLIENTS)),
    judged: 'rate',
    targets: [{ over: other.name, atLeast: 1, aim: 1.5 }],
  };
}
