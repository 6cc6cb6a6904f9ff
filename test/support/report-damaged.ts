import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { gradloom } from './command-line.ts';
import { damage } from './damaged-file.ts';
import { harmIn } from './harmless-page.ts';

// A separate process, ended from outside if it hangs: node report-damaged.ts <folder of runs> <count> <seed>.
const [runs, count, seed] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'gradloom-damaged-'));
try {
  const files = readdirSync(runs).flatMap((run) =>
    readdirSync(join(runs, run))
      .filter((name) => /\.jsonl?$/.test(name))
      .map((name) => ({ run, name })),
  );
  for (const { run } of files) cpSync(join(runs, run), join(folder, run), { recursive: true });
  const choices = fc.sample(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()), {
    numRuns: Number(count),
    seed: Number(seed),
  });
  for (const [k, ...choice] of choices) {
    const { run, name } = files[k % files.length];
    const path = join(folder, run, name);
    const whole = readFileSync(path);
    const { bytes, what } = damage(whole, name.endsWith('.jsonl'), choice);
    say({ begins: `${run}/${name}, ${what}` });
    writeFileSync(path, bytes);
    say({ outcome: await report(run, name) });
    writeFileSync(path, whole);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** 'page', 'sentence', or a description of the fault. */
async function report(run: string, name: string): Promise<string> {
  const out = join(folder, 'out');
  const { code, stdout, stderr } = await gradloom(['report', join(folder, run), '--out', out, '--json']);
  if (code === 1) {
    const isSentence = /^gradloom report: [^\p{Cc}]*, expected [^\p{Cc}]*\n$/u.test(stderr) && stderr.includes(name);
    return isSentence ? 'sentence' : `no sentence: ${JSON.stringify(stderr)}`;
  }
  if (code !== 0 || stderr !== '') return `code ${code}: ${stderr}`;
  for (const file of ['report.html', ...JSON.parse(stdout).pictures]) {
    const harm = harmIn(readFileSync(join(out, file), 'utf8'));
    if (harm !== null) return `harm in ${file}: ${harm}`;
  }
  return 'page';
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
