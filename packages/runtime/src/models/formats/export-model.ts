import { join } from 'node:path';
import { adaptModel, type ElementType, type ModelContents, OptionError } from '@gradloom/core';
import {
  checkElements,
  checkModel,
  checkObject,
  createElements,
  defineOptions,
  type Named,
  type OptionsOf,
  option,
  refuseBadWeights,
  show,
  typeOf,
} from '@gradloom/core/internal';
import { checkPath } from '../../system/files/check-path.ts';
import { makeDirectory } from '../../system/files/file-system.ts';
import { fingerprint } from '../../system/files/hash.ts';
import { writeAtomically } from '../../system/files/write-atomically.ts';
import { precision } from '../../training/run/options.ts';
import { endingsOf, formatOf, type ModelFormatName, modelFormats } from './index.ts';

const exportOptions = defineOptions('exportModel', {
  /** The format. @default by the ending of the path */
  format: option.unchecked<ModelFormatName>(), // checked below, together with the path
  /** Type of the weights in the file. Those of a float64 model are rounded for float32. @default that of the model */
  precision: precision(),
  /**
   * Whether low-rank additions become part of the weights. If not, they are tensors of their own, such as
   * '0.weight.lora_A', which onnx and huggingface cannot have.
   * @default true
   */
  mergeLora: option.flag(true),
});

/** Options of `exportModel`. */
export interface ExportOptions extends OptionsOf<typeof exportOptions.table>, Named {}

/**
 * Writes a model to `path` for other programs, atomically replacing an older file. Resolves to the format.
 * @throws Error (rejects) if its parts do not fit together, a weight is not finite or beyond the range of `precision`,
 * the format cannot hold the model or the file cannot be written; OptionError for an unknown ending.
 */
export async function exportModel(
  path: string,
  model: ModelContents,
  options: ExportOptions = {},
): Promise<ModelFormatName> {
  const where = 'exportModel';
  checkPath(where, path);
  const { format, precision: type, mergeLora } = exportOptions.read(options);
  const name = chosenFormat(where, path, format);
  const { write, files, holdsLora = true } = modelFormats[name];
  checkModel(where, model);
  const mergedContents = mergedModel(model);
  if (!mergeLora && mergedContents !== model && !holdsLora) {
    const others = Object.entries(modelFormats).flatMap(([other, { holdsLora = true }]) => (holdsLora ? [other] : []));
    const problem = `does not fit ${name}, which has no low-rank additions, expected one of ${others.join(', ')}`;
    throw new OptionError(where, 'mergeLora', problem);
  }
  const storedContents = mergeLora ? mergedContents : model;
  const { network, loss } = checkModel(where, storedContents);
  refuseBadWeights(where, network, storedContents.parameters, type);
  const contents = type === undefined ? storedContents : roundModel(storedContents, type);
  const exportedModel = { contents, network, loss };
  if (write !== undefined) writeAtomically(where, path, await write(exportedModel));
  if (files !== undefined) {
    const contentsByName = await files(exportedModel);
    makeDirectory(path);
    for (const [file, bytes] of contentsByName) writeAtomically(where, join(path, file), bytes);
  }
  return name;
}

/** The model with its low-rank additions in its weights; the model itself if it has none. */
export function mergedModel(model: ModelContents): ModelContents {
  const { allLayers } = checkModel('mergedModel', model).network;
  if (allLayers.every(({ spec }) => spec.lora === undefined)) return model;
  const { spec, parameters } = adaptModel(model, { mergeLora: true });
  return { ...model, spec, parameters };
}

function chosenFormat(where: string, path: string, format: ModelFormatName | undefined): ModelFormatName {
  if (format === undefined) {
    const match = formatOf(path);
    if (match !== undefined) return match;
    const expected = endingsOf(Object.values(modelFormats));
    throw new OptionError(where, 'format', `has none that ends as ${show(path)}, expected ${expected}`);
  }
  if (Object.hasOwn(modelFormats, format)) return format;
  const expected = `one of ${Object.keys(modelFormats).join(', ')}`;
  throw new OptionError(where, 'format', `has ${show(format)}, expected ${expected}`);
}

/**
 * Converts a model's weights to a type. Converting floats to doubles is exact. Doubles are rounded, and the metadata
 * record this: `rounded: { largestChange, from, fingerprint }`, with the fingerprint of the original model.
 */
export function roundModel(model: ModelContents, type: ElementType): ModelContents {
  const { parameters, metadata = {}, parts } = model;
  const from = typeOf(parameters);
  if (from === type) return model;
  const copy = createElements(type, parameters.length);
  copy.set(parameters);
  if (type === 'float64') return { ...model, parameters: copy };
  const change = { largestChange: largestChange(model), from, fingerprint: fingerprint(parameters, parts?.modules) };
  return { ...model, parameters: copy, metadata: { ...metadata, rounded: change } };
}

/** The largest difference between a weight and its nearest float; Infinity beyond the range of floats. */
export function largestChange(model: Pick<ModelContents, 'parameters'>): number {
  const { parameters: values } = checkObject('largestChange', 'model', model, 'a model');
  const parameters = checkElements('largestChange', 'model.parameters', values);
  let largest = 0;
  for (let i = 0; i < parameters.length; i++) {
    const change = Math.abs(parameters[i] - Math.fround(parameters[i]));
    if (change > largest) largest = change;
  }
  return largest;
}
