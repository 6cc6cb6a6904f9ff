import type { ModelMetadata } from '@gradloom/runtime';
import { configOf } from './describe-flags.ts';
import { modelOf } from './model-of.ts';
import type { Recipe } from './recipe.ts';

/** Metadata of a checkpoint: that of a model, and the options of the run. */
export function checkpointMetadata(recipe: Recipe): ModelMetadata {
  const { metadata } = modelOf(recipe, new Float64Array(0));
  // Options come from text and files, so they are JSON; what is undefined is left out.
  return { ...metadata, options: configOf(recipe.values) } as ModelMetadata;
}
