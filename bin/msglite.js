#!/usr/bin/env node
import 'reflect-metadata';
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/app/main.js', import.meta.url);
if (existsSync(main)) {
  const { main: run } = await import(main.href);
  const code = await run(process.argv.slice(2), process.env);
  // After a failure nothing that may still be open is to keep the process alive.
  if (code !== 0) process.exit(code);
} else {
  console.error('msglite: not built yet; in its folder, "npm start" or "npm run build" does that');
  process.exitCode = 1;
}
