import { msgliteHttp } from '../peers/msglite-http.js';
import { nginx } from '../peers/nginx.js';
import type { Question } from '../question.js';
import { underLoad } from '../under-load.js';

const contenders = (apart: boolean) =>
  [msgliteHttp({ apart }), nginx].map((peer) => underLoad({ kind: 'round-trips', clients: 32, workers: 4 }, peer));

export const http: Question = {
  name: 'http',
  asks: 'What does a web request cost broker and proxy in one process, with handlers on 4 connections?',
  contenders: contenders(false),
  judged: 'cpu',
  targets: [{ over: 'nginx', atMost: 1.2, aim: 0.8 }],
};

export const httpApart: Question = {
  name: 'http-apart',
  asks: 'What does a web request cost the broker and a proxy in a process of its own, together?',
  contenders: contenders(true),
  judged: 'cpu',
  targets: [{ over: 'nginx', atMost: 2.2, aim: 1.5 }],
};
