// Answers N questions, each with its bytes in reverse:
//
//     node examples/answer.mjs ADDRESS TO N
import { connect } from 'msglite';

const [address = '', to = '', count = '1'] = process.argv.slice(2);
const client = await connect({ address });
for await (const message of client.receive(to, { count: Number(count) })) {
  await message.reply(Buffer.from(message.body).reverse());
  await message.done();
}
await client.close();
