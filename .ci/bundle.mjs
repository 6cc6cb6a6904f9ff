/**
 * Bundles each package's sources into few modules: a process and each of its threads then read a handful of files
 * instead of hundreds, which halves the time until a command begins. Modules that are imported late stay separate.
 */
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { bundlePage } from './bundle-page.mjs';
import { bundleThread } from './bundle-thread.mjs';

const packages = join(dirname(fileURLToPath(import.meta.url)), '../packages');
/** Modules of each package that are imported by name. */
const entries = { core: ['index', 'programs', 'internal'], runtime: ['index', 'internal', 'options'], cli: ['main'] };
/**
 * Bundled dependencies, needed by most starts of a package: yargs and its own are 30 files, Plot and its own 270, those
 * of core 20. They are still installed, with their licences. msgpackr is bundled and not installed, since an optional
 * part of it, which core never loads, has an install script: its licence is in `dist` of core.
 */
const takenIn = { core: ['@noble/hashes'], runtime: [], cli: ['yargs', '@observablehq/plot'] };
/** Replaces the package that yargs uses to measure its help: regular expressions of all emoji, 18 ms at every start. */
const alias = { 'string-width': join(packages, 'cli/src/terminal/plain-width.ts') };

for (const [name, modules] of Object.entries(entries)) {
  const folder = join(packages, name);
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const others = Object.keys({ ...dependencies, ...optionalDependencies }).filter((it) => !takenIn[name].includes(it));
  // Modules of an earlier build have other names.
  for (const file of readdirSync(join(folder, 'dist'), { recursive: true })) {
    if (/\.c?js(\.map)?$/.test(file)) rmSync(join(folder, 'dist', file));
  }
  const bundle = await rolldown({
    cwd: folder,
    input: Object.fromEntries(modules.map((module) => [module, `src/${module}.ts`])),
    platform: 'node',
    resolve: { alias },
    external: (id) => others.some((other) => id === other || id.startsWith(`${other}/`)),
  });
  // All in one folder: modules find neighbouring files by name, whichever bundle they are in.
  await bundle.write({
    dir: join(folder, 'dist'),
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    comments: false,
  });
  await bundle.close();
}
cpSync(join(packages, 'core/node_modules/msgpackr/LICENSE'), join(packages, 'core/dist/msgpackr-notice.txt'));
await bundleThread(join(packages, 'runtime/dist'));
await bundlePage(join(packages, 'cli/dist'));
