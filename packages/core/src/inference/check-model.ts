import { checkElements, checkObject } from '../checks/check.ts';
import { finite, flag, notZero } from '../checks/options/index.ts';
import { show } from '../checks/show.ts';
import { createLoss } from '../families/losses/index.ts';
import { typeOf } from '../math/element-type.ts';
import { headTasks } from '../network/heads.ts';
import { buildNetwork } from '../network/network.ts';
import { refuseBeyondFloats } from '../network/refuse-beyond-floats.ts';
import { checkEncoding } from './check-encoding.ts';
import type { ModelContents } from './model.ts';
import { checkPreprocessing } from './preprocessing/check-preprocessing.ts';

/** Checks a model and returns its network, loss and preprocessing. @throws Error if its parts do not fit together. */
export function checkModel(where: string, contents: ModelContents) {
  checkObject(where, 'model', contents, '{ spec, parameters }');
  const { spec, parameters, loss, metadata = {}, parts, fused } = contents;
  const network = buildNetwork(spec, parts?.customParts);
  if (checkElements(where, 'parameters', parameters).length !== network.parameterCount) {
    throw new Error(`${where}: parameters has ${parameters.length} numbers, expected ${network.parameterCount}`);
  }
  refuseBeyondFloats(where, network, null, typeOf(parameters));
  checkObject(where, 'metadata', metadata, 'an object');
  const { labels, headLabels = {}, headThresholds = {}, divisor, threshold } = metadata;
  if (labels !== undefined && !(Array.isArray(labels) && labels.every((label) => typeof label === 'string'))) {
    throw new Error(`${where}: metadata.labels has ${show(labels)}, expected an array of names`);
  }
  for (const [head, names] of Object.entries(
    checkObject(where, 'metadata.headLabels', headLabels, 'names by output'),
  )) {
    if (!(Array.isArray(names) && names.every((name) => typeof name === 'string'))) {
      throw new Error(`${where}: metadata.headLabels.${head} has ${show(names)}, expected an array of names`);
    }
  }
  const thresholds = checkObject(where, 'metadata.headThresholds', headThresholds, 'numbers by output');
  for (const [head, value] of Object.entries(thresholds)) finite.check(where, `metadata.headThresholds.${head}`, value);
  if (divisor !== undefined) notZero.check(where, 'metadata.divisor', divisor);
  if (threshold !== undefined) finite.check(where, 'metadata.threshold', threshold);
  if (fused !== undefined) flag.check(where, 'fused', fused);
  const preprocessing = contents.preprocessing && checkPreprocessing(where, contents.preprocessing);
  if (preprocessing !== undefined) checkEncoding(where, network, preprocessing);
  const modelLoss = loss === undefined ? null : createLoss(loss, parts?.customParts);
  if (modelLoss !== null) headTasks(network, modelLoss); // refuses losses of other outputs
  return { network, loss: modelLoss, preprocessing };
}
