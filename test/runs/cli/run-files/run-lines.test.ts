import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '@gradloom/core';
import { describe, expect, test } from 'vitest';
import { type MetricsFile, openMetrics } from '../../../../packages/cli/src/commands/train/metrics-file.ts';
import { describeNumbers, runLines } from '../../../../packages/cli/src/files/run-files/run-lines.ts';
import { seal, sealOf } from '../../../../packages/cli/src/files/run-files/seal.ts';
import { temporaryDirectory } from '../../../support/command-line.ts';
import { propertySeed } from '../../../support/seed.ts';

const bodies = Array.from({ length: 4 }, (_, n) =>
  JSON.stringify({ event: 'epoch', epoch: n + 1, step: 3 * (n + 1), trainLoss: 1 / (n + 3), name: 'Zoë "x"' }),
);
const lines = bodies.map(seal);
const whole = Buffer.from(`${lines.join('\n')}\n`);

/** Opens a file of these bytes after step 12, with nothing else in its folder. */
function opened(bytes: Uint8Array, step = 12) {
  const path = join(temporaryDirectory(), 'metrics.jsonl');
  writeFileSync(path, bytes);
  const file = openMetrics(path, step);
  file.close();
  const folder = join(path, '..');
  const names = readdirSync(folder).filter((name) => name !== 'metrics.jsonl');
  return {
    path,
    file,
    text: readFileSync(path, 'utf8'),
    beside: names.map((name) => readFileSync(join(folder, name))),
  };
}

const keptOf = (file: MetricsFile): unknown[] => file.lines.map(({ step }) => step);

describe('a sealed line', () => {
  test('is JSON still, with its checksum as the last key', () => {
    for (const [n, line] of lines.entries()) {
      expect(JSON.parse(line)).toEqual({ ...JSON.parse(bodies[n]), sum: expect.stringMatching(/^[0-9a-f]{16}$/) });
      expect(sealOf(line)).toBe('whole');
    }
    const document = seal(JSON.stringify({ a: [1], b: {} }, null, 2));
    expect(JSON.parse(document)).toMatchObject({ a: [1], b: {} });
    expect([sealOf(document), sealOf(bodies[0]), sealOf('')]).toEqual(['whole', 'none', 'none']);
  });

  test('is not whole with any bit of it flipped, on one line or on many', () => {
    for (const text of [lines[0], seal(JSON.stringify({ a: [1], b: { c: 'd' } }, null, 2))]) {
      for (let at = 0; at < text.length; at++) {
        for (let bit = 1; bit < 256; bit *= 2) {
          const bytes = Buffer.from(text);
          bytes[at] ^= bit;
          expect(sealOf(bytes.toString()), `byte ${at}, bit ${bit}`).not.toBe('whole');
        }
      }
    }
  });
});

describe('a file of lines that is opened again', () => {
  test('is unchanged if it is intact', () => {
    const { file, text, beside } = opened(whole);
    expect({ warnings: file.warnings, text, beside }).toEqual({ warnings: [], text: whole.toString(), beside: [] });
  });

  test('with a bit flipped at any of its bytes loses at most the lines beside it, says so, and the old file is kept', () => {
    const random = createRandom(propertySeed, 'flips');
    let hit = 0;
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at] ^= 1 << random.integer(8);
      // The line of the byte; of the end of a line, the next as well.
      const line = whole.subarray(0, at).toString('latin1').split('\n').length - 1;
      const lost = whole[at] === 10 ? [line, line + 1] : [line];
      const { file, text, beside } = opened(bytes);
      const kept = lines.filter((_, n) => !lost.includes(n));
      // A line whose end alone is gone may still be read.
      expect([kept, kept.length === 3 ? kept : lines.slice(0, 3)].map(textOf), `byte ${at}`).toContain(text);
      expect(file.warnings, `byte ${at}`).toEqual([
        expect.stringMatching(
          /^metrics\.jsonl has damaged lines? [^;]*, now left out; the damaged file is kept as metrics\.jsonl\.damaged-1$/,
        ),
      ]);
      expect(beside).toEqual([bytes]);
      hit++;
    }
    expect(hit).toBe(whole.length);
  });

  test('cut off at any byte keeps the lines before, says so, and nothing is damaged', () => {
    for (let length = 0; length < whole.length; length++) {
      const { file, text, beside } = opened(whole.subarray(0, length));
      const rest = whole.subarray(0, length).toString('latin1').split('\n').at(-1) ?? '';
      const isWhole = sealOf(Buffer.from(rest, 'latin1').toString()) === 'whole';
      const count = whole.subarray(0, length).toString('latin1').split('\n').length - 1 + (isWhole ? 1 : 0);
      expect(text).toBe(textOf(lines.slice(0, count)));
      const dropped = rest === '' || isWhole ? '' : 'half a line of metrics.jsonl';
      expect({ warnings: file.warnings, dropped: file.droppedText, beside }, `${length} bytes`).toEqual({
        warnings: [],
        dropped,
        beside: [],
      });
    }
  });

  test('loses the lines after an earlier step, and says so', () => {
    const { file, text } = opened(whole, 7);
    expect(text).toBe(textOf(lines.slice(0, 2)));
    expect(file).toMatchObject({ warnings: [], droppedText: '2 lines of metrics.jsonl' });
  });

  test('of an earlier version, without checksums, keeps its lines and gets them', () => {
    const { file, text } = opened(Buffer.from(textOf(bodies)));
    expect(text).toBe(whole.toString());
    expect(file.warnings).toEqual([
      'metrics.jsonl has no checksums (an earlier version wrote it), so its lines are not checked',
    ]);
    // Among lines that have one, a line without is none of ours.
    expect(keptOf(opened(Buffer.from(textOf([lines[0], bodies[1], lines[2]]))).file)).toEqual([3, 9]);
  });

  test('keeps each damaged file beside it under a name of its own', () => {
    const { path } = opened(Buffer.from(textOf(['x', lines[1]])));
    writeFileSync(path, textOf([lines[0], 'y']));
    openMetrics(path, 12).close();
    expect(readFileSync(`${path}.damaged-1`, 'utf8')).toBe(textOf(['x', lines[1]]));
    expect(readFileSync(`${path}.damaged-2`, 'utf8')).toBe(textOf([lines[0], 'y']));
  });

  test('takes lines, and gives back those after a step', () => {
    const path = join(temporaryDirectory(), 'metrics.jsonl');
    const file = openMetrics(path, 0);
    for (const body of bodies) expect(file.add(body)).toBeNull();
    expect(readFileSync(path, 'utf8')).toBe(whole.toString());
    file.cut(6);
    file.add(bodies[2]);
    file.close();
    expect(readFileSync(path, 'utf8')).toBe(textOf(lines.slice(0, 3)));
    rmSync(path);
  });
});

test.each([
  [[4], '4'],
  [[1, 2, 3, 7], '1 to 3 and 7'],
  [[1, 3, 5, 7, 9, 11, 13], '1, 3, 5, 7, 9 and others'],
])('lines %j are %s', (numbers, text) => {
  expect(describeNumbers(numbers)).toBe(text);
  expect(runLines(new Uint8Array(0))).toEqual({ lines: [], damaged: [], isCutOff: false, isUnsealed: false });
});

function textOf(list: readonly string[]): string {
  return list.map((line) => `${line}\n`).join('');
}
