import { buildNetwork, type NetworkSpec } from '@gradloom/core';
import { within } from '@gradloom/core/internal';
import { type ImportComparison, type ImportOptions, importModel, saveModel } from '@gradloom/runtime';
import { endingsOf, modelFormats } from '@gradloom/runtime/options';
import { refuseMoreThan, requireWord } from '../../files/models/open-model.ts';
import { customParts, loadOptions } from '../../options/custom-parts.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { defined } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { readObject } from '../../options/read-object.ts';
import { UsageError } from '../../terminal/failure.ts';
import { version } from '../../terminal/invocation.ts';
import { type Io, printJson, printLine } from '../../terminal/io.ts';
import { plural } from '../../terminal/text/format.ts';
import { type ImportValues, importOptions } from './options.ts';

/** Writes a model from the weights of a file. Resolves to the exit code. */
export async function runImport(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(importOptions, request);
  const values = parseRaw(importOptions, raw);
  refuseMoreThan(1, request.positionals, 'one file of weights');
  const endings = endingsOf(Object.values(modelFormats).filter(({ open }) => open !== undefined));
  const path = requireWord(
    request.positionals[0],
    `the file of weights is missing, expected one that ends in ${endings}, or a folder of Hugging Face`,
  );
  const { out, json } = values;
  if (out === undefined) throw new UsageError('--out is missing, expected a file to write, such as model.gradloom');
  try {
    const comparisons: ImportComparison[] = []; // one of an ONNX file
    const onCompare = (comparison: ImportComparison): void => void comparisons.push(comparison);
    const notes: string[] = [];
    const onNote = (note: string): void => void notes.push(note);
    const model = await importModel(path, { ...(await optionsOf(values)), onCompare, onNote });
    const [comparison] = comparisons;
    saveModel(out, model);
    const { parameters, fingerprint } = model;
    const layers = model.spec.layers.length;
    if (json) {
      const counts = { parameters: parameters.length, layers };
      const others = defined({ comparison, notes: notes.length > 0 ? notes : undefined });
      printJson(io.stdout, { event: 'import', path: out, ...counts, fingerprint, ...others });
    } else {
      for (const note of notes) printLine(io.stdout, note);
      printLine(io.stdout, `${out}: ${plural(layers, 'layer')}, ${plural(parameters.length, 'parameter')} of ${path}`);
      if (comparison !== undefined) printLine(io.stdout, describeComparison(comparison));
    }
    return 0;
  } catch (error) {
    throw nameFlag(error, importOptions, raw);
  }
}

function describeComparison({ rows, operators, difference }: ImportComparison): string {
  const comparisonText = `compared with its ${plural(operators, 'operator')} one by one, on ${plural(rows, 'random row')}`;
  return `${comparisonText}: ${difference === 0 ? 'equal' : `answers differ by ${difference.toPrecision(2)} at most`}`;
}

async function optionsOf(values: ImportValues): Promise<ImportOptions> {
  const { spec: specOrPath, loss, labels, rename, divisor, mean, deviation, ...others } = values;
  const { precision, sizes, constants, outputs, context, pooling, padding, 'image-size': imageSize } = others;
  if ((mean === undefined) !== (deviation === undefined)) {
    const [is, isNot] = mean === undefined ? ['deviation', 'mean'] : ['mean', 'deviation'];
    throw new UsageError(`--${is} is given without --${isNot}, expected both`);
  }
  const images = defined({ divisor, mean, deviation });
  // The network is checked when it is built.
  const spec = (typeof specOrPath === 'string' ? await readObject('--spec', specOrPath) : specOrPath) as
    | NetworkSpec
    | undefined;
  if (spec !== undefined) within('spec', () => buildNetwork(spec, customParts()));
  return {
    ...loadOptions(),
    ...defined({ spec, loss, rename, precision, sizes, constants, outputs, context, pooling, padding, imageSize }),
    ...(Object.keys(images).length === 0 ? {} : { images }),
    metadata: { ...defined({ labels }), writtenBy: `gradloom ${version}` },
  };
}
