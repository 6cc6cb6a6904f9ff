import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const runtime = fileURLToPath(new URL('../packages/runtime', import.meta.url));

/**
 * Bundles the code of a thread into one CommonJS module, `worker.cjs` in `folder`, with everything of ours that it
 * needs but decoders of images, so a thread starts in four fifths of the time. Piscina loads it with require: while an
 * ES module loads, Node 20 would end the whole process if the thread is told to end or runs out of memory.
 */
export async function bundleThread(folder) {
  const bundle = await rolldown({
    cwd: runtime,
    input: { worker: 'src/worker.ts' },
    platform: 'node',
    resolve: { conditionNames: ['@gradloom/source', 'node', 'import', 'default'] },
    // It would be undefined in CommonJS; Rolldown gives this name to nothing else.
    transform: { define: { 'import.meta.url': 'placeOfThread' } },
  });
  await bundle.write({
    dir: folder,
    format: 'cjs',
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name]-[hash].cjs', // decoders of images, which a thread loads when it needs them
    banner: "const placeOfThread = require('node:url').pathToFileURL(__filename).href;",
    comments: false,
  });
  await bundle.close();
}
