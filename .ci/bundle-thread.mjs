import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const runtime = fileURLToPath(new URL('../packages/runtime', import.meta.url));

/**
 * Bundles what a thread runs into one CommonJS module, `worker.cjs` in `folder`, with all of ours that it needs: a
 * thread then starts in four fifths of the time. Piscina requires it: of an ES module, Node 20 would end the process
 * where a thread is told to end, or has no memory left, while it loads.
 */
export async function bundleThread(folder) {
  const bundle = await rolldown({
    cwd: runtime,
    input: { worker: 'src/worker.ts' },
    platform: 'node',
    resolve: { conditionNames: ['@gradloom/source', 'node', 'import', 'default'] },
    // Of CommonJS it would be undefined; the name is the one that Rolldown gives to nothing else.
    transform: { define: { 'import.meta.url': 'placeOfThread' } },
  });
  await bundle.write({
    dir: folder,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    banner: "const placeOfThread = require('node:url').pathToFileURL(__filename).href;",
    comments: false,
  });
  await bundle.close();
}
