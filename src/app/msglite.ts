import 'reflect-metadata';
import { main } from './main.js';

const code = await main(process.argv.slice(2), process.env);
// After a failure nothing that may still be open is to keep the process alive.
if (code !== 0) process.exit(code);
