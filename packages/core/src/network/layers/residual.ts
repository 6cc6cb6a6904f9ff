import { OptionError } from '../../checks/option-error.ts';
import { checkedBy, defineOptions, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import { listed } from '../../checks/show.ts';
import type { KindOf } from '../../families/family.ts';
import type { Elements } from '../../math/element-type.ts';
import type { Pausable } from '../../math/pausable.ts';
import { ops } from '../../program/ops/index.ts';
import { sizeOf } from '../shape.ts';
import type { Layer } from './layer.ts';
import type { LayerMemory, StackMemory } from './memory.ts';
import type { Place } from './place.ts';
import { backwardStack, createStackMemory, forwardStack } from './stack.ts';

/** A spec of any layer; index.ts, which lists the layers, has the type in full. */
type LayerSpec = KindOf<string>;

export const residualOptions = defineOptions('residual', {
  /**
   * The layers of f, in order. The last has as many outputs as the first has inputs. Blocks may be nested, at most 16
   * levels deep.
   */
  layers: required(
    checkedBy('a list of at least 1 layer', (value): value is LayerSpec[] => Array.isArray(value) && value.length > 0),
  ),
});

/** Options of a residual block with any kinds of layers. */
export interface AnyResidualOptions extends OptionsOf<typeof residualOptions.table>, Named {}

/** y = x + f(x), where f is `layers` in sequence. [He et al. 2016, eq. 1](https://arxiv.org/abs/1512.03385) */
export function* residual(options: AnyResidualOptions, { input, path, build }: Place): Pausable<Layer> {
  const width = sizeOf(input);
  const layers = yield* build(residualOptions.read(options).layers, input, path);
  const last = layers[layers.length - 1];
  if (sizeOf(last.out) !== width) {
    const place = [...path, layers.length - 1].join('.');
    const problem = `has length ${sizeOf(last.out)}, expected ${width} (x + f(x) needs equal lengths)`;
    throw new OptionError('residual', `layers.${place}.out`, problem, {
      about: `${last.label} at layer ${place}: output`,
    });
  }
  return {
    label: `residual(${listed(layers.map((layer) => layer.label))})`,
    in: input,
    out: input,
    elementwise: false,
    // y is not the output of any layer of f, so only the first layer of f can need x.
    reads: { x: layers[0].reads.x, y: false },
    tensors: layers.flatMap((layer, l) =>
      layer.tensors.map((tensor) => ({ ...tensor, name: `layers.${l}.${tensor.name}` })),
    ),
    inner: layers,
    couplesRows: layers.some((layer) => layer.couplesRows === true),
    createMemory(rows, allocate, share) {
      // The sum reads x again, so the first layer must not overwrite it. The array of x is not known here.
      return { arrays: [], inner: createStackMemory(layers, new Float64Array(0), true, rows, allocate, share) };
    },
    forward(y, x, parameters, B, pass, memory, inspect) {
      const f = forwardStack(layers, innerOf(memory), x, sorted(parameters), B, pass, inspect);
      pass.emit(ops.plus, y, x, f, B * width);
    },
    backward(dx, dy, x, _y, parameters, gradients, B, pass, memory, inspect) {
      const inner = innerOf(memory);
      pass.emit(ops.copy, inner.gradients[0], dy, B * width);
      const [theta, g] = [sorted(parameters), sorted(gradients)];
      const back = backwardStack(layers, inner, dx !== null, x, theta, g, B, pass, inspect);
      if (dx !== null) pass.emit(ops.plus, dx, dy, back, B * width);
    },
  };

  /** The tensors of each layer. */
  function sorted(tensors: readonly Elements[]): Elements[][] {
    let next = 0;
    return layers.map((layer) => {
      next += layer.tensors.length;
      return tensors.slice(next - layer.tensors.length, next);
    });
  }
}

function innerOf({ inner }: LayerMemory): StackMemory {
  if (inner === undefined) throw new Error('residual: memory has no inner memory, expected that of createMemory');
  return inner;
}
