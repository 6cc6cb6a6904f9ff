import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadModel } from '@gradloom/runtime';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { gradloom } from '../../support/command-line.ts';
import { mpiruns } from '../../support/mpirun.ts';
import { needs, skipFor } from '../../support/needs.ts';
import { programFile } from '../../support/program-file.ts';
import { rankProcesses } from '../../support/rank-processes.ts';
import { endSlurm, type Slurm, type SlurmPrograms, startSlurm } from '../../support/slurm.ts';
import { endOf, startCommand } from '../../support/start-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { trainCommand } from '../../support/train-on-ranks.ts';

const folder = temporaryFolder();
const args = [
  ...['--dataset', 'moons:rows=86', '--hidden', '70,70', '--batch', '17', '--validation', '0.2', '--threads', '1'],
  ...['--backend', 'wasm'],
];
const short = [...args, '--epochs', '3'];
const long = [...args, '--epochs', '60', '--checkpoint-every', '5'];
const libraries = { 'Open MPI': 'libmpi.so.40', MPICH: 'libmpich.so.12' };
const script = fileURLToPath(new URL('../../../docs/examples/cluster/train.slurm', import.meta.url));

let slurm: Slurm | string = 'it was not started';
const programs: SlurmPrograms = [];
const here = { ...needs('srun', 'Open MPI', 'MPICH', 'koffi', 'descriptors'), timeout: 180_000 };
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
  const { code } = await gradloom(['train', ...words, '--quiet', '--out', out]);
  expect(code).toBe(0);
  return loadModel(join(out, 'model.gradloom')).fingerprint;
}

test.for([
  ['Open MPI', 'pmix'],
  ['MPICH', 'pmi2'],
] as const)(
  'ranks of %s that srun --mpi=%s starts end in the bits of one process',
  here,
  async ([mpi, pmi], context) => {
    const out = join(folder.path, pmi);
    const words = trainCommand([...short, '--cluster', 'mpi', '--quiet', '--out', out]);
    const { code, stderr } = await endOf(start(context, mpi, ['srun', `--mpi=${pmi}`, '-n', '3', ...words]));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(loadModel(join(out, 'model.gradloom')).fingerprint).toBe(await fingerprintOf(short, `${out}-alone`));
  },
);

test('ranks that srun starts each by itself are told how to start them', here, async (context) => {
  const words = trainCommand([...short, '--cluster', 'mpi', '--no-out']);
  const { code, stderr } = await endOf(start(context, 'MPICH', ['srun', '--mpi=none', '-n', '2', ...words]));
  expect(code).toBe(1);
  expect(stderr).toMatch(/sees 1 rank, expected the 2 started \(give srun --mpi=pmi2, or set GRADLOOM_MPI /);
});

test.for([
  ['Open MPI', 1],
  ['MPICH', 0],
] as const)(
  'cluster run in a job of Slurm goes on, under %s, where rank %i is killed',
  here,
  async ([mpi, rank], context) => {
    const out = join(folder.path, `killed-${rank}`);
    const train = ['train', ...long, '--quiet', '--out', out];
    const words = [process.execPath, programFile('program'), 'cluster', 'run', '-n', '3', '--', ...train];
    const child = start(context, mpi, ['salloc', '--quiet', '-n', '3', ...words]);
    const ended = endOf(child);
    await expect.poll(() => existsSync(join(out, 'last.gradloom')), { timeout: 50_000, interval: 5 }).toBe(true);
    process.kill(rankProcesses(out).get(rank) ?? 0, 'SIGKILL');
    const { code, stderr } = await ended;
    // Slurm ends the others after half a minute if they do not end themselves.
    if (rank > 0) expect(stderr).toContain(`gradloom train: rank ${rank} of 3 has died; the last checkpoint is ${out}`);
    expect(stderr).toContain(`gradloom cluster: rank ${rank} of 3 has died: killed; the last checkpoint is ${out}`);
    expect(stderr).toContain('gradloom cluster: starting again on 2 ranks (restart 1 of 3)');
    expect(code, stderr).toBe(0);
    expect(loadModel(join(out, 'model.gradloom')).fingerprint).toBe(await fingerprintOf(long, `${out}-alone`));
  },
);

test(
  'the script of the docs trains, and goes on from the checkpoint of a job that was told to end',
  here,
  async (context) => {
    const out = join(folder.path, 'script');
    const bin = join(folder.path, 'bin');
    const program = [process.execPath, programFile('program')].map((word) => `'${word}'`).join(' ');
    chmodSync(folder.write('bin/gradloom', `#!/bin/sh\nexec ${program} "$@"\n`), 0o755);
    const text = readFileSync(script, 'utf8');
    const changed = text.replace('--dataset mnist --epochs 20 --checkpoint-every 60s', `${long.join(' ')} --quiet`);
    expect(changed).not.toBe(text);
    const file = folder.write('train.slurm', changed);
    const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, RUN: out };
    const own = ['--nodes=1', '--ntasks-per-node=2', '--cpus-per-task=1', '--wait', `--output=${out}.log`];
    const log = () => (existsSync(`${out}.log`) ? readFileSync(`${out}.log`, 'utf8') : 'no log');
    const job = () => start(context, 'Open MPI', ['sbatch', ...own, file], env);
    const first = endOf(job());
    await expect.poll(() => existsSync(join(out, 'last.gradloom')), { timeout: 50_000, interval: 5 }).toBe(true);
    const [id] = (slurm as Slurm).jobs();
    await endOf(start(context, 'Open MPI', ['scancel', '--signal=TERM', id]));
    expect((await first).code, log()).toBe(143);
    expect((await endOf(job())).code, log()).toBe(0);
    expect(log()).toContain('resumed after');
    expect(loadModel(join(out, 'model.gradloom')).fingerprint).toBe(await fingerprintOf(long, `${out}-alone`));
  },
);
