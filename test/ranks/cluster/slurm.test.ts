import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCheckpoint, loadModel } from '@gradloom/runtime';
import { afterAll, beforeAll, expect, type TestContext, test, vi } from 'vitest';
import { gradloom } from '../../support/command-line.ts';
import type { PlannedFault } from '../../support/fault.ts';
import { mpiruns } from '../../support/mpirun.ts';
import { needs, skipFor } from '../../support/needs.ts';
import { programFile, programUrl } from '../../support/program-file.ts';
import { endSlurm, type Slurm, type SlurmPrograms, startSlurm } from '../../support/slurm.ts';
import { endOf, startCommand } from '../../support/start-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { trainCommand } from '../../support/train-on-ranks.ts';

const folder = temporaryFolder();
const args = [
  ...['--dataset', 'moons:rows=86', '--hidden', '70,70', '--batch', '17', '--validation', '0.2', '--threads', '2'],
  ...['--backend', 'wasm', '--schedule', 'constant', '--checkpoint-every', '5'],
];
const libraries = { 'Open MPI': 'libmpi.so.40', MPICH: 'libmpich.so.12' };
const script = fileURLToPath(new URL('../../../docs/examples/cluster/train.slurm', import.meta.url));

let slurm: Slurm | string = 'it was not started';
const programs: SlurmPrograms = [];
const here = { ...needs('srun', 'Open MPI', 'MPICH', 'koffi'), timeout: 180_000 };
beforeAll(async () => {
  if (here.skip !== true) slurm = await startSlurm(join(folder.path, 'slurm'), programs);
});
afterAll(() => endSlurm(programs));

/** Starts a command of Slurm, for ranks of this MPI. */
function start(context: TestContext, mpi: keyof typeof libraries, words: readonly string[], env = {}) {
  if (typeof slurm === 'string') return skipFor(context, 'slurm', slurm);
  const needed = { ...mpiruns['Open MPI'].env, ...slurm.env, GRADLOOM_MPI: libraries[mpi] };
  return startCommand(words, folder.path, { ...needed, ...env });
}

async function fingerprintOf(words: readonly string[], out: string): Promise<string> {
  const { code } = await gradloom([...words, '--out', out]);
  expect(code).toBe(0);
  return loadModel(join(out, 'model.gradloom')).fingerprint;
}

test('ranks that srun starts one by one are refused with the right flag', here, async (context) => {
  const words = trainCommand(['--dataset', 'xor', '--cluster', 'mpi', '--no-out']);
  const { code, stderr } = await endOf(start(context, 'MPICH', ['srun', '--mpi=none', '-n', '2', ...words]));
  expect(code).toBe(1);
  expect(stderr).toMatch(/sees 1 rank, expected the 2 started \(give srun --mpi=pmi2, or set GRADLOOM_MPI /);
});

test('cluster run in a job of Slurm goes on where a rank is killed, under each MPI', here, async (context) => {
  const train = ['train', ...args, '--epochs', '4', '--quiet'];
  const alone = await fingerprintOf(train, join(folder.path, 'calm'));
  const cases = [
    ['Open MPI', 1],
    ['MPICH', 0],
  ] as const;
  // Each waits for seconds until all ranks know of the death.
  const ends = cases.map(async ([mpi, rank]) => {
    const [out, marks] = ['killed', 'marks'].map((name) => join(folder.path, `${name}-${rank}`));
    mkdirSync(marks);
    // A step has five barriers.
    const fault: PlannedFault = { kind: 'kill', rank, arrivals: 50, times: 1, marks };
    const env = { NODE_OPTIONS: `--import ${programUrl('fault')}`, GRADLOOM_TEST_FAULT: JSON.stringify(fault) };
    const words = [process.execPath, programFile('program'), 'cluster', 'run', '-n', '3', '--', ...train, '--out', out];
    const { code, stderr } = await endOf(start(context, mpi, ['salloc', '--quiet', '-n', '3', ...words], env));
    // Slurm ends the others after half a minute if they do not end themselves.
    if (rank > 0) expect(stderr).toContain(`gradloom train: rank ${rank} of 3 has died; the last checkpoint is ${out}`);
    expect(stderr).toContain(`gradloom cluster: rank ${rank} of 3 has died: killed; the last checkpoint is ${out}`);
    expect(stderr).toContain('gradloom cluster: starting again on 2 ranks (restart 1 of 3)');
    expect(code, stderr).toBe(0);
    expect(loadModel(join(out, 'model.gradloom')).fingerprint, mpi).toBe(alone);
  });
  await Promise.all(ends);
});

test(
  'the script of the docs trains, and goes on from the checkpoint of a job that was told to end',
  here,
  async (context) => {
    const out = join(folder.path, 'script');
    const bin = join(folder.path, 'bin');
    const program = [process.execPath, programFile('program')].map((word) => `'${word}'`).join(' ');
    chmodSync(folder.write('bin/gradloom', `#!/bin/sh\nexec ${program} "$@"\n`), 0o755);
    const text = readFileSync(script, 'utf8');
    const endless = [...args, '--steps', '1000000000', '--quiet'].join(' ');
    const changed = text
      .replace('--dataset mnist --epochs 20 --checkpoint-every 60s', endless)
      .replace('--resume "$run"', '--resume "$run" --steps "$STEPS"');
    expect(changed).toContain(`(${endless} --out "$run")`);
    const file = folder.write('train.slurm', changed);
    const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, RUN: out };
    const batchFlags = ['--nodes=1', '--ntasks-per-node=2', '--cpus-per-task=1', '--parsable', `--output=${out}.log`];
    const log = () => (existsSync(`${out}.log`) ? readFileSync(`${out}.log`, 'utf8') : 'no log');
    const begin = async (steps: number): Promise<string> => {
      const job = start(context, 'Open MPI', ['sbatch', ...batchFlags, file], { ...env, STEPS: `${steps}` });
      return (await endOf(job)).stdout.trim();
    };
    const codeOf = (job: string) =>
      vi.waitUntil(() => (slurm as Slurm).exitCode(job), { timeout: 50_000, interval: 50 });

    const first = await begin(0);
    const last = join(out, 'last.gradloom');
    await expect.poll(() => existsSync(last), { timeout: 50_000, interval: 5 }).toBe(true);
    await endOf(start(context, 'Open MPI', ['scancel', '--signal=TERM', first]));
    expect(await codeOf(first), log()).toBe('143');
    const steps = loadCheckpoint(last).progress.step + 10;
    expect(await codeOf(await begin(steps)), log()).toBe('0');
    expect(log()).toContain('resumed after');
    const alone = await fingerprintOf(['train', ...args, '--steps', `${steps}`, '--quiet'], `${out}-alone`);
    expect(loadModel(join(out, 'model.gradloom')).fingerprint).toBe(alone);
  },
);
