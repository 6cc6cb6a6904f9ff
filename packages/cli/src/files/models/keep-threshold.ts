import { openModelFile, saveModel } from '@gradloom/runtime';
import { loadOptions } from '../../options/own-parts.ts';
import { modelPath } from './model-path.ts';

/**
 * Writes a threshold into the metadata of the model file that the first argument names. Returns its path.
 * @throws Error for a checkpoint, whose run may go on.
 */
export function keepThreshold([named]: readonly string[], threshold: { readonly value: number } | null): string {
  const path = modelPath(named);
  const { model, checkpoint } = openModelFile(path, loadOptions());
  if (checkpoint !== null) {
    throw new Error(`--save-threshold: ${path} is a checkpoint, expected a model file such as model.gradloom`);
  }
  const { spec, parameters, loss, metadata, preprocessing } = model;
  saveModel(path, {
    ...loadOptions(),
    spec,
    parameters,
    ...(loss === undefined ? {} : { loss }),
    ...(preprocessing === undefined ? {} : { preprocessing }),
    metadata: { ...metadata, ...(threshold === null ? {} : { threshold: threshold.value }) },
  });
  return path;
}
