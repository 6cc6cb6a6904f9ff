import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inferenceMeans, inferenceTables } from '../inference/report.ts';
import { matching, orRefuse, refuse } from '../options.ts';
import { peers } from './peers.ts';
import { fullTables, meansTable } from './report.ts';
import { hasPeers, machineOf, type Recorded, resultsPath } from './results.ts';

// Writes the means of recorded results into README.md, and their tables into docs/speed.md, between two markers: those
// of the peers in training, and those of answers. What is not recorded stays; with --only also the tables of the other
// benchmark, which may be of another machine.
// Usage: pnpm bench:readme [bench/results/<machine>.json] [--only inference]; default: this machine's file, or the only
// one

const { values, positionals } = orRefuse(() =>
  parseArgs({ allowPositionals: true, options: { only: { type: 'string', default: '' } } }),
);
const only = matching('only', values.only, [{ name: 'peers' }, { name: 'inference' }]).map(({ name }) => name);
const root = join(import.meta.dirname, '../..');
const folder = join(root, 'bench/results');

const pathOfMachine = resultsPath(machineOf());
const recorded = readdirSync(folder).map((name) => join(folder, name));
const path =
  positionals[0] ?? (recorded.includes(pathOfMachine) || recorded.length !== 1 ? pathOfMachine : recorded[0]);
const results: Recorded = orRefuse(() => JSON.parse(readFileSync(path, 'utf8')));
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

const { inference, machine = machineOf() } = results;
const hasTraining = only.includes('peers') && hasPeers(results);
const hasAnswers = only.includes('inference') && inference !== undefined;
if (!hasTraining && !hasAnswers)
  refuse(
    `bench: ${path} has no ${only.join(' and no ')}, expected a file that bench:peers or bench:inference recorded`,
  );
if (hasTraining) {
  write('README.md', 'peers', meansTable(results, peers));
  write('docs/speed.md', 'peers', fullTables(results, peers));
}
if (hasAnswers) {
  write('README.md', 'inference', inferenceMeans(machine, inference));
  write('docs/speed.md', 'inference', inferenceTables(machine, inference));
}
