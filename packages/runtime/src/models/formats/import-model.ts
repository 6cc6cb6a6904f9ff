import {
  buildNetwork,
  type ChannelScale,
  type Elements,
  type ElementType,
  type ImageEncoding,
  type ImagePreprocessing,
  type LoadedParts,
  type LossSpec,
  type Model,
  type ModelContents,
  type ModelMetadata,
  type Network,
  type NetworkSpec,
  OptionError,
} from '@gradloom/core';
import {
  bytesOfElements,
  checkKeys,
  checkObject,
  checkScale,
  createElements,
  defineOptions,
  elementTypes,
  FLOAT64,
  firstBeyond,
  type Named,
  type OptionsOf,
  option,
  refuseBadWeights,
  shapeText,
  show,
  showName,
  viewOf,
  withFlatten,
} from '@gradloom/core/internal';
import { checkPath } from '../../system/files/check-path.ts';
import { type FileFault, faultOf } from '../../system/files/file-fault.ts';
import { fileSize, statsOf } from '../../system/files/file-system.ts';
import { mebibytes } from '../../system/memory/memory.ts';
import { memoryRoom } from '../../system/memory/memory-room.ts';
import { precision } from '../../training/run/options.ts';
import { createModel } from '../model.ts';
import { guessSpec, paddings } from './guess-spec.ts';
import { poolings } from './hugging-face/architecture.ts';
import { endingsOf, formatOf, modelFormats } from './index.ts';
import { matchTensors, type Renames } from './match-tensors.ts';
import type { ImportComparison } from './onnx/read/compare-answers.ts';
import { inverseOrder, reorder } from './reorder.ts';
import type { TensorFile } from './tensor-file.ts';

const importOptions = defineOptions('importModel', {
  /**
   * The network. @default the one described in a file of `exportModel`; else linear layers with relu between them, or
   * the convolutions, batch norms and linear layers of a plain stack, if the tensors are those of such layers alone
   */
  spec: option.unchecked<NetworkSpec>(),
  /** The loss that the weights were trained with; it says whether outputs are logits. @default outputs are values */
  loss: option.unchecked<LossSpec>(),
  /** Metadata of the model, such as the `labels` of its classes. @default {} */
  metadata: option.unchecked<ModelMetadata>(),
  /** How pictures become inputs. @default as a file of `exportModel` says, else the model takes numbers alone */
  images: option.unchecked<ImageInputs>(),
  /** Names of the network's layers for modules of the file: { fc1: '0', fc2: '2' }. @default the names are the same */
  rename: option.unchecked<Renames>(),
  /**
   * Type of the model's numbers: float64 holds every weight of a file exactly, float32 rounds those of float64.
   * @default that of a file of `exportModel`, else 'float64'
   */
  precision: precision(),
  /** Custom parts of the network, from `loadParts`. @default none */
  parts: option.unchecked<LoadedParts>(),
  /** Height and width of images, such as [28, 28]; weights of convolutions need it or `spec`. @default none */
  imageSize: option.unchecked<readonly number[]>(),
  /** Whether convolutions keep the size of images, without `spec`. @default what fits the first linear layer */
  padding: option.oneOf(paddings)(),
  /** Of an ONNX file, extents that its graph leaves free, but for that of the rows: { T: 128 }. @default none */
  sizes: option.unchecked<Readonly<Record<string, number>>>(),
  /** Of an ONNX file, numbers of inputs that are not to change: { shape: [2, 3] }. @default none */
  constants: option.unchecked<Readonly<Record<string, readonly number[]>>>(),
  /** Of an ONNX file, the outputs of its graph that are those of the network. @default all */
  outputs: option.unchecked<readonly string[]>(),
  /** Called with the comparison of answers on random rows of an ONNX file; otherwise they are not compared. */
  onCompare: option.unchecked<(comparison: ImportComparison) => void>(),
  /** Of a folder of Hugging Face, T: tokens of a row. @default the positions of the model, at most 1,024 */
  context: option.positiveInteger(),
  /**
   * Of a folder of Hugging Face with an encoder, the outputs for a text: the `mean` of its positions, or those of the
   * `pooler`, which reads the first. @default classes if the model has some, else 'mean'
   */
  pooling: option.oneOf(poolings)(),
  /** Called with each sentence about what was left out or guessed. @default nothing is said */
  onNote: option.unchecked<(sentence: string) => void>(),
});

/**
 * How pictures become inputs, as with `ToTensor` and `Normalize` of torchvision: x = byte / divisor, and then
 * (x - mean) / deviation of the channel if both are given. Size and channels are those of the network's input, which is
 * [H, W, 1] or [H, W, 3].
 */
export interface ImageInputs extends Partial<ChannelScale> {
  /** Divisor of the bytes; not 0. @default 255 */
  readonly divisor?: number;
}

/** Options of `importModel`. */
export interface ImportOptions extends OptionsOf<typeof importOptions.table>, Named {}

/**
 * Imports a model. An .onnx file has the network and its weights: its operators become layers that train, images with
 * channels last. Of a .safetensors or .npz file that PyTorch or NumPy wrote the weights are read, for the network of
 * `spec`: `0.weight` [out, in], `0.bias` and so on, one tensor of the file for each of the network, in float64,
 * float32, float16 or bfloat16. A folder of Hugging Face, with config.json, model.safetensors and tokenizer.json, has
 * the network and its tokens, too.
 * @throws Error (rejects) naming every tensor that is missing, left over or of another shape; also for a damaged file,
 * a weight that is not finite or beyond the range of `precision`, and parts that do not fit together.
 */
export async function importModel(path: string, options: ImportOptions = {}): Promise<Model> {
  const where = 'importModel';
  checkObject(where, 'options', options, 'an object');
  const { spec, loss, metadata, images, rename = {}, precision, parts, ...others } = importOptions.read(options);
  const fault = faultOf(where, path);
  const requested = { loss, metadata, images };
  if (spec === undefined && typeof path === 'string' && formatOf(path) === 'onnx') {
    const { importOnnx } = await import('./onnx/read/import-onnx.ts');
    const { model: contents, compare } = importOnnx(where, path, fault, { ...others, precision });
    const model = finishModel(where, contents, requested);
    others.onCompare?.(compare(model));
    return model;
  }
  if (spec === undefined && statsOf(where, checkPath(where, path))?.isDirectory()) {
    const { importFolder } = await import('./hugging-face/import-folder.ts');
    return finishModel(where, await importFolder(where, path, { ...others, precision }), requested);
  }
  checkRenames(where, rename);
  const file = await openTensors(where, path, fault);
  try {
    const guess = spec === undefined && file.description === undefined ? guessSpec(file.tensors, fault, others) : null;
    if (guess !== null) others.onNote?.(guess.note);
    const known = spec ?? guess?.spec;
    const description = known === undefined ? descriptionOf(file, fault) : { spec: known };
    const network = buildNetwork(description.spec, parts?.customParts);
    const encoding = images === undefined ? {} : { preprocessing: imagesFor(where, network, images) };
    const type = precision ?? precisionOf(file, fault);
    const namesInFile = known === undefined ? newLayerNames(file, description.spec) : guess?.renames;
    const renames = { ...namesInFile, ...rename };
    const parameters = await readParameters(where, network, file, type, renames, fault);
    refuseBadWeights(where, network, parameters);
    return createModel({
      ...description,
      ...encoding,
      spec: network.spec,
      parameters,
      ...(parts === undefined ? {} : { parts }),
      ...(loss === undefined ? {} : { loss }),
      ...(metadata === undefined ? {} : { metadata: { ...description.metadata, ...metadata } }),
    });
  } finally {
    await file.close();
  }
}

/** The model of a file that has its network. What is requested goes before what the file says. */
function finishModel(
  where: string,
  contents: ModelContents,
  { loss, metadata, images }: Pick<ReturnType<typeof importOptions.read>, 'loss' | 'metadata' | 'images'>,
): Model {
  const network = buildNetwork(contents.spec);
  refuseBadWeights(where, network, contents.parameters);
  return createModel({
    ...contents,
    ...(loss === undefined ? {} : { loss }),
    ...(images === undefined ? {} : { preprocessing: imagesFor(where, network, images) }),
    metadata: { ...contents.metadata, ...metadata },
  });
}

/** @throws OptionError for a network that takes no pictures, and for numbers that do not fit them. */
function imagesFor(where: string, { input }: Network, images: ImageInputs): ImagePreprocessing {
  checkObject(where, 'images', images, 'an object such as { divisor: 255 }');
  checkKeys(`${where}: images`, images, ['divisor', 'mean', 'deviation']);
  const [height, width, channels = 1] = input;
  if (input.length < 2 || input.length > 3 || (channels !== 1 && channels !== 3)) {
    const expected = '[H, W, 1] for grey or [H, W, 3] for colour images (flatten then makes one axis of it)';
    const problem = `has ${shapeText(input)}, expected ${expected}`;
    throw new OptionError(where, ['images', 'spec'], problem, { about: "the network's input" });
  }
  const divisor = option.notZero.check(where, 'images.divisor', images.divisor ?? 255);
  const { mean, deviation } = images;
  const image: ImageEncoding = { height, width, channels, divisor };
  if (mean === undefined && deviation === undefined) return { version: 1, image };
  return { version: 1, image: { ...image, scale: checkScale(where, 'images', { mean, deviation }, channels) } };
}

function checkRenames(where: string, rename: Renames): void {
  checkObject(where, 'rename', rename, "an object such as { fc1: '0' }");
  for (const [from, to] of Object.entries(rename)) {
    if (typeof to === 'string' && to !== '' && from !== '') continue;
    throw new OptionError(where, 'rename', `has ${show(from)}: ${show(to)}, expected names such as { fc1: '0' }`);
  }
}

async function openTensors(where: string, path: string, fault: FileFault): Promise<TensorFile> {
  const formats = Object.values(modelFormats).filter(({ open }) => open !== undefined);
  const expected = `a file that ends in ${endingsOf(formats)}`;
  fileSize(where, path, expected);
  const format = formatOf(path);
  const open = format === undefined ? undefined : modelFormats[format].open;
  if (open === undefined) throw fault('another ending', expected);
  return open(where, path, fault);
}

type ModelDescription = Omit<ModelContents, 'parameters'>;

/** The model that a file describes. Its parts are checked when the model is created. */
function descriptionOf({ description }: TensorFile, fault: FileFault): ModelDescription {
  if (typeof description !== 'object' || description === null || !('spec' in description)) {
    throw fault('no description of a network', 'a spec of the network too, since weights alone do not tell its layers');
  }
  const { version, ...contents } = description as ModelDescription & { readonly version?: unknown };
  if (version !== 1 && version !== 2)
    throw fault(`a model of version ${show(version)}`, '1 or 2 (a newer Gradloom may read it)');
  // Other entries of the description are ignored, except for the precision.
  const { loss, metadata, preprocessing } = contents;
  // In version 1, rows had no shapes, so no network had a flatten layer.
  const spec = version === 1 ? (withFlatten(contents.spec) as ModelContents['spec']) : contents.spec;
  return {
    spec,
    ...(loss === undefined ? {} : { loss }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(preprocessing === undefined ? {} : { preprocessing }),
  };
}

/** New names of the layers after a flatten layer that `withFlatten` added to the network of the file. */
function newLayerNames({ description, tensors }: TensorFile, { layers }: NetworkSpec): Renames {
  const { spec: fileSpec } = description as { readonly spec: Partial<NetworkSpec> };
  const names = [...tensors.keys()];
  return Object.fromEntries(
    [...layerRenames(fileSpec.layers, layers)].filter(([oldName]) =>
      names.some((name) => name.startsWith(`${oldName}.`)),
    ),
  );
}

type Layers = readonly { readonly kind?: string; readonly layers?: Layers }[];

/** The old and the new path of each layer whose path differs from that in the file. */
function* layerRenames(
  oldLayers: Layers = [],
  layers: Layers = [],
  oldPrefix = '', // of paths
  newPrefix = '',
): Generator<[oldPath: string, newPath: string]> {
  if (!Array.isArray(layers)) return; // an option of a custom layer
  let oldIndex = 0;
  for (const [newIndex, layer] of layers.entries()) {
    const oldLayer = oldLayers[oldIndex];
    if (layer.kind === 'flatten' && oldLayer?.kind !== 'flatten') continue;
    const [oldPath, newPath] = [`${oldPrefix}${oldIndex++}`, `${newPrefix}${newIndex}`];
    if (oldPath !== newPath) yield [oldPath, newPath];
    yield* layerRenames(oldLayer?.layers, layer.layers, `${oldPath}.layers.`, `${newPath}.layers.`);
  }
}

/** Precision of a model that `exportModel` wrote, even if its network is given; else float64. */
function precisionOf({ description }: TensorFile, fault: FileFault): ElementType {
  if (typeof description !== 'object' || description === null) return FLOAT64;
  const { precision = FLOAT64 } = description as { readonly precision?: unknown };
  const type = elementTypes.find((name) => name === precision);
  if (type !== undefined) return type;
  throw fault(`a model of precision ${show(precision)}`, elementTypes.join(' or '));
}

async function readParameters(
  where: string,
  network: Network,
  file: TensorFile,
  type: ElementType,
  rename: Renames,
  fault: FileFault,
): Promise<Elements> {
  const matches = matchTensors(network, file.tensors, rename, fault);
  const bytes = bytesOfElements(type, network.parameterCount);
  const room = memoryRoom();
  if (bytes > room.bytes) {
    throw fault(`${mebibytes(bytes)} of weights`, `at most ${mebibytes(room.bytes)} (${room.bound})`);
  }
  const parameters = createElements(type, network.parameterCount);
  for (const { tensor, stored, name } of matches) {
    const weights = viewOf(parameters, tensor.offset, tensor.length);
    const tiedWeights = tensor.tiedTo === undefined ? null : weights.slice(); // already read, by another name
    const numbers = await stored.read();
    if (numbers.length !== tensor.length) {
      throw new Error(`${where}: ${showName(name)} has ${numbers.length} numbers, expected ${tensor.length}`);
    }
    const outlier = firstBeyond(numbers, type);
    if (outlier !== undefined) throw fault(`${show(outlier)} in ${showName(name)}`, `numbers that ${type} can hold`);
    const { axes, order } = tensor;
    const torchShape = order.map((axis) => axes[axis]);
    reorder(weights, numbers, torchShape, inverseOrder(order));
    if (tiedWeights?.some((value, i) => value !== weights[i])) {
      const has = `other numbers in ${showName(name)} than in ${showName(tensor.tiedTo ?? '')}`;
      throw fault(has, `the same, as ${tensor.layer} shares them`);
    }
  }
  return parameters;
}
