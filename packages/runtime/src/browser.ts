/**
 * Training in a browser, for the playground: what runs steps and makes data, without a module of Node. Not part of the
 * public interface: it may change in any release.
 * @internal
 */

export { browserCores } from './browser/browser-environment.ts';
export { type BrowserRun, type BrowserRunOptions, openBrowserRun } from './browser/browser-run.ts';
export { joinTeam, type TeamMessage, type TeamWorker } from './browser/team.ts';
export { type Dataset, valueMatrix } from './data/dataset.ts';
export { sharedArrays } from './data/number-types.ts';
export { splitDataset } from './data/split.ts';
export { type SyntheticName, syntheticDatasets } from './data/synthetic/index.ts';
export { scalingOf } from './data/tables/scaling.ts';
export type { ProbedFigures } from './engine/step/read-probe.ts';
