import { OptionError } from '../checks/option-error.ts';
import { show } from '../checks/show.ts';
import type { Network } from '../network/network.ts';
import { createEncoder, type Preprocessing } from './preprocessing/index.ts';

/** @throws OptionError if the network's inputs or outputs do not match the preprocessing. */
export function checkEncoding(where: string, { inputs, outputs }: Network, preprocessing: Preprocessing): void {
  const { width } = createEncoder(preprocessing);
  if (width !== inputs) {
    const problem = `has ${inputs}, expected ${width} (inputs from the columns of the table)`;
    throw new OptionError(where, ['input', 'preprocessing'], problem, { about: "the network's input" });
  }
  const [first] = preprocessing.target;
  const wanted = first.type === 'classes' ? first.labels.length : preprocessing.target.length;
  if (outputs === wanted || (first.type === 'classes' && wanted === 2 && outputs === 1)) return;
  const what = first.type === 'classes' ? `classes of ${show(first.name)}` : 'target columns';
  const problem = `has ${outputs}, expected ${wanted} (${what})`;
  throw new OptionError(where, ['layers', 'preprocessing'], problem, { about: "the network's output" });
}
