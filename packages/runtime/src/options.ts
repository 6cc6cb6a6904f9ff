/**
 * Tables of options, from which the command line takes its help. They stand apart from `internal`, since help would
 * wait for the whole runtime to load.
 * @internal
 */
export { backendChoices } from './backends/backend-choices.ts';
export { checkpointOptions } from './checkpoints/checkpoint-options.ts';
export { columnTypes, missingChoices, scales, tableOptions } from './datasets/tables/table-options.ts';
export { endingsOf, formatOf, modelFormats } from './model-formats/index.ts';
export { monitors } from './run/monitors.ts';
export { onNanChoices, trainOptions } from './run/options.ts';
export { precisions } from './run/precision.ts';
export { reductions } from './run/reductions.ts';
