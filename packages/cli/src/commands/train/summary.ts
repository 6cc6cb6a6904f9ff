import { ofText } from '@gradloom/core/internal';
import type { TrainResult } from '@gradloom/runtime';
import { headsOfDataset } from '@gradloom/runtime/internal';
import { tokenUnit } from '../../lab/figures/n-grams.ts';
import { describeTarget, withPrecisions } from '../../lab/figures/target-figures.ts';
import { foldLine } from '../../terminal/live-area.ts';
import type { Paint } from '../../terminal/paint.ts';
import { backendName } from '../../terminal/text/backend-name.ts';
import { columns } from '../../terminal/text/columns.ts';
import { decimal, duration, percent, plural, sentence, showLabel, whole } from '../../terminal/text/format.ts';
import { quote } from '../../terminal/text/quote.ts';
import { type Assessment, comparisonLines } from './assessment/assess.ts';
import { describeCluster } from './describe-run.ts';
import { lossUnitOf } from './epoch-text.ts';
import type { RunEnd, RunStart } from './reporter.ts';

export interface TerminalView {
  readonly paint: Paint;
  readonly program: string; // as the user starts it
  readonly width: number; // columns of the terminal
}

/** The summary of a run: what speaks against it, its results, where it was written and the next steps. */
export function summarize(run: RunEnd, result: TrainResult, terminal: TerminalView): string[] {
  const { out, recipe, assessment } = run;
  const { paint, program, width } = terminal;
  const { test, trainLoss, steps, backend, precision } = result;
  const rows: [string, string][] = [];
  const { rare } = assessment;
  // The accuracy of always answering the other classes is high, so it does not come first.
  if (test !== undefined && rare !== null) {
    const chance = `class ${showLabel(rare.label)}; by chance ${decimal(rare.share)}`;
    rows.push(['test PR AUC', `${paint('bold', decimal(rare.prAuc))}  (${chance})`]);
  }
  if (test?.accuracy !== undefined) {
    const count = test.positions ?? test.rows;
    const rightText = `${whole(Math.round(test.accuracy * count))} of ${whole(count)}`;
    const accuracyText = percent(test.accuracy);
    const unansweredText = test.unanswered === undefined ? '' : `; ${whole(test.unanswered)} have no answer`;
    rows.push([
      'test accuracy',
      `${rare === null ? paint('bold', accuracyText) : accuracyText}  (${rightText}${unansweredText})`,
    ]);
  }
  const unit = lossUnitOf(recipe);
  // A loss shown as RMSE is left out: the test RMSE says the same.
  if (test !== undefined && unit.name === 'loss') rows.push(['test loss', decimal(test.loss)]);
  if (test?.perplexity !== undefined) rows.push(['test perplexity', decimal(test.perplexity)]);
  if (test?.rmse !== undefined) rows.push(['test RMSE', decimal(test.rmse)]);
  if (test?.r2 !== undefined && test.heads === undefined) rows.push(['test R²', decimal(test.r2)]);
  for (const [name, figures] of Object.entries(withPrecisions(test?.heads, assessment.targets)))
    rows.push([`test ${showLabel(name)}`, describeTarget(figures)]);
  rows.push(...nGramRow(assessment, result));
  for (const [name, value] of Object.entries(test?.metrics ?? {})) rows.push([`test ${name}`, decimal(value)]);
  if (recipe.values['evaluate-test']) {
    rows.push(['test set', 'looked at during training: its figures are too good once a choice is based on them']);
  }
  if (steps > 0) {
    rows.push([`training ${unit.name}`, unit.text(trainLoss)], ['steps', whole(steps)], ...bestRow(result));
    rows.push(['samples/s', whole(result.samplesPerSecond)]);
  }
  rows.push(
    ['threads', threadsText(result)],
    ...(result.cluster === undefined ? [] : [['cluster', describeCluster(result.cluster)] as [string, string]]),
    ['backend', `${backendName(backend)}, ${precision}`],
    ['fingerprint', result.fingerprint],
    ['written to', out ?? 'nothing (--no-out)'],
  );
  if (run.report) rows.push(['report', run.report]);
  return [
    '',
    ...assessment.remarks.flatMap((remark) => foldLine(sentence(remark), width)).map((line) => paint('yellow', line)),
    ...comparisonLines(recipe, result, assessment).flatMap((line) => foldLine(line, width)),
    trainedText(result),
    '',
    // Without indent a fingerprint fits into 80 columns.
    ...columns(rows, { indent: 0 }),
    ...(out === null ? [] : ['', 'Next', ...nextCommands(run, result, quote(out), program)]),
  ];
}

/** The validation loss of a text, beside the losses of counting. */
function nGramRow({ nGrams }: Assessment, { validation }: TrainResult): [string, string][] {
  if (nGrams === null || validation === undefined) return [];
  const { unit, unigram, bigram } = nGrams;
  const pairs = Number.isNaN(bigram) ? '' : `, pairs ${decimal(bigram)}`;
  return [['validation loss', `${decimal(validation.loss)} nats  (${unit} alone ${decimal(unigram)}${pairs})`]];
}

/** With early stopping: the step whose weights the model has. */
function bestRow({ bestStep, bestEpoch = 0 }: TrainResult): [string, string][] {
  if (bestStep === undefined) return [];
  const position = Number.isInteger(bestEpoch) ? `epoch ${whole(bestEpoch)}` : `step ${whole(bestStep)}`;
  return [['weights', `of ${position}, the best evaluation`]];
}

/** 'Trained 8 epochs in 9.4 s'. */
function trainedText(result: TrainResult): string {
  if (result.steps === 0) return 'Stopped before the first step: the weights are the initial ones';
  const verb = { aborted: 'Stopped after', early: 'Stopped early after', completed: 'Trained' }[result.stopped];
  return `${verb} ${lengthOf(result)} in ${duration(result.elapsedMs)}`;
}

/** '2  (0.3085 ms per step, 0.5210 on 1)', or '4  (2 of them had rows in a step: a batch has 2 leaves)'. */
function threadsText({ threads, trials, gradientThreads, leaves }: TrainResult): string {
  const notes: string[] = [];
  const chosenTrial = trials.find((trial) => trial.threads === threads);
  if (chosenTrial !== undefined) {
    const others = trials
      .filter((trial) => trial !== chosenTrial)
      .map((trial) => `, ${decimal(trial.stepMs)} on ${trial.threads}`);
    notes.push(`${decimal(chosenTrial.stepMs)} ms per step${others.join('')}`);
  }
  // 0: no step was taken.
  if (gradientThreads > 0 && gradientThreads < threads) {
    notes.push(`${gradientThreads} of them had rows in a step: a batch has ${plural(leaves, 'leaf')}`);
  }
  return notes.length === 0 ? whole(threads) : `${threads}  (${notes.join('; ')})`;
}

const lengthOf = ({ steps, epochs }: TrainResult): string =>
  Number.isInteger(epochs) ? plural(epochs, 'epoch') : plural(steps, 'step');

function nextCommands({ recipe }: RunStart, result: TrainResult, out: string, program: string): string[] {
  const { train, validation, test } = recipe.sets;
  const classesText = 'recall and precision of each class, and the confusion matrix';
  const tokensText = `perplexity, bits per ${tokenUnit(train)}, and each token`;
  const isText = ofText(train.preprocessing) !== undefined;
  const answersText = isText ? tokensText : classesText;
  const hasOneTarget = (headsOfDataset(train)?.length ?? 1) === 1;
  const targetsText = hasOneTarget ? 'its errors' : 'the figures of each target';
  const findings = train.classes === null ? targetsText : answersText;
  // No file may name a library or a module, so they must be typed again.
  const { blas, module } = recipe.values;
  const moduleFlag = module === undefined ? '' : ` --module ${quote(module.join(','))}`;
  const codeFlags = `${blas === undefined ? '' : ` --blas ${quote(blas)}`}${moduleFlag}`;
  const generateLines = isText ? ['  # text that it writes', `  ${program} generate ${out}${moduleFlag}`] : [];
  const lines = [
    `  # ${findings}`,
    `  ${program} evaluate ${out}${moduleFlag}`,
    ...generateLines,
    '  # predictions for single rows',
    `  ${program} predict ${out} --rows 0..${Math.min(9, (test ?? validation ?? train).rows - 1)}${moduleFlag}`,
    '  # answers over HTTP',
    `  ${program} serve ${out}${moduleFlag}`,
  ];
  if (result.stopped === 'aborted')
    return [...lines, '  # continue training', `  ${program} train --resume ${out}${codeFlags}`];
  // A single leaf keeps only one thread busy.
  if (result.leaves === 1) return lines;
  const threads = result.threads === 1 ? 2 : 1;
  const repetition = `  ${program} train --config ${out}/config.json --threads ${threads}${codeFlags}`;
  return [...lines, `  # the same fingerprint from ${plural(threads, 'thread')}`, repetition];
}
