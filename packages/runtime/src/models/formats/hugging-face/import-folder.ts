import { join } from 'node:path';
import {
  buildNetwork,
  type Elements,
  type ElementType,
  type Json,
  type JsonObject,
  type ModelContents,
  type Network,
  OptionError,
  type Preprocessing,
} from '@gradloom/core';
import { bytesOfElements, createElements, firstBeyond, namedWeights, show, showName } from '@gradloom/core/internal';
import { type FileFault, faultOf } from '../../../system/files/file-fault.ts';
import { mebibytes } from '../../../system/memory/memory.ts';
import { memoryRoom } from '../../../system/memory/memory-room.ts';
import type { StoredTensor, TensorFile } from '../tensor-file.ts';
import {
  type Architecture,
  contextOf,
  type HuggingFaceNetwork,
  type ImportRequest,
  type Pooling,
  type TensorPart,
} from './architecture.ts';
import { type Config, readerOf } from './config.ts';
import { copyColumns } from './copy-columns.ts';
import { FILES, jsonText, objectIn, openWeights } from './folder.ts';
import { architectures } from './index.ts';

/** Options of `importFolder`. */
export interface FolderOptions {
  readonly context?: number | undefined;
  readonly pooling?: Pooling | undefined;
  readonly precision?: ElementType | undefined;
  /** Called with each sentence about what is left out. */
  readonly onNote?: ((sentence: string) => void) | undefined;
}

/** The part of a model's metadata that `writeFolder` needs. */
export interface FolderRecord {
  readonly config: Config;
  /** What stood before the names of the base model's tensors. */
  readonly prefix: string;
  readonly pooling?: Pooling;
}

/** The model in a folder of Hugging Face. @throws Error (rejects) for one that is not supported, or damaged */
export async function importFolder(where: string, folder: string, options: FolderOptions): Promise<ModelContents> {
  const configText = jsonText(where, folder, FILES.config);
  if (configText === undefined) throw faultOf(where, folder)('no config.json', 'a folder of Hugging Face');
  const fault = faultOf(where, join(folder, FILES.config));
  const config = objectIn(configText, fault);
  const architecture = architectureOf(config, fault);
  const file = await openWeights(where, folder);
  try {
    return await readModel(where, folder, file, config, architecture, options, fault);
  } finally {
    await file.close();
  }
}

/** @throws Error of `fault` for a config of another family */
export function architectureOf({ model_type: type }: Config, fault: FileFault): Architecture {
  if (typeof type === 'string' && Object.hasOwn(architectures, type)) return architectures[type];
  const has = type === undefined ? 'no model_type' : `the model_type ${show(type)}`;
  throw fault(has, `one of ${Object.keys(architectures).join(', ')}`);
}

async function readModel(
  where: string,
  folder: string,
  file: TensorFile,
  config: Config,
  architecture: Architecture,
  { context, pooling, precision, onNote }: FolderOptions,
  fault: FileFault,
): Promise<ModelContents> {
  const prefix = [...file.tensors.keys()].some((name) => name.startsWith(architecture.prefix))
    ? architecture.prefix
    : '';
  const tensors = new Map(
    [...file.tensors].map(([name, tensor]) => [name.startsWith(prefix) ? name.slice(prefix.length) : name, tensor]),
  );
  const request = { config, read: readerOf(config, fault), context, pooling, names: new Set(tensors.keys()) };
  const description = architecture.describe(request);
  const { layers, positions, writes, labels } = description;
  const T = contextOf(request, positions);
  if (T > positions) throw new OptionError(where, 'context', `has ${T}, expected at most ${positions} (its positions)`);
  if (T < positions) onNote?.(`Rows have ${T} tokens of the ${positions} that the model can read.`);
  const network = buildNetwork({ input: [T], layers: [...layers] });
  const parts = matchParts(description, tensors, architecture, request, faultOf(where, folder), onNote);
  const isDouble = [...file.tensors.values()].some(({ type }) => type === 'F64');
  const type = precision ?? (isDouble ? 'float64' : 'float32');
  const parameters = await readNumbers(where, folder, network, description, parts, type);
  const preprocessing = preprocessingOf(where, folder, description, T, config, network.outputs);
  if (preprocessing === undefined) onNote?.('There is no tokenizer.json: the model takes tokens, no texts.');
  const record: FolderRecord = { config, prefix, ...(pooling === undefined ? {} : { pooling }) };
  return {
    spec: network.spec,
    parameters,
    ...(writes || labels !== undefined ? { loss: 'softmax-cross-entropy' } : {}),
    metadata: { huggingface: record as unknown as JsonObject as Json, ...(labels === undefined ? {} : { labels }) },
    ...(preprocessing === undefined ? {} : { preprocessing }),
  };
}

/** The tensors of the files by name. @throws Error naming those that are missing, left over or of another shape */
function matchParts(
  { mappings }: HuggingFaceNetwork,
  tensors: ReadonlyMap<string, StoredTensor>,
  architecture: Architecture,
  request: ImportRequest,
  fault: FileFault,
  onNote: FolderOptions['onNote'],
): ReadonlyMap<string, StoredTensor> {
  const unmatchedTensors = new Map(tensors);
  const problems: string[] = [];
  const matchedTensors = new Map<string, StoredTensor>();
  for (const { name, shape } of mappings.flatMap(({ parts }) => parts)) {
    const tensor = unmatchedTensors.get(name);
    unmatchedTensors.delete(name);
    if (tensor === undefined) problems.push(`no tensor ${showName(name)}`);
    else if (String(tensor.shape) === String(shape)) matchedTensors.set(name, tensor);
    else problems.push(`${showName(name)} of shape [${tensor.shape.join(', ')}] in place of [${shape.join(', ')}]`);
  }
  const leftOver = [...unmatchedTensors.keys()].map((name) => ({ name, why: architecture.unneeded(name, request) }));
  const namesOf = (reason: 'unused' | null) => leftOver.flatMap(({ name, why }) => (why === reason ? [name] : []));
  const [unknownNames, unusedNames] = [namesOf(null), namesOf('unused')];
  if (unknownNames.length > 0) problems.push(`the tensors ${namesText(unknownNames)} besides`);
  if (problems.length > 0) throw fault(namesText(problems, '; '), 'the tensors that its config.json describes');
  if (unusedNames.length > 0) onNote?.(`Left out, since the outputs do not need them: ${namesText(unusedNames)}.`);
  return matchedTensors;
}

/** At most five of a list. */
const namesText = (names: readonly string[], separator = ', '): string =>
  names.length <= 5 ? names.join(separator) : `${names.slice(0, 5).join(separator)} and ${names.length - 5} more`;

async function readNumbers(
  where: string,
  folder: string,
  network: Network,
  { mappings }: HuggingFaceNetwork,
  tensors: ReadonlyMap<string, StoredTensor>,
  type: ElementType,
): Promise<Elements> {
  const bytes = bytesOfElements(type, network.parameterCount);
  const room = memoryRoom();
  const fault = faultOf(where, folder);
  if (bytes > room.bytes) {
    throw fault(`${mebibytes(bytes)} of weights`, `at most ${mebibytes(room.bytes)} (${room.bound})`);
  }
  const parameters = createElements(type, network.parameterCount);
  const weights = namedWeights(network, parameters);
  for (const { to, parts } of mappings) {
    const { values, shape } = weights[to];
    let column = 0;
    for (const { name, isTransposed, shape: storedShape } of parts) {
      const numbers = await (tensors.get(name) as StoredTensor).read();
      const outlier = firstBeyond(numbers, type);
      if (outlier !== undefined) throw fault(`${show(outlier)} in ${showName(name)}`, `numbers that ${type} can hold`);
      const columns = columnsOf(storedShape, isTransposed);
      copyColumns('from', numbers, values, { columns, isTransposed, column, width: shape[shape.length - 1] });
      column += columns;
    }
  }
  return parameters;
}

/** Columns of the network's tensor that a part has. */
export const columnsOf = (shape: TensorPart['shape'], isTransposed: boolean): number =>
  isTransposed ? shape[0] : shape[shape.length - 1];

/** How texts become tokens; undefined without a tokenizer.json. */
function preprocessingOf(
  where: string,
  folder: string,
  { writes, vocabulary, labels }: HuggingFaceNetwork,
  T: number,
  config: Config,
  outputs: number,
): Preprocessing | undefined {
  const text = jsonText(where, folder, FILES.tokenizer);
  if (text === undefined) return undefined;
  const compact = (text: string, name: string): string =>
    JSON.stringify(objectIn(text, faultOf(where, join(folder, name))));
  const ends = [config.eos_token_id ?? []].flat().filter((token) => Number.isSafeInteger(token) && Number(token) >= 0);
  const tokenizer = {
    kind: 'huggingface',
    size: vocabulary,
    end: writes ? (ends as number[]) : [],
    tokenizer: compact(text, FILES.tokenizer),
    config: compact(jsonText(where, folder, FILES.tokenizerConfig) ?? '{}', FILES.tokenizerConfig),
  } as const;
  if (writes) return { version: 1, text: { tokenizer, context: T, lines: false } };
  return {
    version: 1,
    columns: [{ name: 'text', type: 'text', tokenizer, context: T }],
    target:
      labels === undefined
        ? Array.from({ length: outputs }, (_, k) => ({ name: `${k + 1}`, type: 'values', center: 0, scale: 1 }))
        : [{ name: 'class', type: 'classes', labels }],
  };
}
