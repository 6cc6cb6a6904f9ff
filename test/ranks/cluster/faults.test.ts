import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCheckpoint, loadModel } from '@gradloom/runtime';
import { beforeAll, describe, expect, test } from 'vitest';
import { gradloom, temporaryDirectory } from '../../support/command-line.ts';
import { counted } from '../../support/count.ts';
import type { PlannedFault } from '../../support/fault.ts';
import { startRanks } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';
import { programUrl } from '../../support/program-file.ts';
import { endOf } from '../../support/start-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { trainCommand, trainOnRanks } from '../../support/train-on-ranks.ts';

const folder = temporaryFolder();
const args = [
  ...['--dataset', 'moons:rows=86', '--hidden', '70,70', '--batch', '17', '--validation', '0.2', '--epochs', '3'],
  ...['--backend', 'wasm'],
];
const timeout = 240_000;
const fingerprintOf = (out: string): string => loadModel(join(out, 'model.gradloom')).fingerprint;

describe('ranks by Open MPI', needs('Open MPI', 'koffi'), () => {
  let alone: string;
  beforeAll(async () => {
    const out = join(folder.path, 'alone');
    await gradloom(['train', ...args, '--threads', '1', '--json', '--out', out]);
    alone = fingerprintOf(out);
  });

  test('go on with what others have written, to the same bits', { timeout }, async () => {
    const out = join(folder.path, 'written');
    await trainOnRanks(
      'Open MPI',
      [counted(2, 4), 2],
      [...args, '--out', out, '--checkpoint-every', '5', '--keep', '9'],
    );
    expect(fingerprintOf(out)).toBe(alone);
    const checkpoint = join(out, 'step-000010.gradloom');
    for (const ranks of counted(0, 1) === 0 ? [3] : [1, 2, 3, 5]) {
      const resumedRun = join(folder.path, `resumed-${ranks}`);
      await trainOnRanks('Open MPI', [ranks, 1], ['--resume', checkpoint, '--out', resumedRun]);
      expect(fingerprintOf(resumedRun), `${ranks} ranks`).toBe(alone);
    }
    // And a process without ranks.
    const single = join(folder.path, 'single');
    const { code, stderr } = await gradloom(['train', '--resume', checkpoint, '--out', single, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(fingerprintOf(single)).toBe(alone);
  });

  test('find the same bad step as one process, with the same sentence and state', { timeout }, async () => {
    await findAlike('bad', [...args, '--optimizer', 'sgd:lr=1e20', '--activation', 'identity']);
  });

  test('find the step whose update takes the state of one of them out of range', { timeout }, async () => {
    const file = join(folder.path, 'large.csv');
    const rows = Array.from({ length: 90 }, (_, n) => `${n === 50 ? '1e25' : '-1.5'},${(n * 37) % 90}.5`);
    writeFileSync(file, ['x,y', ...rows].join('\n'));
    const raw = ['--scale', 'none', '--loss', 'mae', '--precision', 'float32', '--optimizer', 'adam'];
    const tableFlags = ['--dataset', file, '--hidden', '70,70', '--batch', '17', '--validation', '0', '--test', '0'];
    await findAlike('state', [...tableFlags, ...raw, '--epochs', '3', '--activation', 'identity']);
  });

  /** Trains alone and on two ranks, and compares errors and checkpoints. */
  async function findAlike(what: string, options: readonly string[]): Promise<void> {
    const wild = [...options, '--json'];
    const [single, together] = ['single', 'together'].map((name) => join(folder.path, `${what}-${name}`));
    const one = await gradloom(['train', ...wild, '--threads', '1', '--out', single]);
    const words = trainCommand([...wild, '--cluster', 'mpi', '--threads', '2', '--out', together]);
    const all = await endOf(startRanks('Open MPI', 2, words, folder.path));
    expect(one.code).toBe(1);
    expect(all.code, all.stderr).toBe(1);
    const without = (text: string): string => text.replaceAll(single, 'OUT').replaceAll(together, 'OUT');
    expect(without(all.stderr)).toContain(without(one.stderr).trim());
    expect(readState(together)).toEqual(readState(single));
  }

  test('repeat a span where a thread of one of them fails', { timeout }, async () => {
    const marks = temporaryDirectory();
    mkdirSync(marks, { recursive: true });
    const fault: PlannedFault = { kind: 'throw', arrivals: 20, times: 1, marks };
    const out = join(folder.path, 'faulty');
    const clusterFlags = ['--cluster', 'mpi', '--threads', '2', '--json', '--out', out];
    const words = trainCommand([...args, ...clusterFlags], ['--import', programUrl('fault')]);
    const env = { GRADLOOM_TEST_FAULT: JSON.stringify(fault) };
    const { code, stderr } = await endOf(startRanks('Open MPI', 2, words, folder.path, { env }));
    expect(code, stderr).toBe(0);
    expect(fingerprintOf(out)).toBe(alone);
  });
});

/** The checkpoint before the bad step. */
function readState(out: string): unknown {
  const { arrays, progress } = loadCheckpoint(join(out, 'last.gradloom'));
  return { arrays, step: progress.step };
}
