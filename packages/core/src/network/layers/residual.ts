import { OptionError } from '../../checks/option-error.ts';
import { checkedBy, defineOptions, type Named, type OptionsOf, required } from '../../checks/options/index.ts';
import { listed, show } from '../../checks/show.ts';
import type { KindOf } from '../../families/family.ts';
import type { Elements } from '../../math/element-type.ts';
import { ops } from '../../program/ops/index.ts';
import { type Shape, sizeOf } from '../shape.ts';
import type { Branch, Layer } from './layer.ts';
import { atLayer, branchPath, type LayerContext, type Path } from './layer-context.ts';
import type { LayerMemory, StackMemory } from './memory.ts';
import { backwardStack, createStackMemory, forwardStack, nextStack } from './stack.ts';

/** A spec of any layer; index.ts, which lists the layers, has the type in full. */
type LayerSpec = KindOf<string>;

const layerList = checkedBy(
  'a list of at least 1 layer',
  (value): value is LayerSpec[] => Array.isArray(value) && value.length > 0,
);

export const residualOptions = defineOptions('residual', {
  /**
   * The layers of f, in order. Its outputs have the shape of x, or of what the shortcut makes of it. Blocks may be
   * nested, at most 16 levels deep.
   */
  layers: required(layerList),
  /**
   * Layers that x goes through before it is added, such as a convolution of 1 x 1 with a stride where f changes the
   * shape. @default none: x itself is added
   */
  shortcut: layerList(),
});

/** Options of a residual block with any kinds of layers. */
export interface AnyResidualOptions extends OptionsOf<typeof residualOptions.table>, Named {}

/**
 * y = x + f(x), where f is `layers` in sequence, or y = s(x) + f(x) with the layers s of `shortcut`.
 * [He et al. 2016, eq. 1 and 2](https://arxiv.org/abs/1512.03385)
 */
export function residual(options: AnyResidualOptions, { input, path, build }: LayerContext): Layer {
  const { layers, shortcut } = residualOptions.read(options);
  const f: Branch = { name: 'layers', layers: build(layers, input, path) };
  const branches = [f];
  if (shortcut !== undefined) {
    branches.push({ name: 'shortcut', layers: build(shortcut, input, branchPath(path, 'shortcut')) });
  }
  const out = lastOf(f).out;
  const expected = shortcut === undefined ? input : lastOf(branches[1]).out;
  if (show(out) !== show(expected)) throw shapeError(f, path, out, expected, shortcut !== undefined);
  const size = sizeOf(out);
  const names = branches.map((branch) => listed(branch.layers.map(({ label }) => label)));
  return {
    label: `residual(${names.join(' + ')})`,
    in: input,
    out,
    elementwise: false,
    // No inner layer has y as output, so only the first layer of a branch that is no view can read x.
    reads: { x: branches.some(readsInput), y: false },
    tensors: branches.flatMap((branch) =>
      branch.layers.flatMap((layer, l) =>
        layer.tensors.map((tensor) => ({ ...tensor, name: `${branch.name}.${l}.${tensor.name}` })),
      ),
    ),
    inner: branches,
    couplesRows: branches.some((branch) => branch.layers.some((layer) => layer.couplesRows === true)),
    createMemory(rows, allocate, team) {
      const inputIsRead = true; // by the sum and other branches
      const unknownInput = new Float64Array(0); // the array of x is not known here, and not needed
      const inner = branches.map((branch, b) =>
        createStackMemory(branch.layers, unknownInput, inputIsRead, rows, allocate, team, team.gradients?.[b]),
      );
      return { arrays: [], inner };
    },
    forward(y, x, parameters, B, pass, memory, inspect) {
      const layerParameters = splitByLayer(branches, parameters);
      const [fx, sx = x] = branches.map((branch, b) =>
        forwardStack(branch.layers, innerOf(memory, b), x, layerParameters[b], B, pass, inspect),
      );
      pass.emit(ops.plus, y, sx, fx, B * size);
    },
    // Inner layers with `forwardNext` keep the positions of their inputs, and so does the sum.
    forwardNext(y, x, parameters, pass, memory) {
      const layerParameters = splitByLayer(branches, parameters);
      const [fx, sx = x] = branches.map((branch, b) =>
        nextStack(branch.layers, innerOf(memory, b), x, layerParameters[b], pass),
      );
      pass.emit(ops.plus, y, sx, fx, (pass.n * size) / out[0]);
    },
    backward(dx, dy, x, _y, parameters, gradients, B, pass, memory, inspect) {
      const [theta, g] = [splitByLayer(branches, parameters), splitByLayer(branches, gradients)];
      const [dxF, dxShortcut = dy] = branches.map((branch, b) => {
        const inner = innerOf(memory, b);
        pass.emit(ops.copy, inner.gradients[0], dy, B * size);
        return backwardStack(branch.layers, inner, dx !== null, x, theta[b], g[b], B, pass, inspect);
      });
      if (dx !== null) pass.emit(ops.plus, dx, dxShortcut, dxF, B * sizeOf(input));
    },
  };
}

const readsInput = ({ layers }: Branch): boolean => layers.find((layer) => layer.isView !== true)?.reads.x === true;

const lastOf = ({ layers }: Branch): Layer => layers[layers.length - 1];

function shapeError(f: Branch, path: Path, out: Shape, expected: Shape, hasShortcut: boolean): OptionError {
  const last = [...path, f.layers.length - 1];
  const why = hasShortcut
    ? 's(x) + f(x) needs equal shapes, and this is the output of the shortcut'
    : 'x + f(x) needs equal shapes, or a shortcut';
  const problem = `has shape ${show(out)}, expected ${show(expected)} (${why})`;
  return new OptionError('residual', `layers.${last.join('.')}.out`, problem, {
    about: `${atLayer(lastOf(f).label, last)}: output`,
  });
}

/** The tensors of each layer of each branch. */
function splitByLayer(branches: readonly Branch[], tensors: readonly Elements[]): Elements[][][] {
  let next = 0;
  return branches.map(({ layers }) =>
    layers.map((layer) => {
      next += layer.tensors.length;
      return tensors.slice(next - layer.tensors.length, next);
    }),
  );
}

function innerOf({ inner }: LayerMemory, branch: number): StackMemory {
  if (inner === undefined) throw new Error('residual: memory has no inner memory, expected that of createMemory');
  return inner[branch];
}
