/**
 * Tables of options, from which the command line makes its help. They are separate from `internal` so that help does
 * not wait for the whole runtime to load.
 * @internal
 */

export { columnTypes, scales, tableOptions } from './data/tables/table-options.ts';
export { textOptions } from './data/text/text-options.ts';
export { backendChoices } from './engine/backends/backend-choices.ts';
export { paddings } from './models/formats/guess-spec.ts';
export { poolings } from './models/formats/hugging-face/architecture.ts';
export { endingsOf, formatOf, modelFormats } from './models/formats/index.ts';
export { checkpointOptions } from './training/checkpoints/checkpoint-options.ts';
export { monitors } from './training/run/monitors.ts';
export { precisions, trainOptions } from './training/run/options.ts';
