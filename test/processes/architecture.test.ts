import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where a line of code stands, the code, and the rule that refuses it. Each stands alone in a file of its own. */
const refused: [folder: string, code: string, rule: string][] = [
  ...['exp(1)', 'pow(2, 3)', 'random()', 'tanh(1)', 'PI', "['log'](2)"].map((call): [string, string, string] => {
    const dot = call.startsWith('[') ? '' : '.';
    return ['core', `export const x = Math${dot}${call};`, 'noJsRestrictedProperties'];
  }),
  ['core', 'export const { cos } = Math;', 'noJsRestrictedProperties'],
  ['core', 'export const x = (a: number): number => a ** 2;', 'plugin'],
  ['core', 'export const x = (a: number): number => {\n  a **= 2;\n  return a;\n};', 'plugin'],
  ...['Date.now()', 'performance.now()', 'console', 'process.pid', 'globalThis'].map(
    (use): [string, string, string] => ['core', `export const x = ${use};`, 'noRestrictedGlobals'],
  ),
  ...['node:fs', '@gradloom/runtime', 'gradloom', 'piscina', '../../runtime/src/index.ts'].map(
    (from): [string, string, string] => ['core', `export { x } from '${from}';`, 'noRestrictedImports'],
  ),
  ['runtime', "export { x } from 'gradloom';", 'noRestrictedImports'],
  ['runtime', "export { x } from '../../cli/src/main.ts';", 'noRestrictedImports'],
  ['runtime', "export const x = (): void => console.log('x');", 'noConsole'],
  ['cli', "export const x = (): void => console.log('x');", 'noConsole'],
  ['core', 'export const x = (y: Float64Array): Float64Array => y.subarray(1);', 'plugin'],
  ...['core', 'runtime', 'cli'].flatMap((folder): [string, string, string][] => [
    [folder, 'export default 1;', 'noDefaultExport'],
    [folder, "export * from './y.ts';", 'plugin'],
    [folder, 'export const x = (a: any): number => a.b;', 'noExplicitAny'],
    [folder, 'export const x = (a: number | undefined): number => a!;', 'noNonNullAssertion'],
    [folder, 'export enum X {\n  y,\n}', 'noEnum'],
  ]),
];

const allowed: [folder: string, code: string][] = [
  ['core', 'export const x = Math.sqrt(Math.abs(Math.floor(2)) * Math.imul(2, 3) + Math.max(1, Math.min(2, 3)));'],
  ['core', "export { x } from '../y.ts';"],
  ['core', "export * as y from './y.ts';"],
  ['core', "export * from './programs.ts';"],
  [
    'runtime',
    "export { x } from '@gradloom/core';\nexport * from '@gradloom/core/programs';\nexport { readFileSync } from 'node:fs';",
  ],
  ['runtime', 'export const x = Math.ceil(performance.now());'],
  ['cli', "export { x } from '@gradloom/runtime';\nexport { join } from 'node:path';"],
];

let folder = '';
/** Rules that refused something, by file. */
const importsOf = new Map<string, string[]>();
const pathOf = (list: 'allowed' | 'refused', index: number, name: string): string =>
  `packages/${name}/src/${list}/case-${index}.ts`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'architecture-'));
  for (const name of ['biome.jsonc', '.gitignore', '.ci/lint']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  for (const [index, [name, code]] of refused.entries()) write(pathOf('refused', index, name), code);
  for (const [index, [name, code]] of allowed.entries()) write(pathOf('allowed', index, name), code);
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'lint', '--reporter=json', '--max-diagnostics=none', '.'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  const { diagnostics }: { diagnostics: { category: string; location: { path: string } }[] } = JSON.parse(stdout);
  for (const { category, location } of diagnostics) {
    const path = location.path.replaceAll('\\', '/');
    importsOf.set(path, [...(importsOf.get(path) ?? []), category.split('/').at(-1) ?? category]);
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, code: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${code}\n`);
}

describe('the linter refuses', () => {
  test.each(refused.map((row, index) => [...row, index] as const))('in %s: %s (%s)', (name, _code, rule, index) => {
    expect(importsOf.get(pathOf('refused', index, name)) ?? []).toContain(rule);
  });
});

describe('the linter lets pass', () => {
  test.each(allowed.map((row, index) => [...row, index] as const))('in %s: %s', (name, _code, index) => {
    expect(importsOf.get(pathOf('allowed', index, name)) ?? []).toEqual([]);
  });
});

/** Files of a package that break a rule of floors, and what is said of each. */
const crooked: [files: Record<string, string>, said: string][] = [
  [
    { 'core/src/checks/low.ts': "import type { X } from '../math/high.ts';", 'core/src/math/high.ts': '' },
    'core: checks/low.ts imports math/high.ts, which lies higher, expected an import of checks',
  ],
  [
    {
      'cli/src/options/a.ts': "import type { B } from './b.ts';",
      'cli/src/options/b.ts': "export { A } from './a.ts';",
    },
    'cli: imports run in a circle: options/a.ts -> options/b.ts -> options/a.ts',
  ],
  [
    {
      'runtime/src/engine/step/context.ts': "import { low } from '../../system/low.ts';",
      'runtime/src/system/low.ts': "import { readFileSync } from 'node:fs';",
    },
    'runtime: system/low.ts imports node:fs (imported by engine/step/context.ts), expected no module of Node in what runs steps: see thread-environment.ts',
  ],
  [{ 'core/src/utils/x.ts': '' }, 'core: utils/x.ts lies on no floor, expected one of checks, math'],
];

test.each(crooked)('the floors refuse %j', (files, said) => {
  const copy = mkdtempSync(join(tmpdir(), 'floors-'));
  cpSync(join(root, '.ci/lint'), join(copy, '.ci/lint'), { recursive: true });
  for (const name of ['core', 'runtime', 'cli']) mkdirSync(join(copy, 'packages', name, 'src'), { recursive: true });
  for (const [name, code] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, 'packages', name)), { recursive: true });
    writeFileSync(join(copy, 'packages', name), `${code}\n`);
  }
  const { status, stderr } = spawnSync(process.execPath, [join(copy, '.ci/lint/floors.mjs')], { encoding: 'utf8' });
  rmSync(copy, { recursive: true });
  expect(stderr).toContain(said);
  expect({ status, lines: stderr.trim().split('\n').length }).toEqual({ status: 1, lines: 1 });
});

test('a report knows nothing of how experiments and scaling are measured', () => {
  const report = join(root, 'packages/cli/src/report');
  const crossings = readdirSync(report, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && /'[./]+\/lab\/(?!figures\/)/.test(readFileSync(join(report, name), 'utf8')),
  );
  expect(crossings).toEqual([]);
});

/** Work in pieces does nothing until it is completed, awaited in turns, or delegated to. */
test('no call of a generator stands alone as a statement', () => {
  const sources = ['core', 'runtime', 'cli'].flatMap((name) => {
    const source = join(root, 'packages', name, 'src');
    return readdirSync(source, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => ({ file: `${name}/src/${file}`, text: readFileSync(join(source, file), 'utf8') }));
  });
  const named = sources.flatMap(({ text }) =>
    [...text.matchAll(/^(?:export )?function\* (\w+)/gm)].map(([, of]) => of),
  );
  const generators = new Set(named);
  expect(generators.size).toBeGreaterThan(20);
  const idle = sources.flatMap(({ file, text }) => {
    const isHere = (name: string) =>
      new RegExp(`^(export )?function\\* ${name}\\b|^import [^;]*\\b${name}\\b`, 'm').test(text);
    // A call that follows none of these begins a statement.
    return [...text.replaceAll(/\/\/.*$/gm, '').matchAll(/([^\s]+)\s*\n\s+(\w+)\(/g)]
      .filter(
        ([, before, name]) => generators.has(name) && isHere(name) && !/([(,=:?]|=>|return|yield\*)$/.test(before),
      )
      .map(([, , name]) => `${file}: ${name}`);
  });
  expect(idle).toEqual([]);
});

test('files that docs and comments name are there', () => {
  const files = spawnSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).stdout.trim().split('\n');
  const isThere = (name: string) => files.some((file) => file === name || file.endsWith(`/${name}`));
  const missing = files.flatMap((file) => {
    if (!/\.(md|ts|mjs)$/.test(file) || file.startsWith('bench/results/') || !existsSync(join(root, file))) return [];
    const text = readFileSync(join(root, file), 'utf8');
    const isPage = file.endsWith('.md');
    const said = isPage ? [text] : (text.match(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g) ?? []);
    return said
      .flatMap(
        (part) => part.match(isPage ? /(?<=`)[\w./-]+\.(ts|mjs)(?=`)/g : /(?<![\w.])[\w-]+(\/[\w-]+)*\.ts\b/g) ?? [],
      )
      .filter((name) => !isThere(name) && !isThere(name.replace(/^(core|runtime|cli)\//, '$1/src/')))
      .map((name) => `${file}: ${name}`);
  });
  expect(missing).toEqual([]);
});

test('comments are at most 120 columns wide, unless an address alone is longer', () => {
  const wide: string[] = [];
  const folders = ['packages/core', 'packages/runtime', 'packages/cli', 'bench', 'test', '.ci', 'docs'];
  for (const folder of folders) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.(ts|mts|js|mjs|cjs)$/.test(name) || /(^|\/)(node_modules|dist|api)\//.test(name)) continue;
      const lines = readFileSync(join(root, folder, name), 'utf8').split('\n');
      for (const [at, line] of lines.entries()) {
        const isComment = /^\s*(\/\/|\/?\*)/.test(line) || / \/\/ [^'"`]*$/.test(line);
        if (line.length <= 120 || !isComment) continue;
        if (!/^\s*(\/\/|\*) \S*https?:\S+$/.test(line)) wide.push(`${folder}/${name}:${at + 1}`);
      }
    }
  }
  expect(wide).toEqual([]);
});

test('prose of the docs is at most 120 columns wide, unless a link alone is longer', () => {
  const isProse = (name: string) => name.endsWith('.md') && !/(^|\/)(node_modules|dist|api)\//.test(name);
  const within = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`);
  const pages = [
    ...readdirSync(root),
    ...['docs', 'test', 'packages/core', 'packages/runtime', 'packages/cli'].flatMap(within),
  ];
  const wide = pages.filter(isProse).flatMap((page) => {
    // Code, and what `npm run bench:readme` writes, are no prose.
    const text = readFileSync(join(root, page), 'utf8').replace(
      /^\s*```[\s\S]*?^\s*```|<!-- bench:(\w+) -->[\s\S]*?<!-- \/bench:\1 -->/gm,
      (skipped) => skipped.replace(/.*/g, ''),
    );
    return text.split('\n').flatMap((line, at) => {
      const isTable = /^\s*\|/.test(line);
      const isLink = /^\s*(- )?!?\[[^\]]*\]\(\S+\)$/.test(line);
      return line.length <= 120 || isTable || isLink ? [] : [`${page}:${at + 1}`];
    });
  });
  expect(wide).toEqual([]);
});
