import { checkedBy, defineOptions, type Named, type OptionsOf, positiveInteger } from '../checks/options/index.ts';
import { dense, flatten, relu } from './builders.ts';
import { init } from './image-network.ts';
import type { NetworkSpec } from './network.ts';
import { checkInputShape } from './parts.ts';
import type { Shape } from './shape.ts';

const sizes = checkedBy(
  'a list of at least 1 whole number above 0, such as [128, 64, 32]',
  (value): value is readonly number[] =>
    Array.isArray(value) && value.length > 0 && value.every((size) => positiveInteger.isValid(size)),
);

const autoencoderOptions = defineOptions('autoencoder', {
  /** Sizes of the hidden layers to the code, the last; after it come the others in reverse. @default [128, 64, 32] */
  hidden: sizes([128, 64, 32]),
});

/** Options of `autoencoder`. */
export interface AutoencoderOptions extends OptionsOf<typeof autoencoderOptions.table>, Named {}

/**
 * Dense layers with relu down to a code, the layer named `code`, and up again: by default the deep autoencoder of
 * [Keras' blog](https://blog.keras.io/building-autoencoders-in-keras.html). Outputs are the numbers of a row in one
 * list; as targets it has the inputs, or what they should have been. Weights begin he-normal, those of the outputs
 * glorot-uniform. Rows of any shape. [Hinton & Salakhutdinov 2006](https://doi.org/10.1126/science.1127647)
 * @throws OptionError for what is no shape
 */
export function autoencoder(input: Shape, outputs: number, options: AutoencoderOptions = {}): NetworkSpec {
  const { hidden } = autoencoderOptions.read(options);
  const shape = checkInputShape('autoencoder', input);
  positiveInteger.check('autoencoder', 'outputs', outputs);
  const decoder = hidden.slice(0, -1).reverse();
  const layers = [...hidden, ...decoder].flatMap((size, l) => [
    dense(size, { init }),
    relu(l === hidden.length - 1 ? { name: 'code' } : {}),
  ]);
  return { input: [...shape], layers: [...(shape.length > 1 ? [flatten()] : []), ...layers, dense(outputs)] };
}
