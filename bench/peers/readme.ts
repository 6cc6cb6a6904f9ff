import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inferenceMeans, inferenceTables } from '../inference/report.ts';
import { orRefuse, refuse } from '../options.ts';
import { peers } from './peers.ts';
import { fullTables, meansTable } from './report.ts';
import { hasPeers, machineOf, type Recorded, resultsPath } from './results.ts';

// Writes the means of recorded results into README.md, and their tables into docs/speed.md, between two markers: those
// of the peers in training, and those of answers. What is not recorded stays.
// Usage: pnpm bench:readme [bench/results/<machine>.json]; default: this machine's file, or the only one

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'bench/results');

const pathOfMachine = resultsPath(machineOf());
const recorded = readdirSync(folder).map((name) => join(folder, name));
const path =
  process.argv[2] ?? (recorded.includes(pathOfMachine) || recorded.length !== 1 ? pathOfMachine : recorded[0]);
const results: Recorded = orRefuse(() => JSON.parse(readFileSync(path, 'utf8')));
if (!hasPeers(results) && results.inference === undefined)
  refuse(
    `bench: ${path} has no peers and no answers, expected a file that pnpm bench:peers or bench:inference has recorded`,
  );

/** Writes lines between the markers of a benchmark in a page. */
function write(page: string, benchmark: string, lines: readonly string[]): void {
  const [begin, end] = [`<!-- bench:${benchmark} -->`, `<!-- /bench:${benchmark} -->`];
  const path = join(root, page);
  const text = readFileSync(path, 'utf8');
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before === -1 || after < before)
    throw new Error(`${page} has no ${begin} before ${end}, expected both on lines of their own`);
  writeFileSync(path, `${text.slice(0, before + begin.length)}\n${lines.join('\n')}\n${text.slice(after)}`);
}

if (hasPeers(results)) {
  write('README.md', 'peers', meansTable(results, peers));
  write('docs/speed.md', 'peers', fullTables(results, peers));
}
const { inference, machine = machineOf() } = results;
if (inference !== undefined) {
  write('README.md', 'inference', inferenceMeans(machine, inference));
  write('docs/speed.md', 'inference', inferenceTables(machine, inference));
}
