import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { kinds, short } from '../kinds.ts';

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

/** Files of `test` that a file of it imports, itself among them. */
function importsOf(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path] of readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import\() ?'(\.[^']+\.ts)'/g)) {
    const imported = relative(root, resolve(root, dirname(file), path)).replaceAll('\\', '/');
    if (imported.startsWith('test/')) importsOf(imported, found);
  }
  return found;
}

// While tests of `unit` run, test/support/no-processes.ts refuses to start one; this finds tests that are skipped, too.
test('no test of unit imports what starts processes', () => {
  const starting = tests.filter(
    (file) =>
      file.startsWith('test/unit/') &&
      [...importsOf(file)].some((name) =>
        readFileSync(join(root, name), 'utf8').includes(`from 'node:${'child_process'}'`),
      ),
  );
  expect(starting).toEqual([]);
});
