import { roundingOf } from '../../math/element-type.ts';
import { addressOf } from '../../program/address.ts';
import type { Bound } from '../../program/kernels.ts';
import { AUGMENTATION, type augment, showPoint } from '../../program/reference/augment.ts';
import type { CodeLayout } from '../code.ts';
import { movePixelsArguments, turnPixelsArguments } from '../kernels/augment.ts';
import { createArrayCall } from './array-calls.ts';
import { type BindCall, bindByName, type CallTape } from './call-tape.ts';
import type { PanelMemory } from './panels/panel-memory.ts';

/** Binds augmentations; null for other operations, and for empty images. */
export function createAugmentations(
  layout: CodeLayout,
  tape: CallTape,
  memory: PanelMemory,
  scratch: Float64Array, // [2]
): BindCall {
  const { maskOf, bytes, width } = memory;
  const fractions = addressOf(scratch);

  function bindAugment(...[x, image, draws, B, H, V, C, isWhole]: Parameters<typeof augment>): Bound | null {
    if (B * H * V * C === 0) return null;
    const [xAt, imageAt] = [x, image].map(addressOf);
    const [line, pixel] = [bytes * V * C, bytes * C];
    const size = H * V * C;
    const round = roundingOf(x);
    const fill = createArrayCall('fill', layout, tape, memory);
    const copy = createArrayCall('copy', layout, tape, memory);
    // Reading a kernel assembles it, so only the one that is used is read.
    const movePixels = isWhole ? layout.augment.movePixels : 0;
    const turnPixels = isWhole ? 0 : layout.augment.turnPixels;
    const rest = C % width;

    /** Shifts image n by whole pixels, and mirrors it if draws[n] = [a, b, c, d, e, f, …] has a negative a. */
    function move(n: number): void {
      const row = n * AUGMENTATION;
      const to = xAt + bytes * size * n;
      const isMirrored = draws[row] < 0;
      const column = draws[row + 2]; // shown by pixel 0
      const firstLine = draws[row + 5]; // shown by line 0
      const first = Math.max(0, isMirrored ? column - V + 1 : -column);
      const end = Math.min(V, isMirrored ? column + 1 : V - column);
      const top = Math.max(0, -firstLine);
      const bottom = Math.min(H, H - firstLine);
      if (end - first < V || bottom - top < H) fill(to, 0, size);
      if (end <= first || bottom <= top) return;
      const from = imageAt + line * (top + firstLine) + pixel * (isMirrored ? column - first : column + first);
      const start = to + line * top + pixel * first;
      const pixels = isMirrored ? end - first : 1; // copies per line: one unless mirrored
      const numbers = isMirrored ? C : (end - first) * C;
      const rest = numbers % width;
      const fromPixel = isMirrored ? -pixel : pixel;
      const lines = bottom - top;
      const vectors = (numbers - rest) / width;
      const { write } = tape;
      write(movePixelsArguments, movePixels, start, from, line, pixel, fromPixel, lines, pixels, vectors, rest);
    }

    /** Whether four pixels of the image are around a point. */
    const isInside = (pointX: number, pointY: number): boolean =>
      pointX >= 0 && pointX < V - 1 && pointY >= 0 && pointY < H - 1;

    /** Rotates or scales line i of image n, whose pixel j shows column a · j + b · i + c and line d · j + e · i + f. */
    function turnLine(n: number, i: number): void {
      const row = n * AUGMENTATION;
      const a = draws[row];
      const d = draws[row + 3];
      const lineX = draws[row + 1] * i + draws[row + 2];
      const lineY = draws[row + 4] * i + draws[row + 5];
      const first = n * size + i * V * C;
      const isPlain = (j: number): boolean => !isInside(a * j + lineX, d * j + lineY);
      const showPlainly = (j: number): void =>
        showPoint(x, first + j * C, image, a * j + lineX, d * j + lineY, H, V, C, isWhole, round);
      // Plain code shows the points on the left and on the right that are not inside the image, the kernel all others.
      let j = 0;
      let end = V;
      for (; j < end && isPlain(j); j++) showPlainly(j);
      for (; end > j && isPlain(end - 1); end--) showPlainly(end - 1);
      if (j === end) return;
      const to = xAt + bytes * (first + j * C);
      tape.write(
        turnPixelsArguments,
        turnPixels,
        to,
        imageAt,
        fractions,
        j,
        a,
        lineX,
        d,
        lineY,
        line,
        pixel,
        end - j,
        maskOf(rest),
        (C - rest) / width,
        bytes * rest,
      );
    }

    return () => {
      for (let n = 0; n < B; n++) {
        const to = xAt + bytes * size * n;
        copy(to, imageAt, size);
        if (isWhole) move(n);
        else {
          tape.run(); // plain code reads the image
          for (let i = 0; i < H; i++) turnLine(n, i);
        }
        const row = n * AUGMENTATION;
        const [top, left, height, columns] = [draws[row + 6], draws[row + 7], draws[row + 8], draws[row + 9]];
        for (let i = top; i < top + height; i++) fill(to + line * i + pixel * left, 0, columns * C);
        // Plain code writes the next image after the calls for this one have read theirs.
        tape.run();
      }
    };
  }

  return bindByName({ augment: bindAugment });
}
