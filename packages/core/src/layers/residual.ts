import { copy, plus } from '../ops/index.ts';
import type { Pausable } from '../pausable.ts';
import { onlyKeys } from '../text/check.ts';
import { OptionError } from '../text/option-error.ts';
import { show } from '../text/show.ts';
import type { LayerSpec } from './index.ts';
import type { Layer, Place } from './layer.ts';
import type { InnerMemory, LayerMemory } from './memory.ts';
import { backwardStack, createStackMemory, forwardStack } from './stack.ts';

/** Options of a residual block. */
export interface ResidualOptions {
  /**
   * The layers of f, in order. The last has as many outputs as the first has inputs. Blocks may hold blocks, 16
   * levels deep at most.
   */
  layers: LayerSpec[];
}

/** y = x + f(x), f being layers of its own. [He et al. 2016, eq. 1](https://arxiv.org/abs/1512.03385) */
export function* residual(options: ResidualOptions, { input: width, path, build }: Place): Pausable<Layer> {
  onlyKeys('residual', options, ['layers']);
  if (!Array.isArray(options.layers) || options.layers.length === 0) {
    throw new OptionError('residual', 'layers', `has ${show(options.layers)}, expected a list of at least 1 layer`);
  }
  const layers = yield* build(options.layers, width, path);
  const last = layers[layers.length - 1];
  if (last.out !== width) {
    const place = [...path, layers.length - 1].join('.');
    const problem = `has length ${last.out}, expected ${width} (x + f(x) needs both to be as wide)`;
    throw new OptionError('residual', `layers.${place}.out`, problem, {
      about: `${last.label} at layer ${place}: output`,
    });
  }
  return {
    label: `residual(${layers.map((layer) => layer.label).join(', ')})`,
    in: width,
    out: width,
    elementwise: false,
    // y is not the output of any layer of f, so only the first layer of f can need x.
    reads: { x: layers[0].reads.x, y: false },
    tensors: layers.flatMap((layer, l) =>
      layer.tensors.map((tensor) => ({ ...tensor, name: `layers.${l}.${tensor.name}` })),
    ),
    inner: layers,
    createMemory(rows, allocate) {
      const lists = () => layers.map((layer) => layer.tensors.map(() => new Float64Array(0)));
      // x is read again for the sum, so the first layer must not overwrite it. Its array is not known here.
      const memory = createStackMemory(layers, new Float64Array(0), true, rows, allocate);
      return { arrays: [], inner: { ...memory, parameters: lists(), parameterGradients: lists() } };
    },
    forward(y, x, parameters, B, pass, memory, inspect) {
      const inner = innerOf(memory);
      sort(inner.parameters, parameters);
      const f = forwardStack(layers, inner, x, inner.parameters, B, pass, inspect);
      plus(y, x, f, B * width);
    },
    backward(dx, dy, x, _y, parameters, gradients, B, pass, memory, inspect) {
      const inner = innerOf(memory);
      sort(inner.parameters, parameters);
      sort(inner.parameterGradients, gradients);
      const df = inner.gradients[0];
      copy(df, dy, B * width);
      const { parameters: theta, parameterGradients: g } = inner;
      const back = backwardStack(layers, inner, dx !== null, x, theta, g, B, pass, inspect);
      if (dx !== null) plus(dx, dy, back, B * width);
    },
  };
}

function innerOf({ inner }: LayerMemory): InnerMemory {
  if (inner === undefined) throw new Error('residual: memory has no inner memory, expected that of createMemory');
  return inner;
}

/** Distributes the tensors to the layers, in order. Overwrites the arrays of `lists`. */
function sort(lists: readonly Float64Array[][], tensors: readonly Float64Array[]): void {
  let next = 0;
  for (let l = 0; l < lists.length; l++) {
    const list = lists[l];
    for (let k = 0; k < list.length; k++) list[k] = tensors[next++];
  }
}
