import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { bundleThread } from '../../.ci/bundle-thread.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Resolves unbundled modules as if they were installed. */
const installed = {
  '@gradloom/core': 'packages/core',
  '@gradloom/runtime': 'packages/runtime',
  ...Object.fromEntries(['koffi', 'piscina'].map((name) => [name, `packages/runtime/node_modules/${name}`])),
};

export interface BundleOptions {
  external?: (string | RegExp)[]; // packages that are not bundled
  worker?: boolean; // also bundle the threads' own module, default false
  alone?: boolean; // install nothing, default false
}

/** Bundles a program with the sources of our packages into `folder`, with packages installed; returns its path. */
export async function bundleProgram(entry: string, folder: string, options: BundleOptions = {}): Promise<string> {
  const { external = [], worker = false, alone = false } = options;
  for (const [name, path] of alone ? [] : Object.entries(installed)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, path), link);
  }
  const bundle = await rolldown({
    input: { program: entry },
    platform: 'node',
    external,
    resolve: { conditionNames: ['@gradloom/source', 'node', 'import', 'default'] },
    onLog: () => {},
  });
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].mjs', chunkFileNames: '[hash].mjs' });
  await bundle.close();
  if (worker) await bundleThread(folder);
  return join(folder, 'program.mjs');
}
