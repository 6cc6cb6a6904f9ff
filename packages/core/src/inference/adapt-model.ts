import { checkObject } from '../checks/check.ts';
import { OptionError } from '../checks/option-error.ts';
import {
  count,
  defineOptions,
  flag,
  type Named,
  type OptionsOf,
  positiveInteger,
  text,
} from '../checks/options/index.ts';
import { createElements, type Elements, typeOf } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';
import { adaptNetwork, type NetworkChanges } from '../network/adapt-network.ts';
import { addLora, isLora, loraName, networkLora } from '../network/layers/lora.ts';
import {
  buildNetwork,
  initializeParameters,
  type Network,
  type NetworkLayer,
  type Tensor,
} from '../network/network.ts';
import { nameOfLayer } from '../network/placed-layer.ts';
import { shapeText } from '../network/shape.ts';
import { checkModel } from './check-model.ts';
import type { ModelContents } from './model.ts';
import type { Preprocessing } from './preprocessing/preprocessing.ts';

const adaptOptions = defineOptions('adaptModel', {
  /**
   * Name or path of a layer, as `summary` prints them: what is made is the part up to this layer, with all that it
   * depends on.
   * @default the last
   */
  until: text('the name or path of a layer')(),
  /**
   * Outputs of a new last layer with weights from the seed: the last layer with weights in this size or, with `until`,
   * a dense layer after that layer, which takes the mean over positions [H, W, C] or [T, C].
   * @default no new layer
   */
  outputs: positiveInteger(),
  /**
   * Low-rank additions to weights, which then learn in their place: their rank, or `{ rank, alpha, layers }` with names
   * or paths of layers in which * stands for any characters, by default all that take them. Everything else is frozen
   * but a new last layer. See `LayerName.lora`.
   * @default none, or those of the model
   */
  lora: networkLora(),
  /** Adds the low-rank additions of the model to its weights, so that it has the layers of before. @default false */
  mergeLora: flag(false),
  /** Seed of new weights, which are those that a run with this seed begins with. @default 0 */
  seed: count(0),
});

/** Options of `adaptModel`. */
export interface AdaptOptions extends OptionsOf<typeof adaptOptions.table>, Named {}

/**
 * A network and its weights, from which a run may start, and how rows become its inputs. Without a `target` in the
 * preprocessing, that of a table with an empty list, its outputs are new.
 */
export type StartingModel = Pick<
  ModelContents,
  'spec' | 'parameters' | 'loss' | 'preprocessing' | 'parts' | 'metadata'
>;

/**
 * Makes a network of a model, with the weights of all layers that it keeps: the part up to a layer, or with a new last
 * layer for other classes. Layers that were frozen learn again, unless a run freezes them.
 *
 * ```ts
 * const start = adaptModel(loadModel('runs/digits-1/model.gradloom'), { outputs: 5 });
 * await train(start.spec, data, { from: start, freeze: ['0', '1'] });
 * ```
 *
 * @throws Error if the parts of the model do not fit together, OptionError for a layer that it does not have, or whose
 * outputs cannot be others.
 */
export const adaptModel = (model: StartingModel, options: AdaptOptions = {}): StartingModel =>
  adapt('adaptModel', model, adaptOptions.read(options));

/** Adapts a model as `adaptModel` does. Messages begin with `where`. */
export function adapt(
  where: string,
  model: StartingModel,
  options: NetworkChanges & { readonly seed?: number | undefined },
) {
  const { network } = checkModel(where, partsOf(where, 'model', model));
  const { seed = 0, ...changes } = options;
  const { customParts } = network;
  const { spec, pathBefore } = adaptNetwork(where, network.spec, changes, customParts);
  const target = buildNetwork(spec, customParts);
  const parameters = createElements(typeOf(model.parameters), target.parameterCount);
  const layers = new Map(network.allLayers.map((layer) => [layer.path, layer]));
  const layerBefore = ({ path }: NetworkLayer) => layers.get(pathBefore(path) ?? '');
  const tensorBefore = (layer: NetworkLayer, name: string) => {
    const before = layerBefore(layer);
    // Additions that are merged are gone: new ones of the same names begin anew, at a change of 0.
    if (changes.mergeLora && before?.spec.lora !== undefined && isLora(name)) return undefined;
    return before?.tensors.find((tensor) => tensor.name === name);
  };
  initializeParameters(target, parameters, seed, ({ layer, name }) => !tensorBefore(target.allLayers[layer], name));
  for (const layer of target.allLayers) {
    for (const tensor of layer.tensors) {
      const before = tensorBefore(layer, tensor.name);
      if (before !== undefined) copyTensor(parameters, tensor, model.parameters, before);
    }
    if (changes.mergeLora) mergeTensors(parameters, layer, model.parameters, layerBefore(layer));
  }
  const { loss, preprocessing, parts, metadata } = model;
  const origin = metadata?.huggingface; // a run that trains the model further can then write it back
  const isWhole = changes.until === undefined && changes.outputs === undefined;
  const rowPreprocessing = preprocessing && (isWhole ? preprocessing : withoutTarget(preprocessing));
  return {
    spec: target.spec,
    parameters,
    ...(isWhole && loss !== undefined ? { loss } : {}),
    ...(rowPreprocessing === undefined ? {} : { preprocessing: rowPreprocessing }),
    ...(parts === undefined ? {} : { parts }),
    ...(origin === undefined ? {} : { metadata: { huggingface: origin } }),
  };
}

/** The preprocessing of inputs alone. */
function withoutTarget(preprocessing: Preprocessing): Preprocessing {
  if ('columns' in preprocessing) return { ...preprocessing, target: [] };
  const { target: _, ...ofRows } = preprocessing;
  return ofRows;
}

/** The model without what a network with other outputs does not fit. */
const partsOf = (where: string, name: string, model: StartingModel): StartingModel => {
  const { spec, parameters, parts } = checkObject(where, name, model, '{ spec, parameters }');
  return { spec, parameters, ...(parts === undefined ? {} : { parts }) };
};

/** Adds the additions of a layer to its weights. */
function mergeTensors(to: Elements, { tensors }: NetworkLayer, from: Elements, before: NetworkLayer | undefined): void {
  const { lora } = before?.spec ?? {};
  if (before === undefined || lora === undefined) return;
  const numbers = ({ offset, length }: Tensor) => viewOf(from, offset, length);
  for (const { name, offset, length } of tensors) {
    const [A, B] = (['A', 'B'] as const).map((factor) => {
      return before.tensors.find((tensor) => tensor.name === loraName(name, factor));
    });
    if (A !== undefined && B !== undefined) addLora(viewOf(to, offset, length), numbers(A), numbers(B), lora);
  }
}

const copyTensor = (to: Elements, tensor: Tensor, from: Elements, source: Tensor): void =>
  viewOf(to, tensor.offset, tensor.length).set(viewOf(from, source.offset, source.length));

/**
 * The weights [P] of a network from those of a model, by the names or paths of the layers.
 * @throws OptionError naming the first layer that only one of the two has, or has in another shape.
 */
export function weightsFrom(where: string, network: Network, model: StartingModel): Elements {
  const { network: other } = checkModel(where, partsOf(where, 'from', model));
  const sources = other.allLayers.filter(({ tensors }) => tensors.length > 0);
  const byPath = new Map(sources.map((layer) => [layer.path, layer]));
  const byName = new Map(sources.map((layer) => [layer.spec.name, layer]));
  const unusedSources = new Set(sources);
  const parameters = createElements(typeOf(model.parameters), network.parameterCount);
  const refuse = (problem: string): never => {
    throw new OptionError(where, ['from', 'layers'], problem, { about: 'from' });
  };
  const advice = '(adaptModel makes a network of a part, or with a new last layer)';
  for (const layer of network.allLayers) {
    if (layer.tensors.length === 0) continue;
    const { name } = layer.spec;
    const source = (name === undefined ? undefined : byName.get(name)) ?? byPath.get(layer.path);
    if (source === undefined || !unusedSources.delete(source)) {
      return refuse(`has no ${nameOfLayer(layer)}, expected all layers of the network ${advice}`);
    }
    for (const tensor of layer.tensors) {
      const storedTensor = source.tensors.find((other) => other.name === tensor.name);
      if (storedTensor === undefined || String(storedTensor.shape) !== String(tensor.shape)) {
        const actual = storedTensor === undefined ? 'none' : shapeText(storedTensor.shape);
        const problem = `has ${tensor.name} of ${actual} in ${nameOfLayer(source)}`;
        return refuse(`${problem}, expected ${shapeText(tensor.shape)} as in the network ${advice}`);
      }
      copyTensor(parameters, tensor, model.parameters, storedTensor);
    }
  }
  const [surplus] = unusedSources;
  if (surplus === undefined) return parameters;
  return refuse(`has ${nameOfLayer(surplus)}, which the network lacks, expected the same layers ${advice}`);
}
