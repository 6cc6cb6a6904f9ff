import {
  type ActivationName,
  activations,
  type Elements,
  type LayerKind,
  type LayerSpec,
  type Network,
  type NetworkPlace,
} from '@gradloom/core';
import { nameOfPlaced, viewOf } from '@gradloom/core/internal';
import { activationGraphs } from './activations.ts';
import type { Graph, Value } from './graph.ts';

/** Arguments for adding a layer to a graph. */
interface Emission {
  readonly graph: Graph;
  readonly x: Value; // [N, I]
  readonly place: NetworkPlace;
  readonly tensor: (name: string) => Elements;
  /** A tensor of the layer as a constant. */
  readonly constant: (name: string, shape: readonly number[]) => Value;
  /** Adds the layers inside of this one; returns their output for x. */
  readonly inner: (x: Value) => Value;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** Each kind of layer in evaluation: y [N, O] of x [N, I]. */
const layerGraphs: Readonly<Record<LayerKind, (emission: Emission) => Value>> = {
  activation({ graph, x, place }) {
    const { fn, alpha } = place.spec as unknown as { fn: ActivationName; alpha?: number };
    if (!Object.hasOwn(activationGraphs, fn)) throw noCounterpart(place);
    return activationGraphs[fn](graph, x, alpha ?? activations[fn].alpha);
  },
  'batch-norm'({ graph, x, place, tensor, constant }) {
    const { epsilon = 1e-5 } = place.spec as { epsilon?: number };
    const [gamma, variance] = [tensor('gamma'), tensor('runningVariance')];
    const scale = gamma.map((value, i) => value / Math.sqrt(variance[i] + epsilon));
    const centered = graph.node('Sub', [x, constant('runningMean', [scale.length])]);
    const scaled = graph.node('Mul', [centered, graph.reals(`${place.path}.scale`, [scale.length], scale)]);
    return graph.node('Add', [scaled, constant('beta', [scale.length])]);
  },
  conv1d: convolution,
  conv2d: convolution,
  dense: (emission) => affine(emission, 'W', 'b'),
  dropout: ({ x }) => x,
  embedding({ graph, x, place, constant }) {
    const { vocabulary, width } = place.spec as unknown as { vocabulary: number; width: number };
    const indices = graph.node('Cast', [x], { to: INT64 });
    const vectors = graph.node('Gather', [constant('E', [vocabulary, width]), indices], { axis: 0 });
    // 0 keeps the number of rows.
    return graph.node('Reshape', [vectors, graph.integers([2], [0, sizeOf(place.layer.out)])]);
  },
  flatten: ({ x }) => x, // every layer takes the numbers of a row in their order
  // Not LayerNormalization, which takes ε as a float32.
  'layer-norm'({ graph, x, place, constant }) {
    const { epsilon = 1e-5 } = place.spec as { epsilon?: number };
    const size = sizeOf(place.layer.out);
    const centered = graph.node('Sub', [x, graph.node('ReduceMean', [x], { axes: [1], keepdims: 1 })]);
    const squares = graph.node('Mul', [centered, centered]);
    const variance = graph.node('ReduceMean', [squares], { axes: [1], keepdims: 1 });
    const deviation = graph.node('Sqrt', [graph.node('Add', [variance, graph.number(epsilon)])]);
    const scaled = graph.node('Mul', [graph.node('Div', [centered, deviation]), constant('gamma', [size])]);
    return graph.node('Add', [scaled, constant('beta', [size])]);
  },
  residual: ({ graph, x, inner }) => graph.node('Add', [x, inner(x)]),
  swiglu(emission) {
    const { graph } = emission;
    const gate = affine(emission, 'Wg', 'bg');
    return graph.node('Mul', [activationGraphs.silu(graph, gate, 0), affine(emission, 'Wv', 'bv')]);
  },
};

const INT64 = 7;

const noCounterpart = (place: NetworkPlace): Error =>
  new Error(`${nameOfPlaced(place)} has no counterpart in ONNX, expected layers that come with Gradloom`);

function affine({ graph, x, place, constant }: Emission, W: string, b: string): Value {
  const [I, O] = [sizeOf(place.layer.in), sizeOf(place.layer.out)];
  return graph.node('Gemm', [x, constant(W, [I, O]), constant(b, [O])]);
}

/** Conv takes channels first: [N, C, H, V]. */
function convolution({ graph, x, place, constant }: Emission): Value {
  const spec = place.spec as Extract<LayerSpec, { kind: 'conv2d' }>;
  const { in: input, out: output } = place.layer;
  const axes = input.length - 1;
  const each = (value: number | readonly number[] = 1): readonly number[] =>
    typeof value === 'number' ? Array.from({ length: axes }, () => value) : value;
  const [kernel, dilations, O] = [each(spec.kernel), each(spec.dilation), output[axes]];
  const { groups = 1, padding = 0, bias = true } = spec;
  const around = (a: number): [before: number, after: number] => {
    const span = dilations[a] * (kernel[a] - 1);
    return padding === 'same' ? [span >> 1, span - (span >> 1)] : [each(padding)[a], each(padding)[a]];
  };
  const pads = kernel.map((_, a) => around(a));
  const shape = [...kernel, input[axes] / groups, O];
  const W = graph.node('Transpose', [constant('W', shape)], {
    perm: [axes + 1, axes, ...kernel.keys()],
  });
  const image = graph.node('Reshape', [x, graph.integers([axes + 2], [0, ...input])]);
  const first = graph.node('Transpose', [image], { perm: [0, axes + 1, ...kernel.map((_, a) => a + 1)] });
  const y = graph.node('Conv', [first, W, ...(bias ? [constant('b', [O])] : [])], {
    ...{ kernel_shape: kernel, strides: each(spec.stride), dilations, group: groups },
    pads: [...pads.map(([before]) => before), ...pads.map(([, after]) => after)],
  });
  const last = graph.node('Transpose', [y], { perm: [0, ...kernel.map((_, a) => a + 2), 1] });
  return graph.node('Reshape', [last, graph.integers([2], [0, sizeOf(output)])]);
}

/** Adds a network; returns its outputs y [N, O] for x [N, I]. @throws Error for a layer without counterpart in ONNX. */
export function emitNetwork(graph: Graph, network: Network, parameters: Elements, x: Value): Value {
  const { places } = network;
  /** Adds all layers whose path is `prefix` and a number. */
  function emitStack(prefix: string, input: Value): Value {
    const own = places.filter(({ path }) => path.startsWith(prefix) && !path.slice(prefix.length).includes('.'));
    return own.reduce((value, place) => emitLayer(place, value), input);
  }

  function emitLayer(place: NetworkPlace, input: Value): Value {
    const { path, spec, tensors } = place;
    if (!Object.hasOwn(layerGraphs, spec.kind)) throw noCounterpart(place);
    const tensor = (name: string): Elements => {
      const found = tensors.find((one) => one.name === name);
      if (found === undefined) throw new Error(`${nameOfPlaced(place)} has no tensor ${name}, expected it`);
      return viewOf(parameters, found.offset, found.length);
    };
    return layerGraphs[spec.kind as LayerKind]({
      graph,
      x: input,
      place,
      tensor,
      constant: (name, shape) => graph.reals(`${path}.${name}`, shape, tensor(name)),
      inner: (value) => emitStack(`${path}.`, value),
    });
  }

  return emitStack('', x);
}
