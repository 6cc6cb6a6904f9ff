import { expect, test } from 'vitest';
import { endOf, gradloom, startProgram, temporaryDirectory } from '../../support/command-line.ts';
import { mpiruns } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';

const args = [
  ...['scale', '--dataset', 'moons:rows=400', '--hidden', '70,70', '--batch', '200', '--backend', 'wasm'],
  ...['--rounds', '1', '--steps', '6', '--max-threads', '1'],
];
const { env } = mpiruns['Open MPI'];

test('scale --ranks measures ranks, which end in the same bits', {
  ...needs('Open MPI', 'koffi'),
  timeout: 240_000,
}, async () => {
  const { code, stdout, stderr } = await endOf(
    startProgram([...args, '--ranks', '2,1', '--json'], temporaryDirectory(), { env }),
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { ranks, points, sameBits } = JSON.parse(stdout);
  expect(sameBits).toBe(true);
  expect(ranks).toMatchObject([
    { ranks: 1, machines: 1, threads: [1], network: null, plainMs: null, prediction: null },
    { ranks: 2, machines: 1, threads: [1, 1], steps: 6, network: { ranks: 2 } },
  ]);
  // Of as many steps as the threads have taken.
  for (const one of ranks) expect(one.fingerprint).toBe(points[0].fingerprint);
  const [, { work, prediction, plainMs }] = ranks;
  for (const ms of [plainMs, prediction.stepMs, prediction.gradientMs]) expect(ms).toBeGreaterThan(0);
  expect(work).toMatchObject({ ranks: 2, idle: 0 });
});

test('scale --cluster prints tables on rank 0', { ...needs('Open MPI', 'koffi'), timeout: 240_000 }, async () => {
  const { code, stdout } = await endOf(startProgram([...args, '--cluster', 'mpi'], temporaryDirectory(), { env }));
  expect(code).toBe(0);
  expect(stdout).toContain('Ranks: the same batch on processes that MPI connects');
  for (const line of stdout.trimEnd().split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('scale --cluster keeps to --memory-limit, and names the flag of what does not fit', {
  ...needs('Open MPI', 'koffi'),
  timeout: 240_000,
}, async () => {
  const said = async (...more: string[]) => {
    const words = [...args.filter((word) => !/^(--hidden|70,70)$/.test(word)), ...more, '--cluster', 'mpi'];
    const { code, stderr } = await endOf(startProgram(words, temporaryDirectory(), { env }));
    return { code, stderr };
  };
  expect(await said('--memory-limit', '10MB')).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^gradloom scale: --memory-limit has 10 MiB, expected more than the \d+ MiB .*\n$/),
  });
  expect(await said('--memory-limit', '400MB', '--hidden', '4000,4000')).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^gradloom scale: --hidden 4000,4000 with --memory-limit 400MB: the plan has .*\n$/),
  });
});

test.each([
  ['--ranks', '2', 'one of the two'],
  ['--model-cores', '8', 'one of the two'],
  ['--out', 'folder', '--json, which prints it all'],
])('scale --cluster refuses %s, which it would not read', async (flag, value, expected) => {
  const { code, stderr } = await gradloom(['scale', '--cluster', 'mpi', flag, value]);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(
      new RegExp(
        `^gradloom scale: (--cluster is given with ${flag}|${flag} is given with --cluster), expected ${expected}\n$`,
      ),
    ),
  });
});
