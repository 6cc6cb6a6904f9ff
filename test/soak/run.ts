import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '@gradloom/core';
import { loadModel } from '@gradloom/runtime';
import { compilePrograms } from '../support/compile-programs.ts';
import { endOf, startProgram } from '../support/start-program.ts';
import { disturbances, type Sitting, sit } from './sitting.ts';
import { workloads } from './workloads.ts';

// Runs that are started, stopped, killed, hurt and gone on with at random, on other threads each time and on a machine
// that has more to do than cores; each must end in the fingerprint and the metrics of an undisturbed run.
// Usage: pnpm soak [--minutes 10] [--seed 1] [--lanes 2] [--load 1]

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    lanes: { type: 'string', default: '2' }, // runs at a time
    load: { type: 'string', default: '1' }, // processes that only keep a core busy
  },
});
const programs = await compilePrograms();
process.env.GRADLOOM_TEST_PROGRAMS = programs.folder;
process.on('exit', programs.remove);
const folder = mkdtempSync(join(tmpdir(), 'gradloom-soak-'));
const sittings: Sitting[] = [];
const faults: string[] = [];
let runs = 0;
console.log(
  `seed ${values.seed}, ${values.minutes} minutes, ${values.lanes} runs at a time and ${values.load} busy processes on ${availableParallelism()} cores`,
);

const calm = new Map<string, End>();
for (const [name, args] of Object.entries(workloads)) {
  const out = join(folder, `calm-${calm.size}`);
  const flags = ['--backend', 'wasm', '--threads', '1', '--out', out, '--quiet'];
  const { code, stderr } = await endOf(startProgram(['train', ...args, ...flags], folder));
  if (code !== 0) throw new Error(`soak: ${name} ended with ${code} undisturbed, expected 0: ${stderr}`);
  calm.set(name, endOfRun(out));
}

const busy = Array.from({ length: Number(values.load) }, () =>
  spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }),
);
process.on('exit', () => {
  for (const child of busy) child.kill('SIGKILL');
});
const endMs = performance.now() + Number(values.minutes) * 60_000;
await Promise.all(Array.from({ length: Number(values.lanes) }, (_, lane) => work(lane)));
for (const child of busy) child.kill('SIGKILL');
rmSync(folder, { recursive: true });

console.table(
  disturbances.map((disturbance) => {
    const disturbed = sittings.filter((sitting) => sitting.disturbance === disturbance);
    const ends = (ended: Sitting['ended']) => disturbed.filter((sitting) => sitting.ended === ended).length;
    return {
      disturbance,
      processes: disturbed.length,
      'to the end': ends('well'),
      stopped: ends('stopped'),
      killed: ends('killed'),
      'threads replaced': disturbed.reduce((sum, { recoveries }) => sum + recoveries, 0),
      rollbacks: disturbed.reduce((sum, { rollbacks }) => sum + rollbacks, 0),
    };
  }),
);
for (const fault of faults) console.log(fault);
console.log(
  `${runs} runs in ${sittings.length} processes: ${faults.length} faults, ${faults.length === 0 ? 'all' : 'the others'} end in the bits of an undisturbed run`,
);
process.exitCode = faults.length === 0 && runs > 0 ? 0 : 1;

/** Run after run until the time is over; the last is brought to its end. */
async function work(lane: number): Promise<void> {
  const random = createRandom(Number(values.seed), `soak ${lane}`);
  const names = Object.keys(workloads);
  for (let n = 0; performance.now() < endMs; n++) {
    const name = names[random.integer(names.length)];
    const out = join(folder, `${lane}-${n}`);
    let sitting: Sitting;
    do {
      sitting = await sit(out, workloads[name], random);
      sittings.push(sitting);
    } while (sitting.ended === 'stopped' || sitting.ended === 'killed');
    runs++;
    const fault = sitting.ended === 'well' ? difference(calm.get(name), endOfRun(out)) : sitting;
    if (fault !== null) faults.push(`${name} in ${lane}-${n}: ${JSON.stringify(fault)}`);
    rmSync(out, { recursive: true, force: true });
  }
}

interface End {
  readonly fingerprint: string;
  readonly metrics: string; // without times
}

function endOfRun(out: string): End {
  const metrics = readFileSync(join(out, 'metrics.jsonl'), 'utf8').replaceAll(/"elapsedMs":[\d.]+|"sum":"\w+"/g, '');
  return { fingerprint: loadModel(join(out, 'model.gradloom')).fingerprint, metrics };
}

function difference(expected: End | undefined, { fingerprint, metrics }: End): string | null {
  if (fingerprint !== expected?.fingerprint) return `fingerprint ${fingerprint}, expected ${expected?.fingerprint}`;
  return metrics === expected.metrics ? null : 'other metrics.jsonl';
}
