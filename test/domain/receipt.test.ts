import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Receipt, withReceipt } from '../../src/domain/receipt.js';
import { Sessions } from '../support/sessions.js';

class Gone {
  readonly isGone = true;
  accepted(): void {}
  refused(): void {}
}

class Here {
  accepts = 0;
  accepted(): void {
    this.accepts++;
  }
  refused(): void {}
}

describe('receipts of one message', () => {
  it('are kept for those who can hear of it', () => {
    const here = new Here();
    let receipts: Receipt[] | undefined;
    for (let i = 0; i < 1000; i++) receipts = withReceipt(receipts, new Receipt(new Gone(), `${i}`, true));
    for (let i = 0; i < 10; i++) receipts = withReceipt(receipts, new Receipt(here, `${i}`, true));
    for (let i = 0; i < 1000; i++) receipts = withReceipt(receipts, new Receipt(new Gone(), `${i}`, true));
    expect(receipts).to.have.length.below(33);
    for (const receipt of receipts ?? []) receipt.tell('done');
    expect(here.accepts).to.equal(10);
  });

  it('are of no more use when their connection is closed', async () => {
    const sessions = new Sessions();
    const client = sessions.connectTagged();
    expect(client.session).to.include({ isGone: false });
    await client.break();
    expect(client.session).to.include({ isGone: true });
  });
});
