import { describe, expect, test } from 'vitest';
import {
  createSchedule,
  type ScheduleName,
  type ScheduleSpec,
  schedules,
} from '../../../../../packages/core/src/families/schedules/index.ts';
import type { Schedule } from '../../../../../packages/core/src/families/schedules/schedule.ts';
import { maxError } from '../../../../support/errors.ts';

const context = { totalSteps: 40, stepsPerEpoch: 4 };

/** Factors at some steps of a run of 10 epochs of 4 steps, worked out from PyTorch's formulas. */
const known: Record<ScheduleName, [ScheduleSpec, Record<number, number>][]> = {
  constant: [['constant', { 0: 1, 39: 1, 1000: 1 }]],
  step: [
    [
      { kind: 'step', everyEpochs: 3 },
      { 0: 1, 11: 1, 12: 0.1, 23: 0.1, 24: 0.01, 36: 0.001 },
    ],
    [
      { kind: 'step', everyEpochs: 1, gamma: 0.5 },
      { 3: 1, 4: 0.5, 39: 1 / 512 },
    ],
    [
      { kind: 'step', everySteps: 5, gamma: 0.5 },
      { 0: 1, 4: 1, 5: 0.5, 9: 0.5, 10: 0.25, 39: 1 / 128 },
    ],
  ],
  exponential: [
    [
      { kind: 'exponential', gamma: 0.5 },
      { 0: 1, 3: 1, 4: 0.5, 8: 0.25, 39: 1 / 512 },
    ],
  ],
  // (1 + cos(π/4))/2, (1 + cos(π/3))/2 = 3/4
  cosine: [
    ['cosine', { 0: 1, 10: 0.5 + Math.SQRT1_2 / 2, 20: 0.5, 30: 0.5 - Math.SQRT1_2 / 2, 40: 0, 50: 0 }],
    [
      { kind: 'cosine', minFactor: 0.2 },
      { 0: 1, 20: 0.6, 40: 0.2, 50: 0.2 },
    ],
  ],
  // The peak lies at 0.3 · 40 - 1 = 11; the fall takes 28 steps, to 39. At a quarter of the fall the cosine is √½.
  'one-cycle': [
    ['one-cycle', { 0: 0.04, 11: 1, 25: (1 + 4e-6) / 2, 39: 4e-6, 50: 4e-6 }],
    [
      { kind: 'one-cycle', riseShare: 0.525, startDivisor: 2, endDivisor: 5 }, // peak at 20
      { 0: 0.5, 5: 1 - 0.25 * (1 + Math.SQRT1_2), 10: 0.75, 20: 1, 39: 0.1 },
    ],
  ],
  plateau: [['plateau', { 0: 1, 39: 1 }]],
  // 39 equal factors of 10^(8/39), or of 10^(1/13)
  'range-test': [
    ['range-test', { 0: 1e-8, 39: 1, 50: 1 }],
    [
      { kind: 'range-test', startFactor: 1e-3 },
      { 0: 1e-3, 13: 1e-2, 26: 0.1, 39: 1 },
    ],
  ],
};

const names = Object.keys(schedules) as ScheduleName[];
const cases = names.flatMap((name) =>
  known[name].map(([spec, factors]): [string, ScheduleSpec, Record<number, number>] => [
    JSON.stringify(spec),
    spec,
    factors,
  ]),
);

/** A schedule and the state it carries. */
function start(spec: ScheduleSpec, within = context): { schedule: Schedule; state: Float64Array } {
  const schedule = createSchedule(spec, within);
  return { schedule, state: Float64Array.from(schedule.initialState) };
}

test('every schedule has factors worked out by hand', () => {
  expect(new Set(Object.keys(known))).toEqual(new Set(names));
});

describe.each(cases)('%s', (_title, spec, factors) => {
  test('meets the factors worked out by hand', () => {
    const { schedule, state } = start(spec);
    const steps = Object.keys(factors).map(Number);
    const computed = steps.map((step) => schedule.factor(step, state));
    expect(maxError(computed, Object.values(factors))).toBeLessThan(1e-15);
  });

  test('says whether a longer run has other factors', () => {
    const short = start(spec);
    const long = start(spec, { ...context, totalSteps: 80 });
    const differ = [1, 10, 30].some(
      (at) => short.schedule.factor(at, short.state) !== long.schedule.factor(at, long.state),
    );
    expect(short.schedule.needsTotalSteps).toBe(differ);
  });

  test('is finite and not negative at every step of the shortest runs', () => {
    for (let totalSteps = 1; totalSteps <= 12; totalSteps++) {
      const { schedule, state } = start(spec, { totalSteps, stepsPerEpoch: 1 });
      for (let at = 0; at <= totalSteps; at++) {
        expect(schedule.factor(at, state)).toBeGreaterThanOrEqual(0);
        expect(schedule.factor(at, state)).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe.each(names)('a warm-up of 4 steps in front of %s', (kind) => {
  const spec: ScheduleSpec = { kind, warmupSteps: 4 };
  const { schedule, state } = start(spec);
  const then = start(kind, { ...context, totalSteps: 36 });

  test('rises by equal amounts to the first factor', () => {
    const first = then.schedule.factor(0, then.state);
    const rise = [0, 1, 2, 3].map((step) => schedule.factor(step, state));
    expect(maxError(rise, [0.2 * first, 0.4 * first, 0.6 * first, 0.8 * first])).toBeLessThan(1e-16);
  });

  test('hands on to the schedule as it would be in a run that is 4 steps shorter', () => {
    for (const step of [0, 7, 35]) {
      expect(schedule.factor(step + 4, state)).toBe(then.schedule.factor(step, then.state));
    }
  });

  test('may be longer than the run', () => {
    const { schedule, state } = start(spec, { totalSteps: 2, stepsPerEpoch: 1 });
    expect(schedule.factor(1, state)).toBeGreaterThan(schedule.factor(0, state));
  });
});

describe('plateau', () => {
  function afterEpochs(values: number[], spec: ScheduleSpec, every = 1): number[] {
    const { schedule, state } = start(spec);
    return values.map((value) => {
      schedule.observe?.(state, value, every);
      return schedule.factor(0, state);
    });
  }

  test('falls after more than patienceEpochs epochs without a better value, and counts anew', () => {
    const spec: ScheduleSpec = { kind: 'plateau', patienceEpochs: 1 };
    const factors = afterEpochs([1, 2, 2, 2, 2, 0.5, 0.6, 0.6], spec);
    expect(maxError(factors, [1, 1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001])).toBeLessThan(1e-17);
  });

  test('counts the epochs between values that come every third epoch', () => {
    const spec: ScheduleSpec = { kind: 'plateau', patienceEpochs: 3, gamma: 0.5 };
    expect(afterEpochs([1, 2, 2, 2, 2], spec, 3)).toEqual([1, 1, 0.5, 0.5, 0.25]);
  });

  test('treats a value as better only below best · (1 - threshold)', () => {
    const spec: ScheduleSpec = { kind: 'plateau', patienceEpochs: 0, threshold: 0.25, gamma: 0.5 };
    expect(afterEpochs([1, 0.75, 0.74], spec)).toEqual([1, 0.5, 0.5]);
  });

  test('does not treat NaN as better', () => {
    expect(afterEpochs([1, Number.NaN], { kind: 'plateau', patienceEpochs: 0, gamma: 0.5 })).toEqual([1, 0.5]);
  });

  test('stays at minFactor', () => {
    const spec: ScheduleSpec = { kind: 'plateau', patienceEpochs: 0, gamma: 0.5, minFactor: 0.3 };
    expect(afterEpochs([1, 1, 1, 1], spec)).toEqual([1, 0.5, 0.3, 0.3]);
  });

  test('is the only schedule with state', () => {
    const carriers = names.filter((name) => createSchedule(name, context).initialState.length > 0);
    expect(carriers).toEqual(['plateau']);
    expect(names.filter((name) => createSchedule(name, context).observe !== undefined)).toEqual(['plateau']);
  });
});

test.each([
  [
    'cosin',
    'schedule: kind has "cosin", expected one of constant, step, exponential, cosine, one-cycle, plateau, range-test (did you mean cosine?)',
  ],
  [{ kind: 'step', everyEpochs: 0 }, 'schedule step: everyEpochs has 0, expected a whole number of at least 1'],
  [{ kind: 'step', everySteps: 0 }, 'schedule step: everySteps has 0, expected a whole number of at least 1'],
  [
    { kind: 'step', everySteps: 5, everyEpochs: 1 },
    'schedule step: everySteps has 5 although epochs are given, expected only one of the two',
  ],
  [
    { kind: 'step', everyEpoch: 3 },
    'schedule step: option "everyEpoch" is unknown, expected everyEpochs, everySteps, gamma (did you mean everyEpochs?)',
  ],
  [{ kind: 'cosine', warmupSteps: 1.5 }, 'schedule: warmupSteps has 1.5, expected a whole number of at least 0'],
  [{ kind: 'plateau', gamma: 1 }, 'schedule plateau: gamma has 1, expected a number from 0 to below 1'],
  [
    { kind: 'one-cycle', startDivisor: 0.5 },
    'schedule one-cycle: startDivisor has 0.5, expected a number of at least 1',
  ],
])('createSchedule(%j) says what is wrong', (spec, message) => {
  expect(() => createSchedule(JSON.parse(JSON.stringify(spec)), context)).toThrow(expect.objectContaining({ message }));
});
