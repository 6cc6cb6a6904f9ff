import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pathOf = (name: string): string => join('packages', name.replace('/', '/src/'));

const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const section = page.slice(page.indexOf('## Three walks'));
const walks = section
  .slice(0, section.indexOf('\n## ', 1))
  .split('\n### ')
  .slice(1)
  .map((text): [title: string, steps: { file: string; by: string | null }[]] => [
    text.split('\n')[0],
    [...text.matchAll(/^\d+\. `([^`]+)`(?: \(by `([^`]+)`\))?/gm)].map(([, file, by]) => {
      return { file: pathOf(file), by: by === undefined ? null : pathOf(by) };
    }),
  ]);

/** Entries of packages, and tables of contents: who imports a name of them imports the file that has it. */
const entries: Readonly<Record<string, string>> = {
  '@gradloom/core': 'packages/core/src/index.ts',
  '@gradloom/core/internal': 'packages/core/src/internal.ts',
  '@gradloom/core/programs': 'packages/core/src/programs.ts',
  '@gradloom/runtime': 'packages/runtime/src/index.ts',
};

/** Names that a file takes from other files: imports and, of a table of contents, exports. */
function namesOf(file: string, keyword: 'import' | 'export'): { names: string[]; from: string }[] {
  const text = readFileSync(join(root, file), 'utf8');
  const statements = text.matchAll(new RegExp(`^${keyword} (?:type )?\\{([^}]*)\\} from '([^']+)'`, 'gm'));
  const lazy = keyword === 'import' ? text.matchAll(/()\bimport\('([^']+)'\)/g) : [];
  return [...statements, ...lazy].map(([, list, from]) => ({
    names: list.split(',').map((name) =>
      name
        .trim()
        .replace(/^type /, '')
        .replace(/ as .*/, ''),
    ),
    from: from.startsWith('.') ? relative(root, resolve(root, dirname(file), from)) : (entries[from] ?? from),
  }));
}

/** The file that has a name, wherever it is imported from. */
function homeOf(name: string, from: string): string {
  if (!/\/(index|internal|programs)\.ts$/.test(from)) return from;
  const programs = entries['@gradloom/core/programs'];
  const lists = Object.values(entries).includes(from) ? [from, programs] : [from];
  const sources = lists.flatMap((file) => namesOf(file, 'export'));
  const source = sources.find(({ names }) => names.includes(name));
  return source === undefined ? from : homeOf(name, source.from);
}

const importsOf = (file: string): string[] =>
  namesOf(file, 'import').flatMap(({ names, from }) => [from, ...names.map((name) => homeOf(name, from))]);

const areJoined = (one: string, other: string): boolean =>
  importsOf(one).includes(other) || importsOf(other).includes(one);

test('there are three walks, of a dozen files at most', () => {
  expect(walks.map(([, steps]) => steps.length)).toEqual([12, 12, 12]);
});

describe.each(walks)('%s', (_title, steps) => {
  test.each(steps.map(({ file }, k) => [k + 1, file] as const))('%i. %s is a file', (_k, file) => {
    expect(existsSync(join(root, file))).toBe(true);
  });

  test.each(steps.slice(1).map((step, k) => [k + 2, step.file, step] as const))(
    '%i. %s is reached from a file before it',
    (k, _file, { file, by }) => {
      const before = steps.slice(0, k - 1).map((step) => step.file);
      const reached = before.some((earlier) =>
        by === null ? areJoined(earlier, file) : areJoined(earlier, by) && areJoined(by, file),
      );
      expect(reached, `${file} by ${by}, from ${before.join(', ')}`).toBe(true);
    },
  );
});
