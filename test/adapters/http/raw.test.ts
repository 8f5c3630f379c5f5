import { expect } from 'chai';
import { after, before, it } from 'mocha';
import { Message } from '../../../src/domain/message.js';
import type { Delivery } from '../../../src/ports/exchange.js';
import { BODIES } from '../../fixtures/http-raw/bodies.js';
import type { RequestCase } from '../../fixtures/http-raw/case.js';
import { HEADERS } from '../../fixtures/http-raw/headers.js';
import { REQUEST_LINES } from '../../fixtures/http-raw/request-lines.js';
import { RESPONSES } from '../../fixtures/http-raw/responses.js';
import { Teller } from '../../support/exchange.js';
import { allWays, HttpWorld, undated } from './world.js';

/** What an answer of our handler ends with. */
const END = '<the end>';
const ALL = [...REQUEST_LINES, ...HEADERS, ...BODIES];

/** A proxy whose handler answers all requests, with what the test says. */
class Answering {
  readonly seen: string[] = [];
  pieces: readonly string[] = [`["200",["Content-Length","${END.length}"]]\n${END}`];

  private constructor(readonly world: HttpWorld) {
    const ever = Number.POSITIVE_INFINITY;
    world.exchange.receive({ addresses: ['web'], timeout: ever, count: ever, lease: 0 }, this);
  }

  static async start(): Promise<Answering> {
    return new Answering(await HttpWorld.start());
  }

  readonly slow = false;

  deliver(delivery: Delivery): void {
    const { body, replyTo = '' } = delivery.message;
    const line = body.indexOf('\n');
    const { method, url } = JSON.parse(body.slice(0, line));
    this.seen.push(`${method} ${url} ${body.slice(line + 1)}`);
    this.world.exchange.settle(delivery);
    setImmediate(() => {
      for (const piece of this.pieces) {
        this.world.exchange.send(
          new Message(replyTo, undefined, Buffer.from(piece).toString('latin1'), 60_000),
          new Teller(),
          '',
        );
      }
    });
  }

  expired(): void {
    throw new Error('it waits for ever');
  }

  lapsed(): void {
    throw new Error('it leases nothing');
  }
}

function statuses(text: string): number[] {
  return [...text.matchAll(/(?:^|<the end>|\n)HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
}

allWays('http: raw requests', () => {
  let answering: Answering;

  before(async () => {
    answering = await Answering.start();
  });

  after(() => answering.world.stop());

  it('and responses are at least 300', () => {
    expect(ALL.length + RESPONSES.length).to.be.greaterThan(299);
    for (const { clause } of [...ALL, ...RESPONSES]) expect(clause).to.match(/^(91\d\d \d|docs\/)/);
  });

  for (const one of ALL) it(`${one.clause}: ${one.what}`, () => check(one));

  async function check({ send, answers, seen }: RequestCase): Promise<void> {
    answering.seen.length = 0;
    const client = answering.world.client(send);
    const refusal = answers.at(-1) !== 200 && answers.at(-1) !== 417;
    let got = '';
    if (refusal) got = await client.rest();
    else
      while (statuses(got).length < answers.length)
        got += await client.until(answers.at(-1) === 417 ? '\r\n\r\n' : END);
    client.socket.destroy();
    expect(statuses(got)).to.deep.equal(answers);
    expect(answering.seen.sort()).to.deep.equal([...seen].sort());
  }
});

allWays('http: raw responses', () => {
  let answering: Answering;

  before(async () => {
    answering = await Answering.start();
  });

  after(() => answering.world.stop());

  for (const { clause, what, request, send, gets } of RESPONSES) {
    it(`${clause}: ${what}`, async () => {
      answering.pieces = send;
      const all = await answering.world.client(request).rest();
      const got = all === '' ? '' : undated(all);
      if (gets !== undefined) expect(got).to.equal(gets);
      else {
        expect(got).to.match(
          /^HTTP\/1\.1 502 Bad Gateway\r\n[^<]*502 Bad Gateway: the handler gave no valid answer\n$/,
        );
        expect(got.match(/HTTP\//g)).to.have.length(1);
      }
    });
  }
});
