import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { endOf, gradloom, startProgram, temporaryDirectory } from '../../../support/command-line.ts';
import { needs } from '../../../support/needs.ts';

/** A launcher that starts nothing: it notes how it is called, and says `deaths` times that a rank has died. */
function launcherIn(folder: string, deaths: number, code = 137): string {
  const path = join(folder, 'launcher');
  writeFileSync(
    path,
    `#!/bin/bash
if [ "$1" = --version ]; then echo 'mpirun (Open MPI) 5.0.7'; exit; fi
echo "$*" >> '${folder}/calls'
mkdir -p '${folder}/run' && touch '${folder}/run/last.gradloom'
[ "$(wc -l < '${folder}/calls')" -gt ${deaths} ] && exit 0
printf 'prterun noticed that process rank 1 with PID 77 on node vm exited on\\nsignal 9 (Killed).\\n' >&2
exit ${code}
`,
  );
  chmodSync(path, 0o755);
  return path;
}

const argsOf = (folder: string, launcher: string, flags: readonly string[]): string[] => [
  ...['cluster', 'run', '--launcher', launcher, ...flags],
  ...['--', 'train', '--dataset', 'xor', '--out', join(folder, 'run')],
];

async function run(folder: string, launcher: string, ...flags: readonly string[]) {
  return withCalls(folder, await gradloom(argsOf(folder, launcher, flags), { env: { PATH: process.env.PATH ?? '' } }));
}

function withCalls(folder: string, end: { code: number | null; stderr: string }) {
  const calls = readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n');
  return {
    ...end,
    calls: calls.map((call) => call.replace(/ \S*\/node .*?(?= train )/, ' gradloom').replaceAll(folder, '.')),
  };
}

const last = './run/last.gradloom';
const begun = (ranks: number): string =>
  `--bind-to none -n ${ranks} gradloom train --dataset xor --out ./run --cluster mpi --checkpoint-every 30s`;
const goneOn = (ranks: number): string =>
  `--bind-to none -n ${ranks} gradloom train --dataset xor --cluster mpi --checkpoint-every 30s --resume ./run`;

test('a training goes on with one rank less each time that one dies', needs('bash'), async () => {
  const folder = temporaryDirectory();
  const end = await endOf(startProgram(argsOf(folder, launcherIn(folder, 2), ['-n', '4']), folder));
  const { code, calls, stderr } = withCalls(folder, end);
  expect(code).toBe(0);
  expect(calls).toEqual([begun(4), goneOn(3), goneOn(2)]);
  expect(stderr.replaceAll(folder, '.').match(/^gradloom cluster: .*$/gm)).toEqual([
    `gradloom cluster: rank 1 of 4 has died: signal 9; the last checkpoint is ${last}`,
    'gradloom cluster: starting again on 3 ranks (restart 1 of 3)',
    `gradloom cluster: rank 1 of 3 has died: signal 9; the last checkpoint is ${last}`,
    'gradloom cluster: starting again on 2 ranks (restart 2 of 3)',
  ]);
});

test.each([
  ['as often as is asked for', ['-n', '4', '--restarts', '1'], 137, [begun(4), goneOn(3)]],
  ['as long as there are ranks', ['-n', '2'], 137, [begun(2), goneOn(1)]],
  ['not where train has ended by itself', ['-n', '4'], 1, [begun(4)]],
  ['not where train refuses its flags', ['-n', '4'], 2, [begun(4)]],
] as const)('it goes on %s', needs('bash'), async (_, flags, exitCode, expected) => {
  const folder = temporaryDirectory();
  const { code, calls } = await run(folder, launcherIn(folder, 9, exitCode), ...flags);
  expect({ code, calls }).toEqual({ code: exitCode, calls: expected });
});

test('it goes on where a rank was late', needs('bash'), async () => {
  const folder = temporaryDirectory();
  const { code, calls, stderr } = await run(folder, launcherIn(folder, 1, 75), '-n', '3');
  expect({ code, calls }).toEqual({ code: 0, calls: [begun(3), goneOn(2)] });
  expect(stderr.replaceAll(folder, '.')).toContain(`gradloom cluster: a rank was late; the last checkpoint is ${last}`);
});

test.each([
  ['goes on, where a rank was killed', 'Killed', 0, 2],
  ['ends with the code of the first, where that has ended by itself', 'Exited with exit code 2', 2, 1],
] as const)(
  'srun has ended the other ranks too, by SIGTERM: it %s',
  needs('bash'),
  async (_, words, expected, starts) => {
    const folder = temporaryDirectory();
    const path = launcherIn(folder, 1, 143);
    const text = readFileSync(path, 'utf8').replace('mpirun (Open MPI) 5.0.7', 'slurm 24.11.5');
    writeFileSync(path, text.replace(/prterun .*signal 9 \(Killed\)\./, `srun: error: vm: task 1: ${words}`));
    const { code, calls } = await run(folder, path, '-n', '2', '--launcher-flags=--mpi=none');
    expect({ code, starts: calls.length }).toEqual({ code: expected, starts });
  },
);

test('where the launcher has no room for the ranks, the flag that makes it is named', needs('bash'), async () => {
  const folder = temporaryDirectory();
  const launcher = launcherIn(folder, 0);
  const says = 'There are not enough slots available\\n--\\n\\0';
  writeFileSync(launcher, readFileSync(launcher, 'utf8').replace(/^mkdir .*$/m, `printf '${says}' >&2; exit 1`));
  const { code, stderr } = await run(folder, launcher, '-n', '4');
  expect(code).toBe(1);
  expect(stderr).toMatch(/slots available\n--\ngradloom cluster: Open MPI starts .*--launcher-flags=--oversubscribe/);
});

test('it goes on where a launcher says that a rank has died, and returns 0', needs('bash'), async () => {
  const folder = temporaryDirectory();
  const { code, calls } = await run(folder, launcherIn(folder, 1, 0), '-n', '2');
  expect({ code, calls }).toEqual({ code: 0, calls: [begun(2), goneOn(1)] });
  const { code: last } = await run(folder, launcherIn(folder, 9, 0), '-n', '2', '--restarts', '0');
  expect(last).toBe(1);
});

test('flags for the launcher reach it', needs('bash'), async () => {
  const folder = temporaryDirectory();
  const { calls } = await run(folder, launcherIn(folder, 0), '-n', '2', '--launcher-flags=--map-by node --x y');
  expect(calls).toEqual([begun(2).replace('--bind-to none', '--map-by node --x y')]);
});

test.each([
  [['cluster'], 'the word is missing, expected run'],
  [['cluster', 'walk'], 'walk is unknown, expected run'],
  [['cluster', 'run', '--', 'train'], '--ranks is missing, expected the number of processes, such as -n 4'],
  [['cluster', 'run', '-n', '0', '--', 'train'], '-n has 0, expected a whole number of at least 1'],
  [['cluster', 'run', '-n', '2', 'train', '--', 'train'], 'the word "train" belongs to no flag, expected -- and'],
  [['cluster', 'run', '-n', '2', '--dataset', 'xor'], '--dataset is unknown, expected a flag from --help'],
])('%j is refused in one sentence', async (args, sentence) => {
  const { code, stderr } = await gradloom(args, { env: { PATH: process.env.PATH ?? '' } });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`gradloom cluster: ${sentence}`) });
});

test.each([
  [{ PATH: '/nowhere' }, [], 'the PATH has neither mpirun nor mpiexec, expected Open MPI'],
  [{}, ['--launcher', '/nowhere'], '--launcher has /nowhere, which cannot be started (ENOENT), expected Open MPI'],
  [{}, ['--launcher', process.execPath], ` calls itself "${process.version}", expected Open MPI`],
])('a launcher that is none is refused: %j %j', async (env, flags, sentence) => {
  const { code, stderr } = await gradloom(['cluster', 'run', '-n', '2', ...flags, '--', 'train'], { env });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(sentence) });
});
