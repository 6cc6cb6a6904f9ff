import { viewOf } from '@gradloom/core/internal';
import { describeModel, type ExportedModel, type TorchNumbers, torchNumbers } from './exported.ts';

/** Numbers in one piece of text. */
const PIECE_NUMBERS = 1 << 14;

/**
 * Writes { "format": "gradloom-model", "version", "spec", "precision", "loss", "metadata", "preprocessing", "tensors"
 * }, with tensors as { "0.weight": { "shape", "values" } }, in pieces because a string is limited to 512 MB. Numbers
 * read back exactly; "precision" is written for float32 only.
 */
export const writeJson = (model: ExportedModel): Generator<Uint8Array> => partsOf(model, torchNumbers(model));

function* partsOf(model: ExportedModel, tensors: Iterable<TorchNumbers>): Generator<Uint8Array> {
  const description = JSON.stringify({ format: 'gradloom-model', ...describeModel(model) });
  yield Buffer.from(`${description.slice(0, -1)},"tensors":{`);
  let separator = '';
  for (const { tensor, numbers } of tensors) {
    yield Buffer.from(
      `${separator}\n${JSON.stringify(tensor.name)}:{"shape":${JSON.stringify(tensor.shape)},"values":[`,
    );
    for (let from = 0; from < numbers.length; from += PIECE_NUMBERS) {
      const text = Array.from(viewOf(numbers, from, Math.min(PIECE_NUMBERS, numbers.length - from)), jsonNumber).join();
      yield Buffer.from(from === 0 ? text : `,${text}`);
    }
    yield Buffer.from(']}');
    separator = ',';
  }
  yield Buffer.from('}}\n');
}

/** The shortest decimal that reads back as the same double. String(-0) would lose the sign. */
const jsonNumber = (value: number): string => (Object.is(value, -0) ? '-0.0' : String(value));
