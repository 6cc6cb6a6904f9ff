/**
 * Prepares a checkout for the command line and the tests: dependencies, compiled packages. A stage runs if its
 * inputs have changed or its outputs are missing; otherwise nothing is started. Needs only Node and npm, and the
 * network only for the first installation.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runStage } from './stage.mjs';
import { filesUnder, hashFiles, openStamps } from './stamps.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const packages = ['core', 'runtime', 'cli'].map((name) => join(root, 'packages', name));
const fromRoot = (...paths) => paths.map((path) => join(root, path));
const installed = [root, ...packages, join(root, 'docs/reference')];
const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const { engines, packageManager } = manifestOf(root);

const typed = packages.slice(0, 2); // packages that others import
const bundled = [
  ...['core/dist/index.js', 'core/dist/internal.js'],
  ...['runtime/dist/index.js', 'runtime/dist/internal.js', 'runtime/dist/options.js', 'runtime/dist/worker.cjs'],
  ...['cli/dist/main.js', 'cli/dist/live.html', 'cli/dist/playground/index.html', 'cli/dist/playground/worker.js'],
].map((file) => join('packages', file));
const readsOfPackages = () => [
  ...fromRoot('tsconfig.json', 'tsconfig.base.json'),
  ...packages.flatMap((p) => [join(p, 'package.json'), join(p, 'tsconfig.json'), ...filesUnder(join(p, 'src'))]),
  ...filesUnder(join(root, 'packages/cli/page')),
];

const stages = [
  {
    name: 'dependencies',
    title: 'Installing dependencies (once)',
    hint: 'The first run downloads packages from the npm registry; later runs need no network.',
    reads: () => [...fromRoot('pnpm-workspace.yaml'), ...installed.map((p) => join(p, 'package.json'))],
    isMade: () => installed.every(hasDependencies),
    // --prod=false: with NODE_ENV=production pnpm would leave the compilers out.
    command: ['npx', '--yes', '--prefer-offline', packageManager, 'install', '--frozen-lockfile', '--prod=false'],
  },
  {
    name: 'types',
    title: 'Checking the packages',
    reads: readsOfPackages,
    isMade: () => typed.every((p) => modulesUnder(join(p, 'src'), '.ts') === modulesUnder(join(p, 'dist'), '.d.ts')),
    // tsc -b does not notice deleted outputs, and does not remove outputs whose source is gone.
    clean: () => {
      for (const p of packages) rmSync(join(p, 'dist'), { recursive: true, force: true });
    },
    command: [process.execPath, 'node_modules/typescript/bin/tsc', '-b'],
  },
  {
    name: 'modules',
    title: 'Bundling the packages',
    reads: () => [...fromRoot('.ci/bundle.mjs', '.ci/bundle-thread.mjs', '.ci/bundle-page.mjs'), ...readsOfPackages()],
    isMade: () => fromRoot(...bundled).every(existsSync),
    command: [process.execPath, '.ci/bundle.mjs'],
  },
];

function hasDependencies(folder) {
  const { dependencies, devDependencies } = manifestOf(folder);
  return Object.keys({ ...dependencies, ...devDependencies }).every((name) =>
    existsSync(join(folder, 'node_modules', name)),
  );
}

function modulesUnder(folder, extension) {
  const modules = filesUnder(folder).filter((file) => file.endsWith(extension));
  return modules.map((file) => file.slice(folder.length, -extension.length)).join();
}

function requireNode(wanted) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  console.error(`Node has version ${process.versions.node}, expected ${wanted} or newer (https://nodejs.org).`);
  process.exit(1);
}

requireNode(engines.node.replace('>=', ''));
const stamps = openStamps(join(root, 'node_modules/.cache/gradloom/prepared.json'));
for (const stage of stages) {
  // The lock file represents the versions of pnpm's packages and of the compiler.
  const stamp = hashFiles([...fromRoot('pnpm-lock.yaml'), ...stage.reads()], root);
  const isMade = stage.isMade();
  if (isMade && stamps.get(stage.name) === stamp) continue;
  // Deleted first, so that an interrupted stage runs again.
  stamps.delete(stage.name);
  if (!isMade) stage.clean?.();
  if (!(await runStage(stage, root))) process.exit(1);
  stamps.set(stage.name, stamp);
}
