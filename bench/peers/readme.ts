import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { orRefuse, refuse } from '../options.ts';
import { peers } from './peers.ts';
import { fullTables, meansTable } from './report.ts';
import { hasPeers, machineOf, type Recorded, resultsPath } from './results.ts';

// Writes the means of recorded results into README.md, and their tables into docs/speed.md, between two markers.
// Usage: pnpm bench:readme [bench/results/<machine>.json]; default: this machine's file, or the only one

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'bench/results');
const [BEGIN, END] = ['<!-- bench:peers -->', '<!-- /bench:peers -->'];

const pathOfMachine = resultsPath(machineOf());
const recorded = readdirSync(folder).map((name) => join(folder, name));
const path =
  process.argv[2] ?? (recorded.includes(pathOfMachine) || recorded.length !== 1 ? pathOfMachine : recorded[0]);
const results: Recorded = orRefuse(() => JSON.parse(readFileSync(path, 'utf8')));
if (!hasPeers(results)) refuse(`bench: ${path} has no peers, expected a file that pnpm bench:peers has recorded`);

/** Writes lines between the markers of a page. */
function write(page: string, lines: readonly string[]): void {
  const path = join(root, page);
  const text = readFileSync(path, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before === -1 || after < before)
    throw new Error(`${page} has no ${BEGIN} before ${END}, expected both on lines of their own`);
  writeFileSync(path, `${text.slice(0, before + BEGIN.length)}\n${lines.join('\n')}\n${text.slice(after)}`);
}

write('README.md', meansTable(results, peers));
write('docs/speed.md', fullTables(results, peers));
