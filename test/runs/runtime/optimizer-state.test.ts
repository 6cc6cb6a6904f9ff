import type { ElementType, NetworkSpec, OptimizerSpec } from '@gradloom/core';
import { type Checkpoint, datasetFromRows, loadCheckpoint, type TrainOptions, train } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { needs } from '../../support/needs.ts';
import { poolOfFile } from '../../support/pool-of-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const temporary = temporaryFolder();
const pool = await poolOfFile(2);

const spec: NetworkSpec = { input: 2, layers: [{ kind: 'dense', out: 1 }] };

/** The row of a step in which the gradient's square overflows, while losses and weights stay finite. */
const LARGE = 5;

const dataOf = (rows: readonly number[]) => ({
  train: datasetFromRows({ inputs: rows.map((x) => [1, x]), targets: rows.map(() => 0), name: 'large' }),
});

const rowsWith = (value: number): number[] => Array.from({ length: 12 }, (_, n) => (n === LARGE ? value : n / 12));

interface Case {
  readonly optimizer: OptimizerSpec;
  readonly rows: readonly number[];
  readonly step: number;
  readonly type?: ElementType;
}

const floats = { rows: rowsWith(1.5e21), step: LARGE, type: 'float32' } as const;
const cases: readonly Case[] = [
  { optimizer: 'adam', ...floats },
  { optimizer: 'adamw', ...floats },
  { optimizer: 'rmsprop', ...floats },
  { optimizer: { kind: 'rmsprop', momentum: 0.9 }, ...floats },
  { optimizer: 'adagrad', ...floats },
  // A norm that is a double has finite squares, but their sum over steps is not, nor is that of a decayed weight.
  { optimizer: 'adagrad', rows: Array(12).fill(1.2e154), step: 1 },
  { optimizer: { kind: 'adam', weightDecay: 1e160 }, rows: rowsWith(0), step: 0 },
  { optimizer: { kind: 'rmsprop', weightDecay: 1e160 }, rows: rowsWith(0), step: 0 },
];

const optionsOf = ({ optimizer, type = 'float64' }: Case): TrainOptions => ({
  optimizer,
  precision: type,
  loss: 'mae',
  batch: 1,
  shuffle: false,
  pool,
});

for (const backend of ['reference', 'wasm', 'native'] as const) {
  describe(`on backend ${backend}`, needs(backend), () => {
    test.each(cases)(
      'the step whose update takes the state of $optimizer out of range ends the run: $step',
      async (one) => {
        const folder = temporary.path;
        const options: TrainOptions = { ...optionsOf(one), backend };
        for (const steps of [one.step + 1, 12]) {
          const run = train(spec, dataOf(one.rows), { ...options, steps, threads: 2, checkpoint: { folder } });
          const error = await run.catch((e: unknown) => e);
          expect(error).toMatchObject({
            name: 'TrainingError',
            step: one.step,
            message: expect.stringMatching(
              new RegExp(
                `^train: step ${one.step}: after its update v of \\w+ for W of .* at layer 0 has Infinity, expected`,
              ),
            ),
          });
          // Its checkpoint is that before the step, and goes on to the same step.
          const resume: Checkpoint = loadCheckpoint((error as { checkpoint: { path: string } }).checkpoint.path);
          expect(resume.progress.step).toBe(one.step);
          const again = train(spec, dataOf(one.rows), { ...options, steps, threads: 1, resume });
          await expect(again).rejects.toThrow((error as Error).message);
        }
      },
    );
  });
}
