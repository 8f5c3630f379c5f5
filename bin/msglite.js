#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/bundle/app/msglite.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error('msglite: not built yet; in its folder, "npm start" or "npm run build" does that');
  process.exitCode = 1;
}
