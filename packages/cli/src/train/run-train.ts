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
import { openResumable, type Resumable } from './resumable.ts';
import { resumeValues } from './resume-values.ts';
import { checkOut } from './run-directory.ts';
import { terminalReporter } from './terminal-reporter.ts';

/** Trains, shows and writes a run. Resolves to the exit code. */
export async function runTrain(request: Request, io: Io): Promise<number> {
  const { values, resumable } = await readValues(request);
  const { dataset, out, validation = 0, test } = values;
  if (dataset === undefined) {
    throw new UsageError(
      `--dataset is missing, expected one of ${trainOptions.dataset.choices?.join(', ')}, or a path`,
    );
  }
  if (out !== undefined) checkOut(out);
  try {
    const recipe = await createRecipe(values, await openDataset(dataset, { validation, test }));
    return await followRun(recipe, reporterFor(values, io), io, resumable);
  } catch (error) {
    throw resumable === null ? nameFlag(error, trainOptions) : nameFlags(error);
  }
}

interface Asked {
  readonly values: TrainValues;
  readonly resumable: Resumable | null;
}

async function readValues(request: Request): Promise<Asked> {
  const [word] = request.positionals;
  if (word !== undefined) {
    const hint = Object.hasOwn(presets, word) ? ` (did you mean --dataset ${word}?)` : '';
    throw new UsageError(`the word ${JSON.stringify(word)} belongs to no flag, expected flags alone${hint}`);
  }
  const raw = flagsToRaw(trainOptions, request);
  const values = parseRaw(trainOptions, raw, trainAlternatives);
  const { config, resume } = values;
  if (resume !== undefined) {
    const resumable = await openResumable(resume);
    return { values: resumeValues(raw, resumable, resume), resumable };
  }
  if (config === undefined) return { values, resumable: null };
  const file = await readConfig(trainOptions, config);
  return { values: parseRaw(trainOptions, mergeRaw(raw, file, trainAlternatives), trainAlternatives), resumable: null };
}

/** 'train: epochs has 2, …; dataset has …' of a resume, with the flag of each. */
function nameFlags(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.endsWith(': a resume goes on with the same run')) {
    return nameFlag(error, trainOptions);
  }
  const named = error.message
    .replace(/^train: /, '')
    .replaceAll(/(?<=^|; )(\w+)(?=[ .])/g, (word) => (Object.hasOwn(trainOptions, word) ? `--${word}` : word));
  return new UsageError(named, { cause: error });
}

function reporterFor({ json = false, quiet = false }: TrainValues, io: Io): Reporter {
  if (json) return jsonReporter(io, quiet);
  return quiet ? quietReporter(io) : terminalReporter(io);
}
