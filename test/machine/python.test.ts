import { join } from 'node:path';
import { expect, test } from 'vitest';
import { needs } from '../support/needs.ts';
import { lackOfPython } from '../support/python.ts';

test('a Python that is not there is a lack, whatever modules lie on the disk', () => {
  const path = join(import.meta.dirname, 'python3');
  expect(lackOfPython(['torch'], path)).toBe(`${path} does not run: spawnSync ${path} ENOENT`);
  expect(lackOfPython([], process.execPath)).toMatch(`${process.execPath} does not run: `);
});

test('so are modules that it does not find', needs('python'), () => {
  expect(lackOfPython(['sys', 'json'])).toBeNull();
  expect(lackOfPython(['json', 'no_such', 'nor_this'])).toBe('/usr/bin/python3 has no no_such and no nor_this');
});
