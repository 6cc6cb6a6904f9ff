import { OptionError } from '../checks/option-error.ts';
import { positiveInteger } from '../checks/options/index.ts';
import { has } from '../checks/show.ts';
import type { InitializerSpec } from '../families/initializers/index.ts';
import { batchNorm, conv2d } from './builders.ts';
import type { LayerSpec } from './layers/index.ts';
import type { Shape } from './shape.ts';

/** Before relu, whose outputs have half of the variance. [He et al. 2015](https://arxiv.org/abs/1502.01852) */
export const init: InitializerSpec = 'he-normal';

/** A convolution that keeps the size for a stride of 1, and its batch-norm. */
export const convWithNorm = (out: number, kernel: number, stride = 1, groups = 1): LayerSpec[] => [
  conv2d(out, kernel, {
    ...(stride === 1 ? {} : { stride }),
    ...(kernel === 1 ? {} : { padding: (kernel - 1) / 2 }),
    ...(groups === 1 ? {} : { groups }),
    bias: false,
    init,
  }),
  batchNorm(),
];

/** @throws OptionError for an input that is no image, or whose height or width is less than `minSize`. */
export function checkImage(name: string, input: Shape, outputs: number, minSize = 1): void {
  positiveInteger.check(name, 'outputs', outputs);
  const isShape = Array.isArray(input) && input.length === 3 && input.every((n) => positiveInteger.isValid(n));
  if (isShape && input[0] >= minSize && input[1] >= minSize) return;
  const size = isShape && minSize > 1 ? ` of at least ${minSize} x ${minSize} pixels` : '';
  throw new OptionError(name, 'input', `${has(input)}, expected the shape of an image [H, W, C]${size}`);
}
