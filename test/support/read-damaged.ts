import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { loadDataset, readTable } from '@gradloom/runtime';
import fc from 'fast-check';
import { damageOf } from './damage.ts';

// A separate process, ended from outside if it hangs: node read-damaged.ts <folder of files> <count> <seed>. Reads
// `count` damaged copies of each file.
const [folder, count, seed] = process.argv.slice(2);
const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
for (const file of files) {
  const path = join(file.parentPath, file.name);
  const whole = readFileSync(path);
  const damaged = fc.sample(damageOf(whole), { numRuns: Number(count), seed: Number(seed) });
  // Counts of the first page; a set bit makes each longer.
  const counts = file.name === 'doubles.parquet' ? Array.from({ length: 36 }, (_, i) => whole.with(4 + i, 0x80)) : [];
  for (const bytes of [whole, ...counts.map((changed) => Buffer.from(changed)), ...damaged]) {
    say({ begins: path, base64: bytes.toString('base64') });
    writeFileSync(path, bytes);
    const start = performance.now();
    const outcome = await load(path).then(
      () => 'read',
      ({ name, message }: Error) => {
        return /^\w+: [^\n]*, expected [^\n]*$/.test(message) ? 'sentence' : `${name}: ${message}`;
      },
    );
    say({ outcome: bytes === whole && outcome !== 'read' ? 'not read' : outcome, ms: performance.now() - start });
  }
  writeFileSync(path, whole);
}

function load(path: string): Promise<unknown> {
  if (path.endsWith('.parquet')) return readTable(path);
  // Images are in a folder named by their class; labels are next to their data.
  if (/\.(png|jpg)$/.test(path)) return loadDataset(dirname(dirname(path)));
  return loadDataset(basename(path).includes('idx') ? dirname(path) : path);
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
