import { expect, test } from 'vitest';
import { afterEvent, noRuns, timesOf } from '../../../../packages/cli/page/runs.ts';

/** A run of 40 steps in a state. */
const runIn = (state: 'running' | 'ended', result: object | null = null) =>
  afterEvent(noRuns, 'run', { run: 0, name: 'run', state, started: '', totalSteps: 40, result });

const lines = (epochs: readonly object[]) => ({ run: 0, steps: [], epochs, probes: [], steers: [], texts: [] });
const timesAfter = (runs: typeof noRuns, name: string, message: object) =>
  timesOf(afterEvent(runs, name, message).list[0]);

test('the time left is that of the other steps at the speed of those before', () => {
  expect(timesOf(runIn('running').list[0])).toEqual({ elapsedMs: null, leftMs: null });
  const speed = { run: 0, step: 10, samplesPerSecond: 1, elapsedMs: 500, busy: [] };
  expect(timesAfter(runIn('running'), 'speed', speed)).toEqual({ elapsedMs: 500, leftMs: 1500 });
  // A run of another process sends no speed: its newest epoch has the time.
  expect(timesAfter(runIn('running'), 'lines', lines([{ step: 20, elapsedMs: 700 }]))).toEqual({
    elapsedMs: 700,
    leftMs: 700,
  });
});

test('a run that has ended or pauses has no time left', () => {
  const epochs = lines([{ step: 20, elapsedMs: 700 }]);
  expect(timesAfter(runIn('ended'), 'lines', epochs)).toEqual({ elapsedMs: 700, leftMs: null });
  expect(timesAfter(runIn('ended', { elapsedMs: 900 }), 'lines', epochs)).toEqual({ elapsedMs: 900, leftMs: null });
  const steers = [{ step: 20, action: 'pause', rate: null }];
  expect(timesAfter(runIn('running'), 'lines', { ...epochs, steers })).toEqual({ elapsedMs: 700, leftMs: null });
});
