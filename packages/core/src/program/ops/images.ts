import { count, counts, defineOps, double, flag, inout, input, number, operation, output } from '../op.ts';
import { AUGMENTATION, augment, drawAugmentation } from '../reference/augment.ts';

/** Operations on images, the inputs of a network. */
export const imageOps = defineOps({
  /** Draws how each image is augmented. */
  drawAugmentation: operation(drawAugmentation, {
    draws: double(output('B', AUGMENTATION)),
    stepAndRow: double(input(2)),
    ...counts('B', 'H', 'V', 'key0', 'key1'),
    flip: flag,
    shift: count,
    rotate: number,
    zoom: number,
    erase: number,
  }),
  /** Augments the images x as drawn. */
  augment: operation(augment, {
    x: inout('B', 'H', 'V', 'C'),
    image: output('H', 'V', 'C'),
    draws: double(input('B', AUGMENTATION)),
    ...counts('B', 'H', 'V', 'C'),
    isWhole: flag,
  }),
});
