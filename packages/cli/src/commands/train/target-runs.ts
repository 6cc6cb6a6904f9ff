import { hasHeads } from '@gradloom/core/internal';
import { type ClassWeight, createModel, type Dataset, type Evaluation, type TrainResult } from '@gradloom/runtime';
import { datasetOfHead, modelsOfHeads } from '@gradloom/runtime/internal';
import { defined } from '../../options/option.ts';
import { isRecord } from '../../options/read-object.ts';
import type { Recipe } from './recipe.ts';

/** A run as one of its several targets sees it: the same rows, with the network, loss and figures of this target. */
export interface TargetRun {
  readonly name: string;
  readonly recipe: Recipe;
  readonly result: TrainResult;
}

/** A run for each of several targets; none for one target. */
export function targetRuns(recipe: Recipe, result: TrainResult): readonly TargetRun[] {
  // The targets of one output share its network and its loss.
  const shared = Object.keys((result.test ?? result.validation)?.heads ?? {}).map((name) => ({ name, model: result }));
  const models = hasHeads(result.loss) ? modelsOfHeads(createModel(result)) : shared;
  return (models ?? []).flatMap(({ name, model }): TargetRun[] => {
    const { sets } = recipe;
    const train = datasetOfHead(sets.train, name);
    if (train === undefined) return [];
    // Rows that test themselves stay recognizable as the same.
    const rowsOf = (rows: Dataset | undefined) => (rows === sets.train ? train : rows && datasetOfHead(rows, name));
    const figuresOf = (evaluation: Evaluation | undefined) =>
      evaluation && { rows: evaluation.rows, loss: Number.NaN, ...evaluation.heads?.[name] };
    const { validation: _, test: __, ...others } = result;
    const { 'class-weight': weights, ...values } = recipe.values;
    const weight =
      weights === 'balanced' && train.classes !== null ? weights : isRecord(weights) ? weights[name] : undefined;
    return [
      {
        name,
        recipe: {
          ...recipe,
          values: { ...values, ...defined({ 'class-weight': weight as ClassWeight | undefined }) },
          sets: { train, ...defined({ validation: rowsOf(sets.validation), test: rowsOf(sets.test) }) },
        },
        result: {
          ...others,
          spec: model.spec,
          loss: model.loss ?? result.loss,
          ...defined({ validation: figuresOf(result.validation), test: figuresOf(result.test) }),
        },
      },
    ];
  });
}
