import type { Request } from '../commands/command.ts';
import { openDataset } from '../datasets/open-dataset.ts';
import { presets } from '../datasets/presets.ts';
import type { Io } from '../io.ts';
import { readConfig } from '../options/config-file.ts';
import { nameFlag } from '../options/name-flag.ts';
import { flagsToRaw, mergeRaw, parseRaw } from '../options/raw-options.ts';
import { UsageError } from '../usage-error.ts';
import { followRun } from './follow-run.ts';
import { jsonReporter } from './json-reporter.ts';
import { type TrainValues, trainAlternatives, trainOptions } from './options.ts';
import { quietReporter } from './quiet-reporter.ts';
import { createRecipe } from './recipe.ts';
import type { Reporter } from './reporter.ts';
import { checkOut } from './run-directory.ts';
import { terminalReporter } from './terminal-reporter.ts';

/** Trains, shows and writes a run. Resolves to the exit code. */
export async function runTrain(request: Request, io: Io): Promise<number> {
  const values = await readValues(request);
  const { dataset, out, validation = 0, test } = values;
  if (dataset === undefined) {
    throw new UsageError(
      `--dataset is missing, expected one of ${trainOptions.dataset.choices?.join(', ')}, or a path`,
    );
  }
  if (out !== undefined) checkOut(out);
  try {
    const recipe = await createRecipe(values, await openDataset(dataset, { validation, test }));
    return await followRun(recipe, reporterFor(values, io), io);
  } catch (error) {
    throw nameFlag(error, trainOptions);
  }
}

async function readValues(request: Request): Promise<TrainValues> {
  const [word] = request.positionals;
  if (word !== undefined) {
    const hint = Object.hasOwn(presets, word) ? ` (did you mean --dataset ${word}?)` : '';
    throw new UsageError(`the word ${JSON.stringify(word)} belongs to no flag, expected flags alone${hint}`);
  }
  const raw = flagsToRaw(trainOptions, request);
  const { config } = parseRaw(trainOptions, raw, trainAlternatives);
  if (config === undefined) return parseRaw(trainOptions, raw, trainAlternatives);
  const file = await readConfig(trainOptions, config);
  return parseRaw(trainOptions, mergeRaw(raw, file, trainAlternatives), trainAlternatives);
}

function reporterFor({ json = false, quiet = false }: TrainValues, io: Io): Reporter {
  if (json) return jsonReporter(io, quiet);
  return quiet ? quietReporter(io) : terminalReporter(io);
}
