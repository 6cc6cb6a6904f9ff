import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { refuse } from './options.ts';

// Runs the benchmarks whose names contain the first word, or all, each in a separate process with the other arguments.
// Rows of a complete suite are recorded in bench/results.
// Usage: pnpm bench [kernels] [--backends wasm] [--no-record]

const [word = '', ...rest] = process.argv.slice(2);
const filter = word.startsWith('-') ? '' : word;
const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.bench.ts') && file.includes(filter));
if (files.length === 0) refuse(`bench: name has '${filter}', expected part of the name of a file in bench/`);
for (const file of files) {
  console.log(`\n${file}`);
  const options = filter === '' ? process.argv.slice(2) : rest;
  const { status } = spawnSync(process.execPath, [...process.execArgv, `${import.meta.dirname}/${file}`, ...options], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
}
