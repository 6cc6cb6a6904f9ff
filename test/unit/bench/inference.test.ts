import { describe, expect, test } from 'vitest';
import { inferenceMeans, inferenceTables, meanRows } from '../../../bench/inference/report.ts';
import { type AnswerTime, type InferenceResults, joined } from '../../../bench/inference/results.ts';

const machine = { cpu: 'Some CPU', cores: 2, node: '20.0.0' };

function time(network: string, batch: number, us: AnswerTime['us'], more: Partial<AnswerTime> = {}): AnswerTime {
  return { network, type: 'float32', batch, threads: 1, unit: 'row', us, ...more };
}

function results(times: readonly AnswerTime[], commit: string | null = 'abc'): InferenceResults {
  const programs = { Gradloom: 'Gradloom', onnxruntime: 'onnxruntime 1', 'tfjs wasm': 'tfjs 4' };
  return { date: '2026-01-01', commit, node: '20.0.0', rounds: 7, roundMs: 150, warmMs: 600, programs, times };
}

const measured = results([
  time('iris', 1, { Gradloom: 1, onnxruntime: 4, 'tfjs wasm': 50 }),
  time('iris', 32, { Gradloom: 2, onnxruntime: 2 }),
  time('GPT writes', 1, { Gradloom: 3 }, { unit: 'token' }),
  time('iris', 1, { Gradloom: 1, onnxruntime: 3 }, { type: 'float64', threads: 2 }),
]);

test('the means have a line for each type and threads, with the least in brackets', () => {
  expect(inferenceMeans(machine, measured).slice(2)).toEqual([
    "| an answer takes times Gradloom's | onnxruntime | tfjs wasm |",
    '|---|---|---|',
    '| float32, one thread | **2 x** (1) | **50 x** (50) |',
    '| float64, two threads | **3 x** (3) |  |',
  ]);
  expect(meanRows(measured)).toContainEqual({
    'time divided by ours': 'float32, one thread',
    onnxruntime: '2 x (1)',
    'tfjs wasm': '50 x (50)',
  });
});

test('the tables give our microseconds, of a token where texts are written, and multiples of them', () => {
  const text = inferenceTables(machine, measured).join('\n');
  expect(text).toContain('| µs a row | Gradloom | onnxruntime | tfjs wasm |');
  expect(text).toContain('| iris, batch 1 | 1 | 4 x | 50 x |');
  expect(text).toContain('| GPT writes, µs a token, batch 1 | 3 |  |  |');
  expect(text).toContain('| µs a row | Gradloom | onnxruntime |\n');
});

describe('a part', () => {
  const networks = ['iris', 'GPT writes'];
  const part = results([time('iris', 8, { Gradloom: 5 }), time('iris', 1, { Gradloom: 6 })]);

  test('joins a record of the same conditions, and replaces what it measured again', () => {
    const { times } = joined(measured, part, networks);
    expect(times.map(({ network, batch, us: { Gradloom } }) => [network, batch, Gradloom])).toEqual([
      ['iris', 1, 6],
      ['iris', 1, 1], // float64
      ['iris', 8, 5],
      ['iris', 32, 2],
      ['GPT writes', 1, 3],
    ]);
  });

  test('is the record alone where there is none, or conditions differ or are unknown', () => {
    expect(joined(undefined, part, networks)).toBe(part);
    expect(joined({ ...measured, rounds: 5 }, part, networks).times).toHaveLength(2);
    expect(joined(results(measured.times, null), { ...part, commit: null }, networks).times).toHaveLength(2);
  });
});
