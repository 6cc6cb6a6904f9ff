import { buildNetwork, createLoss, metrics } from '@gradloom/core';
import { columnsOfRows, createScoring, type HeadTask, hasHeads, headTasks, scoreInto } from '@gradloom/core/internal';
import type { OutputReader, TrainResult } from '@gradloom/runtime';
import { evaluateResult } from '../findings/read-answers.ts';
import type { Recipe } from '../recipe.ts';
import type { TargetRun } from '../target-runs.ts';
import { type RareClass, rareReader } from './rare-class.ts';

/** Figures of one of several targets on held-out rows. */
interface MeasuredTarget {
  readonly rare: RareClass | null;
  /** Average precision of the second of two classes; undefined for other targets. */
  readonly averagePrecision: number | undefined;
}

/** Measures the targets of several outputs by name, all in one evaluation. Empty without held-out rows. */
export async function measureTargets(
  recipe: Recipe,
  result: TrainResult,
  runs: readonly TargetRun[],
): Promise<ReadonlyMap<string, MeasuredTarget>> {
  const { sets } = recipe;
  const heldOutRows = sets.test ?? sets.validation;
  if (heldOutRows === undefined || !hasHeads(result.loss)) return new Map();
  const loss = createLoss(result.loss, result.parts?.customParts);
  const tasks = headTasks(buildNetwork(result.spec, result.parts?.customParts), loss) ?? [];
  const width = tasks.reduce((sum, { targetColumns }) => sum + targetColumns, 0);
  const readers: OutputReader[] = [];
  const measures = new Map<string, () => MeasuredTarget>();
  for (const { name, recipe: targetRecipe } of runs) {
    const task = tasks.find((task) => task.name === name);
    if (task === undefined || task.positions > 1) continue;
    const { train } = targetRecipe.sets;
    const rare = await rareReader(train, task.loss);
    const ranking = train.classes === 2 ? rankingOf(task) : null;
    for (const reader of [rare, ranking]) if (reader !== null) readers.push(readerOf(task, width, reader));
    measures.set(name, () => ({ rare: rare?.figures() ?? null, averagePrecision: ranking?.value() }));
  }
  if (readers.length > 0) await evaluateResult(recipe, result, heldOutRows, readers);
  return new Map([...measures].map(([name, readMeasures]) => [name, readMeasures()]));
}

/** Average precision of the second of two classes. */
function rankingOf({ loss, size }: HeadTask) {
  const metric = metrics['pr-auc']({ targets: 'values' });
  const scoring = createScoring({ loss, outputs: size, classes: 2, areBits: false });
  return { add: scoreInto(scoring, [metric]), value: () => metric.value() };
}

/** Hands the outputs and targets of one of several outputs to a reader of it. */
const readerOf = (
  { start, size, targetStart, targetColumns }: HeadTask,
  width: number, // of a row of all targets
  reader: OutputReader,
): OutputReader => ({
  add: (y, t, B, O) =>
    reader.add(columnsOfRows(y, B, O, start, size), columnsOfRows(t, B, width, targetStart, targetColumns), B, size),
});
