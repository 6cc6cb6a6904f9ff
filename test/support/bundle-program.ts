import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where a program finds what it has not taken in, as if it were installed. */
const installed = {
  '@gradloom/core': 'packages/core',
  '@gradloom/runtime': 'packages/runtime',
  ...Object.fromEntries(
    ['koffi', 'msgpackr', 'piscina'].map((name) => [name, `packages/runtime/node_modules/${name}`]),
  ),
};

export interface BundleOptions {
  external?: (string | RegExp)[]; // packages that are not taken in
  format?: 'esm' | 'cjs';
  worker?: boolean; // the threads' own module beside it, default false
}

/** Bundles a program with the sources of our packages into one module of `folder`, beside what is installed; returns its path. */
export async function bundleProgram(entry: string, folder: string, options: BundleOptions = {}): Promise<string> {
  const { external = [], format = 'esm', worker = false } = options;
  for (const [name, place] of Object.entries(installed)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, place), link);
  }
  const bundle = await rolldown({
    input: { program: entry, ...(worker ? { worker: join(root, 'packages/runtime/src/worker.ts') } : {}) },
    platform: 'node',
    external: [...external, 'piscina'],
    resolve: { conditionNames: ['@gradloom/source', 'node', 'import', 'default'] },
    onLog: () => {},
  });
  const extension = format === 'esm' ? 'mjs' : 'cjs';
  await bundle.write({
    dir: folder,
    format,
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `[hash].${extension}`,
  });
  await bundle.close();
  return join(folder, `program.${extension}`);
}
