import { OptionError } from '../checks/option-error.ts';
import { show } from '../checks/show.ts';
import { flattenAdvice } from '../network/flatten-advice.ts';
import type { Network } from '../network/network.ts';
import { shapeText } from '../network/shape.ts';
import { createEncoder, type Preprocessing, widthOfImage } from './preprocessing/index.ts';

/** @throws OptionError if the network's inputs or outputs do not match the preprocessing. */
export function checkEncoding(where: string, network: Network, preprocessing: Preprocessing): void {
  const { input, inputs, output, outputs } = network;
  const width = 'image' in preprocessing ? widthOfImage(preprocessing.image) : createEncoder(preprocessing).width;
  if (width !== inputs) {
    const of = 'image' in preprocessing ? 'numbers of an image' : 'inputs from the columns of the table';
    const problem = `has ${shapeText(input)}, expected ${width} (${of})`;
    throw new OptionError(where, ['input', 'preprocessing'], problem, { about: "the network's input" });
  }
  if (preprocessing.target === undefined) return;
  const [first] = preprocessing.target;
  const wanted = first.type === 'classes' ? first.labels.length : preprocessing.target.length;
  if (outputs === wanted || (first.type === 'classes' && wanted === 2 && outputs === 1)) return;
  const what = first.type === 'classes' ? `classes of ${show(first.name)}` : 'target columns';
  const problem = `has ${shapeText(output)}, expected ${wanted} (${what})${flattenAdvice(network)}`;
  throw new OptionError(where, ['layers', 'preprocessing'], problem, { about: "the network's output" });
}
