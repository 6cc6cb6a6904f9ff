import { buildNetwork, type LayerSpec, type NetworkSpec } from '@gradloom/core';
import type { FileFault } from '../../system/files/file-fault.ts';
import { matchTensors, type Renames } from './match-tensors.ts';
import type { StoredTensor } from './tensor-file.ts';
import { isCounter } from './torch-tensors.ts';

/** A network that was guessed, and the names of its layers in the file. */
export interface GuessedNetwork {
  readonly spec: NetworkSpec;
  readonly renames: Renames;
  /** A sentence about the guess. */
  readonly note: string;
}

/** Zeros around images: as many as keep the size of an image in a convolution, or none. */
export const paddings = { same: 'same', none: 0 } as const;

/** What weights of convolutions do not tell of their network. */
export interface KnownOfImages {
  /** Height and width of the images. */
  readonly imageSize?: readonly number[] | undefined;
  readonly padding?: keyof typeof paddings | undefined;
}

/** A module of a file, and the layer that it is. */
interface Module {
  readonly name: string;
  readonly inputs: number;
  readonly layer: LayerSpec & { readonly kind: 'dense' | 'conv2d' | 'batch-norm' };
  /** How many modules without weights stand after it, if its name and the next are numbers that tell. */
  readonly gap: number | undefined;
}

/**
 * The network of a file of weights alone, if its modules follow each other: linear layers, or convolutions and then
 * linear layers, and batch norms. What their shapes leave open is tried: zeros around images, pools of 2 where more
 * than a relu may stand, and what is before the first linear layer; relu stands after each layer but the last, and
 * strides are 1. Null for other tensors. @throws Error of `fault` if not exactly one network fits.
 */
export function guessSpec(
  tensors: ReadonlyMap<string, StoredTensor>,
  fault: FileFault,
  { imageSize, padding }: KnownOfImages = {},
): GuessedNetwork | null {
  const modules = modulesOf(tensors);
  if (modules === null) return null;
  const [{ inputs }] = modules;
  const isOfImages = modules.some(({ layer }) => layer.kind === 'conv2d');
  if (isOfImages && imageSize === undefined) {
    throw fault('weights of convolutions alone', 'the size of their images, too, such as 28x28, or a spec');
  }
  const input = isOfImages && imageSize !== undefined ? [...imageSize, inputs] : inputs;
  const guesses = new Map<string, Omit<GuessedNetwork, 'note'>>();
  for (const zeros of padding === undefined ? Object.values(paddings) : [paddings[padding]]) {
    for (const pools of [true, false]) {
      for (const head of ['flatten', 'global-avg-pool'] as const) {
        const { layers, renames } = layersOf(modules, zeros, pools, head);
        const guess = { spec: { input, layers }, renames };
        if (!fits(guess, tensors, fault)) continue;
        guesses.set(JSON.stringify(layers), guess);
        break; // a mean over one pixel is that pixel
      }
    }
  }
  const [guess] = guesses.values();
  if (guesses.size !== 1) {
    const has = `weights that fit ${guesses.size === 0 ? 'no guess of a network' : `${guesses.size} networks`}`;
    throw fault(
      has,
      guesses.size > 1 && padding === undefined ? "the padding, 'same' or 'none', too, or a spec" : 'a spec',
    );
  }
  const labels = buildNetwork(guess.spec).allLayers.map(({ layer }) => layer.label);
  const widths = modules.map(({ layer }) => ('out' in layer ? layer.out : 0));
  const isDense = modules.every(({ layer }) => layer.kind === 'dense');
  const text = isDense
    ? `dense layers ${[input, ...widths].join(' -> ')}, with relu between them`
    : `${labels.join(', ')}, with ${isOfImages ? 'strides of 1, paddings, pools and ' : ''}relu as most networks have them`;
  return {
    ...guess,
    note: `Guessed from names and shapes: ${text} (a file does not tell; --spec states other layers).`,
  };
}

/** The modules in the order of the numbers in their names; null if they are not a chain of known ones. */
function modulesOf(tensors: ReadonlyMap<string, StoredTensor>): readonly Module[] | null {
  const tensorNames = [...tensors.keys()].filter((name) => !isCounter(name));
  const ofImages = new Set(
    tensorNames.flatMap((name) => {
      return tensors.get(name)?.shape.length === 4 ? [prefixOf(name.slice(0, name.lastIndexOf('.')))] : [];
    }),
  );
  // features.0 comes before classifier.0
  const rankOf = (name: string): number => (ofImages.has(prefixOf(name)) ? 0 : 1);
  const names = [...new Set(tensorNames.map((name) => name.slice(0, name.lastIndexOf('.'))))].sort(
    (a, b) => rankOf(a) - rankOf(b) || a.localeCompare(b, 'en', { numeric: true }), // fc2 before fc10
  );
  const modules: Module[] = [];
  let width: number | undefined; // outputs so far
  let isFlat = false;
  for (const [k, name] of names.entries()) {
    const shapeOf = (tensor: string) => tensors.get(`${name}.${tensor}`)?.shape;
    const [weight = [], bias, mean] = ['weight', 'bias', 'running_mean'].map(shapeOf);
    const [out, inputs, height, columns] = weight;
    if (weight.some((extent) => extent < 1) || (bias !== undefined && String(bias) !== String([out]))) return null;
    const withoutBias = bias === undefined ? { bias: false } : {};
    const gap = gapBetween(name, names[k + 1] ?? '');
    if (weight.length === 1 && mean !== undefined && out === width) {
      modules.push({ name, inputs: out, layer: { kind: 'batch-norm' }, gap });
    } else if (weight.length === 2 && (width === undefined || inputs === width || (!isFlat && inputs % width === 0))) {
      modules.push({ name, inputs, layer: { kind: 'dense', out, ...withoutBias }, gap });
      isFlat = true;
    } else if (weight.length === 4 && !isFlat && (width ?? inputs) % inputs === 0) {
      const groups = (width ?? inputs) / inputs;
      const kernel = height === columns ? height : [height, columns];
      modules.push({ name, inputs, layer: { kind: 'conv2d', out, kernel, groups, ...withoutBias }, gap });
    } else return null;
    width = out;
  }
  return modules.length === 0 ? null : modules;
}

/** A name without the number at its end. */
function prefixOf(name: string): string {
  let end = name.length;
  while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9') end--;
  return name.slice(0, end);
}

/** How many numbers are between those at the end of two names that are else the same. */
function gapBetween(name: string, next: string): number | undefined {
  const prefix = prefixOf(name);
  if (prefix !== prefixOf(next) || (prefix !== '' && !prefix.endsWith('.'))) return undefined;
  return Number(next.slice(prefix.length)) - Number(name.slice(prefix.length)) - 1;
}

/** The layers of modules, with what is guessed between them. */
function layersOf(
  modules: readonly Module[],
  zeros: 'same' | 0,
  pools: boolean, // where names do not tell
  head: 'flatten' | 'global-avg-pool',
) {
  const layers: LayerSpec[] = [];
  const renames: Record<string, string> = {};
  let isImage = modules.some(({ layer }) => layer.kind === 'conv2d');
  for (const [k, { name, layer, gap }] of modules.entries()) {
    if (layer.kind === 'dense' && isImage) {
      layers.push({ kind: head });
      isImage = false;
    }
    renames[name] = String(layers.length);
    layers.push(layer.kind === 'conv2d' && layer.kernel !== 1 ? { ...layer, padding: zeros } : layer);
    const next = modules[k + 1]?.layer.kind;
    if (next === undefined || next === 'batch-norm') continue;
    layers.push({ kind: 'activation', fn: 'relu' });
    const beforeHead = next === 'dense' ? pools && head === 'flatten' : pools;
    const hasPool = gap === undefined || next === 'dense' ? beforeHead : gap >= 2;
    if (isImage && hasPool) layers.push({ kind: 'max-pool', size: 2 });
  }
  return { layers, renames };
}

function fits(
  { spec, renames }: Omit<GuessedNetwork, 'note'>,
  tensors: ReadonlyMap<string, StoredTensor>,
  fault: FileFault,
): boolean {
  try {
    return matchTensors(buildNetwork(spec), tensors, renames, fault).length > 0;
  } catch {
    return false; // layers of other shapes, or an image too small for a window
  }
}
