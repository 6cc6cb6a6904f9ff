import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { kinds, short } from '../kinds.ts';
import { refused } from '../support/no-processes.ts';

const root = join(import.meta.dirname, '../..');
const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => `test/${name.replaceAll('\\', '/')}`);

test('every file of tests is in the folder of one kind', () => {
  const folders = new Set(tests.map((file) => file.split('/')[1]));
  expect([...folders].sort()).toEqual(Object.keys(kinds).sort());
});

test('the short choice names files that exist, of every kind but unit', () => {
  expect(short.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  const chosen = new Set(short.map((file) => file.split('/')[1]));
  expect([...chosen].sort()).toEqual(['lab', 'machine', 'processes', 'ranks', 'runs']);
});

// Imported by every file of unit: see vitest.config.ts.
test('a test of unit that starts a process fails', () => {
  expect(() => execFileSync(process.execPath, ['--version'])).toThrow('expected none: move the file to another kind');
  refused.length = 0;
});
