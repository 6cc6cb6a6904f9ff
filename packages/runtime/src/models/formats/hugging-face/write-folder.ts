import { buildNetwork, type Elements, type ModelContents, type Network } from '@gradloom/core';
import { createElements, namedWeights, tokensOf, typeOf } from '@gradloom/core/internal';
import { type FileFault, faultAbout } from '../../../system/files/file-fault.ts';
import type { ExportedModel } from '../exported.ts';
import { safetensors } from '../write-safetensors.ts';
import type { HuggingFaceNetwork, TensorPart } from './architecture.ts';
import { readerOf } from './config.ts';
import { copyColumns } from './copy-columns.ts';
import { FILES } from './folder.ts';
import { architectureOf, columnsOf, type FolderRecord } from './import-folder.ts';

/**
 * The files of a folder of Hugging Face by name: the config.json that the model was imported with, but for what has
 * changed, its tensors under their names, and its tokenizer.
 * @throws Error for a model that was not imported from such a folder, or whose layers have changed since
 */
export function filesOfFolder({ contents, network }: ExportedModel): Map<string, Iterable<Uint8Array>> {
  const fault = faultAbout('exportModel: the model');
  const record = contents.metadata?.huggingface as Partial<FolderRecord> | undefined;
  if (typeof record?.config !== 'object' || typeof record.prefix !== 'string') {
    throw fault('no config of Hugging Face in its metadata', 'a model that was imported from such a folder');
  }
  const { config: oldConfig, prefix, pooling } = record;
  const architecture = architectureOf(oldConfig, fault);
  const weights = namedWeights(network, contents.parameters);
  const names = new Set(Object.hasOwn(weights, 'classifier.W') ? ['classifier.weight'] : []);
  const [T] = network.input;
  const request = (config: FolderRecord['config']) => ({
    config,
    read: readerOf(config, fault),
    context: T,
    pooling,
    names,
  });
  const { positionEntries } = architecture.describe(request(oldConfig));
  const config = {
    ...oldConfig,
    ...Object.fromEntries(positionEntries.map((name) => [name, T])),
    ...labelsIn(contents),
    torch_dtype: typeOf(contents.parameters),
  };
  const { layers, mappings } = architecture.describe(request(config));
  refuseOtherLayers(network, layers, fault);
  const parts = mappings.flatMap(({ to, parts }) => {
    let column = 0;
    return parts.map((part) => {
      const columns = columnsOf(part.shape, part.isTransposed);
      column += columns;
      return { ...part, weight: weights[to], column: column - columns, columns };
    });
  });
  function* numbers(): Generator<Elements> {
    for (const { weight, column, columns, isTransposed } of parts) {
      const { values, shape } = weight;
      const width = shape[shape.length - 1];
      const copy = createElements(typeOf(values), (values.length / width) * columns);
      copyColumns('to', copy, values, { column, columns, width, isTransposed });
      yield copy;
    }
  }
  const isHead = ({ name }: TensorPart): boolean => architecture.heads.some((head) => name.startsWith(`${head}.`));
  const tensors = parts.map((part) => {
    const { name, shape } = part;
    const length = shape.reduce((product, extent) => product * extent, 1);
    return { name: isHead(part) ? name : `${prefix}${name}`, shape, length };
  });
  const encoder = new TextEncoder();
  const json = (value: object) => [encoder.encode(`${JSON.stringify(value, null, 2)}\n`)];
  const files = new Map<string, Iterable<Uint8Array>>([
    [FILES.config, json(config)],
    [FILES.weights, safetensors({ format: 'pt' }, tensors, numbers(), typeOf(contents.parameters))],
  ]);
  const tokenizer = tokenizerOf(contents);
  if (tokenizer?.kind === 'huggingface') {
    files.set(FILES.tokenizer, [encoder.encode(tokenizer.tokenizer)]);
    files.set(FILES.tokenizerConfig, [encoder.encode(tokenizer.config)]);
  }
  return files;
}

const tokenizerOf = ({ preprocessing }: ModelContents) =>
  preprocessing !== undefined && 'text' in preprocessing
    ? preprocessing.text.tokenizer
    : tokensOf(preprocessing)?.tokenizer;

/** The names of the classes, as a config has them. */
function labelsIn({ metadata, preprocessing }: ModelContents): object {
  const [target] = preprocessing?.target ?? [];
  const labels = target?.type === 'classes' ? target.labels : metadata?.labels;
  if (labels === undefined) return {};
  const ids = labels.map((label, id) => [label, id] as const);
  return { id2label: Object.fromEntries(ids.map(([label, id]) => [id, label])), label2id: Object.fromEntries(ids) };
}

/** @throws Error of `fault` naming the first layer that is not the one of the config */
function refuseOtherLayers(network: Network, layers: HuggingFaceNetwork['layers'], fault: FileFault): void {
  const expected = buildNetwork({ input: [...network.input], layers: [...layers] });
  const labelsOf = ({ allLayers }: Network) => allLayers.map(({ layer, path }) => `layer ${path}, ${layer.label}`);
  const [modelLabels, configLabels] = [labelsOf(network), labelsOf(expected)];
  const k = configLabels.findIndex((label, index) => label !== modelLabels[index]);
  if (k !== -1) throw fault(modelLabels[k] ?? 'fewer layers', `${configLabels[k]}, as in its config`);
  if (modelLabels.length > configLabels.length)
    throw fault(modelLabels[configLabels.length], 'the layers of its config alone');
}
