// Asks a question and prints the answer:
//
//     node examples/ask.mjs ADDRESS TO BODY
//
// ADDRESS is where the broker is: unix:/path or tcp:host:port. Exit code 3: nobody answered in time.
import { connect } from 'msglite';

const [address = '', to = '', body = ''] = process.argv.slice(2);
const client = await connect({ address });
const answer = await client.query(to, body, { timeout: 30 });
await client.close();
if (answer === undefined) process.exitCode = 3;
else process.stdout.write(Buffer.concat([answer.body, Buffer.from('\n')]));
