import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { typeOf } from '@gradloom/core/internal';
import { exportModel } from '@gradloom/runtime';
import { largestChange, mergedModel } from '@gradloom/runtime/internal';
import { endingsOf, formatOf, modelFormats } from '@gradloom/runtime/options';
import { openModel, refuseMoreThan, requireWord } from '../../files/models/open-model.ts';
import { nameFlag } from '../../options/name-flag.ts';
import { defined } from '../../options/option.ts';
import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { type Io, printJson, printLine } from '../../terminal/io.ts';
import { decimal, plural } from '../../terminal/text/format.ts';
import { exportOptions } from './options.ts';

/** Writes a model in another format. Resolves to the exit code. */
export async function runExport(request: Request, io: Io): Promise<number> {
  const raw = flagsToRaw(exportOptions, request);
  const { format: requestedFormat, precision, 'no-merge-lora': isApart, json } = parseRaw(exportOptions, raw);
  refuseMoreThan(2, request.positionals, 'one model and one file to write');
  const endings = endingsOf(Object.values(modelFormats));
  const path = requireWord(
    request.positionals[1],
    `the file to write is missing, expected one that ends in ${endings}`,
  );
  if (requestedFormat === undefined && formatOf(path) === undefined) {
    throw new UsageError(`the file ${path} has no known ending, expected ${endings}, or --format`);
  }
  const openedModel = openModel(request.positionals);
  const model = isApart === true ? openedModel : mergedModel(openedModel);
  const overrides = defined({ format: requestedFormat, precision, mergeLora: isApart === true ? false : undefined });
  const format = await exportModel(path, model, overrides).catch((error: unknown) => {
    throw nameFlag(error, exportOptions, raw);
  });
  const from = typeOf(model.parameters);
  const type = precision ?? from;
  const isRounded = from === 'float64' && type === 'float32';
  const change = isRounded ? { largestChange: largestChange(model) } : {};
  const parameters = model.parameters.length;
  const bytes = bytesIn(path);
  if (json) printJson(io.stdout, { event: 'export', path, format, precision: type, ...change, parameters, bytes });
  else {
    const roundingText = isRounded ? `, rounded by ${decimal(largestChange(model))} at most` : '';
    const size = `${plural(parameters, 'parameter')} in ${type}${roundingText}, ${plural(bytes, 'byte')}`;
    printLine(io.stdout, `${path}: ${format}, ${size}`);
  }
  return 0;
}

/** Bytes of a file, or of the files in a folder. */
function bytesIn(path: string): number {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}
