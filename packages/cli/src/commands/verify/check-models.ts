import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FLOAT64, plainJson, show, typeOf } from '@gradloom/core/internal';
import { BEST_FILE, type Checkpoint, fingerprint, LAST_FILE, type ModelFile, openModelFile } from '@gradloom/runtime';
import { checkRunFile, differences } from '@gradloom/runtime/internal';
import { MODEL_FILE } from '../../files/run-files/names.ts';
import { loadOptions } from '../../options/custom-parts.ts';
import { isRecord } from '../../options/read-object.ts';
import type { TrainValues } from '../train/options.ts';
import { isFixedOption } from '../train/resume.ts';
import type { ConfigCheck } from './check-config.ts';
import { type OpenCheck, openCheck, readOrFault } from './file-check.ts';

/** The readable model and checkpoints of a run. */
export interface ModelChecks {
  readonly checks: readonly OpenCheck[];
  readonly last: Checkpoint | null;
  readonly model: { readonly check: OpenCheck; readonly fingerprint: string } | null;
}

/** Checks every model and checkpoint of a folder: undamaged, in order, with network and options of config.json. */
export function checkModels(folder: string, config: ConfigCheck): ModelChecks {
  const modelFiles = readdirSync(folder).filter((name) => name.endsWith('.gradloom'));
  const standardFiles = [MODEL_FILE, LAST_FILE, BEST_FILE];
  const names = [
    ...standardFiles.filter((name) => modelFiles.includes(name)),
    ...modelFiles.filter((name) => !standardFiles.includes(name)).sort(),
  ];
  const files = new Map<string, ModelFile>();
  const checks = names.map((name) => {
    const check = openCheck(name);
    const path = join(folder, name);
    const file = readOrFault(check, path, () => {
      checkRunFile('verify', path, 'a Gradloom file');
      return openModelFile(path, loadOptions());
    });
    if (file === null) return check;
    files.set(name, file);
    checkFile(check, file, config);
    return check;
  });
  const last = files.get(LAST_FILE)?.checkpoint ?? null;
  checkBest(folder, checks, last, files.get(BEST_FILE)?.checkpoint ?? null);
  const model = files.get(MODEL_FILE);
  const modelCheck = checks.find(({ name }) => name === MODEL_FILE);
  const isModel = model !== undefined && modelCheck !== undefined;
  return { checks, last, model: isModel ? { check: modelCheck, fingerprint: model.model.fingerprint } : null };
}

function checkFile(check: OpenCheck, { model, checkpoint }: ModelFile, { options, network }: ConfigCheck): void {
  const weights = `fingerprint ${model.fingerprint.slice(0, 12)}`;
  check.about = checkpoint === null ? weights : `step ${checkpoint.progress.step}, ${weights}`;
  const isModel = check.name === MODEL_FILE;
  if (isModel !== (checkpoint === null))
    check.faults.push(isModel ? 'is a checkpoint, expected a model' : 'is a model, expected a checkpoint');
  if (network !== null) addDifference(check, 'network', model.spec, network);
  if (options === null) return;
  addDifference(check, 'precision', typeOf(model.parameters), options.precision ?? FLOAT64);
  if (checkpoint === null) return;
  const { metadata } = checkpoint;
  if (!isRecord(metadata.options)) return;
  for (const name of new Set([...Object.keys(metadata.options), ...Object.keys(options)])) {
    if (isFixedOption(name) && name !== RATES) addDifference(check, name, metadata.options[name], options[name]);
  }
  checkRates(check, checkpoint, options[RATES]);
}

const RATES = 'rate-changes' satisfies keyof TrainValues;

/** A run that was steered has changes which an older checkpoint does not know. */
function checkRates(check: OpenCheck, { record, progress }: Checkpoint, configRates: unknown): void {
  const recordedRates: Readonly<Record<string, unknown>> = record.rateChanges ?? {};
  const changes = Object.entries(isRecord(configRates) ? configRates : {}).filter(
    ([step]) => Number(step) < progress.step || Object.hasOwn(recordedRates, step),
  );
  addDifference(check, RATES, recordedRates, Object.fromEntries(changes));
}

function addDifference(check: OpenCheck, name: string, value: unknown, configValue: unknown): void {
  const [first] = differences(jsonOf(value), jsonOf(configValue), name);
  if (first === undefined) return;
  const [has, expected] = [first.own, first.other].map((value) => (value === undefined ? 'none' : show(value)));
  check.faults.push(`has ${first.path} ${has}, expected ${expected} (of config.json)`);
}

const jsonOf = (value: unknown) => (value === undefined ? undefined : plainJson(value));

/** The best checkpoint must be at least as new as the newest checkpoint says. */
function checkBest(folder: string, checks: OpenCheck[], last: Checkpoint | null, best: Checkpoint | null): void {
  const recordedStep = last?.progress.best?.step;
  if (last === null || recordedStep === undefined) return;
  if (!existsSync(join(folder, BEST_FILE))) {
    checks.push({
      ...openCheck(BEST_FILE),
      faults: [`is missing, expected the checkpoint of step ${recordedStep} (${LAST_FILE})`],
    });
    return;
  }
  const step = best?.progress.best?.step;
  const check = checks.find(({ name }) => name === BEST_FILE);
  if (best === null || check === undefined || (step !== undefined && step >= recordedStep)) return;
  check.faults.push(`has step ${step ?? best.progress.step}, expected ${recordedStep} (of ${LAST_FILE})`);
}

/** Valid fingerprints of a model of the run with this checkpoint: that of the last weights, or of the best. */
export const weightsOf = ({ arrays, best, record }: Checkpoint): string[] =>
  [arrays.parameters, ...(best === undefined ? [] : [best])].map((weights) => fingerprint(weights, record.modules));
