import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Replies } from '../../../src/adapters/http/replies.js';

describe('http: the heads of replies', () => {
  it('are judged once for as long as they repeat', () => {
    const replies = new Replies();
    const read = (text: string) => {
      const reply = replies.read(text);
      if ('wrong' in reply) throw new Error(reply.wrong);
      return reply;
    };
    const first = read('["200",["X","y"]]\nbody');
    expect(first.rest).to.equal('body');
    expect(read('["200",["X","y"]]').head).to.equal(first.head);
    expect(read('["200",["X","y"]]').rest).to.equal('');
    expect(read('["200",["X","y"]]\na\nb').rest).to.equal('a\nb');
    for (let i = 0; i < 1100; i++) expect(read(`["200",["X","${i}"]]\n`).head.headers).to.deep.equal(['X', String(i)]);
    expect(read('["200",["X","y"]]\n').head).not.to.equal(first.head);
  });

  it('are read anew where they stretch over several lines, or make no sense', () => {
    const replies = new Replies();
    for (let i = 0; i < 2; i++) {
      expect(replies.read(`["200",\n["X","${i}"]]\nbody`)).to.deep.include({ rest: 'body' });
      expect(replies.read(`["200",\n["X","${i}"]]\nbody`)).to.have.nested.property('head.headers[1]', String(i));
      expect(replies.read('["20"]')).to.have.property('wrong');
      expect(replies.read('')).to.have.property('wrong', 'expected a JSON array, alone or on a line of its own');
    }
  });
});
