import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createPool, type Profile, type TrainEvent } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { threadCounts } from '../../../../packages/cli/src/commands/scale/run-scale.ts';
import { conclusions } from '../../../../packages/cli/src/lab/figures/scale-figures.ts';
import { describeScale } from '../../../../packages/cli/src/lab/scale/describe-scale.ts';
import { lossesOf } from '../../../../packages/cli/src/lab/scale/losses.ts';
import {
  measureScaling,
  NothingMeasured,
  runLength,
  type Scaling,
} from '../../../../packages/cli/src/lab/scale/measure-scaling.ts';
import type { RankPoint } from '../../../../packages/cli/src/lab/scale/ranks/measure-ranks.ts';
import { reportOf, type ScaleReport, worthUsing } from '../../../../packages/cli/src/lab/scale/scale-report.ts';
import { type Round, summarizeRounds } from '../../../../packages/cli/src/lab/scale/summarize-rounds.ts';
import { endOf, gradloom, jsonLines, startProgram, temporaryDirectory } from '../../../support/command-line.ts';
import { onlyInAll } from '../../../support/count.ts';
import { needs } from '../../../support/needs.ts';
import { randomDataset } from '../../../support/random-dataset.ts';

const workload = ['--dataset', 'spirals', '--backend', 'reference', '--batch', '48'];
const short = ['--steps', '9', '--rounds', '2', '--max-threads', '3'];

/** A measurement that Ctrl-C stops at a stage. */
function pressedAt(stage: string, ...args: string[]) {
  const others = new Set(process.listeners('SIGINT'));
  const press = (line: string) => {
    if (!line.includes(stage)) return;
    for (const listener of process.listeners('SIGINT')) if (!others.has(listener)) listener('SIGINT');
  };
  return gradloom(args, { terminal: 80, onStderr: press });
}

describe('gradloom scale', () => {
  test('gives for every count the fingerprint that train gives for the same steps', async () => {
    const out = temporaryDirectory();
    const { code, stdout, stderr } = await gradloom(['scale', ...workload, ...short, '--json', '--out', out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const document = JSON.parse(stdout);
    expect(JSON.parse(readFileSync(join(out, 'scale.json'), 'utf8'))).toEqual(document);
    const trained = ['train', ...workload, '--schedule', 'constant', '--steps', '9', '--json', '--no-out'];
    const done = jsonLines((await gradloom([...trained, '--threads', '1'])).stdout).at(-1);
    const { points } = document;
    expect(points.map(({ threads }: { threads: number }) => threads)).toEqual([1, 2, 3]);
    for (const { threads, stepMs, speedup, efficiency, fingerprint, profiles } of points) {
      expect(fingerprint).toBe(done?.fingerprint);
      expect(speedup).toBe(points[0].stepMs / stepMs);
      expect(efficiency).toBe(speedup / threads);
      expect(profiles).toHaveLength(threads);
    }
    expect(document).toMatchObject({ sameBits: true, steps: 9, batch: 48, leaves: 3 });
    // Other tests may make rounds contradict each other.
    if (document.inconclusive) expect(document).toMatchObject({ best: null, amdahl: null, usl: null, losses: [] });
    else expect(points.map(({ threads }: { threads: number }) => threads)).toContain(document.best);
    // Nobody has asked for one.
    expect(document.prediction).toBeNull();
    expect(stdout).not.toMatch(/not a measurement/);
  });

  test('takes as many steps as fit into a second where nobody says how many', async () => {
    expect(runLength(0.5, 0.9)).toBe(2000);
    expect(runLength(0.1, 10)).toBe(400); // four seconds of one thread
    expect(runLength(900, 1000)).toBe(5);
    const out = temporaryDirectory();
    const flags = ['scale', '--dataset', 'spirals', '--backend', 'wasm', '--rounds', '1', '--max-threads', '1'];
    // The rest, profiles of three seconds, is left out.
    const { code } = await pressedAt('where the time goes', ...flags, '--out', out);
    expect(code).toBe(130);
    // However slow the machine: far more than any number of steps that is written in the code as least.
    expect(JSON.parse(readFileSync(join(out, 'scale.json'), 'utf8')).steps).toBeGreaterThan(20);
  }, 120_000);

  test('does not write into the directory of another run, whose page would stay there', async () => {
    const out = join(temporaryDirectory(), 'run');
    await gradloom(['train', '--dataset', 'xor', '--steps', '2', '--out', out]);
    const { stdout, stderr, code } = await gradloom(['scale', ...workload, ...short, '--out', out]);
    const message = `--out has ${out}, which holds a run of train, expected a directory without one`;
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `gradloom scale: ${message}\n` });
  });

  test('says which threads have no work, and fits nothing to them', async () => {
    const { stdout } = await gradloom('scale --dataset xor --steps 9 --rounds 2 --max-threads 2'.split(' '));
    expect(stdout).toContain('2 - ');
    expect(stdout).toContain('- 1 thread has all the work: a batch has 1 leaf');
    expect(stdout).not.toContain('Amdahl');
    expect(stdout).toContain('Worth using on');
  });

  test('says which threads have no rows, but blocks of weights', async () => {
    // 16 rows are one leaf, and 5,122 weights two blocks.
    const out = temporaryDirectory();
    const args = ['scale', '--dataset', 'moons', '--hidden', '1024', '--batch', '16', '--steps', '3', '--rounds', '1'];
    const { stdout } = await gradloom([...args, '--max-threads', '3', '--out', out]);
    expect(stdout).toMatch(/^2( \*)? ~ /m);
    expect(stdout).toMatch(/^3( \*)? - /m);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      '~ 1 thread has rows in a step: a batch has 1 leaf, the others share the update',
    );
    expect(JSON.parse(readFileSync(join(out, 'scale.json'), 'utf8')).points).toMatchObject([
      { threads: 1, working: 1, gradientThreads: 1 },
      { threads: 2, working: 2, gradientThreads: 1 },
      { threads: 3, working: 2, gradientThreads: 1 },
    ]);
  });

  test.each([2, ...onlyInAll(3)])('in %i rounds samples a second are those of the median step', async (rounds) => {
    const flags = ['scale', ...workload, '--steps', '9', '--rounds', String(rounds), '--max-threads', '1', '--json'];
    const { points, spread } = JSON.parse((await gradloom(flags)).stdout);
    // 9 steps of batches of 48 rows: whole ones but where an epoch ends.
    expect(points[0].samplesPerSecond * points[0].stepMs).toBeLessThanOrEqual(48_000 + 1e-6);
    expect(points[0].samplesPerSecond * points[0].stepMs).toBeGreaterThan(24_000);
    expect(spread).toBeGreaterThanOrEqual(0);
  });

  test('prints at most 80 columns, the same figures and sentences as its page, and predictions marked as such', async () => {
    const out = join(temporaryDirectory(), 'scale');
    const predicts = availableParallelism() > 1;
    const flags = ['scale', ...workload, ...short.slice(0, 4), '--max-threads', '2', '--out', out];
    const { code, stdout, stderr } = await gradloom([...flags, ...(predicts ? ['--model-cores', '8, 4,8,2'] : [])]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    const numbers = Array.from(html.matchAll(/<td class="number">([^<]+)</g), ([, text]) => text);
    expect(numbers.length).toBeGreaterThan(15);
    for (const number of numbers) expect(stdout).toContain(number);
    const conclusions = html.slice(html.indexOf('Conclusions</h2>'), html.indexOf('Measurements</h2>'));
    const sentences = Array.from(conclusions.matchAll(/<p>([^<]+)</g), ([, text]) => text.replaceAll('&#39;', "'"));
    expect(sentences.length).toBeGreaterThan(0);
    for (const sentence of sentences) expect(stdout.replaceAll(/\s+/g, ' ')).toContain(sentence);
    expect(stdout).toContain('the same for all');
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    if (!predicts) return;
    const { points, prediction } = JSON.parse(readFileSync(join(out, 'scale.json'), 'utf8'));
    expect(prediction.note).toBe('a prediction by a model of measured parts, not a measurement');
    expect(prediction.points.map(({ cores }: { cores: number }) => cores)).toEqual([1, 2, 4, 8]);
    expect(prediction.points.map(({ measuredMs }: { measuredMs: number | null }) => measuredMs)).toEqual([
      ...[points[0].stepMs, points[1].stepMs],
      ...[null, null],
    ]);
    for (const end of prediction.points[0].stepMs) expect(end / points[0].stepMs).toBeCloseTo(1, 9);
    for (const text of [stdout, html]) expect(text).toContain('Prediction by a model, not a measurement');
    expect(html).toContain('A prediction by a model, not a measurement: the dashed lines');
    expect(html).toMatch(/stroke-dasharray="6 4"/);
  });

  test('predicts nothing on one core, which has no barriers to measure', needs('taskset'), async () => {
    const child = startProgram(['scale', '--dataset', 'xor', '--model-cores', '4,8'], temporaryDirectory(), {
      cores: '0',
    });
    const { code, stderr } = await endOf(child);
    const message =
      '--model-cores has 4,8, expected it on a machine of at least 2 cores (barriers between them are measured)';
    expect({ code, stderr }).toEqual({ code: 2, stderr: `gradloom scale: ${message}\n` });
  });

  test.each([
    ...['x', '4,,8', '0', '1.5', '513', ''].map((cores): [string[], string] => [
      ['--model-cores', cores],
      `--model-cores has "${cores}", expected numbers of cores such as 4,8,16,32,64, each from 1 to 512`,
    ]),
    [['--max-threads', '513'], '--max-threads has 513, expected at most 512'],
    [['--rounds', '0'], '--rounds has 0, expected a whole number of at least 1'],
    [['--shards', '5'], '--shards is unknown, expected a flag from --help'],
    [['more'], 'the word "more" is not needed, expected only flags'],
  ])('refuses %j', async (flags, message) => {
    const { stdout, stderr, code } = await gradloom(['scale', '--dataset', 'xor', ...flags]);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: `gradloom scale: ${message}\n` });
    expect(code).toBeGreaterThan(0);
  });
});

describe('the counts', () => {
  test.each([
    [1, 1, [1]],
    [2, 4, [1, 2, 3, 4]],
    [4, 3, [1, 2, 3]],
    [4, 8, [1, 2, 3, 4, 5, 8]],
    [12, 12, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
  ])('of %i cores and at most %i threads', (cores, maxThreads, counts) =>
    expect(threadCounts(cores, maxThreads)).toEqual(counts),
  );

  test('of many cores stay few, from 1 to all', () => {
    const counts = threadCounts(64, 64);
    expect([counts[0], counts.at(-1)]).toEqual([1, 64]);
    expect(counts.length).toBeLessThanOrEqual(13);
  });
});

test('a thread is worth using where it still saves five hundredths of a step', () => {
  const usl = { contention: 0.2, coherence: 0, firstMs: 1, peak: null, residual: 0 };
  const at = (threads: number) => ({ threads, stepMs: 0.2 + 0.8 / threads });
  // 0.2 + 0.8 / T against 0.2 + 0.8 / 16 = 0.25: 0.2625 is reached at 12.8.
  expect(worthUsing([1, 4, 16].map(at), usl, 16)).toBe(13);
  expect(worthUsing([at(1), { threads: 2, stepMs: 1.1 }], usl, 2)).toBe(1);
  expect(worthUsing([at(1)], null, 1)).toBe(1);
});

describe('a measurement', () => {
  const quiet = { cores: 2, rounds: 1, showProgress: () => {} };
  const spec = { input: 4, layers: [{ kind: 'dense' as const, out: 3 }] };
  const sets = { train: randomDataset({ rows: 64, inputs: 4, classes: 3 }) };

  test('takes no more steps than a run: a later one may have no finite loss', async () => {
    const pool = await createPool({ threads: 2 });
    const lengths: number[] = [];
    const options = {
      batch: 16,
      backend: 'reference' as const,
      onEvent: (event: TrainEvent) => void (event.type === 'start' && lengths.push(event.totalSteps)),
    };
    try {
      const { points } = await measureScaling(
        pool,
        { spec, sets, options, steps: 7 },
        { ...quiet, counts: [1, 2], rounds: 2 },
      );
      expect([...new Set(lengths)]).toEqual([7]);
      expect(points[0].stepMs).toBeGreaterThan(0);
    } finally {
      await pool.destroy();
    }
  });

  test('says where rounds differ, and where the clock in its parts is felt', async () => {
    const pool = await createPool({ threads: 1 });
    try {
      const options = { batch: 16, backend: 'reference' as const };
      const scaling = await measureScaling(pool, { spec, sets, options, steps: 7 }, { ...quiet, counts: [1] });
      const [point] = scaling.points;
      const textOf = (spread: number, clockedMs: number) => {
        const profile = { gather: clockedMs / 2, forward: clockedMs / 2, backward: 0, update: 0, exchange: 0, wait: 0 };
        const points = [{ ...point, stepMs: 1, profiles: [profile] }];
        return describeScale(reportOf({ ...scaling, points, spread }, 1), 'title', (_, text) => text).join(' ');
      };
      expect(textOf(0.19, 1.2)).not.toMatch(/differ by|These clocks/);
      expect(textOf(0.21, 1.2)).toContain('Rounds of the same number of threads differ by up to 21.00 %');
      expect(textOf(1.52, 1.2)).toContain('differ by up to 152.00 %');
      expect(textOf(0.19, 1.3)).toMatch(
        /with them a step on one thread takes 1\.300 ms,\s+without\s+them\s+1\.000\s+ms/,
      );
    } finally {
      await pool.destroy();
    }
  });
});

describe('a measurement that is stopped', () => {
  const spec = { input: 4, layers: [{ kind: 'dense' as const, out: 3 }] };
  const sets = { train: randomDataset({ rows: 64, inputs: 4, classes: 3 }) };
  const options = { batch: 32, backend: 'reference' as const };

  async function stoppedAt(stage: string): Promise<{ scaling: Scaling | null; stages: string[] }> {
    const pool = await createPool({ threads: 2 });
    const controller = new AbortController();
    const stages: string[] = [];
    const showProgress = (text: string) => {
      stages.push(text);
      if (text.startsWith(stage)) controller.abort();
    };
    try {
      const measuring = { counts: [1, 2], cores: 2, rounds: 4, showProgress, signal: controller.signal };
      return { scaling: await measureScaling(pool, { spec, sets, options, steps: 7 }, measuring), stages };
    } catch (error) {
      expect(error).toBeInstanceOf(NothingMeasured);
      return { scaling: null, stages };
    } finally {
      await pool.destroy();
    }
  }

  test('in a round has the figures of the rounds before', async () => {
    const { scaling, stages } = await stoppedAt('round 3 of 4');
    expect(scaling).toMatchObject({ rounds: 2, roundsAsked: 4, stopped: true, bandwidth: [] });
    expect(scaling?.points).toMatchObject([
      { threads: 1, speedup: 1, working: 1, profiles: [] },
      { threads: 2, working: 2, profiles: [] },
    ]);
    expect(stages.at(-1)).toMatch(/^round 3 of 4, about \d+ s left$/);
    const text = describeScale(reportOf(scaling as Scaling, 2), 'title', (_, text) => text).join(' ');
    expect(text).toContain('Stopped after 2 of 4 rounds');
    expect(text).not.toContain('Time per step of each thread');
  });

  test('before the first round is finished has none', async () => {
    expect(await stoppedAt('warming up')).toEqual({ scaling: null, stages: ['warming up'] });
    expect((await stoppedAt('round 1 of 4')).scaling).toBeNull();
  });

  test('by Ctrl-C prints and writes the finished rounds, and ends with 130', async () => {
    const out = join(temporaryDirectory(), 'scale');
    const flags = ['scale', ...workload, '--steps', '9', '--rounds', '1000000', '--max-threads', '2', '--out', out];
    const { code, stdout, stderr } = await pressedAt('round 3', ...flags);
    expect({
      code,
      stderr: stderr.includes('gradloom scale: SIGINT: ending with the results of the finished rounds'),
    }).toEqual({ code: 130, stderr: true });
    expect(stdout).toContain('Stopped after');
    const document = JSON.parse(readFileSync(join(out, 'scale.json'), 'utf8'));
    expect(document).toMatchObject({ stopped: true, roundsAsked: 1_000_000 });
    expect(document.rounds).toBeGreaterThan(1);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain(`Stopped after ${document.rounds} of 1,000,000`);
  });
});

describe('rounds', () => {
  const timed = (stepMs: number) => ({
    stepMs,
    samplesPerSecond: 64_000 / stepMs,
    result: { fingerprint: 'f', batch: 64, leaves: 4, parameters: new Float64Array(9), backend: { name: 'wasm' } },
  });
  type Pair = readonly [one: number, two: number];
  const scalingOf = (...rounds: readonly Pair[]): Scaling => {
    const measured = rounds.map(([one, two]) => ({
      strong: new Map([
        [1, timed(one)],
        [2, timed(two)],
      ]),
      weak: new Map(),
    })) as unknown as Round[];
    const figures = summarizeRounds(measured, 2, new Map());
    const rest = { steps: 9, roundsAsked: rounds.length, stopped: false, bandwidth: [], prediction: null };
    return { ...figures, ...rest };
  };
  const report = (...rounds: readonly Pair[]) => reportOf(scalingOf(...rounds), 2);
  const textOf = (scale: ScaleReport) => conclusions(scale).join(' ');

  test('of ranks have the same bits where all of as many steps have one fingerprint', () => {
    const sameBits = (...ranks: readonly (readonly [steps: number, fingerprint: string])[]): boolean => {
      const points = ranks.map(([steps, fingerprint], k) => ({ ranks: k + 1, steps, fingerprint }) as RankPoint);
      return reportOf(scalingOf([1, 0.6]), 2, points).sameBits;
    };
    expect([sameBits(), sameBits([9, 'f'], [9, 'f']), sameBits([9, 'f'], [8, 'g'])]).toEqual([true, true, true]);
    expect([sameBits([9, 'f'], [9, 'g']), sameBits([9, 'f g'])]).toEqual([false, false]);
  });

  test('that contradict each other are inconclusive: no law, no number of threads, no loss', () => {
    const scale = report([1, 0.6], [1, 1.6], [1.1, 1.6]);
    expect(scale).toMatchObject({ inconclusive: true, amdahl: null, usl: null, best: null, losses: [] });
    expect(textOf(scale)).toContain(
      'Inconclusive: rounds differ by 62.50 %. With 2 threads a step is 0.63 to 1.67 times',
    );
    expect(textOf(scale)).not.toMatch(/Amdahl|Worth using/);
  });

  test('that agree are not, however slow more threads are, or the machine becomes', () => {
    expect(report([1, 1.6], [1, 1.7], [1.1, 1.6])).toMatchObject({ inconclusive: false, best: 1 });
    const slower = report([1, 0.6], [2, 1.2], [3, 1.8]);
    expect(slower).toMatchObject({ inconclusive: false, best: 2 });
    expect(textOf(slower)).toContain('differ by up to 100.00 %');
    // Within a little of one thread either way.
    expect(report([1, 0.97], [1, 1.03])).toMatchObject({ inconclusive: false, best: 1 });
  });

  test('are drawn as error bars, where there are several', () => {
    const drawn = (scale: ScaleReport) => describeScale(scale, 'title', (_, text) => text).join('\n');
    const chart = drawn(report([1, 0.6], [1, 0.8], [1, 0.55]));
    expect(chart).toMatch(/● ideal +\+ measured +│ single rounds/);
    expect(chart).toMatch(/┤.*│/);
    expect(drawn(report([1, 0.6]))).not.toMatch(/┤.*│|single rounds$/m);
  });

  test('have the speedup of their medians, within the range of single rounds', () => {
    const [, two] = report([1, 0.5], [2, 0.8], [3, 2]).points;
    expect(two).toMatchObject({ speedup: 2 / 0.8, speedupRange: [1.5, 2.5] });
  });
});

test('losses add up to the time beyond that of one thread, the largest first', () => {
  const one: Profile = { gather: 1, forward: 3, backward: 4, update: 2, exchange: 0, wait: 0 };
  const two: Profile[] = [
    { gather: 0.5, forward: 2, backward: 2.5, update: 2, exchange: 0, wait: 1 },
    { gather: 0.5, forward: 2, backward: 2.5, update: 2, exchange: 0, wait: 1 },
  ];
  const point = (threads: number, profiles: Profile[]) => ({ threads, beyondCores: false, working: threads, profiles });
  const scaling = {
    first: { leaves: 4, parameters: new Float64Array(1e6) },
    points: [point(1, [one]), point(2, two), { ...point(4, []), beyondCores: true }],
    bandwidth: [
      { threads: 1, gigabytesPerSecond: 10 },
      { threads: 2, gigabytesPerSecond: 12 },
    ],
  } as unknown as Scaling;
  const losses = lossesOf(scaling);
  // 16 in all, of which 10 on one thread: 2 waited, 2 more in products, 2 more in updates.
  expect(losses.map(({ share }) => share)).toEqual([2 / 16, 2 / 16, 2 / 16]);
  expect(losses.find(({ cause }) => cause === 'update')?.why).toContain('1.2 times the memory bandwidth');
  // 64 MB in 2 ms.
  expect(losses.find(({ cause }) => cause === 'update')?.why).toContain('32.0 GB/s of 12.0: it fits in the caches');
});
