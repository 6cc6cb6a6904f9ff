import { show } from '@gradloom/core/internal';
import { LAST_FILE } from '@gradloom/runtime';
import { FINDINGS_FILE, MODEL_FILE } from '../../files/run-files/names.ts';
import { isRecord } from '../../options/read-object.ts';
import { findings } from '../../report/findings/findings.ts';
import { checkConfig } from './check-config.ts';
import { checkLines } from './check-lines.ts';
import { checkModels, type ModelChecks, weightsOf } from './check-models.ts';
import { type FileCheck, openCheck, readDocument } from './file-check.ts';

/** All files of a run of train, each alone and compared with the others. */
export function verifyTrain(folder: string): FileCheck[] {
  const config = checkConfig(folder);
  // A run that is still active writes lines before the checkpoint that contains their steps. So the checkpoint is read
  // first, and the lines after it cover all of its steps.
  const models = checkModels(folder, config);
  const lines = checkLines(folder, models.last);
  const findings = checkFindings(folder, models, config.options?.seed);
  return [config.check, ...lines, ...findings, ...models.checks];
}

/** The findings must belong to the model, and the model to the newest checkpoint. */
function checkFindings(folder: string, { last, model }: ModelChecks, seed: unknown): FileCheck[] {
  const check = openCheck(FINDINGS_FILE);
  const document = readDocument(folder, check, 'sealed', findings);
  const result = document === null || !isRecord(document.result) ? null : document.result;
  if (document !== null && result === null && check.faults.length === 0)
    check.faults.push('has no result, expected that of the run');
  if (model !== null && last !== null) {
    const fingerprints = [...weightsOf(last), ...(result === null ? [] : [result.fingerprint])];
    const isDone = last.progress.step === last.record.totalSteps;
    if (!fingerprints.includes(model.fingerprint)) {
      const whose = `has weights that match neither ${LAST_FILE} nor ${FINDINGS_FILE}`;
      if (isDone) model.check.faults.push(`${whose}, expected those of the run's end`);
      else model.check.notes.push(`${whose} (they are from before a step that was not finite, or from another run)`);
    }
  }
  if (result !== null) checkResult(check, result, last, model?.fingerprint, seed);
  return document === null && check.faults.length === 0 ? [] : [check];
}

function checkResult(
  check: ReturnType<typeof openCheck>,
  result: Readonly<Record<string, unknown>>,
  last: ModelChecks['last'],
  modelFingerprint: string | undefined,
  seed: unknown,
): void {
  const { steps } = result;
  check.about = `of step ${show(steps)}`;
  if (result.seed !== seed)
    check.faults.push(`has the seed ${show(result.seed)}, expected ${show(seed)} (of config.json)`);
  if (last === null) return;
  const { step } = last.progress;
  if (!(typeof steps === 'number' && steps <= step)) {
    check.faults.push(`has step ${show(steps)}, expected at most ${step} (of ${LAST_FILE})`);
  } else if (steps < step) {
    check.notes.push(`is from an earlier end of the run, which has continued to step ${step}`);
  } else if (modelFingerprint !== undefined && result.fingerprint !== modelFingerprint) {
    check.faults.push(
      `has another fingerprint than ${MODEL_FILE}, expected the same (${modelFingerprint.slice(0, 12)})`,
    );
  }
}
