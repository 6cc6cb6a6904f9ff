import { viewOf } from '../backends/scratch.ts';
import type { Elements } from '../element-type.ts';
import type { Layer, TensorSpec } from '../model/layers/layer.ts';
import { sizeOf } from '../model/shape.ts';
import { defineOp, type Op } from '../program/op.ts';
import { ownName } from '../program/ops/index.ts';
import { joinLevels, leafCount, treeLevels } from '../train/tree/index.ts';
import type { OwnLayer } from './define-layer.ts';

/**
 * A layer of plain code on rows. Its passes are operations that no backend has: `link` runs them between blocks. The
 * gradients of its tensors are taken leaf by leaf, and added by the tree over leaves.
 */
export function rowsLayer(
  name: string,
  I: number,
  O: number,
  keeps: number,
  tensors: readonly TensorSpec[],
  { forward, backward }: OwnLayer,
): Layer {
  const lengths = tensors.map(({ shape }) => sizeOf(shape));
  const P = lengths.reduce((sum, length) => sum + length, 0);

  /** The tensors of the vector that begins at `from` of `vector`. */
  function tensorsAt(vector: Elements, from: number): Elements[] {
    let at = from;
    return lengths.map((length) => {
      at += length;
      return viewOf(vector, at - length, length);
    });
  }

  return {
    label: `${name}(${I}->${O})`,
    in: [I],
    out: [O],
    elementwise: false,
    reads: { x: true, y: true },
    tensors,
    // What forward keeps, a gradient by the inputs where nobody asks for one, and sums over leaves.
    createMemory: (rows, allocate) => ({
      arrays: [allocate(rows * keeps), allocate(rows * I), allocate(treeLevels(rows) * P)],
    }),
    forward(y, x, parameters, B, { emit }, { arrays: [kept] }) {
      emit(ownOp(`${name}Forward`, () => forward(y, x, parameters, B, kept)));
    },
    backward(given, dy, x, y, parameters, gradients, B, { emit, leaf, joins }, { arrays: [kept, spare, sums] }) {
      const dx = given ?? spare;
      const leaves = leafCount(B, leaf);
      /** Views of the arrays, made by the first run: programs are also emitted to be counted, without memory. */
      const views = () => ({
        levels: Array.from({ length: treeLevels(leaves) }, (_, level) => tensorsAt(sums, level * P)),
        parts: Array.from({ length: leaves }, (_, k) => {
          const [first, rows] = [k * leaf, Math.min(leaf, B - k * leaf)];
          const of = (array: Elements, width: number) => viewOf(array, first * width, rows * width);
          return { rows, dx: of(dx, I), dy: of(dy, O), x: of(x, I), y: of(y, O), kept: of(kept, keeps) };
        }),
      });
      let made: ReturnType<typeof views> | undefined;
      const run = (): void => {
        made ??= views();
        const { levels, parts } = made;
        for (let k = 0, level = 0; k < leaves; k++) {
          const part = parts[k];
          if (part.rows === 0) for (const sum of levels[level]) sum.fill(0);
          else backward(part.dx, part.dy, part.x, part.y, parameters, levels[level], part.rows, part.kept);
          level = joinLevels(sums, P, level, k, leaves);
        }
        for (const [t, gradient] of gradients.entries()) {
          const sum = levels[0][t];
          for (let i = 0; i < gradient.length; i++) gradient[i] = joins ? gradient[i] + sum[i] : sum[i];
        }
      };
      emit(ownOp(`${name}Backward`, run));
    },
  };
}

/** No backend knows the operation, so none asks for its arrays. */
const ownOp = (name: string, run: () => void): Op<[]> => defineOp(ownName(name), {}, run);
