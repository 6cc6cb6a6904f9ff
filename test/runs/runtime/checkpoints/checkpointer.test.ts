import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NetworkSpec } from '@gradloom/core';
import {
  type CheckpointEvery,
  createPool,
  datasetFromRows,
  dense,
  loadCheckpoint,
  loadModel,
  sequential,
  type TrainEvent,
  TrainingError,
  type TrainOptions,
  tanh,
  train,
} from '@gradloom/runtime';
import { lockFolder, makeDirectory } from '@gradloom/runtime/internal';
import { assert, beforeEach, describe, expect, test } from 'vitest';
import { poolOfFile } from '../../../support/pool-of-file.ts';
import { randomDataset } from '../../../support/random-dataset.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const spec = sequential(4, dense(9), tanh(), dense(3));
const data = { train: randomDataset({ rows: 50, inputs: 4, classes: 3 }) };
const options = { batch: 20, epochs: 6, backend: 'wasm', threads: 2 } satisfies TrainOptions;
const held = randomDataset({ rows: 40, inputs: 4, classes: 3, seed: 9 });

const root = temporaryFolder();
let folder = '';
let number = 0;
const pool = await poolOfFile(2);
const calm = (await train(spec, data, { ...options, pool })).fingerprint;
beforeEach(() => {
  folder = join(root.path, String(++number));
});

/** Root, for one, may write into a folder that is read-only. */
function canWriteInto(folder: string): boolean {
  try {
    writeFileSync(join(folder, 'tried'), '');
    rmSync(join(folder, 'tried'));
    return true;
  } catch {
    return false;
  }
}

/** The events of a run, in which `onCheckpoint` is called right after each checkpoint. */
async function run(
  every: CheckpointEvery | undefined,
  changes: Partial<TrainOptions> = {},
  sets: object = {},
  react: (event: TrainEvent) => void = () => {},
) {
  const events: TrainEvent[] = [];
  const run = train(
    spec,
    { ...data, ...sets },
    {
      ...options,
      pool,
      ...changes,
      checkpoint: { folder, ...(every === undefined ? {} : { every }) },
      onEvent(event) {
        events.push(event);
        react(event);
      },
    },
  );
  const ended = await run;
  return {
    result: ended,
    checkpoints: events.filter((event) => event.type === 'checkpoint'),
    warnings: events.filter((event) => event.type === 'warning'),
    epochs: events.filter((event) => event.type === 'epoch'),
  };
}

describe('checkpoints are due', () => {
  test.each<[CheckpointEvery | undefined, number[]]>([
    [undefined, [18]],
    [7, [7, 14, 18]],
    [{ steps: 9 }, [9, 18]],
    [{ epochs: 2 }, [6, 12, 18]],
    [{ seconds: 3600 }, [18]],
  ])('every %o: after steps %o, and no bit changes', async (every, steps) => {
    const { result, checkpoints } = await run(every);
    expect(checkpoints.map(({ step }) => step)).toEqual(steps);
    expect(result.fingerprint).toBe(calm);
    expect(result.checkpoint).toEqual({ path: join(folder, 'last.gradloom'), step: 18 });
  });

  test('every tiny part of a second: at the end of each span, and no bit changes', async () => {
    // A look into the layers ends a span after each step.
    const { result, checkpoints } = await run({ seconds: 1e-9 }, { probe: 1 });
    expect(checkpoints.map(({ step }) => step)).toEqual(Array.from({ length: 18 }, (_, step) => step + 1));
    expect(result.fingerprint).toBe(calm);
  });

  test.each([0, 1.5, {}, { steps: 2, epochs: 1 }, { steps: 0 }, { seconds: 0 }, { minutes: 1 }, '5', null])(
    '%o is none',
    async (every) => {
      await expect(run(every as never)).rejects.toThrow(/^train: .* expected /);
      expect(existsSync(folder)).toBe(false);
    },
  );
});

describe('the folder', () => {
  test('holds the newest and the best alone, each whole, and both are models', async () => {
    const { result, checkpoints, epochs } = await run(1, { optimizer: { kind: 'sgd', lr: 3 } }, { validation: held });
    expect(readdirSync(folder).sort()).toEqual(['best.gradloom', 'last.gradloom']);
    const [best, last] = ['best', 'last'].map((name) => loadCheckpoint(join(folder, `${name}.gradloom`)));
    expect(last.progress.step).toBe(18);
    expect(loadModel(join(folder, 'last.gradloom')).fingerprint).toBe(result.fingerprint);
    const losses = epochs.map(({ validation }) => validation?.loss ?? Number.NaN);
    const lowest = Math.min(...losses);
    expect(best.progress).toMatchObject({ step: 3 * (1 + losses.indexOf(lowest)), best: { loss: lowest } });
    expect(checkpoints.filter((event) => event.best).at(-1)?.step).toBe(best.progress.step);
    expect(loadModel(join(folder, 'best.gradloom')).parameters).toEqual(best.arrays.parameters);
    // Else this could not tell best from last.
    expect(best.progress.step).toBeLessThan(18);
  });

  test('without a validation set, takes the lowest mean training loss of an epoch for the best', async () => {
    const { epochs } = await run({ epochs: 1 }, { optimizer: { kind: 'sgd', lr: 6 } });
    const losses = epochs.map(({ trainLoss }) => trainLoss);
    const best = loadCheckpoint(join(folder, 'best.gradloom'));
    expect(best.progress.best).toEqual({
      step: 3 * (1 + losses.indexOf(Math.min(...losses))),
      loss: Math.min(...losses),
    });
  });

  test('an evaluation that is NaN is never the best', async () => {
    // 1.5 times the far row is out of range; the decay of the weights brings it back.
    const far = datasetFromRows({ inputs: [[1.7e308]], targets: [0], classes: 2 });
    const near = datasetFromRows({ inputs: [[1], [-1], [0.5]], targets: [0, 1, 0], classes: 2 });
    const losses: (number | undefined)[] = [];
    await train(
      { input: 1, layers: [{ kind: 'dense', out: 2 }] },
      { train: near, validation: far },
      {
        epochs: 6,
        batch: 'full',
        evaluateEvery: 1,
        threads: 1,
        optimizer: { kind: 'adamw', lr: 0.1, weightDecay: 2 },
        parameters: Float64Array.of(1.5, 1.5, 0, 0),
        checkpoint: { folder },
        onEvent: (event) => event.type === 'epoch' && losses.push(event.validation?.loss),
      },
    );
    const first = losses.findIndex((loss) => !Number.isNaN(loss));
    expect(first).toBeGreaterThan(0); // else this would show nothing
    const { best } = loadCheckpoint(join(folder, 'best.gradloom')).progress;
    expect(best).toEqual({ step: first + 1, loss: losses[first] });
  });

  test('loses what a killed process left half written, and nothing else', async () => {
    mkdirSync(folder);
    for (const name of ['last.gradloom.123-0123abcd.tmp', 'notes.tmp', 'model.gradloom'])
      writeFileSync(join(folder, name), 'x');
    await run(undefined);
    expect(readdirSync(folder).sort()).toEqual(['best.gradloom', 'last.gradloom', 'model.gradloom', 'notes.tmp']);
  });
});

describe('the requested number of newest checkpoints stay under names with their steps', () => {
  const steps = () => readdirSync(folder).filter((name) => name.startsWith('step-'));
  const keep = (newest: number) => ({ checkpoint: { folder, every: 3, keep: newest } });
  const start = (changes: Partial<TrainOptions>) => train(spec, data, { ...options, pool, ...changes });

  test('each whole, and no other file of the folder is touched', async () => {
    mkdirSync(folder);
    const others = ['step-000001.gradloom', 'step-3.gradloom', 'step-000006.gradloom.old'];
    for (const name of others) writeFileSync(join(folder, name), 'x');
    expect((await start(keep(2))).fingerprint).toBe(calm);
    expect(steps()).toEqual([...others, 'step-000015.gradloom', 'step-000018.gradloom'].sort());
    for (const step of [15, 18]) {
      const { progress } = loadCheckpoint(join(folder, `step-0000${step}.gradloom`));
      expect(progress.step).toBe(step);
    }
    const resume = loadCheckpoint(join(folder, 'step-000015.gradloom'));
    expect((await start({ resume })).fingerprint).toBe(calm);
  });

  test('those of earlier sittings are counted, and those of another run are not', async () => {
    await start({ ...keep(9), seed: 1, epochs: 1 });
    const controller = new AbortController();
    const onEvent = (event: TrainEvent) => void (event.type === 'checkpoint' && event.step === 9 && controller.abort());
    cpSync(join(folder, 'step-000003.gradloom'), join(folder, 'step-000002.gradloom'));
    await start({ ...keep(9), onEvent, signal: controller.signal });
    expect(steps()).toEqual([2, 3, 6, 9].map((step) => `step-00000${step}.gradloom`));
    const resume = loadCheckpoint(join(folder, 'last.gradloom'));
    expect((await start({ ...keep(3), resume })).fingerprint).toBe(calm);
    expect(steps()).toEqual(['02', '12', '15', '18'].map((step) => `step-0000${step}.gradloom`));
  });

  test('a run that goes on from an older one does later steps again: their files give way first', async () => {
    await start(keep(3));
    expect(steps()).toEqual([12, 15, 18].map((step) => `step-0000${step}.gradloom`));
    const resume = loadCheckpoint(join(folder, 'step-000012.gradloom'));
    const checkpoint = { folder, every: 2, keep: 3 };
    const seen: string[][] = [];
    const onEvent = (event: TrainEvent) => void (event.type === 'checkpoint' && seen.push(steps()));
    expect((await start({ checkpoint, resume, onEvent })).fingerprint).toBe(calm);
    const left = [
      [12, 14, 18],
      [12, 14, 16],
      [14, 16, 18],
    ];
    expect(seen).toEqual(left.map((of) => of.map((step) => `step-0000${step}.gradloom`)));
  });

  test.each([0, 1.5, '3'])('%o is not a valid number of checkpoints', async (keep) => {
    const checkpoint = { folder, keep: keep as number };
    await expect(start({ checkpoint })).rejects.toThrow('train: checkpoint.keep has');
  });
});

test.each([
  ['a path', false],
  ['a function', true],
])('a folder given as %s lies where the run was begun, wherever the process goes', async (_title, isLocked) => {
  const [home, away] = ['home', 'away'].map((name) => join(folder, name));
  for (const path of [home, away]) mkdirSync(path, { recursive: true });
  const before = process.cwd();
  try {
    process.chdir(home);
    const onEvent = (event: TrainEvent) => void (event.type === 'checkpoint' && process.chdir(away));
    const lock = isLocked ? lockFolder('test', makeDirectory('kept'), 'test') : undefined;
    const checkpoint = { folder: lock === undefined ? 'kept' : () => lock, every: 6 };
    const run = train(spec, data, { ...options, pool, checkpoint, onEvent });
    process.chdir(away);
    expect(await run).toMatchObject({ checkpoint: { path: join(home, 'kept', 'last.gradloom'), step: 18 } });
    expect(loadCheckpoint(join(home, 'kept', 'last.gradloom')).progress.step).toBe(18);
    expect(readdirSync(away)).toEqual([]);
    lock?.release();
    expect(existsSync(join(home, 'kept', 'gradloom.lock'))).toBe(false);
  } finally {
    process.chdir(before);
  }
});

test('metadata that is no JSON is refused before anything is written', async () => {
  const checkpoint = { folder, metadata: { note: () => 1 } as never };
  const run = train(spec, data, { ...options, pool, checkpoint });
  await expect(run).rejects.toThrow('train: checkpoint.metadata.note has a value of type function, expected JSON');
  expect(existsSync(folder)).toBe(false);
});

test('a run that ends at a number that is not finite keeps a checkpoint right before it, from which a resume ends there too', async () => {
  // Each step multiplies the weight by about -2e20.
  const far = { train: datasetFromRows({ inputs: [[1e10]], targets: [[1]] }) };
  const line: NetworkSpec = { input: 1, layers: [{ kind: 'dense', out: 1 }] };
  const diverging = { optimizer: { kind: 'sgd', lr: 1 }, steps: 40, threads: 2, pool } as const;
  const fail = (changes: TrainOptions) =>
    train(line, far, { ...diverging, ...changes }).catch((error: unknown) => error);
  const calmEnd = await fail({});
  const events: TrainEvent[] = [];
  const ended = await fail({ checkpoint: { folder, keep: 1 }, onEvent: (event) => void events.push(event) });
  assert(calmEnd instanceof TrainingError && ended instanceof TrainingError);
  const { step, message, parameters } = calmEnd;
  expect(step).toBeGreaterThan(2);
  expect(calmEnd.checkpoint).toBeUndefined();
  expect(ended).toMatchObject({ step, message, parameters, checkpoint: { path: join(folder, 'last.gradloom'), step } });
  const resume = loadCheckpoint(join(folder, 'last.gradloom'));
  expect([resume.progress.step, resume.arrays.parameters]).toEqual([step, parameters]);
  expect(readdirSync(folder)).toContain(`step-${String(step).padStart(6, '0')}.gradloom`);
  expect(await fail({ resume })).toEqual(calmEnd);
  // Its last good step is told of too.
  expect(events.filter((event) => event.type === 'steps').at(-1)?.step).toBe(step);
});

describe('where no thread can write a checkpoint, the main thread does, and says so', () => {
  /** A pool whose threads end when they bring a file onto the disk. */
  const failingPool = () => {
    const preload = `import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      import { isMainThread } from 'node:worker_threads';
      if (!isMainThread) { fs.fsyncSync = () => process.exit(7); syncBuiltinESMExports(); }`;
    const flag = `data:text/javascript,${encodeURIComponent(preload)}`;
    return createPool({ threads: 2, execArgv: [...process.execArgv, '--import', flag] });
  };

  test('each is whole, nothing of the thread is left, and no bit is another', async () => {
    const failing = await failingPool();
    const { result, checkpoints, warnings } = await run(9, { pool: failing });
    await failing.destroy();
    expect(result).toMatchObject({ fingerprint: calm, checkpoint: { step: 18 } });
    expect(checkpoints.map(({ step }) => step)).toEqual([9, 18]);
    expect(warnings.map(({ message }) => message)).toEqual(
      [9, 18].map((step) =>
        expect.stringMatching(
          new RegExp(
            `^the main thread writes the checkpoint of step ${step}, since no worker thread can \\(.*exited with code: 7\\)$`,
          ),
        ),
      ),
    );
    expect(readdirSync(folder).sort()).toEqual(['best.gradloom', 'last.gradloom']);
    expect(loadCheckpoint(join(folder, 'last.gradloom')).progress.step).toBe(18);
  });
});

describe('where a checkpoint cannot be written, training goes on, with one warning, and the older one stands', () => {
  test('a folder that is removed on the way', async () => {
    const { result, checkpoints, warnings } = await run(2, {}, {}, (event) => {
      if (event.type === 'checkpoint' && event.step === 4) rmSync(folder, { recursive: true });
    });
    expect(result).toMatchObject({ fingerprint: calm, stopped: 'completed', checkpoint: { step: 4 } });
    expect(checkpoints.map(({ step }) => step)).toEqual([2, 4]);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^the checkpoint of step 6 could not be written, the newest is that of step 4 \(saveCheckpoint: .*last\.gradloom cannot be written: no such file or directory \(ENOENT\), expected a folder with room for it\)$/,
      ),
    ]);
    expect(existsSync(folder)).toBe(false);
  });

  test('a folder that becomes read-only, and takes them again when it is no longer', async () => {
    mkdirSync(folder, { mode: 0o555 });
    const asRoot = canWriteInto(folder);
    chmodSync(folder, 0o755);
    if (asRoot) chmodSync(root.path, 0o755);
    // Root may write anywhere: it becomes nobody for a while, who owned the folder before.
    const lock = () => (asRoot ? process.seteuid?.(65534) : chmodSync(folder, 0o555));
    const unlock = () => (asRoot ? process.seteuid?.(0) : chmodSync(folder, 0o755));
    try {
      const { result, checkpoints, warnings } = await run({ epochs: 1 }, {}, {}, (event) => {
        if (event.type === 'checkpoint' && event.step === 3) lock();
        if (event.type === 'epoch' && event.step === 15) {
          expect(loadCheckpoint(join(folder, 'last.gradloom')).progress.step).toBe(3);
          unlock();
        }
      });
      expect(checkpoints.map(({ step }) => step)).toEqual([3, 15, 18]);
      expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('EACCES')]);
      expect(result.fingerprint).toBe(calm);
    } finally {
      unlock();
    }
  });

  test('a folder that is a file', async () => {
    root.write(String(number), '');
    const { result, checkpoints, warnings } = await run(2);
    expect([result.fingerprint, checkpoints, warnings.length]).toEqual([calm, [], 1]);
    expect(warnings[0].message).toMatch(/^the checkpoint of step 2 could not be written, the run has none \(.*\)$/);
  });
});

test('a signal ends the run with a checkpoint of the step it ended at, which goes on to the same bits', async () => {
  const controller = new AbortController();
  const { result } = await run(undefined, { signal: controller.signal, probe: 1 }, {}, (event) => {
    if (event.type === 'progress' && event.step === 7) controller.abort();
  });
  expect(result).toMatchObject({ stopped: 'aborted', steps: 7, checkpoint: { step: 7 } });
  const resume = loadCheckpoint(join(folder, 'last.gradloom'));
  expect((await train(spec, data, { ...options, pool, resume })).fingerprint).toBe(calm);
});

test('a listener that throws ends the run with its error', async () => {
  const failing = run(1, {}, {}, (event) => {
    if (event.type === 'checkpoint') throw new Error('enough');
  });
  await expect(failing).rejects.toThrow('enough');
});
