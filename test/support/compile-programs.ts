import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { bundlePage } from '../../.ci/bundle-page.mjs';
import { bundleThread } from '../../.ci/bundle-thread.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = ['packages/core', 'packages/runtime', 'packages/cli', '.'].map((name) => join(root, name));
const support = (name: string): [string, string] => [name, join(root, `test/support/${name}.ts`)];

/** Packages that a program outside of the repository imports. */
const libraries = ['core', 'runtime'];

/** Programs that tests start as processes and threads, or load by `--import`; `fault` also by `--require`. */
const entries = Object.fromEntries([
  ...libraries.map((name) => [`library-${name}`, join(root, `packages/${name}/src/index.ts`)]),
  ...[
    'answer-loads',
    'barrier-worker',
    'touch-worker',
    'blas-worker',
    'cluster-program',
    'counting-clock',
    'describe-processor',
    'fault',
    'fenced-kernels',
    'heap-worker',
    'kept-registers',
    'kill-at-call',
    'linger',
    'little-memory',
    'load-mnist',
    'lock-program',
    'lockstep-program',
    'memory-use',
    'no-avx512',
    'no-machine-code',
    'no-network',
    'other-node',
    'rank-runs',
    'program',
    'read-damaged',
    'report-damaged',
    'throw-later',
    'train-small',
    'use-library',
    'use-network',
    'watch-libraries',
    'watch-wakes',
  ].map(support),
]);

export interface CompiledPrograms {
  readonly folder: string; // of the modules, for GRADLOOM_TEST_PROGRAMS
  remove(): void;
}

/**
 * Compiles these programs and the sources of the packages into one folder of JavaScript, with their dependencies. A
 * process then starts in a fifth, and a thread in a tenth, of the time that they take to load TypeScript. Programs from
 * elsewhere import the packages through `outside/node_modules`.
 */
export async function compilePrograms(): Promise<CompiledPrograms> {
  const cache = join(root, 'node_modules/.cache/gradloom');
  mkdirSync(cache, { recursive: true });
  const workFolder = mkdtempSync(join(cache, 'test-programs-'));
  const names = packages.flatMap((folder) => dependenciesOf(folder).map((name) => [folder, name]));
  for (const [folder, name] of names) {
    const link = join(workFolder, 'node_modules', name);
    const target = join(folder, 'node_modules', name);
    if (existsSync(link) || !existsSync(target)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link, 'junction');
  }
  for (const name of libraries) {
    const library = join(workFolder, 'outside/node_modules/@gradloom', name);
    mkdirSync(library, { recursive: true });
    writeFileSync(join(library, 'package.json'), JSON.stringify({ type: 'module', exports: './index.js' }));
    writeFileSync(join(library, 'index.js'), `export * from '../../../../dist/library-${name}.js';\n`);
  }
  // The program reads its own version from there.
  copyFileSync(join(root, 'packages/cli/package.json'), join(workFolder, 'package.json'));
  const folder = join(workFolder, 'dist');
  const bundle = await rolldown({
    input: entries,
    platform: 'node',
    external: (id) => names.some(([, name]) => !isTakenIn(name) && (id === name || id.startsWith(`${name}/`))),
    resolve: { conditionNames: ['@gradloom/source', 'node', 'import', 'default'] },
  });
  await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
  });
  await bundle.close();
  // Node 20 ends the whole process if a thread is told to end while an ES module of it loads.
  const required = await rolldown({ input: entries.fault, platform: 'node' });
  await required.write({ file: join(folder, 'fault.cjs'), format: 'cjs' });
  await required.close();
  await bundleThread(folder);
  await bundlePage(folder);
  return { folder, remove: () => rmSync(workFolder, { recursive: true, force: true }) };
}

function dependenciesOf(folder: string): string[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies });
}

/** Bundled packages: ours, and those that `.ci/bundle.mjs` bundles. */
const isTakenIn = (name: string): boolean =>
  name.startsWith('@gradloom/') || ['gradloom', 'yargs', '@observablehq/plot'].includes(name);
