import { type Elements, type NetworkSpec, type ScheduleSpec, schedules } from '@gradloom/core';
import { type Checkpoint, createPool, type DataSplits, type TrainOptions, train } from '@gradloom/runtime';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { checkpointedRun } from '../../../support/checkpointed-run.ts';
import { needs } from '../../../support/needs.ts';
import { poolOfFile } from '../../../support/pool-of-file.ts';
import { randomDataset } from '../../../support/random-dataset.ts';

const spec: NetworkSpec = { input: 4, layers: [{ kind: 'dense', out: 3 }] };
const data = { train: randomDataset({ rows: 20, inputs: 4, classes: 3 }) };
const options = { batch: 8, epochs: 4, backend: 'wasm', optimizer: 'adam' } satisfies TrainOptions;

const pool = await poolOfFile(2);
const checkpoint = (await checkpointedRun(spec, data, { ...options, pool }, 1)).checkpoints[4];

const resume = (changes: TrainOptions, network = spec, sets: DataSplits = data) =>
  train(network, sets, { ...options, pool, resume: checkpoint, ...changes });

test('a checkpoint with a number that is not finite is refused, and which it is said', async () => {
  const { arrays } = checkpoint;
  const spoilt = (array: Elements) => Float64Array.from(array).map((value, i) => (i === 2 ? Infinity : value));
  const parameters = spoilt(arrays.parameters);
  const state = [arrays.state[0], spoilt(arrays.state[1])];
  const { step, samples } = checkpoint.progress;
  const earlier = { ...arrays, parameters, counters: { step, samples, epochs: 1 } };
  const sentence = 'W of dense(4->3) at layer 0 has Infinity, expected finite numbers';
  const of = (changes: Partial<Checkpoint>) => resume({ resume: { ...checkpoint, ...changes } });
  await expect(of({ arrays: { ...arrays, parameters } })).rejects.toThrow(`train: the checkpoint's ${sentence}`);
  await expect(of({ earlier })).rejects.toThrow(`train: the checkpoint's ${sentence}`);
  await expect(of({ arrays: { ...arrays, state } })).rejects.toThrow(
    "train: the checkpoint's v of adam for W of dense(4->3) at layer 0 has Infinity, expected finite numbers",
  );
});

test('arrays that are not those of the record are refused by name: of another type or length, missing, or too many', async () => {
  const { arrays, progress } = checkpoint;
  const floats = Float32Array.from(arrays.parameters);
  const { step, samples } = progress;
  const of = (changes: Partial<Checkpoint>) => resume({ resume: { ...checkpoint, ...changes } });
  const wrong: [Partial<Checkpoint>, string][] = [
    [{ arrays: { ...arrays, parameters: floats } }, 'parameters has numbers of type float32, expected float64'],
    [{ arrays: { ...arrays, parameters: new Float64Array(14) } }, 'parameters has 14 numbers, expected 15'],
    [{ arrays: { ...arrays, parameters: new Float64Array(16) } }, 'parameters has 16 numbers, expected 15'],
    [{ arrays: { ...arrays, state: [] } }, 'optimizer m has 0 numbers, expected 15'],
    [
      { arrays: { ...arrays, state: [arrays.state[0], floats] } },
      'optimizer v has numbers of type float32, expected float64',
    ],
    [{ arrays: { ...arrays, epochLosses: new Float64Array(0) } }, 'epochLosses has 0 numbers, expected 1'],
    [{ best: arrays.parameters }, '"best parameters" is unknown, expected'],
    [
      { earlier: { ...arrays, parameters: floats, counters: { step, samples, epochs: 1 } } },
      'earlier parameters has numbers of type float32, expected float64',
    ],
  ];
  for (const [changes, sentence] of wrong) {
    await expect(of(changes)).rejects.toThrow(`train: the checkpoint's section ${sentence}`);
  }
});

describe('a resume refuses another run and names each difference with both values', () => {
  test.each<[TrainOptions, string]>([
    [{ batch: 10, seed: 1 }, 'batch has 10, expected 8; seed has 1, expected 0'],
    [{ seed: 1 }, 'seed has 1, expected 0'],
    [{ optimizer: { kind: 'adam', lr: 0.5 } }, 'optimizer.lr has 0.5, expected none'],
    [{ optimizer: { kind: 'adam', decayed: 'weights' } }, 'optimizer.decayed has "weights", expected none'],
    [{ optimizer: 'sgd' }, 'optimizer.kind has "sgd", expected "adam"'],
    [{ schedule: 'plateau' }, 'schedule.kind has "plateau", expected "constant"'],
    [{ loss: 'mse' }, 'loss.kind has "mse", expected "softmax-cross-entropy"'],
    [{ clipNorm: 1 }, 'clipNorm has 1, expected null'],
    [{ shuffle: false }, 'shuffle has false, expected true'],
    [{ evaluateEvery: 2 }, 'evaluateEvery has 2, expected 1'],
    [{ parameters: new Float64Array(15) }, /parameters has "[0-9a-f]{50,}\.*, expected null/.source],
    [{ precision: 'float32', backend: 'reference' }, 'precision has "float32", expected "float64"'],
    [{ steps: 4, epochs: undefined as never }, 'steps has 4, expected at least 5 (those of the checkpoint)'],
    [{ epochs: 1 }, 'epochs has 1, expected at least 2 (the checkpoint has done 5 steps of 3 an epoch)'],
    [
      { schedule: 'cosine', steps: 3, epochs: undefined as never },
      'schedule.kind has "cosine", expected "constant"; steps has 3, expected 12 (the rates of schedule cosine depend on it)',
    ],
  ])('%o', async (changes, sentence) => {
    await expect(resume(changes)).rejects.toThrow(new RegExp(sentence.replaceAll(/[()]/g, '\\$&')));
    await expect(resume(changes)).rejects.toThrow(/^train: .*: a resume continues the same run$/);
  });

  test('another BLAS, but not the same one in another place', needs('blas'), async () => {
    const { checkpoints } = await checkpointedRun(spec, data, { ...options, backend: 'blas', pool }, 1);
    const { record } = checkpoints[4];
    const library = 'library' in record.backend ? record.backend.library : undefined;
    const of = (changes: object) => {
      const backend = {
        name: 'blas',
        library: { ...library, ...changes },
        fused: true,
      } as Checkpoint['record']['backend'];
      return resume({ backend: 'blas', resume: { ...checkpoints[4], record: { ...record, backend } } });
    };
    await expect(of({ version: '0.0.1' })).rejects.toThrow(
      `blas has "${library?.name} ${library?.version} for ${library?.core}", expected "${library?.name} 0.0.1 for ${library?.core}"`,
    );
    await expect(of({ core: 'Other' })).rejects.toThrow('blas has');
    const straight = await train(spec, data, { ...options, backend: 'blas', pool });
    expect((await of({ path: '/elsewhere' })).fingerprint).toBe(straight.fingerprint);
  });

  test('a file that is no checkpoint', async () => {
    await expect(resume({ resume: 'runs/a' as never })).rejects.toThrow(
      'train: resume has "runs/a", expected a checkpoint that loadCheckpoint read',
    );
    await expect(resume({ onEvent: 3 as never })).rejects.toThrow('train: onEvent has 3, expected a function');
  });

  test('another network', async () => {
    const layers: NetworkSpec['layers'] = [{ kind: 'dense', out: 3, init: 'zeros' }];
    await expect(resume({}, { input: 4, layers })).rejects.toThrow('spec.layers[0].init has "zeros", expected none');
  });

  test('other rows, other targets, one more part', async () => {
    const { train: rows } = data;
    const other = structuredClone(rows);
    other.inputs.array[3] += 1e-9;
    await expect(resume({}, spec, { train: other })).rejects.toThrow(
      /dataset has train rows of SHA-256 .*, expected train rows of SHA-256 /,
    );
    const targets = structuredClone(rows);
    targets.targets.array[0] = (targets.targets.array[0] + 1) % 3;
    await expect(resume({}, spec, { train: targets })).rejects.toThrow('dataset has train rows');
    await expect(resume({}, spec, { train: rows, test: rows })).rejects.toThrow('dataset has test rows of SHA-256 ');
    await expect(resume({}, spec, { train: rows, test: rows })).rejects.toThrow('expected no test rows');
  });
});

describe('a run may become longer', () => {
  test.each(Object.keys(schedules))(
    'where no rate of schedule %s depends on its length, and only there',
    async (kind) => {
      const schedule = kind as ScheduleSpec;
      const data = {
        train: randomDataset({ rows: 20, inputs: 4, classes: 3 }),
        validation: randomDataset({ rows: 9, inputs: 4, classes: 3 }),
      };
      const short = await checkpointedRun(spec, data, { ...options, schedule, pool }, { epochs: 1 });
      // 200 epochs evaluate every second epoch where nothing is said: here as often as the short run did.
      const long = { ...options, schedule, epochs: 200, pool };
      const again = train(spec, data, { ...long, resume: short.checkpoints[3] });
      if (['cosine', 'one-cycle', 'range-test'].includes(kind)) {
        await expect(again).rejects.toThrow(`epochs has 200, expected 4 (the rates of schedule ${kind} depend on it)`);
      } else {
        const straight = await train(spec, data, { ...long, evaluateEvery: 1 });
        expect((await again).fingerprint).toBe(straight.fingerprint);
        expect((await again).epochLosses).toEqual(straight.epochLosses);
      }
    },
  );

  test('from the middle of an epoch, too', async () => {
    const { checkpoints } = await checkpointedRun(
      spec,
      data,
      { ...options, steps: 7, epochs: undefined as never, pool },
      7,
    );
    const again = await train(spec, data, { ...options, pool, resume: checkpoints[0] });
    const straight = await train(spec, data, { ...options, pool });
    expect([again.fingerprint, again.epochLosses]).toEqual([straight.fingerprint, straight.epochLosses]);
  });
});

test('a run that is done gives its result again, times and threads too, without a thread', async () => {
  const sets = { ...data, test: data.train };
  const first = await checkpointedRun(spec, sets, { ...options, threads: 2, pool }, 100);
  const done = first.checkpoints.at(-1);
  const idle = await createPool({ threads: 1 });
  onTestFinished(() => idle.destroy());
  const acquire = vi.spyOn(idle, 'acquire');
  const { checkpoint: _, ...result } = first.result;
  expect(await train(spec, sets, { ...options, threads: 1, pool: idle, ...(done && { resume: done }) })).toEqual(
    result,
  );
  expect(acquire).not.toHaveBeenCalled();
});
