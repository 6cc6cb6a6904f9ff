import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where a program finds what it has not taken in, as if it were installed. */
const installed = {
  '@gradloom/core': 'packages/core',
  '@gradloom/runtime': 'packages/runtime',
  koffi: 'packages/runtime/node_modules/koffi',
};

export interface BundleOptions {
  external?: (string | RegExp)[]; // packages that are not taken in
  format?: 'esm' | 'cjs';
}

/** Bundles a program with the sources of our packages into one module of `folder`, beside what is installed; returns its path. */
export async function bundleProgram(entry: string, folder: string, options: BundleOptions = {}): Promise<string> {
  const { external = [], format = 'esm' } = options;
  for (const [name, place] of Object.entries(installed)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, place), link);
  }
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    external,
    resolve: { conditionNames: ['@gradloom/source', 'node', 'import', 'default'] },
    onLog: () => {},
  });
  const file = join(folder, format === 'esm' ? 'program.mjs' : 'program.cjs');
  await bundle.write({ file, format, codeSplitting: false });
  await bundle.close();
  return file;
}
