import { expect, test } from 'vitest';
import { endOf, startProgram, temporaryDirectory } from '../support/command-line.ts';
import { mpiruns } from '../support/mpirun.ts';
import { needs } from '../support/needs.ts';

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
    { ranks: 1, machines: 1, threads: [1], network: null, plainMs: null, sumMs: null, prediction: null },
    { ranks: 2, machines: 1, threads: [1, 1], steps: 6, network: { ranks: 2 } },
  ]);
  // Of as many steps as the threads have taken.
  for (const one of ranks) expect(one.fingerprint).toBe(points[0].fingerprint);
  const [, { work, prediction, plainMs, sumMs }] = ranks;
  for (const ms of [plainMs, sumMs, prediction.stepMs, prediction.gradientMs]) expect(ms).toBeGreaterThan(0);
  expect(work).toMatchObject({ ranks: 2, idle: 0 });
});

test('scale --cluster prints tables on rank 0', { ...needs('Open MPI', 'koffi'), timeout: 240_000 }, async () => {
  const { code, stdout } = await endOf(startProgram([...args, '--cluster', 'mpi'], temporaryDirectory(), { env }));
  expect(code).toBe(0);
  expect(stdout).toContain('Ranks: the same batch on processes that MPI connects');
  for (const line of stdout.trimEnd().split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});
